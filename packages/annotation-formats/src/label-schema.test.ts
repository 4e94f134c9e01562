import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import Schema from 'typebox/schema'
import {
  type Annotation,
  checkAnnotation,
  type CheckedSource,
  compilePattern,
  type LabelSchema,
  labelSchemaJsonSchema,
  parseLabelSchema,
} from './index.ts'

const voice = {
  name: 'voice-queries',
  version: 3,
  kind: 'text',
  labels: [
    { name: 'thing' },
    {
      name: 'artist',
      color: '#aa3344',
      shortcut: '1',
      parent: 'thing',
      attributes: [
        { name: 'sure', options: ['yes', 'no'], required: true },
        { name: 'why', pattern: '[a-z ]+', when: { question: 'sure', is: ['no'] }, required: true },
      ],
      count: { max: 2 },
    },
    { name: 'song', parent: 'thing' },
    { name: 'word', inside: ['song'] },
  ],
  relations: [{ name: 'plays', from: ['artist'], to: ['song'] }],
  answers: [
    { name: 'intent', options: ['PlayMusic', 'Other'], required: true },
    { name: 'quality', type: 'rating', max: 5 },
    { name: 'topics', options: ['a', { name: 'b', options: ['c'] }], multiple: true },
  ],
}

function schema(value: unknown): LabelSchema {
  const parsed = parseLabelSchema(value)
  assert.ok(parsed.ok, JSON.stringify(parsed))
  return parsed.value
}

function check(value: unknown, annotation: Partial<Annotation>, source: CheckedSource = {}) {
  const parsed = schema(value)
  const ref = `${parsed.name}@${parsed.version}`
  const whole = { schema: ref, regions: [], ...annotation }
  return checkAnnotation(parsed, whole, source).map(({ path, message }) => `${path} ${message}`)
}

function span(id: string, from: number, to: number, label?: string, attributes = {}) {
  return {
    id,
    anchor: { text: [[from, to]] as const },
    ...(label === undefined ? {} : { label }),
    attributes,
  }
}

const sure = { sure: 'yes' }
const answers = { intent: 'Other' }

test('AF10 a label schema is read as it stands', () => {
  assert.deepEqual(schema(JSON.parse(JSON.stringify(voice))), voice)
  const audio = {
    name: 'calls',
    version: 1,
    kind: 'audio',
    labels: [{ name: 'speech' }],
    tiers: ['agent', 'caller'],
    transcripts: [{ name: 'verbatim', required: true }],
  }
  assert.deepEqual(schema(audio), audio)
})

const broken: [string, object][] = [
  ['no name', { name: undefined }],
  ['a name with a space', { name: 'a b' }],
  ['version 0', { version: 0 }],
  ['an unknown kind', { kind: 'video' }],
  ['an unknown member', { colour: 'red' }],
  ['labels that are no list', { labels: {} }],
  ['a color by name', { labels: [{ name: 'a', color: 'red' }] }],
  ['an unknown overlap', { overlap: 'some' }],
  ['a step of 0', { answers: [{ name: 'a', type: 'number', step: 0 }] }],
  ['an option that is a number', { answers: [{ name: 'a', options: [1] }] }],
]

for (const [what, change] of broken)
  test(`AF10 ${what} is refused by the parser and by the JSON Schema`, () => {
    const value: unknown = JSON.parse(JSON.stringify({ ...voice, ...change }))
    assert.equal(parseLabelSchema(value).ok, false)
    assert.equal(Schema.Check(labelSchemaJsonSchema, value), false)
  })

test('AF10 the JSON Schema allows what the parser reads', () => {
  assert.equal(Schema.Check(labelSchemaJsonSchema, voice), true)
  assert.equal(Schema.Check(labelSchemaJsonSchema, { name: 'a', version: 1, kind: 'pair' }), true)
})

const dangling: [string, object, string][] = [
  ['a parent', { labels: [{ name: 'a', parent: 'b' }] }, '/labels/0'],
  ['a label to stand in', { labels: [{ name: 'a', inside: ['b'] }] }, '/labels/0'],
  ['a relation end', { relations: [{ name: 'r', to: ['b'] }] }, '/relations/0'],
  [
    'a question to depend on',
    { answers: [{ name: 'a', when: { question: 'b', is: ['x'] } }] },
    '/answers',
  ],
  ['a label that is its own parent', { labels: [{ name: 'a', parent: 'a' }] }, ''],
  ['one label twice', { labels: [{ name: 'a' }, { name: 'a' }] }, '/labels'],
  ['a choice without options', { answers: [{ name: 'a', type: 'choice' }] }, '/answers/0'],
  ['a pattern that is none', { answers: [{ name: 'a', pattern: '(' }] }, '/answers/0/pattern'],
]

for (const [what, change, path] of dangling)
  test(`AF10 ${what} that cannot be is refused at ${path === '' ? 'the top' : path}`, () => {
    const parsed = parseLabelSchema({ name: 'n', version: 1, kind: 'text', ...change })
    assert.ok(!parsed.ok)
    assert.deepEqual(
      parsed.findings.map((each) => each.path),
      [path],
    )
  })

test('AF11 unknown labels, attributes, options and answers are found', () => {
  assert.deepEqual(check(voice, { regions: [span('a', 0, 1, 'artist', sure)], answers }), [])
  assert.deepEqual(
    check(voice, {
      regions: [
        span('a', 0, 1, 'singer'),
        span('b', 0, 1, 'artist', { sure: 'maybe' }),
        span('c', 2, 3),
      ],
      answers: {
        intent: 'Other',
        mood: 'x',
        topics: [
          ['b', 'c'],
          ['b', 'd'],
        ],
      },
      relations: [
        { type: 'plays', from: 'c', to: 'b' },
        { type: 'likes', from: 'b', to: 'c' },
      ],
    }),
    [
      "/regions/0/label 'singer' is no label here",
      '/regions/1/attributes/sure "maybe" is not one of the options',
      '/regions/2 has no label',
      '/answers/mood is not asked here',
      '/answers/topics ["b","d"] is not one of the options',
      "/relations/0 'plays' cannot begin at 'c'",
      "/relations/1 'likes' is no relation here",
    ],
  )
})

test('AF12 what is required is found missing, and conditions decide what is asked', () => {
  assert.deepEqual(check(voice, { regions: [span('a', 0, 1, 'artist')] }), [
    '/regions/0/attributes/sure is required',
    '/answers/intent is required',
  ])
  const with_ = (attributes: object) =>
    check(voice, { regions: [span('a', 0, 1, 'artist', attributes)], answers })
  assert.deepEqual(with_({ sure: 'no' }), ['/regions/0/attributes/why is required'])
  assert.deepEqual(with_({ sure: 'no', why: 'too quiet' }), [])
  assert.deepEqual(with_({ sure: 'no', why: 'TOO' }), [
    '/regions/0/attributes/why does not match [a-z ]+',
  ])
  assert.deepEqual(with_({ sure: 'yes', why: 'x' }), [
    '/regions/0/attributes/why is answered, though its condition does not hold',
  ])
  assert.deepEqual(check(voice, { answers: { intent: 'Other', quality: 6 } }), [
    '/answers/quality must be 5 or less',
  ])
  assert.deepEqual(check(voice, { answers: { intent: 'Other', quality: 2.5 } }), [
    '/answers/quality must go in steps of 1',
  ])
})

test('AF13 counts hold for a label and for its parent', () => {
  const artists = [0, 1, 2].map((at) => span(`a${at}`, at, at + 1, 'artist', sure))
  assert.deepEqual(check(voice, { regions: artists, answers }), [
    "/regions takes at most 2 of 'artist'; there are 3",
  ])
  const atLeast = {
    ...voice,
    labels: [
      { name: 'thing', count: { min: 1 } },
      { name: 'song', parent: 'thing' },
    ],
    relations: [],
  }
  assert.deepEqual(check(atLeast, { answers }), [
    "/regions needs at least 1 of 'thing'; there are 0",
  ])
  assert.deepEqual(check(atLeast, { regions: [span('a', 0, 1, 'song')], answers }), [])
})

test('AF13 a region that must lie within another is found outside it', () => {
  const regions = [span('s', 0, 5, 'song'), span('in', 1, 3, 'word'), span('out', 4, 7, 'word')]
  assert.deepEqual(check(voice, { regions, answers }), ['/regions/2 must lie within song'])
})

/** Overlaps as they are by definition: every pair compared. */
function slowOverlaps(spans: [number, number][], crossing: boolean): boolean {
  return spans.some(([a, b], one) =>
    spans.some(([c, d], other) => {
      if (one === other || Math.max(a, c) >= Math.min(b, d)) return false
      const nested = (a <= c && d <= b) || (c <= a && b <= d)
      return !crossing || !nested
    }),
  )
}

test('AF13 overlap and crossing are found exactly when two regions do', () => {
  const spans = fc.uniqueArray(
    fc
      .tuple(fc.nat(12), fc.integer({ min: 1, max: 5 }))
      .map(([from, length]): [number, number] => [from, from + length]),
    { maxLength: 5, selector: String },
  )
  fc.assert(
    fc.property(spans, fc.constantFrom('nested', 'none'), (places, overlap) => {
      const limited = { name: 'n', version: 1, kind: 'text', overlap }
      const regions = places.map(([from, to], at) => span(`r${at}`, from, to))
      assert.equal(
        check(limited, { regions }).length > 0,
        slowOverlaps(places, overlap === 'nested'),
      )
    }),
  )
})

test('AF14 an anchor past the end, empty, or of another source is found', () => {
  const plain = { name: 'n', version: 1, kind: 'text', discontinuous: false }
  const text = 'a😊'
  assert.deepEqual(check(plain, { regions: [span('a', 0, 2)] }, { text }), [])
  assert.deepEqual(check(plain, { regions: [span('a', 0, 3), span('b', 1, 1)] }, { text }), [
    '/regions/0/anchor ends at 3; the text has 2 code points',
    '/regions/1/anchor is empty',
  ])
  const two = {
    id: 'r',
    anchor: {
      text: [
        [0, 1],
        [2, 3],
      ] as const,
    },
  }
  assert.deepEqual(check(plain, { regions: [two] }), ['/regions/0/anchor must be in one piece'])
  const box = { id: 'b', anchor: { image: { box: [5, 5, 10, 10] as const } } }
  assert.deepEqual(check(plain, { regions: [box] }), [
    '/regions/0/anchor must be an anchor in the text',
  ])
  const image = { name: 'n', version: 1, kind: 'image' }
  assert.deepEqual(check(image, { regions: [box] }, { width: 12, height: 50 }), [
    '/regions/0/anchor lies outside the image',
  ])
  assert.deepEqual(check(plain, { regions: [span('a', 0, 1), span('b', 0, 1)] }), [
    '/regions/1 says the same as a region before it',
  ])
  const other = { source: { sha256: 'a'.repeat(64), rate: 8000 } }
  assert.deepEqual(check(plain, other, { sha256: 'b'.repeat(64), rate: 16000 }), [
    '/source/sha256 is the hash of another source than this one',
    '/source/rate counts 8000 samples a second; the source has 16000',
  ])
  assert.deepEqual(check(plain, { schema: 'other@1' }), [
    '/schema is other@1; this project uses n@1',
  ])
})

test('AF15 audio regions need a tier of the schema and its required transcripts', () => {
  const calls = {
    name: 'c',
    version: 1,
    kind: 'audio',
    tiers: ['agent', 'caller'],
    overlap: 'none',
    transcripts: [{ name: 'verbatim', required: true }],
  }
  const said = (
    id: string,
    tier: string | undefined,
    from: number,
    transcripts = { verbatim: 'hm' },
  ) => ({
    id,
    anchor: { audio: { from, to: from + 10 }, ...(tier === undefined ? {} : { tier }) },
    transcripts,
  })
  assert.deepEqual(
    check(calls, { regions: [said('a', 'agent', 0), said('b', 'caller', 5)] }, { samples: 15 }),
    [],
  )
  assert.deepEqual(
    check(
      calls,
      {
        regions: [
          said('a', 'agent', 0),
          said('b', 'agent', 5),
          said('c', undefined, 40, { verbatim: '' }),
          { ...said('d', 'guest', 20), transcripts: { verbatim: 'x', german: 'y' } },
        ],
      },
      { samples: 45 },
    ),
    [
      '/regions/2/transcripts/verbatim is required',
      '/regions/3/transcripts/german is no transcript layer here',
      '/regions/2/anchor ends at 50; the recording has 45 samples',
      '/regions/2/anchor has no tier',
      "/regions/3/anchor/tier 'guest' is no tier here",
      '/regions/1 overlaps region 0',
    ],
  )
})

/** Patterns made of the parts that both languages have. */
const patterns = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '\\p{L}', 'é', '😊'),
    fc
      .tuple(tie('any'), fc.constantFrom('*', '+', '?', '{2}', '{0,2}', '{1,}'))
      .map(([of, sign]) => `(${of})${sign}`),
    fc.tuple(tie('any'), tie('any')).map(([one, other]) => one + other),
    fc.tuple(tie('any'), tie('any')).map(([one, other]) => `(?:${one}|${other})`),
  ),
})).any

test('AF16 a pattern matches what the regular expression of the language matches', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', '1', 'é', '😊', '\n'), { maxLength: 6 })
    .map((all) => all.join(''))
  fc.assert(
    fc.property(patterns, text, (pattern, given) => {
      assert.equal(
        compilePattern(pattern).matches(given),
        new RegExp(`^(?:${pattern})$`, 'us').test(given),
      )
    }),
    { numRuns: 500 },
  )
})

test('AF16 a pattern that would run away in a backtracking engine is answered', () => {
  assert.equal(compilePattern('(a+)+b').matches('a'.repeat(10_000)), false)
  assert.equal(compilePattern('(a|a)*(a|a)*c').matches('a'.repeat(10_000)), false)
})

for (const pattern of [
  '(',
  'a)',
  'a**',
  '\\1',
  '(?=a)',
  '[z-a]',
  'a{3,1}',
  '((a{99}){99}){99}',
  '^a',
  '\\p{Nonsense}',
  'a'.repeat(501),
])
  test(`AF16 ${pattern.slice(0, 20)} is refused as a pattern`, () => {
    assert.throws(() => compilePattern(pattern), RangeError)
  })
