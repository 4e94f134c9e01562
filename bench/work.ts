/**
 * 400 annotators at work through the inside door: each submits every 3 seconds for 60 seconds, ten
 * times human pace, and gets the next item in the same answer. TLS 1.3 with a certificate for each
 * workstation, embedded database, gate, log with sequencer and witness, sealing, signal sockets and
 * presence from the doors of the simulated building are all on. A time counts from the moment at
 * which the submission was due until the last byte of the next item has come, so that a server that
 * falls behind is not spared the waiting. Then the pace is raised step by step.
 *
 * The reference of the same run: the page at `/`, over the same connections at the same pace. The
 * server has a process of its own, the database its own; everybody else is this process.
 * `--pace-only` leaves out the search for the highest pace.
 */
import { sql } from 'kysely'
import type WebSocket from 'ws'
import { ask, type Crew, listen, seatCrew } from './hall/crew.ts'
import { type Desk, submit, takeFirst } from './hall/desk.ts'
import { type Hall, openHall } from './hall/hall.ts'
import { option, say } from './hall/options.ts'
import { textProject } from './hall/project.ts'
import { type Times, timesOf } from './hall/times.ts'

const annotators = option('annotators', 400)
const everyMs = 3000
const seconds = option('seconds', 60)
const items = option('items', 60_000)
/** The search for the highest pace: how long each pace is held, and when it counts as too fast. */
const heldSeconds = 8
const paceOnly = process.argv.includes('--pace-only')
const tooSlow = 250

interface Round {
  readonly times: Times
  readonly perSecond: number
  readonly faults: readonly string[]
  readonly serverCores: number
  readonly databaseCores: number
}

export async function run(json: boolean): Promise<void> {
  const hall = await openHall(annotators)
  try {
    say('bringing texts in')
    const project = await textProject(hall, items)
    say('filling the hall')
    const crew = await seatCrew(hall, project, annotators)
    const sockets = await openSockets(hall, crew)
    say('measuring')
    const found = await measure(hall, crew, project)
    for (const socket of sockets) socket.terminate()
    crew.close()
    report(json, found)
  } finally {
    await hall.close()
  }
}

async function openSockets(hall: Hall, { workers }: Crew): Promise<WebSocket[]> {
  const sockets: WebSocket[] = []
  for (const worker of workers) sockets.push(await listen(hall.inside, worker))
  return sockets
}

async function measure(hall: Hall, { workers }: Crew, project: string) {
  const handed = new Map<string, string>()
  const twice: string[] = []
  const onItem = (item: string, person: string): void => {
    const before = handed.get(item)
    if (before !== undefined && before !== person) twice.push(item)
    handed.set(item, person)
  }
  const desks: Desk[] = []
  for (const worker of workers) desks.push(await takeFirst(hall.inside, worker, project, onItem))
  const page = async ({ worker }: Desk): Promise<string | null> => {
    const { status } = await ask(hall.inside, worker, 'GET', '/')
    return status === 200 ? null : String(status)
  }
  const reference = await atPace(hall, desks, page, everyMs, 10)
  await atPace(hall, desks, submit, everyMs, 10)
  const work = await atPace(hall, desks, submit, everyMs, seconds)
  const faster = paceOnly ? null : await fastest(hall, desks)
  const kept = await sql<{ annotations: number; entries: number }>`
    select (select count(*) from annotation.annotation) as annotations,
           (select count(*) from audit.leaf where action = 'annotation.submit' and outcome = 'done')
           + (select count(*) from audit.pending where convert_from(body, 'UTF8') like '%"annotation.submit"%"done"%') as entries`.execute(
    hall.admin,
  )
  return { reference, work, faster, twice: twice.length, ...kept.rows[0] }
}

/** Everybody does the work once every so many milliseconds, evenly spread, whether the last was answered or not yet. */
async function atPace(
  hall: Hall,
  desks: readonly Desk[],
  work: (desk: Desk) => Promise<string | null>,
  every: number,
  lasting: number,
): Promise<Round> {
  const took: number[] = []
  const faults: string[] = []
  const before = hall.cpu()
  const began = performance.now()
  const end = began + lasting * 1000
  await Promise.all(
    desks.map(async (desk, place) => {
      for (let due = began + (every * place) / desks.length; due < end; due += every) {
        const early = due - performance.now()
        if (early > 0) await new Promise((resolve) => setTimeout(resolve, early))
        const fault = await work(desk).catch((error: unknown) => String(error))
        if (fault === null) took.push(performance.now() - due)
        else faults.push(fault)
        if (faults.length > 100) return
      }
    }),
  )
  const spent = (performance.now() - began) / 1000
  const after = hall.cpu()
  return {
    ...{ times: timesOf(took), perSecond: took.length / spent, faults },
    serverCores: (after.server - before.server) / spent,
    databaseCores: (after.database - before.database) / spent,
  }
}

/** Doubles what is between holding and not holding, then halves it: the highest pace that was held. */
async function fastest(hall: Hall, desks: readonly Desk[]): Promise<Round | null> {
  const holds = async (perSecond: number) => {
    const round = await atPace(hall, desks, submit, (1000 * desks.length) / perSecond, heldSeconds)
    // A pace that was not kept up is not the pace that was asked for.
    const kept = round.perSecond >= 0.95 * perSecond
    return round.times.p99 <= tooSlow && kept && round.faults.length === 0 ? round : null
  }
  let best: Round | null = null
  let [low, high] = [0, (1000 * annotators) / everyMs]
  for (let tries = 0; tries < 8; tries += 1) {
    const round = await holds(high)
    if (round === null) break
    best = round
    low = high
    high *= 1.4
  }
  for (let tries = 0; tries < 3; tries += 1) {
    const middle = (low + high) / 2
    const round = await holds(middle)
    if (round === null) high = middle
    else [best, low] = [round, middle]
  }
  return best
}

type Found = Awaited<ReturnType<typeof measure>>

function report(json: boolean, found: Found): void {
  const { reference, work, faster, twice, annotations = 0, entries = 0 } = found
  const faults = [...new Set(work.faults)].slice(0, 5)
  if (json) {
    const shown = {
      ...{ bench: 'work', annotators, seconds, reach: { p99: 100, highestP99: tooSlow } },
      ...{ work: summary(work), reference: summary(reference) },
      highest: faster === null ? null : summary(faster),
      ...{ handedTwice: twice, annotations, entries, faults },
    }
    console.log(JSON.stringify(shown))
    return
  }
  console.table({
    'page only, same pace': summary(reference),
    'submit → next item': summary(work),
    ...(faster !== null && { 'highest pace held': summary(faster) }),
  })
  console.log(
    `To reach: p99 ≤ 100 ms, no error (${work.faults.length}), no item handed to two people (${twice}). Highest pace with p99 ≤ ${tooSlow} ms: ${faster === null ? 'none' : `${faster.perSecond.toFixed(0)}/s`}.`,
  )
  console.log(`Kept: ${annotations} annotations, ${entries} entries of submissions in the log.`)
  for (const fault of faults) console.log(`  ${fault}`)
}

function summary({ times, perSecond, faults, serverCores, databaseCores }: Round) {
  const round = (value: number) => Math.round(value * 100) / 100
  return {
    ...{ 'per second': round(perSecond), 'p50 ms': round(times.p50), 'p99 ms': round(times.p99) },
    ...{ 'max ms': round(times.max), errors: faults.length },
    ...{ 'server CPU ms': round((1000 * serverCores) / perSecond) },
    ...{ 'database CPU ms': round((1000 * databaseCores) / perSecond) },
  }
}
