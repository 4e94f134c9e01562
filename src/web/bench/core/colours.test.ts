import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { contrast, labelColour, schemaColours } from './colours.ts'

test('WEB11 labels have the colours of their schema, and those without one keep that of the house', () => {
  const labels = [
    { name: 'person', color: '#8a3ffc' },
    { name: 'place' },
    { name: 'x', color: '#ffffff' },
  ]
  const colours = schemaColours(labels)
  assert.deepEqual(Object.keys(colours), ['--label-1', '--label-3'])
  assert.match(colours['--label-1'] ?? '', /^light-dark\(rgb\(138 63 252\), rgb\(/)
  assert.equal(labelColour(9), 'var(--label-10, var(--label-2))')
  assert.equal(labelColour(-1), 'var(--line-strong)')
  assert.deepEqual(schemaColours([{ name: 'odd', color: 'url(//elsewhere)' }]), {})
})

test('WEB11 words can be read on any colour that a schema names, in both themes', () => {
  const byte = fc.integer({ min: 0, max: 255 })
  const grounds = [
    [255, 254, 252],
    [28, 32, 36],
  ] as const
  fc.assert(
    fc.property(byte, byte, byte, (red, green, blue) => {
      const hex = [red, green, blue].map((one) => one.toString(16).padStart(2, '0')).join('')
      const [value = ''] = Object.values(schemaColours([{ name: 'any', color: `#${hex}` }]))
      const shades = [...value.matchAll(/rgb\((\d+) (\d+) (\d+)\)/g)]
      assert.equal(shades.length, 2)
      for (const [at, ground] of grounds.entries()) {
        const [, r, g, b] = shades[at]?.map(Number) ?? []
        assert.ok(contrast([r ?? 0, g ?? 0, b ?? 0], ground) >= 4.4, `#${hex}: ${value}`)
      }
    }),
  )
})
