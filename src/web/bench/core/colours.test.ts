import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { contrast, grounds, LabelColours, leastContrast, readable } from './colours.ts'

const anyColour = fc
  .integer({ min: 0, max: 0xffffff })
  .map((number) => `#${number.toString(16).padStart(6, '0')}`)

test('BENCH45 every colour of a schema is readable on the ground of either theme', () => {
  fc.assert(
    fc.property(anyColour, fc.constantFrom(...Object.values(grounds)), (colour, ground) => {
      const shown = readable(colour, ground)
      assert.ok(contrast(shown, ground) >= leastContrast)
      if (contrast(colour, ground) >= leastContrast) assert.equal(shown, colour)
    }),
  )
})

test('BENCH45 the palette of the style sheet is readable on the ground of either theme', () => {
  const sheet = readFileSync(new URL('../../kit/tokens.css', import.meta.url), 'utf8')
  const dark = sheet.indexOf("[data-theme='dark'] {")
  for (const [theme, rules] of [
    ['light', sheet.slice(0, dark)],
    ['dark', sheet.slice(dark)],
  ] as const) {
    assert.equal(/--surface: (#[0-9a-f]{6})/.exec(rules)?.[1], grounds[theme])
    const palette = [...rules.matchAll(/--label-\d: (#[0-9a-f]{6})/g)].map(([, colour]) => colour)
    assert.equal(palette.length, 8)
    for (const colour of palette)
      assert.ok(contrast(colour ?? '', grounds[theme]) >= leastContrast, `${theme} ${colour ?? ''}`)
  }
})

test('BENCH45 a label has its own colour, else one of the palette; a colour seen before is dashed', () => {
  const colours = new LabelColours([
    { name: 'person', color: '#aa3344' },
    ...Array.from({ length: 9 }, (_, n) => ({ name: `label ${n}` })),
    { name: 'patient', color: '#aa3344' },
    { name: 'odd', color: 'url(//elsewhere)' },
  ])
  assert.deepEqual(colours.of('person'), {
    css: `light-dark(#aa3344, ${readable('#aa3344', grounds.dark)})`,
    dashed: false,
  })
  assert.deepEqual(colours.of('label 0'), { css: 'var(--label-2)', dashed: false })
  assert.deepEqual(colours.of('label 8'), { css: 'var(--label-2)', dashed: true })
  assert.equal(colours.of('patient').dashed, true)
  assert.equal(colours.of('odd').css, 'var(--label-4)')
  assert.deepEqual(colours.of(undefined), { css: 'var(--line-strong)', dashed: false })
})
