import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { sql } from 'kysely'
import { ClientDeliveries, DeliveryKeyMade, DeliveryKeys, DeliveryMade } from '#shared/delivery.ts'
import { waysToChange } from '../../../../test/support/changes.ts'
import { transact } from '../../kernel/db.ts'
import { type Handover, openHandover } from '../../../../test/support/handover.ts'
import { listenTo } from '../../../../test/support/signals.ts'
import {
  type Answered,
  good,
  marked,
  type Member,
  refusal,
  taskIn,
} from '../../../../test/support/room.ts'

const day = 86_400_000
const text = 'play Ada by Ben'

/** Status and kind of an answer, with the conditions that a refusal names. */
function said({ status, body }: Answered): unknown[] {
  const { type, conditions } = (body ?? {}) as { type?: string; conditions?: string[] }
  if (status === 200) return [200]
  return [status, String(type).replace('/problems/', ''), ...(conditions ?? [])]
}

/** What the log says of an act: outcome, who, on what, and under which policies or refusals. */
async function entries({ room }: Handover, action: string): Promise<unknown[][]> {
  return (await room.log())
    .filter((entry) => entry['action'] === action)
    .map(({ outcome, actor, resource, policies }) => [outcome, actor, resource, policies])
}

/** Somebody who speaks for another client. */
async function stranger({ room }: Handover): Promise<Member> {
  const dora = room.outside(await room.hire({}))
  const admin = room.database.db('cloister_admin')
  const client = `cli_${'b'.repeat(26)}`
  await admin
    .insertInto('projects.client')
    .values({ id: client, name: 'Other', created_at: room.now.at })
    .execute()
  await admin.insertInto('projects.client_person').values({ client, person: dora.id }).execute()
  return dora
}

test('DE1 only the client’s own people register its key, outside, and each recipient once', async (t) => {
  const h = await openHandover(t)
  const { room, carla, mara, recipient } = h
  const path = `/clients/${room.client}/delivery-keys`
  const dora = await stranger(h)
  assert.deepEqual(said(await room.outside(room.nobody).post(path, { recipient })), [
    ...[401, 'not-signed-in'],
  ])
  assert.deepEqual(said(await dora.post(path, { recipient })), [
    403,
    'access-denied',
    'unpermitted',
  ])
  assert.deepEqual(said(await room.outside(mara).post(path, { recipient })), [
    ...[403, 'access-denied', 'unpermitted'],
  ])
  assert.deepEqual(said(await mara.post(path, { recipient })), [404, 'not-found'])
  for (const bad of ['age1', recipient.toUpperCase(), `${recipient}x`, 'AGE-SECRET-KEY-1'])
    assert.deepEqual(said(await carla.post(path, { recipient: bad })), [422, 'invalid-input'])
  const made = good(DeliveryKeyMade, await carla.post(path, { recipient }))
  assert.equal(made.fingerprint, createHash('sha256').update(recipient).digest('hex'))
  assert.deepEqual(said(await carla.post(path, { recipient })), [409, 'already-done'])
  assert.deepEqual(
    (await entries(h, 'delivery.key.register')).map(([outcome, actor]) => [outcome, actor]),
    [
      ['refused', 'nobody'],
      ['refused', dora.id],
      ['refused', mara.id],
      ['done', carla.id],
      ['failed', carla.id],
    ],
  )
  assert.ok(room.sealedWords.some((words) => words['fingerprint'] === made.fingerprint))
})

test('DE2 a key takes effect a day after the second of two different people confirmed it', async (t) => {
  const h = await openHandover(t)
  const { room, carla, mara, noor, recipient } = h
  await h.finish([text])
  const path = `/clients/${room.client}/delivery-keys`
  const { key } = good(DeliveryKeyMade, await carla.post(path, { recipient }))
  const confirm = async (who: Member, id = key) => said(await who.post(`${path}/${id}/confirm`, {}))
  const standing = async () => good(DeliveryKeys, await mara.get(path)).keys[0]
  const ana = await room.hire({ roles: ['annotator'] })
  assert.deepEqual(await confirm(ana), [403, 'access-denied', 'unpermitted'])
  assert.deepEqual(await confirm(room.outside(carla)), [403, 'access-denied', 'unpermitted'])
  assert.deepEqual(await confirm(mara, `dky_${'a'.repeat(26)}`), [404, 'not-found'])
  assert.deepEqual(await confirm(mara), [200])
  assert.deepEqual(await confirm(mara), [409, 'four-eyes'])
  assert.deepEqual((await standing())?.confirmedBy, [mara.id])
  assert.deepEqual(await confirm(noor), [200])
  assert.deepEqual(await confirm(noor), [409, 'already-done'])
  const effective = new Date(room.now.at.getTime() + day).toISOString()
  assert.deepEqual(await standing(), {
    ...{ key, client: room.client, confirmedBy: [mara.id, noor.id], effective },
    fingerprint: createHash('sha256').update(recipient).digest('hex'),
  })
  const propose = async () => said(await mara.post(`/projects/${room.project}/deliveries`, {}))
  assert.deepEqual(await propose(), [409, 'not-ready'])
  room.now.at = new Date(room.now.at.getTime() + day - 1)
  assert.deepEqual(await propose(), [409, 'not-ready'])
  room.now.at = new Date(room.now.at.getTime() + 1)
  assert.deepEqual(await propose(), [200])
})

test('DE3 the newest key in effect is the one that a delivery is sealed for', async (t) => {
  const h = await openHandover(t)
  await h.finish([text])
  const first = await h.confirmKey()
  const path = `/clients/${h.room.client}/delivery-keys`
  const recipient = await identityToRecipient(await generateX25519Identity())
  const { key } = good(DeliveryKeyMade, await h.carla.post(path, { recipient }))
  await h.mara.post(`${path}/${key}/confirm`, {})
  const keyOf = async (delivery: string) =>
    h.room.admin
      .selectFrom('delivery.delivery')
      .select('key')
      .where('id', '=', delivery)
      .executeTakeFirstOrThrow()
  assert.equal((await keyOf(await h.propose())).key, first, 'one confirmation is none')
  await h.noor.post(`${path}/${key}/confirm`, {})
  h.room.now.at = new Date(h.room.now.at.getTime() + day)
  assert.equal((await keyOf(await h.propose())).key, key)
})

test('DE10 nothing is proposed before every item is reviewed or set aside and a key is in effect; the refusal says what is missing', async (t) => {
  const h = await openHandover(t)
  const { room, mara } = h
  const propose = async () => {
    const answer = await mara.post(`/projects/${room.project}/deliveries`, {})
    const { missing, open } = answer.body as { missing?: string; open?: number }
    return [answer.status, missing, open]
  }
  assert.deepEqual(await propose(), [409, 'acceptance', 0], 'a project without items')
  await room.addTexts(['one', 'two'])
  const ana = await room.hire({ roles: ['annotator'] })
  const ben = await room.hire({ roles: ['reviewer'] })
  assert.deepEqual(await propose(), [409, 'acceptance', 2])
  const { task } = taskIn(await ana.post(`/projects/${room.project}/next`))
  await ana.post(`/tasks/${task}/submit`, { annotation: marked(3), next: false })
  assert.deepEqual(await propose(), [409, 'acceptance', 2], 'annotated is not reviewed')
  const review = taskIn(await ben.post(`/projects/${room.project}/next-review`))
  await ben.post(`/tasks/${review.task}/review`, { decision: 'accept', next: false })
  assert.deepEqual(await propose(), [409, 'acceptance', 1])
  const other = taskIn(await ana.post(`/projects/${room.project}/next`))
  assert.equal(
    (await ana.post(`/tasks/${other.task}/skip`, { reason: 'disturbing', next: false })).status,
    200,
  )
  assert.deepEqual(await propose(), [409, 'delivery-key', undefined])
  await h.confirmKey()
  assert.deepEqual((await propose())[0], 200)
})

test('DE11 only managers and releasers propose, approve and recall, each with a key confirmed a moment ago', async (t) => {
  const h = await openHandover(t)
  const { room, mara, noor, carla } = h
  await h.finish([text])
  await h.confirmKey()
  const delivery = await h.propose()
  const acts = [
    [`/projects/${room.project}/deliveries`, {}],
    [`/deliveries/${delivery}/approve`, {}],
    [`/deliveries/${delivery}/recall`, { reason: 'Wrong batch' }],
  ] as const
  const ana = await room.hire({ roles: ['annotator', 'reviewer'], site: ['guard', 'recruiter'] })
  for (const [path, body] of acts) {
    assert.deepEqual(said(await room.nobody.post(path, body)), [401, 'not-signed-in'], path)
    for (const who of [ana, room.outside(ana), carla])
      assert.deepEqual(
        said(await who.post(path, body)),
        [403, 'access-denied', 'unpermitted'],
        path,
      )
    const { session } = room.building
    assert.ok(session)
    room.building.session = { ...session, steppedUp: false }
    assert.deepEqual(said(await noor.post(path, body)), [403, 'step-up-needed'], path)
    room.building.session = session
    assert.deepEqual(said(await noor.post(path, { ...body, force: true })), [422, 'invalid-input'])
    const elsewhere = path.replace(delivery, `del_${'a'.repeat(26)}`)
    if (elsewhere !== path)
      assert.deepEqual(said(await noor.post(elsewhere, body)), [404, 'not-found'])
    assert.deepEqual(said(await noor.post(path.replace(/_[a-z2-7]+/, '_x'), body)), [
      ...[422, 'invalid-input'],
    ])
  }
  assert.deepEqual(said(await mara.get(`/projects/${room.project}/deliveries`)), [200])
  assert.deepEqual(said(await ana.get(`/projects/${room.project}/deliveries`)), [
    ...[403, 'access-denied', 'unpermitted'],
  ])
})

test('DE12 who proposed a delivery does not approve it; another does, once, and both stand in the log', async (t) => {
  const h = await openHandover(t)
  const { mara, noor, room } = h
  await h.finish([text])
  await h.confirmKey()
  const delivery = await h.propose()
  const approve = async (who: Member) => said(await who.post(`/deliveries/${delivery}/approve`, {}))
  assert.deepEqual(await approve(mara), [403, 'access-denied', 'duties'])
  const twice = await Promise.all([approve(noor), approve(await room.hire({ site: ['releaser'] }))])
  assert.deepEqual(twice.map(String).sort(), ['200', '409,already-done'])
  const row = await h.until(delivery, 'built')
  assert.deepEqual([row.proposedBy, row.items], [mara.id, 1])
  const resource = `Delivery::${delivery}`
  assert.deepEqual(await entries(h, 'delivery.release'), [
    ['done', mara.id, resource, ['releasers']],
  ])
  const approvals = await entries(h, 'delivery.approve')
  assert.deepEqual(approvals[0], ['refused', mara.id, resource, ['duties']])
  assert.deepEqual(approvals.map(([outcome]) => outcome).sort(), ['done', 'failed', 'refused'])
  assert.deepEqual(await entries(h, 'delivery.build'), [
    ['done', row.approvedBy, resource, ['jobs']],
  ])
})

test('DE13 what is handed over is fixed at the proposal, with a hash that stands in the log and is shown to whoever approves', async (t) => {
  const h = await openHandover(t)
  const { room, mara } = h
  await h.finish(['one', 'two', 'three'])
  await room.addTexts(['odd'])
  const ana = await room.hire({ roles: ['annotator'] })
  const { task } = taskIn(await ana.post(`/projects/${room.project}/next`))
  await ana.post(`/tasks/${task}/skip`, { reason: 'disturbing', next: false })
  await h.confirmKey()
  const admin = room.database.db('cloister_admin')
  const tasks = await admin
    .selectFrom('annotation.task')
    .select(['item', 'annotation'])
    .where('type', '=', 'annotate')
    .where('state', '=', 'accepted')
    .orderBy('item')
    .execute()
  for (const who of [mara, room.outside(mara)]) {
    const answer = await who.post(`/projects/${room.project}/deliveries`, {})
    const { delivery } = good(DeliveryMade, answer)
    const fixed = await admin
      .selectFrom('delivery.item')
      .select(['item', 'annotation'])
      .where('delivery', '=', delivery)
      .orderBy('item')
      .execute()
    assert.deepEqual(fixed, tasks)
    const lines = tasks.map(({ item, annotation }) => `${item} ${String(annotation)}\n`).join('')
    const set = createHash('sha256').update(lines).digest('hex')
    const shown = await h.until(delivery, 'proposed')
    assert.deepEqual([shown.items, shown.setAside, shown.set], [3, 1, set])
    assert.equal((await h.noor.post(`/deliveries/${delivery}/approve`, {})).status, 200)
    const words = room.sealedWords.filter((one) => one['delivery'] === delivery)
    const told = { delivery, set, items: 3, setAside: 1 }
    assert.deepEqual(words, [told, told], 'proposal and approval')
    assert.equal((await h.until(delivery, 'built')).set, set)
  }
})

test(
  'DE14 an approval is refused when the project’s acceptance, or anything of the set, no longer stands',
  { timeout: 120_000 },
  async (t) => {
    const h = await openHandover(t)
    await h.finish([text, 'another'])
    await h.confirmKey()
    const refused = async (delivery: string) => {
      const answer = await h.noor.post(`/deliveries/${delivery}/approve`, {})
      assert.equal((await h.until(delivery, 'proposed')).approvedBy, null)
      return refusal(answer)
    }
    for (const [way, change] of await waysToChange(h)) {
      const delivery = await h.propose()
      const undo = await change(delivery)
      const changed = way === 'altered' ? {} : { changed: 1 }
      assert.deepEqual(await refused(delivery), { kind: 'conflict', where: 'set', ...changed }, way)
      await undo()
    }
    const delivery = await h.propose()
    await h.room.addTexts(['one', 'two', 'three'])
    assert.deepEqual(await refused(delivery), { kind: 'not-ready', missing: 'acceptance', open: 3 })
    const admin = h.room.database.db('cloister_admin')
    await admin
      .updateTable('delivery.delivery')
      .set({ set_sha256: null, set_aside: null, quality: null })
      .execute()
    assert.deepEqual(await refused(delivery), { kind: 'not-ready', missing: 'set' })
  },
)

test('DE15 nothing of an item that is held, restricted or erased is proposed', async (t) => {
  const h = await openHandover(t)
  await h.finish([text, 'another'])
  await h.confirmKey()
  const admin = h.room.database.db('cloister_admin')
  const set = (state: 'held' | 'restricted' | 'erased') =>
    admin.updateTable('projects.item').set({ state })
  const first = await admin.selectFrom('projects.item').select('id').executeTakeFirstOrThrow()
  for (const state of ['held', 'restricted', 'erased'] as const) {
    await set(state).where('id', '=', first.id).execute()
    assert.equal((await h.until(await h.propose(), 'proposed')).items, 1, state)
  }
  await set('held').execute()
  assert.deepEqual(refusal(await h.mara.post(`/projects/${h.room.project}/deliveries`, {})), {
    ...{ kind: 'not-ready', missing: 'acceptance', open: 0 },
  })
})

test('DE30 only the client’s own people download a package, whole or in part, each time with an entry before the first byte', async (t) => {
  const h = await openHandover(t)
  const { room, carla, mara } = h
  const { delivery, file } = await h.deliver([text])
  const path = `/deliveries/${delivery}/package`
  const dora = await stranger(h)
  assert.deepEqual(said(await room.outside(room.nobody).get(path)), [401, 'not-signed-in'])
  for (const who of [dora, room.outside(mara)])
    assert.deepEqual(said(await who.get(path)), [403, 'access-denied', 'unpermitted'])
  assert.deepEqual(said(await mara.get(path)), [404, 'not-found'], 'not inside')
  const whole = await carla.get(path)
  const bytes = await readFile(file)
  assert.ok(whole.status === 200 && whole.bytes.equals(bytes))
  const [row] = good(ClientDeliveries, await carla.get('/client/deliveries')).deliveries
  assert.equal(row?.sha256, createHash('sha256').update(bytes).digest('hex'))
  const part = await carla.get(path, { range: 'bytes=100-199' })
  assert.ok(part.status === 206 && part.bytes.equals(bytes.subarray(100, 200)))
  const beyond = await carla.get(path, { range: `bytes=${bytes.length}-` })
  assert.deepEqual(said(beyond), [416, 'range-refused'])
  assert.deepEqual(
    (await entries(h, 'delivery.download')).map(([outcome, actor]) => [outcome, actor]),
    [
      ['refused', 'nobody'],
      ['refused', dora.id],
      ['refused', mara.id],
      ['done', carla.id],
      ['done', carla.id],
      ['failed', carla.id],
    ],
  )
})

test('DE31 a client sees deliveries of its own, once they are built, and of no other', async (t) => {
  const h = await openHandover(t)
  const { carla, room } = h
  const seen = async (who: Member) => {
    const { clients, deliveries } = good(ClientDeliveries, await who.get('/client/deliveries'))
    return [clients, deliveries.map((row) => [row.delivery, row.state])]
  }
  await h.finish([text])
  await h.confirmKey()
  const delivery = await h.propose()
  assert.deepEqual(await seen(carla), [[room.client], []])
  const early = await carla.get(`/deliveries/${delivery}/package`)
  assert.deepEqual(said(early), [404, 'not-found'])
  await h.noor.post(`/deliveries/${delivery}/approve`, {})
  await h.until(delivery, 'built')
  assert.deepEqual(await seen(carla), [[room.client], [[delivery, 'built']]])
  assert.deepEqual((await seen(await stranger(h)))[1], [])
  assert.deepEqual(said(await room.outside(room.nobody).get('/client/deliveries')), [
    ...[401, 'not-signed-in'],
  ])
})

test('DE32 the client takes a package or sends it back with a reason, once, and it can be downloaded after either', async (t) => {
  const h = await openHandover(t)
  const { carla, mara, room } = h
  const { delivery } = await h.deliver([text])
  const path = `/deliveries/${delivery}/receipt`
  const dora = await stranger(h)
  for (const who of [dora, room.outside(mara)])
    assert.deepEqual(said(await who.post(path, { accepted: true })), [
      ...[403, 'access-denied', 'unpermitted'],
    ])
  assert.deepEqual(said(await carla.post(path, { accepted: false })), [422, 'invalid-input'])
  const reason = 'Half of the spans are missing'
  assert.deepEqual(said(await carla.post(path, { accepted: false, reason })), [200])
  assert.deepEqual(said(await carla.post(path, { accepted: true })), [409, 'already-done'])
  assert.equal((await h.until(delivery, 'rejected')).state, 'rejected')
  assert.equal((await carla.get(`/deliveries/${delivery}/package`)).status, 200)
  assert.ok(room.sealedWords.some((words) => words['reason'] === reason))
  assert.deepEqual(
    (await entries(h, 'delivery.receipt')).map(([outcome, actor]) => [outcome, actor]),
    [
      ['refused', dora.id],
      ['refused', mara.id],
      ['failed', carla.id],
      ['done', carla.id],
      ['failed', carla.id],
    ],
  )
})

test('DE33 a recalled delivery is served no more, and nothing becomes of one that was recalled before it was built', async (t) => {
  const h = await openHandover(t)
  const { carla, mara, noor, room } = h
  const { delivery } = await h.deliver([text])
  const recall = async (id: string, body: object) =>
    said(await mara.post(`/deliveries/${id}/recall`, body))
  assert.deepEqual(await recall(delivery, {}), [422, 'invalid-input'])
  const signals = await listenTo(t, room.database)
  const heard = await signals.during(async () => {
    assert.deepEqual(await recall(delivery, { reason: 'Wrong speaker' }), [200])
  })
  assert.deepEqual(heard, ['site'], 'who is downloading it is asked again')
  assert.deepEqual(await recall(delivery, { reason: 'Wrong speaker' }), [409, 'already-done'])
  const download = await carla.get(`/deliveries/${delivery}/package`)
  assert.deepEqual(said(download), [404, 'not-found'])
  const downloads = (await entries(h, 'delivery.download')).map(([outcome]) => outcome)
  assert.deepEqual(downloads, ['refused'], 'by the gate, which is asked again during a download')
  assert.deepEqual(said(await carla.post(`/deliveries/${delivery}/receipt`, { accepted: true })), [
    ...[409, 'already-done'],
  ])
  const [row] = good(ClientDeliveries, await carla.get('/client/deliveries')).deliveries
  assert.deepEqual([row?.delivery, row?.state], [delivery, 'recalled'], 'and the client sees it')
  const second = await h.propose()
  assert.deepEqual(await recall(second, { reason: 'Not yet' }), [200])
  assert.deepEqual(said(await noor.post(`/deliveries/${second}/approve`, {})), [
    ...[409, 'already-done'],
  ])
  assert.deepEqual(
    (await entries(h, 'delivery.recall')).map(([outcome]) => outcome),
    ['done', 'failed', 'done'],
  )
  assert.ok(room.sealedWords.some((words) => words['reason'] === 'Wrong speaker'))
})

test('DE16 a set of more items than one statement takes is fixed whole, and a change anywhere in it is found', async (t) => {
  const h = await openHandover(t)
  await h.jobs.stop()
  await h.finish(['play Ada'])
  await h.confirmKey()
  const [admin, more] = [h.room.database.db('cloister_admin'), 20_500]
  const named = (kind: string) => sql`${`${kind}_`} || lpad(n::text, 26, 'a')`
  await transact(admin, async (tx) => {
    // Rows of another batch and of annotations, of which a proposal reads nothing, are left out.
    await sql`set local session_replication_role = replica`.execute(tx)
    await sql`insert into projects.item (id, project, batch, row, kind, language, ref_mac, length,
                                         content_sha256, state, created_at)
      select ${named('itm')}, ${h.room.project}, 'bat_x', n, 'text', 'en', sha256(n::text::bytea), 5,
             sha256(n::text::bytea), 'free', now() from generate_series(1, ${more}::int) n`.execute(
      tx,
    )
    await sql`insert into annotation.task (id, project, item, batch, type, language, state, author,
                                           annotation, schema, guideline, since)
      select ${named('tsk')}, ${h.room.project}, ${named('itm')}, 'bat_x', 'annotate', 'en', 'accepted',
             'per_x', ${named('ann')}, 1, 1, now() from generate_series(1, ${more}::int) n`.execute(
      tx,
    )
    await sql`insert into annotation.decision (id, item, project, annotation, reviewer, decision, at)
      select ${named('dec')}, ${named('itm')}, ${h.room.project}, ${named('ann')}, 'per_y', 'accept',
             now() from generate_series(1, ${more}::int) n`.execute(tx)
  })
  // What so many rows in a moment leave PostgreSQL to believe, it finds out within a minute otherwise.
  await sql`analyze annotation.task, annotation.decision, projects.item`.execute(admin)
  const { items, set } = await h.until(await h.propose(), 'proposed')
  assert.equal(items, more + 1)
  const rows = await admin
    .selectFrom('delivery.item')
    .select(['item', 'annotation'])
    .orderBy('item')
    .execute()
  const lines = rows.map(({ item, annotation }) => `${item} ${annotation}\n`)
  assert.equal(set, createHash('sha256').update(lines.join('')).digest('hex'))
  assert.equal(new Set(rows.map(({ item }) => item)).size, more + 1)
  for (const place of [0, 10_000, more]) {
    const delivery = await h.propose()
    const item = rows[place]?.item ?? ''
    const change = (annotation: string | undefined) =>
      admin
        .updateTable('annotation.task')
        .set({ annotation })
        .where('item', '=', item)
        .where('type', '=', 'annotate')
        .execute()
    await change('ann_other')
    assert.deepEqual(refusal(await h.noor.post(`/deliveries/${delivery}/approve`, {})), {
      ...{ kind: 'conflict', where: 'set', changed: 1 },
    })
    await change(rows[place]?.annotation)
    assert.equal((await h.noor.post(`/deliveries/${delivery}/approve`, {})).status, 200)
  }
})
