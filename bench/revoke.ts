/**
 * How long somebody still sees content after the doors say that they are out. 800 signal sockets hang
 * on the inside door, each of 400 people with two pages. One after the other people leave the floor:
 * from the moment at which the door's controller tells the server until each of that person's sockets
 * has been told. Then everybody is told at once, as when another site file comes into force. Last,
 * a real page in Chromium with an item open on the Bench: until the item's text is out of the page.
 * The controllers, the workstation program of that page and the sockets are this process.
 *
 * The reference of the same run: a PostgreSQL notification from one connection to another, which no
 * signal can beat.
 */
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { sql } from 'kysely'
import type WebSocket from 'ws'
import { cookieName } from '../src/server/domains/identity/index.ts'
import { openSignals } from '../src/server/kernel/signals.ts'
import { startWorkstation } from '../src/workstation/workstation.ts'
import { openBrowser } from '../test/support/browser.ts'
import { type Crew, listen, signInAll, seatCrew, type Worker } from './hall/crew.ts'
import { type Hall, openHall } from './hall/hall.ts'
import { option, say } from './hall/options.ts'
import { textProject } from './hall/project.ts'
import { type Times, timesOf } from './hall/times.ts'

const people = option('people', 400)
const pages = 2
const leaving = option('leaving', 200)
const turns = option('turns', 12)
const marker = 'play the song'
const reach = 250

interface Found {
  readonly reference: Times
  readonly one: Times
  readonly all: Times
  readonly page: Times
  /** Sockets that were not told within five seconds. */
  readonly untold: number
}

export async function run(json: boolean): Promise<void> {
  const hall = await openHall(people)
  try {
    const project = await textProject(hall, 50)
    say('filling the hall')
    const crew = await seatCrew(hall, project, people)
    const sockets = new Map<Worker, WebSocket[]>()
    for (const worker of crew.workers) {
      const own: WebSocket[] = []
      for (let page = 0; page < pages; page += 1) own.push(await listen(hall.inside, worker))
      sockets.set(worker, own)
    }
    say('measuring the sockets')
    const untold = { sockets: 0 }
    const reference = await timeNotifications(hall)
    const [guest, ...others] = crew.workers
    if (guest === undefined) throw new Error('nobody came')
    const one = await timeLeaving(crew, others.slice(0, leaving), sockets, untold)
    const all = await timeEverybody(hall, [...sockets.values()].flat(), untold)
    say('measuring the page')
    const page = await timePage(hall, crew, guest)
    for (const socket of [...sockets.values()].flat()) socket.terminate()
    crew.close()
    report(json, { reference, one, all, page, untold: untold.sockets })
  } finally {
    await hall.close()
  }
}

async function timeNotifications(hall: Hall): Promise<Times> {
  const signals = await openSignals(hall.connection('cloister_inside'))
  const took: number[] = []
  let heard: () => void = () => undefined
  await signals.listen('bench', () => {
    heard()
  })
  for (let round = 0; round < 100; round += 1) {
    const arrived = new Promise<void>((resolve) => {
      heard = resolve
    })
    const began = performance.now()
    await sql`select pg_notify('bench', ${String(round)})`.execute(hall.admin)
    await arrived
    took.push(performance.now() - began)
  }
  await signals.close()
  return timesOf(took)
}

/** Ends when no socket has been told anything for half a second: what was said before does not count. */
async function quiet(sockets: readonly WebSocket[]): Promise<void> {
  let last = performance.now()
  const hear = (word: unknown) => {
    if (String(word) === 'changed') last = performance.now()
  }
  for (const socket of sockets) socket.on('message', hear)
  while (performance.now() - last < 500) await pause(50)
  for (const socket of sockets) socket.off('message', hear)
}

/** Resolves with the moment at which the socket was told, or with null after five seconds. */
async function told(socket: WebSocket): Promise<number | null> {
  const end = AbortSignal.timeout(5000)
  try {
    for (;;) {
      const heard: unknown[] = await once(socket, 'message', { signal: end })
      if (String(heard[0]) === 'changed') return performance.now()
    }
  } catch {
    return null
  }
}

async function timeLeaving(
  { building }: Crew,
  leavers: readonly Worker[],
  sockets: ReadonlyMap<Worker, WebSocket[]>,
  untold: { sockets: number },
): Promise<Times> {
  const took: number[] = []
  await quiet([...sockets.values()].flat())
  for (const worker of leavers) {
    const hearing = (sockets.get(worker) ?? []).map(told)
    const began = performance.now()
    await building.leave(worker.person)
    for (const moment of await Promise.all(hearing))
      if (moment === null) untold.sockets += 1
      else took.push(moment - began)
  }
  return timesOf(took)
}

async function timeEverybody(
  hall: Hall,
  sockets: readonly WebSocket[],
  untold: { sockets: number },
): Promise<Times> {
  const took: number[] = []
  for (let round = 0; round < 5; round += 1) {
    await quiet(sockets)
    const hearing = sockets.map(told)
    const began = performance.now()
    await hall.operator.post('/site', { file: `${hall.site}# ${round}\n` })
    for (const moment of await Promise.all(hearing))
      if (moment === null) untold.sockets += 1
      else took.push(moment - began)
  }
  return timesOf(took)
}

async function timePage(hall: Hall, { building }: Crew, worker: Worker): Promise<Times> {
  const workstation = await startWorkstation({
    ...{ id: worker.seat, listen: { host: '127.0.0.1', port: 0 }, server: hall.inside },
    ...{ dir: join(hall.directory, 'workstations', worker.seat), clock: () => new Date() },
  })
  const browser = await openBrowser()
  try {
    const context = await browser.newContext()
    const page = await context.newPage()
    const took: number[] = []
    let token = worker.cookie.slice(cookieName.length + 1)
    for (let turn = 0; turn < turns; turn += 1) {
      const at = { domain: `${worker.seat}.localhost`, path: '/', secure: true, httpOnly: true }
      await context.addCookies([{ name: cookieName, value: token, ...at }])
      await openItem(page, workstation.url)
      const gone = await watch(page)
      const began = performance.timeOrigin + performance.now()
      await building.leave(worker.person)
      took.push((await gone()) - began)
      await building.comeBack(worker.person)
      token = await signInAgain(hall, worker)
    }
    return timesOf(took)
  } finally {
    await browser.close()
    await workstation.close()
  }
}

async function openItem(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/app/bench`)
  await page.locator('section button:enabled').first().click()
  await page.waitForFunction((text) => document.body.innerText.includes(text), marker)
}

/**
 * Answers what waits for the text to go, once the page is watching and nobody has moved yet. A page
 * blanks and asks again when its line opens, which is none of what is measured.
 */
async function watch(page: Page): Promise<() => Promise<number>> {
  for (;;) {
    await page.waitForFunction((text) => document.body.innerText.includes(text), marker)
    const seen = { early: false }
    const gone = page.evaluate(untilGone, marker).finally(() => {
      seen.early = true
    })
    await pause(300)
    if (!seen.early) return () => gone
    await gone
  }
}

/** In the page: the moment (Unix time in milliseconds) at which nothing of the document holds the text. */
function untilGone(text: string): Promise<number> {
  return new Promise((resolve) => {
    const watcher = new MutationObserver(() => {
      if (document.body.textContent.includes(text)) return
      watcher.disconnect()
      resolve(performance.timeOrigin + performance.now())
    })
    watcher.observe(document.body, { subtree: true, childList: true, characterData: true })
  })
}

/** A session belongs to one presence: whoever came back begins another. */
async function signInAgain(hall: Hall, { person, seat }: Worker): Promise<string> {
  await sql`update identity.session set ended_at = now() where person = ${person} and ended_at is null`.execute(
    hall.admin,
  )
  const [token = ''] = await signInAll(hall, [person], [seat])
  return token
}

function report(json: boolean, found: Found): void {
  const { untold, ...times } = found
  if (json) {
    const shown = { bench: 'revoke', reach, sockets: people * pages, untold, ...times }
    console.log(JSON.stringify(shown))
    return
  }
  const row = ({ count, p50, p99, max }: Times) => ({
    ...{ count, 'p50 ms': round(p50), 'p99 ms': round(p99), 'max ms': round(max) },
  })
  console.table({
    'notification of PostgreSQL alone': row(times.reference),
    'a person is out → their sockets told': row(times.one),
    [`site changed → ${people * pages} sockets told`]: row(times.all),
    'a person is out → their page blank': row(times.page),
  })
  console.log(`To reach: p99 ≤ ${reach} ms, every socket told (${untold} were not).`)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
