import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import Schema from 'typebox/schema'
import YAML from 'yaml'
import { shippedSites, shippedText, siteOf } from '../../../test/support/sites.ts'
import { siteGrammar } from './grammar.ts'
import { longestFile, sayFault } from './page.ts'
import { parseSite } from './parse.ts'
import { workstationsOf } from './workstations.ts'

const demonstration = shippedText('demonstration')

/** What is said about a file, without its name: `line:column: message`. */
function faultsOf(text: string): string[] {
  const result = parseSite(text, 's')
  return 'faults' in result ? result.faults.map((fault) => sayFault(fault).slice(2)) : []
}

/** The demonstration site with one piece of text replaced, which must be there. */
function edited(from: string | RegExp, to: string): string {
  const text = demonstration.replace(from, to)
  assert.notEqual(text, demonstration)
  return text
}

test('FM5 what is no YAML is refused with line and column', () => {
  assert.match(faultsOf('site: [demo\nzones: }')[0] ?? '', /^\d:\d+: this is not YAML: /)
  assert.deepEqual(faultsOf(''), [
    "1:1: a site file is a list of 'key: value' lines; begin with 'site: name'",
  ])
  assert.match(faultsOf('site: a\n---\nsite: b\n')[0] ?? '', /^2:1: this is not YAML: /)
})

test('FM5 an unknown key is refused and the nearest known one is named', () => {
  assert.deepEqual(faultsOf(edited('heldAfter: 30s', 'heldafter: 30s')), [
    "42:220: 'heldafter' is no key of a portal; did you mean 'heldAfter'?",
  ])
  const [fault] = faultsOf(edited('guards:', 'drawbridge: down\nguards:'))
  assert.match(fault ?? '', /^80:1: 'drawbridge' is no key of a site; it knows site, title, /)
})

test('FM5 a value that does not fit is refused with what would', () => {
  assert.deepEqual(faultsOf(edited('kind: technical', 'kind: tecnical')), [
    "37:11: zones.tech.kind 'tecnical' must be one of public, controlled, secure, technical, building; did you mean 'technical'?",
  ])
  assert.deepEqual(faultsOf(edited('heldAfter: 30s', 'heldAfter: 30')), [
    "42:231: portals.main-door.heldAfter '30' does not fit: write how long it may stand open before the alarm, such as 30s, 15m, 12h or 90d",
  ])
  assert.match(
    faultsOf(edited('street: { kind: public', 'Street: { kind: public'))[0] ?? '',
    /^14:3: 'Street' cannot stand here: zones, at most 1000; each key is a name: lower-case letters/,
  )
  assert.deepEqual(
    faultsOf(edited('  street: { kind: public, title: Street,', '  street: { title: Street,')),
    ["14:3: 'kind' is missing here; a zone needs it"],
  )
})

test('FM5 a portal to nowhere is refused and the nearest zone is named', () => {
  assert.deepEqual(faultsOf(edited('to: floor-1, ', 'to: flor-1, ')), [
    "44:70: there is no 'flor-1' under zones; did you mean 'floor-1'?",
  ])
})

test('FM5 a zone that nobody can reach is refused', () => {
  assert.deepEqual(
    faultsOf(
      edited(
        'zones:\n',
        'zones:\n  attic: { kind: controlled, at: { x: 1, y: 1, width: 2, depth: 2 } }\n',
      ),
    ),
    [
      '14:3: nobody can reach attic: no chain of portals leads there from a public zone; add a portal or remove the zone',
    ],
  )
})

test('FM5 a name that stands twice is refused, in one section or in two', () => {
  assert.deepEqual(faultsOf(edited('tech-door:', 'turnstile:')), [
    "45:3: 'turnstile' stands here twice, first on line 43; keep one",
  ])
  assert.deepEqual(faultsOf(edited('cam-tech:', 'tech:')), [
    "60:3: 'tech' already names one of the zones; give this one a name of its own",
  ])
})

test('FM5 zones that lie in each other in a circle are refused', () => {
  const text = edited('title: Lobby', 'title: Lobby\n    within: search').replace(
    'title: Search',
    'title: Search\n    within: lobby',
  )
  assert.match(
    faultsOf(text)[0] ?? '',
    /^18:13: zones lie within each other in a circle: lobby in search in lobby/,
  )
})

test('FM5 contradictions are refused where they stand', () => {
  const said = (from: string | RegExp, to: string) => faultsOf(edited(from, to)).join('\n')
  assert.match(said('Europe/Madrid', 'Madrid'), /^6:11: 'Madrid' is no IANA time zone/)
  assert.match(said('count: 12', 'count: 13'), /floor-1 has 12 seats and 13 workstations$/)
  assert.match(said('fire-1.outside', 'cam-tech.outside'), /there is no 'cam-tech' under portals/)
  assert.match(
    said('zone: street,  sees', 'zone: tech,  sees'),
    /hangs in tech and cannot see main-door.outside, which is in street and lobby$/m,
  )
  assert.match(
    said('guards: { lobby: always }', 'guards: { serch: always }'),
    /there is no 'serch' under zones/,
  )
  assert.match(
    said('from: floor-1, to: street, emergency', 'from: street, to: floor-1, emergency'),
    /'from' is the inside/,
  )
  assert.match(
    said(', at: { x: 0, y: 0, width: 24, depth: 3 }', ''),
    /lobby has coordinates and street has none/,
  )
  assert.match(
    said(
      'guards:',
      'accepted: [{ finding: F17, subject: tech, reason: r, by: b, until: 2027-02-30 }]\nguards:',
    ),
    /no rule 'F17'[^]*2027-02-30 is no day of the calendar/,
  )
})

test('FM6 anchors, aliases and tags are refused, so no file grows while it is read', () => {
  const bomb = [
    'a: &a [x, x, x]',
    ...['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map((key, index) => {
      const last = 'abcdefgh'[index] ?? ''
      return `${key}: &${key} [${Array.from({ length: 9 }, () => `*${last}`).join(', ')}]`
    }),
  ].join('\n')
  assert.match(faultsOf(bomb)[0] ?? '', /^1:\d+: anchors are not part of this format/)
  assert.match(
    faultsOf('site: !!binary aGk=')[0] ?? '',
    /tags are not part of this format|is missing/,
  )
})

test('FM6 too long, too deep and too many are refused with a sentence', () => {
  const first = (text: string) => faultsOf(text)[0] ?? ''
  assert.match(first('#'.repeat(longestFile + 1)), /^1:1: the file is longer than 1048576/)
  assert.match(first('['.repeat(100_000)), /^1:1: more than 64 brackets stand open on line 1/)
  assert.match(first('\n'.repeat(100_000)), /^1:1: the file has more than 20000 lines/)
  assert.match(first('- '.repeat(300_000)), /^1:1: the file has more than 200000 entries/)
  assert.match(first('- '.repeat(100_000)), /^1:\d+: /)
  const deep = Array.from({ length: 1200 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')
  assert.match(first(deep), /^\d+:\d+: /)
  const zones = Array.from({ length: 10_000 }, (_, nth) => `  zone-${nth}: { kind: public }`)
  const many = `site: big\njurisdiction: ES\ntimezone: Europe/Madrid\nhours: { mon: "08:00-18:00" }\nzones:\n${zones.join('\n')}\nportals: {}\n`
  assert.match(first(many), /^6:3: zones .*at most 1000/)
  const twice = Array.from({ length: 200 }, () => 'site: a').join('\n')
  assert.match(faultsOf(twice).at(-1) ?? '', /149 more faults are not listed/)
})

test('FM6 no text whatever makes the parser throw', () => {
  const piece = fc.oneof(
    fc.constantFrom(...demonstration.split(/(?<=[\s,{}[\]:])/).slice(0, 400)),
    fc.constantFrom(
      '&a',
      '*a',
      '!!x',
      '? ',
      '- ',
      '"',
      "'",
      '|',
      '>',
      '\t',
      '\n',
      '{',
      '[',
      '__proto__: 1\n',
    ),
    fc.string({ maxLength: 5 }),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const result = parseSite(pieces.join(''), 's')
      assert.ok('site' in result || result.faults.length > 0)
    }),
  )
})

test('FM7 the published JSON Schema is the grammar of the parser', () => {
  const file = new URL('../schema/site.schema.json', import.meta.url)
  const published: unknown = JSON.parse(readFileSync(file, 'utf8'))
  assert.deepEqual(published, JSON.parse(JSON.stringify(siteGrammar)))
})

test('FM7 what the published schema refuses the parser refuses, and a site that is read fits the schema', () => {
  const file = new URL('../schema/site.schema.json', import.meta.url)
  const schema = Schema.Compile(JSON.parse(readFileSync(file, 'utf8')) as object)
  const sound = shippedSites.map((name) => YAML.parse(shippedText(name)) as object)
  const value = fc.oneof(
    fc.constantFrom('x', '30s', 'none', 'lobby'),
    fc.integer(),
    fc.boolean(),
    fc.constant([]),
    fc.constant({}),
  )
  fc.assert(
    fc.property(
      fc.constantFrom(...sound),
      fc.array(fc.nat(), { maxLength: 4 }),
      value,
      fc.boolean(),
      (site, way, put, remove) => {
        const changed = structuredClone(site) as Record<string, unknown>
        let here = changed
        for (const step of way) {
          const keys = Object.keys(here)
          const key = keys[step % Math.max(keys.length, 1)] ?? 'new'
          const next = here[key]
          if (typeof next === 'object' && next !== null && step !== way.at(-1))
            here = next as Record<string, unknown>
          else if (remove) Reflect.deleteProperty(here, key)
          else here[key] = structuredClone(put)
        }
        const fits = schema.Check(changed)
        const result = parseSite(JSON.stringify(changed), 's')
        if ('site' in result) assert.ok(fits)
        if (!fits) assert.ok('faults' in result)
      },
    ),
  )
})

test('FM8 workstations are numbered through the site in the order of the file', () => {
  const all = workstationsOf(siteOf(demonstration))
  assert.equal(all.length, 13)
  assert.deepEqual(all[0], { id: 'ws-1', zone: 'floor-1', use: 'annotation' })
  assert.deepEqual(all[12], { id: 'ws-13', zone: 'lobby', use: 'guard' })
})
