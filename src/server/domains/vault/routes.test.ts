import assert from 'node:assert/strict'
import { test } from 'node:test'
import { entriesOf, said, staffed } from '../../../../test/support/staff.ts'
import { transact } from '../../kernel/db.ts'
import { newId } from '../../kernel/random.ts'

test('VA81 a security officer inside, or the operator, begins an epoch and sees how far it has come; nobody else', async (t) => {
  const { server, officer, hire, page } = await staffed(t)
  const { vault } = server
  const mara = await hire('Mara', ['manager'])
  const project = newId('prj')
  const owner = { kind: 'item', item: 'itm_a' } as const
  await transact(server.database.db('cloister_inside'), (tx) =>
    vault.seal(tx, { project, owner, asset: 'content', version: 1 }, Buffer.from('words')),
  )
  const begin = `/epochs/${project}`
  for (const [ask, kind] of [
    [() => said(page(), 'POST', begin, {}), 'not-signed-in'],
    [() => said(page(), 'GET', '/epochs'), 'not-signed-in'],
    [() => said(mara.page, 'POST', begin, {}), 'access-denied'],
    [() => said(mara.page, 'GET', '/epochs'), 'access-denied'],
    [() => said(officer.page, 'POST', '/epochs/prj_of_nobody', {}), 'invalid-input'],
    [() => said(officer.page, 'POST', `/epochs/${newId('prj')}`, {}), 'not-found'],
    [() => said(officer.page, 'POST', begin, { now: true }), 'invalid-input'],
  ] as const)
    assert.equal((await ask()).kind, kind)

  const begun = await said(officer.page, 'POST', begin, {})
  assert.deepEqual(begun.body, { keys: project, epoch: 2 })
  const again = await server.operator('POST', begin, {})
  assert.deepEqual(
    [again.status, (again.body as { missing: string }).missing],
    [409, 'end-of-earlier-epoch'],
  )
  const ofOperator = await server.operator('GET', '/epochs')
  const { keys } = ofOperator.body as { keys: Record<string, unknown>[] }
  const own = keys.find((row) => row['keys'] === project)
  assert.deepEqual(
    { ...own, begunAt: typeof own?.['begunAt'] },
    {
      ...{ keys: project, epoch: 2, begunAt: 'string', begunBy: officer.id },
      ...{ earlier: [1], condemned: [], waiting: 1 },
    },
  )
  assert.deepEqual((await said(officer.page, 'GET', '/epochs')).body, ofOperator.body)
  const order = await server.database
    .db('cloister_admin')
    .selectFrom('graphile_worker.jobs' as never)
    .select(['task_identifier', 'key'] as never)
    .execute()
  assert.deepEqual(order, [{ task_identifier: 'vault.roll', key: `roll ${project}` }])
  assert.deepEqual(
    (await entriesOf(server, 'vault.epoch.begin')).filter(
      ([, , what]) => what === `Keys::${project}`,
    ),
    [
      ['refused', 'ws-1', `Keys::${project}`],
      ['refused', mara.id, `Keys::${project}`],
      ['done', officer.id, `Keys::${project}`],
      ['failed', 'operator', `Keys::${project}`],
    ],
  )
})
