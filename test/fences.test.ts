import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fewest, readWalls } from '../tools/walls.mjs'

test('HOUSE1 no import crosses a wall, and every module was read', async () => {
  const { modules, breaches } = await readWalls(['src', 'packages'])
  assert.deepEqual(breaches, [])
  assert.ok(modules >= fewest, `only ${modules} modules were read`)
})

test('HOUSE2 each wall catches the breach planted for it', async () => {
  const { breaches } = await readWalls(['src'], 'test/planted')
  const found = breaches.map((line) =>
    line.replaceAll(/src\/(server\/domains\/)?|(\.\.\/)+node_modules\//g, ''),
  )
  assert.deepEqual(found.sort(), [
    'access-stays-below: access/gate.ts -> audit/index.ts',
    'clients-know-no-server: web/page.ts -> server/kernel/clock.ts',
    'every-domain-has-a-place: weather/index.ts -> access/index.ts',
    'front-door-only: annotation/tasks.ts -> audit/store.ts',
    'kernel-knows-no-domain: server/kernel/clock.ts -> access/index.ts',
    'no-cycles: annotation/leases.ts -> annotation/tasks.ts',
    'no-dev-tool-in-the-product: audit/tool.ts -> tsx/dist/loader.mjs',
    'only-routes-know-http: annotation/tasks.ts -> fastify/fastify.js',
    'only-stores-speak-sql: audit/gateless.ts -> pg/esm/index.mjs',
    'outside-enters-by-door-or-routes: server/outside.ts -> audit/gateless.ts',
    'shared-knows-nobody: shared/actions.ts -> access/index.ts',
  ])
})
