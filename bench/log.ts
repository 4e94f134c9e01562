import { sql } from 'kysely'
import { startTestCluster } from '../test/support/cluster.ts'
import {
  type Entry,
  leafOf,
  openRecorder,
  record,
  type Recorder,
} from '../src/server/domains/audit/index.ts'
import { type Db, openDb, transact } from '../src/server/kernel/db.ts'
import { prepareDatabase } from '../src/server/kernel/migrate.ts'

const writers = 400
const seconds = 4
const pool = 16

const entry: Entry = {
  ...{ time: new Date(), actor: 'per_benchbenchbenchbenchbench', action: 'annotation.task.open' },
  ...{ resource: 'Task::tsk_benchbenchbenchbenchbench', project: 'prj_bench', item: 'itm_bench' },
  ...{ door: 'inside', workstation: 'ws-1', zone: 'floor', outcome: 'done', policies: ['work'] },
  details: null,
}

/** How often a second all writers together get the work done, each beginning again when it is. */
async function rate(work: (writer: number) => Promise<void>): Promise<number> {
  const end = performance.now() + seconds * 1000
  let done = 0
  const began = performance.now()
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      while (performance.now() < end) {
        await work(writer)
        done += 1
      }
    }),
  )
  return (done * 1000) / (performance.now() - began)
}

/**
 * The cost of the log (DESIGN.md section 13): reveal records through the group-committing recorder
 * against one INSERT in a transaction of its own for each; changes with their leaf row against the
 * same changes without. fsync on, one pool of connections for all but the reveals, which share one; the pairs are run twice, in turn.
 */
export async function run(json: boolean): Promise<void> {
  const cluster = await startTestCluster()
  const at = (role: string) => ({
    ...{ socketDirectory: cluster.socketDirectory, role, database: 'bench' },
  })
  try {
    await prepareDatabase(at('cloister_admin'))
    const db = openDb(at('cloister_admin'), { pool })
    await sql`create table public.thing (id int primary key, n int not null)`.execute(db)
    await sql`insert into public.thing select i, 0 from generate_series(0, ${writers}) i`.execute(
      db,
    )
    const recorder = openRecorder(at('cloister_admin'))
    const figures = await measure(db, recorder)
    await recorder.close()
    await db.destroy()
    if (json) process.stdout.write(`${JSON.stringify(figures)}\n`)
    else print(figures)
  } finally {
    await cluster.stop()
  }
}

async function measure(db: Db, recorder: Recorder) {
  const body = leafOf(entry)
  const change = (writer: number, withLeaf: boolean) =>
    transact(db, async (tx) => {
      await sql`update public.thing set n = n + 1 where id = ${writer}`.execute(tx)
      if (withLeaf) record(tx, entry)
    })
  const sums = { reveals: 0, inserts: 0, recorded: 0, unrecorded: 0 }
  for (let round = 0; round < 2; round++) {
    sums.inserts += await rate(() =>
      transact(db, (tx) => sql`insert into audit.pending (body) values (${body})`.execute(tx)).then(
        () => undefined,
      ),
    )
    sums.reveals += await rate(() => recorder.append(entry))
    sums.unrecorded += await rate((writer) => change(writer, false))
    sums.recorded += await rate((writer) => change(writer, true))
  }
  return {
    ...{ writers, connections: pool, seconds },
    revealsPerSecond: Math.round(sums.reveals / 2),
    insertsPerSecond: Math.round(sums.inserts / 2),
    revealRatio: round2(sums.reveals / sums.inserts),
    changesWithLeafPerSecond: Math.round(sums.recorded / 2),
    changesWithoutPerSecond: Math.round(sums.unrecorded / 2),
    changeRatio: round2(sums.recorded / sums.unrecorded),
  }
}

function round2(value: number): number {
  return Math.round(value * 100) / 100
}

function print(f: Awaited<ReturnType<typeof measure>>): void {
  console.table([
    {
      what: 'reveal records / INSERTs in transactions of their own',
      ...{ measured: f.revealsPerSecond, reference: f.insertsPerSecond },
      ...{ ratio: f.revealRatio, reach: '>= 2' },
    },
    {
      what: 'changes with leaf row / without',
      ...{ measured: f.changesWithLeafPerSecond, reference: f.changesWithoutPerSecond },
      ...{ ratio: f.changeRatio, reach: '>= 0.8' },
    },
  ])
}
