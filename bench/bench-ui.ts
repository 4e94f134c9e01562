/**
 * The Bench in a real browser: key press to paint with 1,000 spans on 50,000 characters, next item
 * to paint, two-hour recording to waveform. The server is the page's own memory, so these are the
 * figures of the page alone. The browser paints as soon as it can instead of at the next beat of a
 * screen, which would add up to 17 ms whatever the page does. The same keys on a text without
 * spans are the reference.
 */
import type { Page } from 'playwright-core'
import { openBrowser, openPage, serveSite } from '../test/support/browser.ts'
import { buildBenchPage } from '../test/support/pages.ts'
import { finestPeaks, makeVoice, peaksFile, wavOf } from '../test/support/sound.ts'

const rate = 16_000
const twoHours = 2 * 3600 * rate

declare global {
  interface Window {
    keyTimes: number[]
  }
}

interface Line {
  readonly what: string
  readonly times: number[]
  /** Milliseconds to reach; a reference has none. */
  readonly reach: number | null
}

/** Runs in the page: presses are timed from the event to the task after the frame that shows them. */
function installClock(): void {
  window.keyTimes = []
  document.addEventListener(
    'keydown',
    () => {
      const began = performance.now()
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = () => window.keyTimes.push(performance.now() - began)
        port2.postMessage(null)
      })
    },
    true,
  )
}

async function timeKeys(page: Page, keys: readonly string[], rounds: number): Promise<number[]> {
  await page.evaluate('window.keyTimes.length = 0')
  for (let round = 0; round < rounds; round++)
    for (const key of keys) {
      const before = await page.evaluate<number>('window.keyTimes.length')
      await page.keyboard.press(key)
      await page.waitForFunction((count) => window.keyTimes.length > count, before)
    }
  return await page.evaluate<number[]>('[...window.keyTimes]')
}

/** Submits, and answers the milliseconds until the next item's text or waveform has been painted. */
async function timeNext(page: Page, kind: 'text' | 'wave'): Promise<number> {
  const waiting = page.evaluate(
    (wanted) =>
      new Promise<number>((painted) => {
        const main = document.querySelector('main')
        const there = () => {
          if (wanted === 'text') return document.querySelector('[data-begins]') !== null
          const canvas = document.querySelector<HTMLCanvasElement>('canvas:not([aria-hidden])')
          const context = canvas?.getContext('2d')
          if (canvas == null || context == null) return false
          // Drawn when a line across the middle of the wave has more than one colour.
          const middle = Math.round(canvas.height / 2)
          const line = context.getImageData(0, middle, canvas.width, 1).data
          return new Set(new Uint32Array(line.buffer)).size > 1
        }
        document.addEventListener(
          'keydown',
          () => {
            const began = performance.now()
            const look = () => {
              // The old item must have gone, so that its own rows do not count.
              if (main?.isConnected === true || !there()) requestAnimationFrame(look)
              else {
                const { port1, port2 } = new MessageChannel()
                port1.onmessage = () => {
                  painted(performance.now() - began)
                }
                port2.postMessage(null)
              }
            }
            requestAnimationFrame(look)
          },
          { capture: true, once: true },
        )
      }),
    kind,
  )
  await page.keyboard.press('Control+Enter')
  return await waiting
}

const keySets: readonly (readonly [string, readonly string[], number])[] = [
  ['move the caret', ['ArrowRight', 'ArrowDown', 'Control+ArrowRight', 'PageDown'], 8],
  ['extend the selection', ['Shift+ArrowRight', 'Control+Shift+ArrowRight'], 12],
  ['mark and rename', ['Space', '2', 'j', '3'], 6],
  ['next span', ['j', 'k', 'j'], 8],
  ['move an edge', ['Alt+ArrowRight', 'Alt+ArrowLeft'], 12],
]

async function measure(origin: string): Promise<Line[]> {
  const browser = await openBrowser(['--disable-frame-rate-limit', '--disable-gpu-vsync'])
  try {
    const { page } = await openPage(browser)
    const lines: Line[] = []
    // The runner's compiler names inner functions by a helper that the page does not have.
    await page.addInitScript('window.__name = (it) => it')
    await page.addInitScript(installClock)
    await page.goto(`${origin}/?marked=no`)
    await page.getByRole('textbox').first().waitFor()
    const plain: number[] = []
    for (const [, keys, rounds] of keySets.slice(0, 2))
      plain.push(...(await timeKeys(page, keys, rounds)))
    lines.push({ what: 'reference: keys on a short text, no spans', times: plain, reach: null })

    await page.goto(`${origin}/?long=50000&samples=${twoHours}&segments=500`)
    await page.locator('[data-begins]').first().waitFor()
    for (const [what, keys, rounds] of keySets)
      lines.push({
        what: `key → paint: ${what}`,
        times: await timeKeys(page, keys, rounds),
        reach: 16,
      })
    const next: number[] = []
    for (let item = 2; item <= 6; item++) next.push(await timeNext(page, 'text'))
    lines.push({ what: 'next item → paint', times: next, reach: 100 })
    lines.push({
      what: 'two-hour recording, 500 segments → waveform',
      times: [await timeNext(page, 'wave')],
      reach: 300,
    })
    return lines
  } finally {
    await browser.close()
  }
}

function quantile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN
}

/** Measures, and prints a table or one JSON object. */
export async function run(json: boolean): Promise<void> {
  const voice = makeVoice(60, rate)
  const minute = finestPeaks(voice)
  const finest = new Int8Array((twoHours / 64) * 2)
  for (let at = 0; at < finest.length; at += minute.length)
    finest.set(minute.subarray(0, finest.length - at), at)
  const site = await serveSite(await buildBenchPage(), {
    '/sound.wav': { type: 'audio/wav', body: wavOf(voice, rate) },
    '/peaks.bin': {
      type: 'application/octet-stream',
      body: peaksFile(finest, rate, twoHours),
    },
  })
  try {
    const results = (await measure(site.origin)).map(({ what, times, reach }) => ({
      what,
      n: times.length,
      p50: Number(quantile(times, 0.5).toFixed(1)),
      p95: Number(quantile(times, 0.95).toFixed(1)),
      max: Number(Math.max(...times).toFixed(1)),
      reach,
      reached: reach === null ? null : quantile(times, 0.95) <= reach,
    }))
    if (json) console.log(JSON.stringify({ bench: 'bench-ui', unit: 'ms', results }))
    else console.table(results)
  } finally {
    await site.close()
  }
}
