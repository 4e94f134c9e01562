import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { compileCatalogues } from '../../../tools/catalogues.mjs'
import { formatting } from './formatting.ts'
import { loadMessages } from './messages.gen.ts'

const compile = (catalogues: Record<string, Record<string, string>>) =>
  compileCatalogues(
    Object.entries(catalogues).map(([name, messages]) => {
      const [language = '', domain = ''] = name.split('/')
      return { language, domain, text: JSON.stringify(messages) }
    }),
  )

test('WEB1 every language has the keys and arguments of English, or the build names what differs', () => {
  const { files, faults } = compile({
    'en/desk': { open: 'Open', rows: '{n, plural, one {# row} other {# rows}}', who: '{name}' },
    'ar/desk': { rows: '{n, plural, one {صف} other {#}}', who: '{person}', more: 'أكثر' },
  })
  assert.equal(files.size, 0)
  assert.deepEqual(faults, [
    'ar/desk.rows: {n} lacks the plural forms few, many, two, zero',
    'ar/desk.open: missing',
    'ar/desk.who: takes (person: string | number), en takes (name: string | number)',
    'ar/desk.more: surplus, not in en',
  ])
})

test('WEB1 a catalogue that is not JSON, not ICU or missing is named', () => {
  const { faults } = compileCatalogues([
    { language: 'en', domain: 'desk', text: '{"a":"{n, plural, one {x}}","B":"x"}' },
    { language: 'en', domain: 'hall', text: '{' },
    { language: 'ar', domain: 'desk', text: '{}' },
  ])
  assert.equal(faults.length, 4)
  assert.match(faults[0] ?? '', /^en\/desk\.a: MISSING_OTHER_CLAUSE/)
  assert.match(faults[1] ?? '', /^en\/desk\.B: a key is camelCase/)
  assert.match(faults[2] ?? '', /^en\/hall: not JSON/)
  assert.equal(faults[3], 'ar/hall: this catalogue is missing')
})

test('WEB1 compiled functions carry plural, ordinal, select, number, date and nested forms', () => {
  const { files, faults } = compile({
    'en/desk': {
      place: '{n, selectordinal, one {#st} two {#nd} few {#rd} other {#th}}',
      left: '{n, plural, =0 {none} one {# item by {who}} other {# items by {who}}}',
      guests: '{n, plural, offset:1 =1 {you} one {you and # more} other {you and # more}}',
      share: '{x, number, percent} on {day, date, short}',
      state: '{s, select, open {Open} other {Closed}}',
    },
  })
  assert.deepEqual(faults, [])
  const source = files.get('en/desk.gen.ts') ?? ''
  const body = /export const desk: DeskMessages = (\{[^]*\})\n$/.exec(source)?.[1] ?? ''
  const make = runInNewContext(`(f) => (${body})`) as (
    f: unknown,
  ) => Record<string, (args: object) => string>
  const desk = make(formatting('en'))
  const say = (key: string, args: object) => desk[key]?.(args)
  assert.equal(say('place', { n: 23 }), '23rd')
  assert.equal(say('left', { n: 0, who: 'A' }), 'none')
  assert.equal(say('left', { n: 1200, who: 'A' }), '1,200 items by \u2068A\u2069')
  assert.equal(say('guests', { n: 3 }), 'you and 2 more')
  assert.equal(say('share', { x: 0.125, day: new Date(2026, 0, 9) }), '12.5% on 1/9/26')
  assert.equal(say('state', { s: 'toString' }), 'Closed')
})

test('WEB2 Arabic counts with its own six forms', async () => {
  const { gallery } = await loadMessages.ar()
  assert.equal(gallery.staleText({ minutes: 2 }), 'عمر هذه الأرقام دقيقتان.')
  assert.match(gallery.staleText({ minutes: 3 }), /دقائق/)
  assert.match(gallery.staleText({ minutes: 11 }), /دقيقة/)
})
