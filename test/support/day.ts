import { setTimeout as pause } from 'node:timers/promises'
import { Value } from 'typebox/value'
import type { Page } from 'playwright-core'
import { BuildingState } from '../../src/shared/demonstration.ts'
import type { Demonstration } from './demonstration.ts'

/** Marks the first second of the recording that is open as speech, by keyboard, and writes it down. */
export async function makeSegment(page: Page, transcript: string): Promise<void> {
  await page.getByLabel(/^Waveform of the recording/).focus()
  for (const key of ['Home', 'i', 'ArrowRight', 'o', '1', 't', 'Enter'])
    await page.keyboard.press(key)
  await page.keyboard.type(transcript)
  await page.keyboard.press('Escape')
}

/**
 * Has somebody leave the secure floor and measures, in seconds, from the moment at which the door
 * reports that they went through until their page is blank.
 */
export async function secondsUntilBlank(
  page: Page,
  { building }: Demonstration,
  leave: () => Promise<void>,
): Promise<number> {
  const inside = (await placesOf(building)).get('floor-1') ?? 0
  const blank = page.evaluate(
    () =>
      // Inline, because a function with a name is sent to the page without what names it.
      new Promise<number>((seen) => {
        new MutationObserver(() => {
          if (document.querySelector('[role=alert] h1') !== null) seen(Date.now())
        }).observe(document.body, { childList: true, subtree: true })
      }),
  )
  const walk = { ended: false }
  const walking = leave().finally(() => {
    walk.ended = true
  })
  let left = 0
  while (left === 0 && !walk.ended) {
    const before = Date.now()
    if (((await placesOf(building)).get('floor-1') ?? 0) < inside) left = before
    // The building's page is served by the very process that is to blank the screen.
    else await pause(10)
  }
  const seconds = ((await blank) - left) / 1000
  await walking
  return seconds
}

/** How many people the building itself has in each zone now. */
async function placesOf(building: string): Promise<Map<string, number>> {
  const answer: unknown = await (await fetch(`${building}state`)).json()
  const counts = new Map<string, number>()
  for (const { zone } of Value.Parse(BuildingState, answer).people)
    counts.set(zone, (counts.get(zone) ?? 0) + 1)
  return counts
}
