import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { open, seal } from '@cloister/chunked-encryption'
import fc from 'fast-check'
import { bind } from './binding.ts'
import {
  drawOwnerKey,
  drawProjectKey,
  type KeyOwner,
  openOwnerKey,
  openProjectKey,
  type ProjectEpoch,
  rewrapOwnerKey,
  sealingOf,
} from './keys.ts'
import type { RootKey } from './root.ts'
import { unwrapKey, wrapKey } from './wrap.ts'

const refused = { kind: 'key-refused' }
const item: KeyOwner = { kind: 'item', item: 'item_1' }
const at: ProjectEpoch = { tenant: 'site_1', project: 'project_1', epoch: 1 }

/** A root key in memory, as the holders keep it. */
function memoryRoot(): RootKey {
  const root = randomBytes(32)
  return {
    id: 'memory',
    demonstration: true,
    wrap: (key, context) => Promise.resolve(wrapKey(root, key, context)),
    unwrap: async (wrapped, context) => Promise.resolve(unwrapKey(root, wrapped, context)),
    close: () => Promise.resolve(),
  }
}

test('VA11 lists of parts never bind alike unless they are alike', () => {
  const parts = fc.array(fc.string({ minLength: 1, unit: 'grapheme' }), { maxLength: 5 })
  fc.assert(
    fc.property(parts, parts, (one, other) => {
      const same = Buffer.from(bind(...one)).equals(bind(...other))
      assert.equal(same, JSON.stringify(one) === JSON.stringify(other))
    }),
  )
  assert.throws(() => bind('a', ''), RangeError)
})

test('VA12 a project key opens for its own tenant, project and epoch only', async () => {
  const root = memoryRoot()
  const { key, wrapped } = await drawProjectKey(root, at)
  const again = await openProjectKey(root, at, wrapped)
  const below = drawOwnerKey(key, item)
  assert.ok(openOwnerKey(again, item, below.wrapped))
  for (const other of [
    { ...at, tenant: 'site_2' },
    { ...at, project: 'project_2' },
    { ...at, epoch: 2 },
  ])
    await assert.rejects(openProjectKey(root, other, wrapped), refused)
  await assert.rejects(openProjectKey(memoryRoot(), at, wrapped), refused)
  for (const epoch of [0, -1, 1.5])
    await assert.rejects(drawProjectKey(root, { ...at, epoch }), RangeError)
})

test('VA13 an item key opens for its own item, under its own project key, only', async () => {
  const root = memoryRoot()
  const { key } = await drawProjectKey(root, at)
  const { key: stranger } = await drawProjectKey(root, { ...at, project: 'project_2' })
  const { wrapped } = drawOwnerKey(key, item)
  const others: KeyOwner[] = [
    { kind: 'item', item: 'item_2' },
    { kind: 'item', item: 'guidelines' },
    { kind: 'class', name: 'guidelines' },
  ]
  for (const other of others) assert.throws(() => openOwnerKey(key, other, wrapped), refused)
  assert.throws(() => openOwnerKey(stranger, item, wrapped), refused)
  const guidelines: KeyOwner = { kind: 'class', name: 'guidelines' }
  const ofClass = drawOwnerKey(key, guidelines)
  assert.ok(openOwnerKey(key, guidelines, ofClass.wrapped))
  assert.throws(
    () => openOwnerKey(key, { kind: 'item', item: 'guidelines' }, ofClass.wrapped),
    refused,
  )
})

test('VA14 an object opens at its own asset and version only', async () => {
  const { key: project } = await drawProjectKey(memoryRoot(), at)
  const { key } = drawOwnerKey(project, item)
  const text = Buffer.from('what somebody said')
  const place = { asset: 'source', version: 1 }
  const sealing = sealingOf(key, place)
  const sealed = seal(sealing.key, sealing.context, text)
  assert.deepEqual(Buffer.from(open(sealing.key, sealing.context, sealed)), text)
  for (const other of [
    { asset: 'source', version: 2 },
    { asset: 'transcript', version: 1 },
  ]) {
    const { key: bytes, context } = sealingOf(key, other)
    assert.throws(() => open(bytes, context, sealed), { reason: 'not-this-key' })
  }
  assert.throws(() => sealingOf(key, { asset: 'source', version: 0 }), RangeError)
})

test('VA15 a re-wrapped key opens under the new epoch and seals the same objects', async () => {
  const root = memoryRoot()
  const { key: old } = await drawProjectKey(root, at)
  const { key: next } = await drawProjectKey(root, { ...at, epoch: 2 })
  const { key, wrapped } = drawOwnerKey(old, item)
  const moved = rewrapOwnerKey(old, next, item, wrapped)
  const place = { asset: 'source', version: 1 }
  assert.deepEqual(sealingOf(openOwnerKey(next, item, moved), place), sealingOf(key, place))
  assert.throws(() => openOwnerKey(next, item, wrapped), refused)
  assert.throws(() => openOwnerKey(old, item, moved), refused)
  assert.throws(() => rewrapOwnerKey(next, old, item, moved), RangeError)
  const { key: foreign } = await drawProjectKey(root, { ...at, project: 'p', epoch: 3 })
  assert.throws(() => rewrapOwnerKey(next, foreign, item, moved), RangeError)
})

test('VA16 a destroyed key opens and seals nothing more', async () => {
  const { key: project } = await drawProjectKey(memoryRoot(), at)
  const { key, wrapped } = drawOwnerKey(project, item)
  const { key: bytes } = sealingOf(key, { asset: 'source', version: 1 })
  key.destroy()
  assert.deepEqual(Buffer.from(bytes), Buffer.alloc(32), 'wiped in memory')
  assert.throws(() => sealingOf(key, { asset: 'source', version: 1 }), { kind: 'key-destroyed' })
  project.destroy()
  assert.throws(() => openOwnerKey(project, item, wrapped), { kind: 'key-destroyed' })
  assert.throws(() => drawOwnerKey(project, item), { kind: 'key-destroyed' })
})
