/**
 * What gate, log and sealing cost: the CPU of the server's process for one request at the inside door,
 * against the same handlers without them (hall/bare.ts) in a process of their own. Same framework,
 * same TLS with client certificates, same database, same people. The two take turns; few at a time,
 * so that it is the cost that is measured and not a queue.
 */
import { sql } from 'kysely'
import { doorAgent, type Door } from '../src/workstation/door.ts'
import { seatCrew, type Worker } from './hall/crew.ts'
import { type Desk, open, submit, takeFirst } from './hall/desk.ts'
import { type Hall, openHall } from './hall/hall.ts'
import { option, say } from './hall/options.ts'
import { openPlain, plainProject, type PlainServer } from './hall/plain.ts'
import { textProject } from './hall/project.ts'

const people = 8
const rounds = option('rounds', 5)
/** How often each person does each thing in a round. */
const times = 25
const reach = 1.35

interface Spent {
  server: number
  database: number
  requests: number
}

export async function run(json: boolean): Promise<void> {
  const texts = people * times * (rounds + 2)
  const hall = await openHall(people)
  try {
    const project = await textProject(hall, texts)
    say('filling the hall')
    const crew = await seatCrew(hall, project, people)
    const reference = await openPlain(hall, null)
    const names = crew.workers.map(({ person }) => person)
    const plain = await plainProject(hall, names, texts)
    await sql`vacuum analyze`.execute(hall.admin)
    const guarded = await desksAt(hall.inside, crew.workers, project)
    const bare = await desksAt(reference.door, elsewhere(crew.workers, reference.door), plain)
    say('measuring')
    report(json, await measure(hall, reference, guarded, bare))
    for (const { worker } of bare) worker.agent.destroy()
    await reference.close()
    crew.close()
  } finally {
    await hall.close()
  }
}

function elsewhere(workers: readonly Worker[], door: Door): Worker[] {
  return workers.map((worker) => ({ ...worker, agent: doorAgent(door, worker.credentials, 1) }))
}

async function desksAt(door: Door, workers: readonly Worker[], project: string): Promise<Desk[]> {
  return Promise.all(workers.map((worker) => takeFirst(door, worker, project)))
}

async function measure(hall: Hall, plain: PlainServer, guarded: Desk[], bare: Desk[]) {
  const nothing = (): Spent => ({ server: 0, database: 0, requests: 0 })
  const sums = {
    submit: { guarded: nothing(), bare: nothing() },
    open: { guarded: nothing(), bare: nothing() },
  }
  // The first round warms both up and is not counted.
  for (let round = 0; round <= rounds; round += 1)
    for (const [name, act] of Object.entries({ submit, open }))
      for (const side of ['guarded', 'bare'] as const) {
        const cpu = () => ({
          server: side === 'guarded' ? hall.cpu().server : plain.cpu(),
          database: hall.cpu().database,
        })
        const before = cpu()
        await turn(side === 'guarded' ? guarded : bare, act)
        const after = cpu()
        if (round === 0) continue
        const sum = sums[name === 'submit' ? 'submit' : 'open'][side]
        sum.server += after.server - before.server
        sum.database += after.database - before.database
        sum.requests += people * times
      }
  return sums
}

async function turn(desks: readonly Desk[], act: (desk: Desk) => Promise<string | null>) {
  await Promise.all(
    desks.map(async (desk) => {
      for (let time = 0; time < times; time += 1) {
        const fault = await act(desk)
        if (fault !== null) throw new Error(fault)
      }
    }),
  )
}

type Sums = Awaited<ReturnType<typeof measure>>

function report(json: boolean, sums: Sums): void {
  const rows = Object.entries(sums).map(([name, { guarded, bare }]) => {
    const ms = (sum: Spent, of: 'server' | 'database') => (1000 * sum[of]) / sum.requests
    return {
      request: name === 'submit' ? 'submit → next item' : 'open a task',
      requests: guarded.requests,
      'server ms': round(ms(guarded, 'server')),
      'bare ms': round(ms(bare, 'server')),
      ratio: round(ms(guarded, 'server') / ms(bare, 'server')),
      'database ms': round(ms(guarded, 'database')),
      'bare database ms': round(ms(bare, 'database')),
      'ratio of both together': round(
        (ms(guarded, 'server') + ms(guarded, 'database')) /
          (ms(bare, 'server') + ms(bare, 'database')),
      ),
    }
  })
  if (json) {
    console.log(JSON.stringify({ bench: 'gate', reach, rows }))
    return
  }
  console.table(rows)
  console.log(
    `CPU for each request, in milliseconds; the database's is that of all its processes while one side works, the log's sequencer among them. To reach: a ratio of at most ${reach}.`,
  )
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
