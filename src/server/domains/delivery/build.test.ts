import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { sql } from 'kysely'
import { ClientDeliveries } from '#shared/delivery.ts'
import { openPackage } from '../../../cli/open-package.ts'
import { waysToChange } from '../../../../test/support/changes.ts'
import { type Handover, openHandover } from '../../../../test/support/handover.ts'
import { good } from '../../../../test/support/room.ts'
import { transactOverAll } from '../access/index.ts'
import { VaultFault } from '../vault/index.ts'
import { measureOf } from './measured.ts'
import { buildDelivery, type BuildOrder, resumeBuilds, sweepDrafts } from './index.ts'

const never = new AbortController().signal

/** An approved delivery whose building is left to the test. */
async function approved(h: Handover, texts: readonly string[]): Promise<BuildOrder> {
  await h.jobs.stop()
  await h.finish(texts)
  await h.confirmKey()
  const delivery = await h.propose()
  await h.noor.post(`/deliveries/${delivery}/approve`, {})
  return { id: delivery, by: h.noor.id }
}

const filesIn = async (folder: string) => (await readdir(folder, { recursive: true })).sort()

test('DE20 an opened package holds every accepted annotation once, in each format, and nothing else', async (t) => {
  const h = await openHandover(t)
  const texts = Array.from({ length: 12 }, (_, at) => `play number ${at}`)
  const { file } = await h.deliver(texts)
  const out = join(h.packages, '..', 'opened')
  const { report, lines } = await openPackage(file, { policy: h.policy, identity: h.identity, out })
  assert.deepEqual([report.sound, lines], [true, lines])
  assert.deepEqual(await filesIn(out), [
    ...['annotations', 'annotations/00001.jsonl', 'label-studio', 'label-studio/00001.json'],
    ...['losses.json', 'quality.json', 'schema', 'schema/1.json'],
  ])
  const own = (await readFile(join(out, 'annotations/00001.jsonl'), 'utf8')).trim().split('\n')
  const delivered = own.map((line) => JSON.parse(line) as { source: { text: string } })
  assert.deepEqual(delivered.map(({ source }) => source.text).sort(), texts.sort())
  const studio: unknown = JSON.parse(await readFile(join(out, 'label-studio/00001.json'), 'utf8'))
  assert.equal(Array.isArray(studio) && studio.length, texts.length)
  const admin = h.room.database.db('cloister_admin')
  const items = await admin.selectFrom('delivery.item').selectAll().execute()
  assert.equal(items.length, texts.length)
  assert.deepEqual(await filesIn(join(h.packages, 'incoming')), [])
})

test('DE21 a build that is cut off anywhere leaves neither a file nor a word that it was built', async (t) => {
  const h = await openHandover(t)
  const order = await approved(h, ['play Ada'])
  const { id: delivery } = order
  const cut = new Error('cut')
  const failing = [
    { ...h.workshop, proofOf: () => Promise.reject(cut) },
    { ...h.workshop, sealDetails: () => Promise.reject(cut) },
    { ...h.workshop, signingKey: 'no key' },
    { ...h.workshop, packages: join(h.policy, 'no folder') },
  ]
  for (const shop of failing) await assert.rejects(buildDelivery(shop, order, never))
  await assert.rejects(buildDelivery(h.workshop, order, AbortSignal.abort(cut)), cut)
  assert.deepEqual(await filesIn(h.packages), ['incoming'])
  assert.equal((await h.until(delivery, 'approved')).sha256, null)
  await buildDelivery(h.workshop, order, never)
  assert.equal((await h.until(delivery, 'built')).items, 1)
  assert.deepEqual(await filesIn(h.packages), [`${delivery}.tar`, 'incoming'])
})

test('DE22 of two builds at once, and of a build and a recall, one alone has its way', async (t) => {
  const h = await openHandover(t)
  const order = await approved(h, ['play Ada'])
  const { id: delivery } = order
  const other = await h.propose()
  await h.noor.post(`/deliveries/${other}/approve`, {})
  await Promise.allSettled([1, 2, 3].map(() => buildDelivery(h.workshop, order, never)))
  const { sha256, size } = await h.until(delivery, 'built')
  const bytes = await readFile(join(h.packages, `${delivery}.tar`))
  assert.deepEqual(measureOf(bytes), { sha256, size })
  const recalling = {
    ...h.workshop,
    proofOf: async (...asked: Parameters<typeof h.workshop.proofOf>) => {
      await h.mara.post(`/deliveries/${other}/recall`, { reason: 'A mistake' })
      return h.workshop.proofOf(...asked)
    },
  }
  await buildDelivery(recalling, { ...order, id: other }, never)
  assert.deepEqual(await filesIn(h.packages), [`${delivery}.tar`, 'incoming'])
  const built = (await h.room.log()).filter((entry) => entry['action'] === 'delivery.build')
  assert.deepEqual(
    built.map(({ outcome, resource }) => [outcome, resource]),
    [['done', `Delivery::${delivery}`]],
  )
})

test('DE23 a start removes what a killed build left behind, never another process’s draft, and orders its build anew', async (t) => {
  const h = await openHandover(t)
  const order = await approved(h, ['play Ada'])
  const { id: delivery } = order
  await mkdir(join(h.packages, 'incoming'), { recursive: true })
  await writeFile(join(h.packages, 'incoming', `${delivery}-0000.age`), 'half')
  const draft = join(h.packages, 'incoming', `${delivery}-0000.age`)
  const moment = (ago: number) => new Date(Date.now() - ago)
  await utimes(draft, moment(60_000), moment(60_000))
  await sweepDrafts(h.packages, moment(120_000))
  assert.equal((await filesIn(h.packages)).length, 2, 'it may be another process’s')
  await sweepDrafts(h.packages, moment(30_000))
  assert.deepEqual(await filesIn(h.packages), ['incoming'])
  await writeFile(draft, 'half')
  await sweepDrafts(h.packages)
  assert.deepEqual(await filesIn(h.packages), ['incoming'])
  // As the queue stands when the process that had taken the job is no more.
  await sql`update graphile_worker._private_jobs set locked_by = 'killed', locked_at = now()`.execute(
    h.room.database.db('cloister_admin'),
  )
  await transactOverAll(h.workshop.db, resumeBuilds)
  const queue = await h.startQueue()
  assert.equal((await h.until(delivery, 'built')).items, 1)
  // A job that was just done is ticked off before its database goes.
  await Promise.all([queue.stop(), h.jobs.stop()])
})

test('DE24 a package holds exactly what was approved, and the acceptance of its proposal, whatever came after', async (t) => {
  const h = await openHandover(t)
  const order = await approved(h, ['play Ada'])
  const { id: delivery } = order
  await h.finish(['play Ben'])
  await h.room.addTexts(['one', 'two', 'three'])
  await buildDelivery(h.workshop, order, never)
  assert.equal((await h.until(delivery, 'built')).items, 1)
  const out = join(h.packages, '..', 'opened')
  const file = join(h.packages, `${delivery}.tar`)
  const { report } = await openPackage(file, { policy: h.policy, identity: h.identity, out })
  assert.equal(report.sound, true)
  const lines = (await readFile(join(out, 'annotations/00001.jsonl'), 'utf8')).trim().split('\n')
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { source: { text: string } }).source.text),
    ['play Ada'],
  )
  const quality = JSON.parse(await readFile(join(out, 'quality.json'), 'utf8')) as object
  assert.deepEqual(
    { ...quality, batches: [] },
    {
      ...{ rule: 'every item reviewed', delivered: 1, ready: true, open: 0, items: 1, accepted: 1 },
      ...{ skipped: 0, unreviewed: 0, unannotated: 0, batches: [] },
    },
  )
})

test('DE25 a build whose set no longer stands delivers nothing, and everybody sees that it was refused', async (t) => {
  const h = await openHandover(t)
  const { delivery: whole } = await h.deliver(['play Ada', 'play Ben'])
  await h.jobs.stop()
  const ways = await waysToChange(h)
  for (const [way, change] of ways) {
    const delivery = await h.propose()
    assert.equal((await h.noor.post(`/deliveries/${delivery}/approve`, {})).status, 200)
    const undo = await change(delivery)
    await buildDelivery(h.workshop, { id: delivery, by: h.noor.id }, never)
    assert.equal((await h.until(delivery, 'refused')).sha256, null, way)
    await undo()
  }
  // Between the last page and the end of the build.
  const delivery = await h.propose()
  await h.noor.post(`/deliveries/${delivery}/approve`, {})
  const undoes: (() => Promise<unknown>)[] = []
  const late = {
    ...h.workshop,
    proofOf: async (...asked: Parameters<typeof h.workshop.proofOf>) => {
      if (undoes.length === 0) undoes.push(await ways[0]![1](delivery))
      return h.workshop.proofOf(...asked)
    },
  }
  await buildDelivery(late, { id: delivery, by: h.noor.id }, never)
  await h.until(delivery, 'refused')
  assert.equal(undoes.length, 1)
  assert.deepEqual(await filesIn(h.packages), [`${whole}.tar`, 'incoming'])
  const builds = (await h.room.log()).filter((entry) => entry['action'] === 'delivery.build')
  assert.deepEqual(
    builds.map(({ outcome, policies }) => [outcome, (policies as string[]).includes('conflict')]),
    [['done', false], ...[...ways, late].map(() => ['failed', true])],
  )
  assert.deepEqual(
    good(ClientDeliveries, await h.carla.get('/client/deliveries')).deliveries,
    [await h.until(whole, 'built')],
    'nothing of it is the client’s business',
  )
})

test('DE26 what fails over content that cannot be read quotes none of it, in the log of faults or the queue', async (t) => {
  const h = await openHandover(t)
  const secret = 'play Ada by Ben'
  const delivery = await approved(h, [secret])
  const broken = [
    Buffer.from(secret),
    Buffer.from(JSON.stringify({ schema: 'spans@1', regions: [{ id: secret, label: [secret] }] })),
  ]
  for (const bytes of broken) {
    const vault = { ...h.workshop.vault, open: () => Promise.resolve(bytes) }
    await assert.rejects(
      buildDelivery({ ...h.workshop, vault }, delivery, never),
      (error) => !/play|Ada|Ben/.test(inspect(error, { depth: 9 })),
    )
  }
})

/** What the Gatehouse shows of builds that failed. */
const alarmsOf = (h: Handover) =>
  h.room.database
    .db('cloister_admin')
    .selectFrom('facility.alarm')
    .select(['subject', 'detail', 'cleared_at'])
    .where('kind', '=', 'delivery-failed')
    .execute()

test('DE27 a build that cannot succeed, or failed for the last time, leaves the delivery failed with the kind of the fault, an entry and an alarm', async (t) => {
  const h = await openHandover(t)
  const secret = 'play Ada by Ben'
  const order = await approved(h, [secret])
  const fails = (error: Error) => ({
    ...h.workshop,
    vault: { ...h.workshop.vault, open: () => Promise.reject(error) },
  })
  const full = Object.assign(new Error(secret), { code: 'ENOSPC' })
  await assert.rejects(buildDelivery(fails(full), order, never), full)
  assert.equal((await h.until(order.id, 'approved')).failure, null, 'it is tried again')
  const cut = AbortSignal.abort(new Error('stopping'))
  await assert.rejects(buildDelivery(h.workshop, order, cut, true))
  assert.equal((await h.until(order.id, 'approved')).failure, null, 'a stop is no fault of it')
  for (const [error, last, failure] of [
    [full, true, 'storage-full'],
    [new Error(secret), true, 'internal'],
    [new VaultFault('object-missing'), false, 'object-missing'],
  ] as const) {
    await assert.rejects(buildDelivery(fails(error), order, never, last), error)
    assert.equal((await h.until(order.id, 'failed')).failure, failure)
    const [alarm, ...more] = (await alarmsOf(h)).filter(({ cleared_at: at }) => at === null)
    assert.deepEqual([alarm?.subject, more], [order.id, []])
    assert.match(alarm?.detail.reason ?? '', /^(storage-full|internal|object-missing)$/)
    const entry = (await h.room.log()).findLast(({ action }) => action === 'delivery.build')
    assert.deepEqual([entry?.['outcome'], entry?.['policies']], ['failed', [failure]])
    assert.deepEqual(good(ClientDeliveries, await h.carla.get('/client/deliveries')).deliveries, [])
    assert.equal((await h.noor.post(`/deliveries/${order.id}/rebuild`, {})).status, 200)
  }
  assert.deepEqual(await filesIn(h.packages), ['incoming'])
})

test('DE28 a releaser has a failed delivery built again from the same set, with a fresh key; the alarm ends when it is built', async (t) => {
  const h = await openHandover(t)
  const order = await approved(h, ['play Ada'])
  const rebuild = `/deliveries/${order.id}/rebuild`
  assert.deepEqual((await h.mara.post(rebuild, {})).status, 409, 'it has not failed')
  const broken = { ...h.workshop, packages: join(h.policy, 'no folder') }
  await assert.rejects(buildDelivery(broken, order, never, true))
  const failed = await h.until(order.id, 'failed')
  const session = { userVerified: true, keyAllowed: true, sameWorkstation: true }
  h.room.building.session = { ...session, steppedUp: false }
  assert.equal((await h.mara.post(rebuild, {})).status, 403)
  h.room.building.session = { ...session, steppedUp: true }
  const ana = await h.room.hire({ roles: ['annotator'] })
  assert.equal((await ana.post(rebuild, {})).status, 403)
  await h.startQueue()
  assert.equal((await h.mara.post(rebuild, {})).status, 200)
  const built = await h.until(order.id, 'built')
  assert.deepEqual([built.set, built.items, built.failure], [failed.set, 1, null])
  assert.deepEqual(
    (await alarmsOf(h)).map(({ cleared_at: at }) => at === null),
    [false],
  )
  const ended = (await h.room.log()).filter(({ resource }) => resource === `Delivery::${order.id}`)
  assert.deepEqual(
    ended.map(({ action, outcome }) => `${String(action)} ${String(outcome)}`),
    [
      ...['delivery.release done', 'delivery.approve done', 'delivery.rebuild failed'],
      ...['delivery.build failed', 'delivery.rebuild refused', 'delivery.rebuild refused'],
      ...['delivery.rebuild done', 'delivery.build done'],
    ],
  )
})

const standing = async (h: Handover) =>
  (await alarmsOf(h)).filter(({ cleared_at: at }) => at === null).length

test('DE28 the alarm of a failed build ends as well when the delivery is recalled, inside or outside, and when it is refused', async (t) => {
  const h = await openHandover(t)
  const order = await approved(h, ['play Ada'])
  const broken = { ...h.workshop, packages: join(h.policy, 'no folder') }
  const fail = async (id: string) => {
    await assert.rejects(buildDelivery(broken, { ...order, id }, never, true))
    assert.equal(await standing(h), 1)
  }
  const reason = { reason: 'No longer wanted' }
  await fail(order.id)
  assert.equal((await h.mara.post(`/deliveries/${order.id}/recall`, reason)).status, 200)
  assert.equal(await standing(h), 0)
  const propose = async () => {
    const id = await h.propose()
    assert.equal((await h.noor.post(`/deliveries/${id}/approve`, {})).status, 200)
    await fail(id)
    return id
  }
  const away = h.room.outside(h.mara)
  assert.equal((await away.post(`/deliveries/${await propose()}/recall`, reason)).status, 200)
  assert.equal(await standing(h), 0)
  const third = await propose()
  const [way] = await waysToChange(h)
  await way?.[1](third)
  assert.equal((await h.mara.post(`/deliveries/${third}/rebuild`, {})).status, 200)
  await buildDelivery(h.workshop, { ...order, id: third }, never)
  await h.until(third, 'refused')
  assert.equal(await standing(h), 0)
})

test('DE29 a build runs in the name of who ordered it last, and fails at once when they may no longer release', async (t) => {
  const h = await openHandover(t)
  const order = await approved(h, ['play Ada'])
  const admin = h.room.database.db('cloister_admin')
  const people = admin.updateTable('identity.person').set({ revoked_by: 'x' })
  const roles = admin.deleteFrom('identity.role').where('person', '=', h.mara.id)
  await people.set({ revoked_at: new Date() }).where('id', '=', h.noor.id).execute()
  await assert.rejects(buildDelivery(h.workshop, order, never), { kind: 'access-denied' })
  assert.equal((await h.until(order.id, 'failed')).failure, 'access-denied')
  assert.equal(await standing(h), 1)
  assert.equal((await h.mara.post(`/deliveries/${order.id}/rebuild`, {})).status, 200)
  // The right ends while the package is being made.
  const late = {
    ...h.workshop,
    proofOf: async (...asked: Parameters<typeof h.workshop.proofOf>) => {
      await roles.execute()
      return h.workshop.proofOf(...asked)
    },
  }
  await assert.rejects(buildDelivery(late, order, never), { kind: 'access-denied' })
  assert.deepEqual(await filesIn(h.packages), ['incoming'])
  assert.equal((await h.until(order.id, 'failed')).failure, 'access-denied')
  const back = { person: h.mara.id, role: 'manager', granted_by: 'x', granted_at: new Date() }
  await admin
    .insertInto('identity.role')
    .values({ ...back, confirmed_by: 'y', confirmed_at: new Date() })
    .execute()
  assert.equal((await h.mara.post(`/deliveries/${order.id}/rebuild`, {})).status, 200)
  await buildDelivery(h.workshop, order, never)
  assert.equal((await h.until(order.id, 'built')).approvedBy, h.noor.id)
  const builds = (await h.room.log()).filter(({ action }) => action === 'delivery.build')
  assert.deepEqual(
    builds.map(({ actor, outcome }) => [actor, outcome]),
    [
      [h.noor.id, 'failed'],
      [h.mara.id, 'failed'],
      [h.mara.id, 'done'],
    ],
  )
})
