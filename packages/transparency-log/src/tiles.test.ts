import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { LogFault } from './fault.ts'
import { bundlePath, bundleRanges, encodeBundle, tilePath } from './tiles.ts'

const { paths } = JSON.parse(
  readFileSync(new URL('../vectors/tiles.json', import.meta.url), 'utf8'),
) as { paths: { level: number; index: number; width: number; path: string }[] }

test('TL5 tiles and bundles have the paths of the vectors', () => {
  for (const { level, index, width, path } of paths)
    assert.equal(tilePath(level, index, width), path)
  assert.equal(bundlePath(1_234_067, 3), 'tile/entries/x001/x234/067.p/3')
})

test('TL5 levels, indices and widths outside their range have no path', () => {
  for (const [level, index, width] of [
    [64, 0, 256],
    [-1, 0, 256],
    [0, -1, 256],
    [0, 2 ** 53, 256],
    [0, 0.5, 256],
    [0, 0, 0],
    [0, 0, 257],
  ] as const)
    assert.throws(() => tilePath(level, index, width), LogFault)
})

const at = { path: 'tile/entries/000', firstIndex: 512, exact: true }

test('TL6 a bundle gives back the entries it was made of', () => {
  const entries = fc.array(fc.uint8Array({ maxLength: 600 }), { minLength: 1, maxLength: 256 })
  fc.assert(
    fc.property(entries, (list) => {
      const bundle = encodeBundle(list)
      const read = bundleRanges(bundle, list.length, at).map(([from, to]) => bundle.slice(from, to))
      assert.deepEqual(read, list)
    }),
  )
})

test('TL6 a bundle cut off anywhere, or with anything behind it, is refused with entry and byte', () => {
  const bundle = encodeBundle([Buffer.from('one'), Buffer.from('second')])
  for (let length = 0; length < bundle.length; length++)
    assert.throws(
      () => bundleRanges(bundle.subarray(0, length), 2, at),
      (error: LogFault) =>
        error.place.index === (length < 5 ? 512 : 513) && error.place.path === at.path,
    )
  assert.throws(() => bundleRanges(Buffer.concat([bundle, Uint8Array.of(0)]), 2, at), /1 bytes too/)
  assert.equal(bundleRanges(bundle, 1, { ...at, exact: false }).length, 1)
  assert.throws(() => encodeBundle([]), LogFault)
  assert.throws(() => encodeBundle([new Uint8Array(65_536)]), LogFault)
})
