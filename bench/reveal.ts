/**
 * A recording through the inside door and the vault, against the same bytes in a plain file, served in
 * reads of 64 KiB by the same framework over the same TLS (hall/bare.ts). Each has a process of its
 * own; they take turns over one connection each. Throughput is that of the whole recording; the first
 * byte is that of a range of 64 KiB at a random place, from the request to the first byte of sound.
 */
import { request } from 'node:https'
import { type Door, doorAgent } from '../src/workstation/door.ts'
import { ask, seatCrew, type Worker } from './hall/crew.ts'
import { takeFirst } from './hall/desk.ts'
import { type Hall, openHall } from './hall/hall.ts'
import { option, say } from './hall/options.ts'
import { openPlain } from './hall/plain.ts'
import { soundProject } from './hall/project.ts'
import { timesOf } from './hall/times.ts'

const seconds = option('minutes', 20) * 60
const rounds = option('rounds', 7)
const ranges = 200
const rangeBytes = 64 * 1024

interface Source {
  readonly door: Door
  readonly worker: Worker
  readonly path: string
  readonly cpu: () => number
}

export async function run(json: boolean): Promise<void> {
  const hall = await openHall(1)
  try {
    say('bringing the recording in')
    const { project, file } = await soundProject(hall, seconds)
    const crew = await seatCrew(hall, project, 1)
    const plain = await openPlain(hall, file)
    const [worker] = crew.workers
    if (worker === undefined) throw new Error('nobody came')
    const sealed = await openRecording(hall, worker, project)
    const agent = doorAgent(plain.door, worker.credentials, 1)
    const open: Source = {
      ...{ door: plain.door, worker: { ...worker, agent }, path: '/file', cpu: () => plain.cpu() },
    }
    say('measuring')
    report(json, await measure(sealed, open))
    agent.destroy()
    await plain.close()
    crew.close()
  } finally {
    await hall.close()
  }
}

async function openRecording(hall: Hall, worker: Worker, project: string): Promise<Source> {
  const { task } = await takeFirst(hall.inside, worker, project)
  const opened = await ask(hall.inside, worker, 'POST', `/tasks/${task}/media`)
  if (opened.status !== 200) throw new Error(`the recording stays shut: ${String(opened.body)}`)
  const path = `/tasks/${task}/media/audio`
  return { door: hall.inside, worker, path, cpu: () => hall.cpu().server }
}

interface Sum {
  bytes: number
  wall: number
  cpu: number
  readonly firstBytes: number[]
}

async function measure(sealed: Source, open: Source) {
  const sums = { sealed: nothing(), plain: nothing() }
  const sides = [
    ['sealed', sealed],
    ['plain', open],
  ] as const
  // The first round warms both up and is not counted.
  for (let round = 0; round <= rounds; round += 1)
    for (const [name, source] of sides) {
      const before = source.cpu()
      const { bytes, wall } = await fetchRange(source, null)
      if (round === 0) continue
      sums[name].bytes += bytes
      sums[name].wall += wall
      sums[name].cpu += source.cpu() - before
    }
  const whole = sums.plain.bytes / rounds
  for (let round = 0; round < ranges; round += 1) {
    const from = Math.floor((whole - rangeBytes) * ((round * 0.618034) % 1))
    for (const [name, source] of sides)
      sums[name].firstBytes.push((await fetchRange(source, [from, from + rangeBytes])).first)
  }
  return sums
}

function nothing(): Sum {
  return { bytes: 0, wall: 0, cpu: 0, firstBytes: [] }
}

/** Milliseconds to the first byte and to the last, and how many bytes there were. */
function fetchRange(
  { door, worker, path }: Source,
  range: readonly [number, number] | null,
): Promise<{ bytes: number; first: number; wall: number }> {
  const { host, port } = door
  const began = performance.now()
  return new Promise((resolve, reject) => {
    const out = request({
      ...{ host, port, path, agent: worker.agent },
      headers: {
        cookie: worker.cookie,
        origin: `http://${worker.seat}.localhost`,
        ...(range !== null && { range: `bytes=${range[0]}-${range[1] - 1}` }),
      },
    })
    out.on('error', reject)
    out.on('response', (response) => {
      if (response.statusCode !== (range === null ? 200 : 206))
        reject(new Error(`${path} answered ${String(response.statusCode)}`))
      let [bytes, first] = [0, NaN]
      response.on('data', (piece: Buffer) => {
        if (bytes === 0) first = performance.now() - began
        bytes += piece.length
      })
      response.on('error', reject)
      response.on('end', () => {
        resolve({ bytes, first, wall: performance.now() - began })
      })
    })
    out.end()
  })
}

function report(json: boolean, { sealed, plain }: Awaited<ReturnType<typeof measure>>): void {
  const row = (sum: Sum) => {
    const first = timesOf(sum.firstBytes)
    const megabytes = sum.bytes / 1e6
    return {
      ...{
        'MB/s': round(megabytes / (sum.wall / 1000)),
        'CPU ms/MB': round((1000 * sum.cpu) / megabytes),
      },
      ...{ 'first byte p50 ms': round(first.p50), 'first byte p99 ms': round(first.p99) },
    }
  }
  const rows = { 'through the vault': row(sealed), 'plain file': row(plain) }
  const ratio = round(sealed.bytes / sealed.wall / (plain.bytes / plain.wall))
  const later = round(timesOf(sealed.firstBytes).p50 - timesOf(plain.firstBytes).p50)
  if (json) {
    const reach = { ratio: 0.7, laterMs: 2 }
    console.log(JSON.stringify({ bench: 'reveal', reach, ratio, laterMs: later, rows }))
    return
  }
  console.table(rows)
  console.log(
    `Throughput ${ratio} of the plain file's (to reach: 0.7); first byte ${later} ms later in the median (at most 2).`,
  )
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
