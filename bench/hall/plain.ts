import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { sql } from 'kysely'
import { addTasks } from '../../src/server/domains/annotation/index.ts'
import { transact } from '../../src/server/kernel/db.ts'
import { newId } from '../../src/server/kernel/random.ts'
import type { Door } from '../../src/workstation/door.ts'
import { beginProject } from '../../test/support/operator-door.ts'
import type { BareOpened, BareOptions } from './bare.ts'
import { cpuSeconds, type Hall } from './hall.ts'

/** The reference server of `bare.ts`, running. */
export interface PlainServer {
  readonly door: Door
  /** CPU seconds of its process so far. */
  cpu(): number
  close(): Promise<void>
}

export async function openPlain(hall: Hall, file: string | null): Promise<PlainServer> {
  const options: BareOptions = {
    ...{ connection: hall.connection('cloister_inside'), authority: hall.inside.ca, file },
  }
  const program = fork(new URL('bare.ts', import.meta.url).pathname, [JSON.stringify(options)], {
    execArgv: ['-C', 'source', '--import', 'tsx'],
  })
  const gone = once(program, 'exit')
  const opened = await new Promise<BareOpened>((resolve, reject) => {
    program.once('message', (said: BareOpened) => {
      resolve(said)
    })
    program.once('exit', () => {
      reject(new Error('the reference server ended at its start'))
    })
  })
  return {
    door: { host: '127.0.0.1', port: opened.port, ca: opened.ca },
    cpu: () => cpuSeconds(program.pid ?? 0),
    async close() {
      program.disconnect()
      await gone
    },
  }
}

/** A project of texts that lie there as they are, for the reference server alone. */
export async function plainProject({ admin }: Hall, people: readonly string[], texts: number) {
  const now = new Date()
  return transact(admin, async (tx) => {
    const project = await beginProject(tx, 'borealis', 'text')
    const batch = newId('bat')
    await sql`
      insert into projects.batch (id, project, name, manifest, state, ordered_by, began_at)
      values (${batch}, ${project}, 'plain', ${Buffer.alloc(32)}, 'ready', 'bench', ${now})`.execute(
      tx,
    )
    await sql`
      insert into projects.team
      select ${project}, id, 'annotator', 'bench', ${now} from unnest(${[...people]}::text[]) id`.execute(
      tx,
    )
    const items = Array.from({ length: texts }, (_, row) => {
      const bytes = Buffer.from(
        `play the song number ${row} by somebody whose name is written here`,
      )
      return { id: newId('itm'), row, bytes, hash: createHash('sha256').update(bytes).digest() }
    })
    await sql`
      insert into projects.item (project, batch, state, created_at, kind, language, rate,
                                 id, row, ref_mac, content_sha256, length)
      select ${project}, ${batch}, 'free', ${now}::timestamptz, 'text', 'en', null, * from unnest(
        ${items.map((i) => i.id)}::text[], ${items.map((i) => i.row)}::int8[],
        ${items.map((i) => i.hash)}::bytea[], ${items.map((i) => i.hash)}::bytea[],
        ${items.map((i) => i.bytes.length)}::int8[])`.execute(tx)
    await sql`
      insert into vault.object (project, kind, version, asset, id, owner, length, sealed)
      select ${project}, 'item', 1, 'content', * from unnest(
        ${items.map(() => newId('obj'))}::text[], ${items.map((i) => i.id)}::text[],
        ${items.map((i) => i.bytes.length)}::int8[], ${items.map((i) => i.bytes)}::bytea[])`.execute(
      tx,
    )
    await addTasks(
      tx,
      items.map(({ id: item }) => ({ item, project, batch, language: 'en' })),
      now,
    )
    return project
  })
}
