/** Random annotations for property tests: any that the model allows, within what is asked for. */
import fc from 'fast-check'
import type { Annotation, Item, Region, Source, Value } from '@cloister/annotation-formats'

/** Text that hurts: astral letters, joined emoji, combining marks, right to left, CR LF, tabs. */
export const nastyText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom('a', 'B', ' ', '.', '\n', '\r\n', '\t', 'é', 'e\u0301', 'ß', '中', '😊'),
      fc.constantFrom('👩‍👩‍👧', '🇩🇪', 'שלום', 'سلام', '\u00a0', '\u2028', '"', '\\', '<b>', '&', '\0'),
      fc.string({ maxLength: 6, unit: 'binary' }),
    ),
    { maxLength: 24 },
  )
  .map((pieces) => pieces.join(''))

/** A name without anything that a format could trip over. */
export const plainName: fc.Arbitrary<string> = fc.stringMatching(/^[a-z]{1,8}$/)

/** Places in a text of this many code points: one piece each, or up to three. */
export function pieces(length: number, most = 3): fc.Arbitrary<[number, number][]> {
  return fc
    .uniqueArray(fc.nat(length), { minLength: 2, maxLength: 2 * most })
    .filter((cuts) => cuts.length >= 2)
    .map((cuts) => {
      const sorted = cuts.sort((a, b) => a - b)
      const found: [number, number][] = []
      for (let at = 0; at + 1 < sorted.length; at += 2)
        found.push([sorted[at] ?? 0, sorted[at + 1] ?? 0])
      return found
    })
}

const value: fc.Arbitrary<Value> = fc.oneof(
  nastyText,
  fc.integer({ min: -1000, max: 1000 }),
  fc.boolean(),
  fc.array(plainName, { maxLength: 3 }),
  fc.array(fc.array(plainName, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
  fc.dictionary(plainName, fc.array(plainName, { maxLength: 2 }), {
    minKeys: 1,
    maxKeys: 2,
    noNullPrototype: true,
  }),
)

/** The number of code points of a text. */
export function codePoints(text: string): number {
  return Array.from(text).length
}

/** Objects with the usual prototype, as JSON.parse makes them. */
const plain = { noNullPrototype: true }

const sources: fc.Arbitrary<Source> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('text' as const),
      text: nastyText.filter((text) => codePoints(text) > 0 && !/\p{Surrogate}/u.test(text)),
    },
    plain,
  ),
  fc.record(
    {
      kind: fc.constant('audio' as const),
      file: plainName.map((name) => `${name}.wav`),
      rate: fc.constantFrom(8000, 16000, 44100, 48000),
      samples: fc.integer({ min: 1, max: 1e9 }),
    },
    { ...plain, requiredKeys: ['kind', 'rate'] },
  ),
  fc.record(
    {
      kind: fc.constant('image' as const),
      file: plainName.map((name) => `${name}.png`),
      width: fc.integer({ min: 1, max: 5000 }),
      height: fc.integer({ min: 1, max: 5000 }),
    },
    plain,
  ),
)

function anchorIn(source: Source): fc.Arbitrary<Region['anchor']> {
  if (source.kind === 'text') return pieces(codePoints(source.text)).map((text) => ({ text }))
  if (source.kind === 'audio')
    return fc
      .tuple(fc.nat(source.samples ?? 1), fc.nat(source.samples ?? 1), fc.option(plainName))
      .map(([one, other, tier]) => ({
        audio: { from: Math.min(one, other), to: Math.max(one, other) },
        ...(tier === null ? {} : { tier }),
      }))
  const corner = fc.tuple(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 5000 }))
  return fc.oneof(
    fc.tuple(corner, corner).map(([[left, top], [width, height]]) => ({
      image: { box: [left, top, width, height] as const },
    })),
    fc.array(corner, { minLength: 3, maxLength: 6 }).map((polygon) => ({ image: { polygon } })),
  )
}

/** Any annotation of this source. */
export function annotationOf(source: Source): fc.Arbitrary<Annotation> {
  const region = fc.record(
    {
      anchor: anchorIn(source),
      label: plainName,
      attributes: fc.dictionary(plainName, value, { maxKeys: 3, noNullPrototype: true }),
      transcripts: fc.dictionary(plainName, nastyText, { maxKeys: 2, noNullPrototype: true }),
    },
    { requiredKeys: ['anchor'], noNullPrototype: true },
  )
  return fc
    .record({
      regions: fc.array(region, { maxLength: 5 }),
      links: fc.array(fc.tuple(plainName, fc.nat(), fc.nat(), fc.boolean()), { maxLength: 3 }),
      answers: fc.dictionary(plainName, value, { maxKeys: 3, noNullPrototype: true }),
    })
    .map(({ regions, links, answers }) => ({
      schema: 'test@1',
      regions: regions.map((each, place) => ({ id: `r${place}`, ...each })),
      relations:
        regions.length === 0
          ? []
          : links.map(([type, from, to, both]) => ({
              type,
              from: `r${from % regions.length}`,
              to: `r${to % regions.length}`,
              ...(both ? { both } : {}),
            })),
      answers,
    }))
}

/** Any annotated item of text, audio or image. */
export const anyItem: fc.Arbitrary<Item> = sources.chain((source) =>
  fc
    .tuple(plainName, annotationOf(source))
    .map(([item_ref, annotation]) => ({ item_ref, source, annotation })),
)
