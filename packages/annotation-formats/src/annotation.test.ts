import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { anyItem } from '../../../test/support/annotations.ts'
import { parseAnnotation, parseItem, sameAnnotation } from './index.ts'

const example = {
  schema: 'voice-queries@3',
  regions: [
    {
      id: 'r1',
      anchor: {
        text: [
          [4, 9],
          [14, 19],
        ],
      },
      label: 'artist',
      attributes: { sure: 'yes' },
    },
    {
      id: 'r2',
      anchor: { audio: { from: 3200, to: 16800 }, tier: 'agent' },
      label: 'speech',
      transcripts: { verbatim: 'good morning' },
    },
    { id: 'r3', anchor: { image: { box: [10, 20, 40, 60] } }, label: 'lesion' },
  ],
  relations: [{ type: 'plays', from: 'r1', to: 'r2' }],
  answers: { intent: 'PlayMusic', quality: 4 },
}

test('AF1 the stored shape is read back as it was written', () => {
  assert.deepEqual(parseAnnotation(JSON.parse(JSON.stringify(example))), {
    ok: true,
    value: example,
  })
})

test('AF1 any item comes back from its JSON as it went', () => {
  fc.assert(
    fc.property(anyItem, (item) => {
      assert.deepEqual(parseItem(JSON.parse(JSON.stringify(item))), { ok: true, value: item })
    }),
  )
})

const refused: [string, unknown, string, string][] = [
  ['no object', 7, '', 'must be an object'],
  ['unknown members', { ...example, extra: 1 }, '/extra', 'is not known here'],
  ['no regions', { schema: 'a@1' }, '/regions', 'is missing'],
  [
    'a reversed span',
    spans([[9, 4]]),
    '/regions/0/anchor/text',
    'ends at 4, before it begins at 9',
  ],
  [
    'pieces that overlap',
    spans([
      [1, 5],
      [4, 9],
    ]),
    '/regions/0/anchor/text',
    'has pieces that overlap or are out of order',
  ],
  [
    'an offset with a fraction',
    spans([[0.5, 4]]),
    '/regions/0/anchor/text/0/0',
    'must be a whole number',
  ],
  [
    'a negative offset',
    spans([[-1, 4]]),
    '/regions/0/anchor/text/0/0',
    'must be 0 to 9007199254740991',
  ],
  [
    'one id twice',
    { schema: 'a@1', regions: [region([[0, 1]]), region([[1, 2]])] },
    '',
    "has two regions with the id 'r'",
  ],
  [
    'a relation to nowhere',
    { ...spans([[0, 1]]), relations: [{ type: 't', from: 'r', to: 'x' }] },
    '',
    "has a relation to 'x', which is no region of it",
  ],
  [
    'half a surrogate pair',
    { schema: 'a@1', regions: [], answers: { a: '\ud83d' } },
    '/answers/a',
    'holds half of a surrogate pair',
  ],
]

function region(text: number[][]) {
  return { id: 'r', anchor: { text } }
}

function spans(text: number[][]) {
  return { schema: 'a@1', regions: [region(text)] }
}

for (const [what, value, path, message] of refused)
  test(`AF2 an annotation with ${what} is refused at ${path === '' ? 'the top' : path}`, () => {
    assert.deepEqual(parseAnnotation(value), { ok: false, findings: [{ path, message }] })
  })

test('AF2 a member called __proto__ stays a member', () => {
  const parsed = parseAnnotation(
    JSON.parse('{"schema":"a@1","regions":[],"answers":{"__proto__":"x"}}'),
  )
  assert.ok(parsed.ok)
  assert.deepEqual(Object.entries(parsed.value.answers ?? {}), [['__proto__', 'x']])
})

test('AF2 no JSON value makes the parser throw, and findings are bounded', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => typeof parseAnnotation(value).ok === 'boolean'))
  const many = parseAnnotation({ schema: 'a@1', regions: Array.from({ length: 5000 }, () => 1) })
  assert.ok(!many.ok && many.findings.length === 100)
})

test('AF3 an annotation is the same in another order and with other ids', () => {
  fc.assert(
    fc.property(anyItem, ({ annotation }) => {
      assert.ok(annotation !== undefined)
      const renamed = {
        ...annotation,
        regions: annotation.regions.map((each) => ({ ...each, id: `x${each.id}` })).reverse(),
        relations: (annotation.relations ?? [])
          .map((each) => ({ ...each, from: `x${each.from}`, to: `x${each.to}` }))
          .reverse(),
      }
      assert.ok(sameAnnotation(annotation, renamed))
      const more = { ...annotation, answers: { ...annotation.answers, ANOTHER: 'x' } }
      assert.ok(!sameAnnotation(annotation, more))
    }),
  )
})

test('AF3 a moved region or another relation is another annotation', () => {
  const parsed = parseAnnotation(example)
  assert.ok(parsed.ok)
  const { value } = parsed
  const [first, ...rest] = value.regions
  assert.ok(first !== undefined)
  assert.ok(
    !sameAnnotation(value, {
      ...value,
      regions: [{ ...first, anchor: { text: [[4, 9]] } }, ...rest],
    }),
  )
  assert.ok(
    !sameAnnotation(value, { ...value, relations: [{ type: 'plays', from: 'r2', to: 'r1' }] }),
  )
})

test('AF6 nothing that the front door reaches imports from Node', () => {
  const folder = new URL('.', import.meta.url)
  const reached = new Set(['index.ts'])
  for (const file of reached)
    for (const [, name = ''] of readFileSync(new URL(file, folder), 'utf8').matchAll(
      /from '([^']+)'/g,
    )) {
      assert.ok(!name.startsWith('node:'), `${file} imports ${name}`)
      if (name.startsWith('.'))
        reached.add(new URL(name, new URL(file, folder)).pathname.slice(folder.pathname.length))
    }
  assert.ok(reached.size > 10)
  assert.ok(reached.size <= readdirSync(folder, { recursive: true }).length)
})
