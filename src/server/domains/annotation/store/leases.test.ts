import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type KyselyPlugin, sql } from 'kysely'
import { transactIn } from '../../../../../test/support/opened.ts'
import { openRoom } from '../../../../../test/support/room.ts'
import { takeTask } from './leases.ts'

test('ROW12 the next task of a long queue is still found by its index', async (t) => {
  const room = await openRoom(t)
  for (const of of [room.project, 'prj_b'])
    await sql`
      insert into annotation.task (id, project, item, batch, type, language, state, since)
      select ${of} || n, ${of}, ${of} || n, 'bat_x', 'annotate', 'en',
             case when n % 2 = 0 then 'waiting' else 'accepted' end, now()
        from generate_series(1, 20000) n`.execute(room.admin)
  await sql`analyze annotation.task, annotation.tongue, annotation.lease`.execute(room.admin)
  const plans: string[] = []
  const explained: KyselyPlugin = {
    transformQuery({ node }) {
      if (node.kind !== 'RawNode') return node
      const [first = '', ...rest] = node.sqlFragments
      return { ...node, sqlFragments: [`explain ${first}`, ...rest] }
    },
    transformResult({ result }) {
      plans.push(result.rows.map((row) => String(row['QUERY PLAN'])).join('\n'))
      return Promise.resolve({ ...result, rows: [] })
    },
  }
  const now = new Date()
  // Also as it is planned once for all, from the sixth time on.
  for (let time = 0; time < 7; time += 1)
    await transactIn(room.db, room.project, (tx) =>
      takeTask(tx.withPlugin(explained), {
        ...{ project: room.project, type: 'annotate', person: 'per_x', languages: ['en'] },
        ...{ schema: 1, guideline: null, until: now, now },
      }),
    )
  assert.equal(plans.length, 7)
  for (const plan of plans) {
    assert.match(plan, /Index Scan using task_open on task/)
    assert.doesNotMatch(plan, /Seq Scan on (task|annotation)|Bitmap|Sort.*\n.*task_open/)
  }
})
