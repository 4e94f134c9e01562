import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { sql } from 'kysely'
import { exportLog, isSigned } from '../../src/cli/export.ts'
import { directoryReader, readLogPolicy } from '../../src/cli/offline.ts'
import { operatorAt } from '../../src/cli/operator.ts'
import { compareWithDatabase, type Comparison } from '../../src/cli/reconcile.ts'
import type { Action } from '../../src/shared/actions.ts'
import type { Pass } from '../../src/server/domains/access/index.ts'
import { annotationReaders } from '../../src/server/domains/annotation/index.ts'
import { keepDetails, record } from '../../src/server/domains/audit/index.ts'
import { deliveryReader } from '../../src/server/domains/delivery/index.ts'
import {
  acknowledgeDelivery,
  approveDelivery,
  proposeDelivery,
} from '../../src/server/domains/delivery/release.ts'
import { moveDelivery } from '../../src/server/domains/delivery/stamps.ts'
import { takeEvents } from '../../src/server/domains/facility/events.ts'
import { eventReader } from '../../src/server/domains/facility/index.ts'
import { entryOf } from '../../src/server/http/operate.ts'
import { Problem } from '../../src/shared/problems.ts'
import { transact, type Tx } from '../../src/server/kernel/db.ts'
import { newId } from '../../src/server/kernel/random.ts'
import { logDoor, plainSeal, theOperator } from '../support/log-doors.ts'
import { passFor } from '../support/pass.ts'
import { testSequencer } from '../support/records.ts'
import { marked, openRoom, type Room, taskIn } from '../support/room.ts'
import { sampleKeys } from '../support/sample-log.ts'

/** Ana annotates, Ben sends one text back and then accepts both; the log vouches for every step. */
async function work(room: Room): Promise<void> {
  await room.addTexts(['play Ada by Ben', 'play Eve'])
  const ana = await room.hire({ roles: ['annotator'] })
  const ben = await room.hire({ roles: ['reviewer'] })
  const annotate = async (length: number) => {
    const { task } = taskIn(await ana.post(`/projects/${room.project}/next`))
    await ana.post(`/tasks/${task}/submit`, { annotation: marked(length), next: false })
  }
  const review = async (decision: object) => {
    const { task } = taskIn(await ben.post(`/projects/${room.project}/next-review`))
    const done = await ben.post(`/tasks/${task}/review`, { ...decision, next: false })
    assert.equal(done.status, 200, JSON.stringify(done.body))
  }
  await annotate(4)
  await review({ decision: 'return', reason: 'the title too' })
  await annotate(8)
  await annotate(4)
  await review({ decision: 'accept' })
  await review({ decision: 'correct', annotation: marked(5) })
}

/** One act as the straight line does it: the pass, the work, the entry with its stamps. */
async function act<A extends Action>(
  room: Room,
  action: A,
  where: Parameters<typeof passFor>[2],
  run: (pass: Pass<A>, tx: Tx) => Promise<unknown>,
): Promise<void> {
  await transact(room.database.db('cloister_admin'), async (tx) => {
    const pass = await passFor(tx, action, where)
    await run(pass, tx)
    const details = await keepDetails(tx, plainSeal, {}, pass.project)
    record(tx, entryOf(pass, new Date(), 'done', details))
  })
}

/** The finished project is handed over: proposed, approved, built, taken by the client. */
async function deliver(room: Room): Promise<string> {
  const admin = room.database.db('cloister_admin')
  const { client } = await admin
    .selectFrom('projects.project')
    .select('client')
    .where('id', '=', room.project)
    .executeTakeFirstOrThrow()
  const now = new Date(Date.now() - 1_000)
  await admin
    .insertInto('delivery.key')
    .values({
      ...{ id: newId('dky'), client, fingerprint: 'f', recipient: `age1${'q'.repeat(58)}` },
      ...{ registered_by: 'x', registered_at: now, first_by: 'x', second_by: 'y' },
      effective_at: now,
    })
    .onConflict((of) => of.doNothing())
    .execute()
  let delivery = ''
  const at = (actor: string) => ({ actor, located: { project: room.project } })
  await act(room, 'delivery.propose', at('per_mia'), async (pass, tx) => {
    delivery = (await proposeDelivery(pass, tx, room.project)).id
  })
  await act(room, 'delivery.approve', at('per_max'), (pass, tx) =>
    approveDelivery(pass, tx, delivery),
  )
  await act(room, 'delivery.build', at('per_max'), (pass, tx) =>
    moveDelivery(tx, delivery, ['approved'], {
      ...{ state: 'built', file: `${delivery}.tar`, items: 2, size: 10_240 },
      ...{ sha256: Buffer.alloc(32, 1), built_at: pass.at },
    }),
  )
  await act(room, 'delivery.receipt', at('per_cleo'), (pass, tx) =>
    acknowledgeDelivery(pass, tx, delivery, true),
  )
  return delivery
}

/** Two people pass a door. */
async function walkIn(room: Room): Promise<void> {
  const controller = { kind: 'device', actor: 'ctl-1', workstation: null } as const
  const occurredAt = new Date().toISOString()
  const events = [1, 2].map((seq) => ({
    ...{ source: 'reader', controllerId: 'ctl-1', epoch: 'e1', seq, replayed: false, occurredAt },
    ...{ clockOffsetMs: 0, kind: 'ACCESS_TAKEN' as const, result: 'success' as const },
    ...{ credentialIds: [`badge-${seq}`], factors: ['badge' as const] },
  }))
  await act(room, 'facility.event.take', controller, (pass, tx) => takeEvents(pass, tx, events))
}

async function setUp(t: TestContext) {
  const room = await openRoom(t)
  const admin = room.database.db('cloister_admin')
  const keys = sampleKeys()
  const folder = await mkdtemp(join(tmpdir(), 'cloister-reconcile-'))
  t.after(() => rm(folder, { recursive: true }))
  const socket = join(folder, 'operator.sock')
  const door = logDoor(room.database, 'operator', {
    ...{ caller: () => theOperator, policy: `log ${keys.log.verifierKey}\nquorum none\n` },
    readers: [...annotationReaders(room.vault), deliveryReader, eventReader],
  })
  await door.listen({ path: socket })
  t.after(() => door.close())
  const sequencer = testSequencer(room.database, keys)
  t.after(() => sequencer.close())
  const dir = join(folder, 'export')
  return {
    room,
    meddle: (statement: string) => sql.raw(statement).execute(admin),
    /** What `cloister log export` and then `log verify --database` find. */
    compare: async (): Promise<Comparison> => {
      while ((await admin.selectFrom('audit.pending').select('id').execute()).length > 0)
        await new Promise(setImmediate)
      const operator = operatorAt(socket)
      const { size } = await exportLog(operator, dir, () => undefined)
      const policy = await readLogPolicy(join(dir, 'policy'))
      const signed = (index: number) => isSigned(operator, policy, index)
      return compareWithDatabase(operator, directoryReader(dir), size, signed, () => undefined)
    },
  }
}

test('AU37 every annotation, decision, delivery and access event compares sound after real work', async (t) => {
  const { room, compare } = await setUp(t)
  await work(room)
  await walkIn(room)
  await deliver(room)
  const { faults, rows, newer } = await compare()
  assert.deepEqual(faults, [])
  // four versions of annotations, three decisions, one delivery, two events
  assert.deepEqual([rows, newer], [10, 0])
})

test('AU38 an annotation, a decision, a delivery or an access event that was changed past the log is named', async (t) => {
  const { room, meddle, compare } = await setUp(t)
  await work(room)
  await walkIn(room)
  const delivery = await deliver(room)
  const db = room.database.db('cloister_admin')
  const [first] = await db.selectFrom('annotation.annotation').select('id').orderBy('at').execute()
  const sentBack = await db
    .selectFrom('annotation.decision')
    .select('id')
    .where('decision', '=', 'return')
    .executeTakeFirstOrThrow()
  await meddle(
    `update annotation.annotation set person = 'per_eve' where id = '${first?.id ?? ''}'`,
  )
  await meddle(`update annotation.decision set decision = 'accept' where id = '${sentBack.id}'`)
  await meddle(`update delivery.delivery set sha256 = sha256('other') where id = '${delivery}'`)
  await meddle(
    `update facility.event set event = jsonb_set(event, '{credentialIds}', '["badge-9"]') where seq = 2`,
  )
  await meddle(`delete from facility.event where seq = 1`)
  const made = await db.selectFrom('annotation.annotation').selectAll().orderBy('at').execute()
  const [, second, third] = made
  await meddle(`update vault.object set sealed = set_byte(sealed, 40, 255 - get_byte(sealed, 40))
    where id = '${second?.object ?? ''}'`)
  await meddle(`delete from vault.object where id = '${third?.object ?? ''}'`)
  const { faults } = await compare()
  const named = faults.map(({ kind, id, fault }) => `${kind} ${id} ${fault.replace(/\d+/, 'N')}`)
  assert.deepEqual(named.sort(), [
    ...[first, second, third]
      .map((one) => `annotation ${one?.id ?? ''} was changed after entry N`)
      .sort(),
    `decision ${sentBack.id} was changed after entry N`,
    `delivery ${delivery} was changed after entry N`,
    'event ctl-1/e1/1 is gone although entry N left it in place',
    'event ctl-1/e1/2 was changed after entry N',
  ])
})

test('AU42 a project whose task names what was sent back is not delivered, and changed items of a delivery are named', async (t) => {
  const { room, meddle, compare } = await setUp(t)
  await work(room)
  const db = room.database.db('cloister_admin')
  const sentBack = await db
    .selectFrom('annotation.decision')
    .select(['item', 'annotation'])
    .where('decision', '=', 'return')
    .executeTakeFirstOrThrow()
  const standing = await db
    .selectFrom('annotation.task')
    .select(['id', 'annotation'])
    .where('item', '=', sentBack.item)
    .where('type', '=', 'annotate')
    .executeTakeFirstOrThrow()
  const name = (annotation: string) =>
    meddle(`update annotation.task set annotation = '${annotation}' where id = '${standing.id}'`)
  const items = () => db.selectFrom('delivery.item').select(['item', 'annotation']).execute()
  await name(sentBack.annotation)
  await assert.rejects(
    deliver(room),
    (error) =>
      error instanceof Problem && error.kind === 'conflict' && error.details['changed'] === 1,
  )
  await name(standing.annotation ?? '')
  const delivery = await deliver(room)
  assert.equal((await items()).length, 2)
  await meddle(`update delivery.item set annotation = '${sentBack.annotation}'
    where item = '${sentBack.item}'`)
  const { faults } = await compare()
  const named = faults.map(({ kind, id }) => `${kind} ${id}`)
  assert.ok(named.includes(`delivery ${delivery}`), named.join())
})
