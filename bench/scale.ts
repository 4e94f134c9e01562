/**
 * The time in which the queue hands out the next task, with 10 thousand, 100 thousand and a million
 * items in the project, half of them done, in three languages. A hundred annotators take turns: each
 * measured round is the statement that leases, in a transaction of its own, and the submission's
 * change of state after it, so that the queue moves as it does at work. The reference is the
 * smallest project in the same run.
 */
import { addTasks, type NewItem } from '../src/server/domains/annotation/index.ts'
import { endLease, takeTask } from '../src/server/domains/annotation/store/leases.ts'
import { setTask } from '../src/server/domains/annotation/store/tasks.ts'
import { type Db, openClient, openDb, transact } from '../src/server/kernel/db.ts'
import { prepareDatabase } from '../src/server/kernel/migrate.ts'
import { newId } from '../src/server/kernel/random.ts'
import { adminRole } from '../src/server/kernel/roles.ts'
import { startTestCluster } from '../test/support/cluster.ts'
import { transactIn } from '../test/support/opened.ts'

const sizes = [10_000, 100_000, 1_000_000]
const chunk = 5000
const rounds = 1000
const languages = ['en', 'de', 'es']

export async function run(json: boolean): Promise<void> {
  const cluster = await startTestCluster()
  const at = (role: string, database: string) => ({
    ...{ socketDirectory: cluster.socketDirectory, role, database },
  })
  try {
    await prepareDatabase(at(adminRole, 'scale'))
    const inside = openDb(at('cloister_inside', 'scale'), { pool: 8 })
    const admin = openDb(at(adminRole, 'scale'), { pool: 1 })
    const projects = sizes.map(() => newId('prj'))
    for (const [i, size] of sizes.entries()) await fill(admin, projects[i] ?? '', size)
    // As the server does by itself at work.
    const tidy = await openClient(at(adminRole, 'scale'))
    await tidy.query('vacuum analyze annotation.task')
    await tidy.end()
    // All sizes take turns, so that a slow moment of the machine meets each of them.
    const times: number[][] = sizes.map(() => [])
    const people = Array.from({ length: 100 }, () => newId('per'))
    for (let round = 0; round < rounds; round += 1)
      for (const [i, project] of projects.entries())
        times[i]?.push(await oneRound(inside, project, people[round % 100] ?? ''))
    await inside.destroy()
    await admin.destroy()
    report(json, times.map(summary))
  } finally {
    await cluster.stop()
  }
}

/** The first half is done, as in the middle of a project. */
async function fill(admin: Db, project: string, size: number): Promise<void> {
  const now = new Date()
  for (let made = 0; made < size; made += chunk) {
    const batch = newId('bat')
    const items: NewItem[] = Array.from({ length: chunk }, (_, i) => ({
      ...{ item: newId('itm'), project, batch, language: languages[i % 3] ?? 'en' },
    }))
    await transact(admin, async (tx) => {
      await addTasks(tx, items, now)
      if (made < size / 2)
        await tx
          .updateTable('annotation.task')
          .set({ state: 'accepted' })
          .where('batch', '=', batch)
          .execute()
    })
  }
}

/** Milliseconds that handing out took. */
async function oneRound(db: Db, project: string, person: string): Promise<number> {
  const now = new Date()
  const before = performance.now()
  const task = await transactIn(db, project, (tx) =>
    takeTask(tx, {
      ...{ project, type: 'annotate', person, languages: ['en', 'es'], schema: 1 },
      ...{ guideline: null, now, until: new Date(now.getTime() + 120_000) },
    }),
  )
  const took = performance.now() - before
  if (task === undefined) throw new Error('the queue ran dry')
  await transactIn(db, project, async (tx) => {
    await endLease(tx, task.id)
    await setTask(tx, task.id, { state: 'submitted', since: now })
  })
  return took
}

function summary(times: readonly number[]) {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? 0
  return { p50: at(0.5), p99: at(0.99) }
}

function report(json: boolean, results: readonly { p50: number; p99: number }[]): void {
  const first = results[0]?.p50 ?? 1
  const rows = results.map(({ p50, p99 }, i) => ({
    items: sizes[i],
    ...{ 'p50 ms': round(p50), 'p99 ms': round(p99), 'of the smallest': round(p50 / first) },
  }))
  if (json) console.log(JSON.stringify({ bench: 'scale', reach: 1.2, results: rows }))
  else {
    console.table(rows)
    console.log('To reach: at most 1.2 times the smallest.')
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
