import type {
  Anchor,
  Annotation,
  ImageShape,
  Item,
  Parsed,
  Region,
  Relation,
  Source,
  Value,
} from './model.ts'
import {
  boolean,
  check,
  dictionary,
  exactly,
  find,
  isObject,
  json,
  list,
  members,
  number,
  oneOf,
  present,
  refuse,
  type Spot,
  string,
  whole,
} from './checked.ts'
import { codePointsIn } from './offsets.ts'

const mostRegions = 100_000
const mostPieces = 1000
/** The longest text of an item, in UTF-16 code units. */
export const longestText = 10_000_000
const longestAnswer = 1_000_000

/**
 * Checks a stored annotation. Members that the model does not know are refused, ids must be
 * unique and relations must name regions that are there; whether labels, answers and places fit
 * a schema and a source is for `checkAnnotation`. Bounds: 100,000 regions and relations, 1,000
 * pieces or corners in an anchor, 1,000,000 characters in a transcript.
 */
export function parseAnnotation(value: unknown): Parsed<Annotation> {
  return check(value, annotation)
}

/**
 * Checks one line of our own format: an item, with its annotation if it has one. Where the item holds
 * its text, no region may end past it.
 */
export function parseItem(value: unknown): Parsed<Item> {
  return check(value, item)
}

function annotation(spot: Spot): Annotation {
  const of = members(spot, ['schema', 'source', 'regions', 'relations', 'answers'])
  const parsed = present({
    schema: of.required('schema', string),
    source: of.optional('source', anchoredIn),
    regions: of.required('regions', (at) => list(at, mostRegions, region)),
    relations: of.optional('relations', (at) => list(at, mostRegions, relation)),
    answers: of.optional('answers', (at) => dictionary(at, 1000, answer)),
  })
  checkIds(spot, parsed)
  return parsed
}

function checkIds(spot: Spot, { regions, relations = [] }: Annotation): void {
  const ids = new Set<string>()
  for (const { id } of regions) {
    if (ids.has(id)) find(spot, `has two regions with the id '${id}'`)
    ids.add(id)
  }
  for (const { from, to } of relations)
    for (const end of [from, to])
      if (!ids.has(end)) find(spot, `has a relation to '${end}', which is no region of it`)
}

function anchoredIn(spot: Spot): NonNullable<Annotation['source']> {
  const of = members(spot, ['sha256', 'rate'])
  return present({
    sha256: of.optional('sha256', (at) => {
      const hash = string(at, 64)
      return /^[0-9a-f]{64}$/.test(hash) ? hash : refuse(at, 'must be 64 hex digits in lower case')
    }),
    rate: of.optional('rate', rate),
  })
}

function rate(spot: Spot): number {
  return whole(spot, 1, 10_000_000)
}

function region(spot: Spot): Region {
  const of = members(spot, ['id', 'anchor', 'label', 'attributes', 'transcripts'])
  return present({
    id: of.required('id', string),
    anchor: of.required('anchor', anchor),
    label: of.optional('label', string),
    attributes: of.optional('attributes', (at) => dictionary(at, 1000, answer)),
    transcripts: of.optional('transcripts', (at) =>
      dictionary(at, 100, (each) => string(each, longestAnswer, 0)),
    ),
  })
}

function anchor(spot: Spot): Anchor {
  if (isObject(spot.value)) {
    if ('text' in spot.value) return { text: members(spot, ['text']).required('text', textPieces) }
    if ('audio' in spot.value) {
      const of = members(spot, ['audio', 'tier'])
      return present({ audio: of.required('audio', stretch), tier: of.optional('tier', string) })
    }
    if ('image' in spot.value)
      return { image: members(spot, ['image']).required('image', imageShape) }
  }
  return refuse(spot, 'must be {"text": …}, {"audio": …} or {"image": …}')
}

function textPieces(spot: Spot): [number, number][] {
  const pieces = list(spot, mostPieces, (at) => pairOf(at, (each) => whole(each)), 1)
  let end = -1
  for (const [from, to] of pieces) {
    if (to < from) refuse(spot, `ends at ${to}, before it begins at ${from}`)
    if (from < end) refuse(spot, 'has pieces that overlap or are out of order')
    if (from === to && pieces.length > 1) refuse(spot, 'has an empty piece among others')
    end = to
  }
  return pieces
}

function pairOf(spot: Spot, read: (spot: Spot) => number): [number, number] {
  const [first = 0, second = 0] = exactly(spot, 2, read)
  return [first, second]
}

function stretch(spot: Spot): { from: number; to: number } {
  const of = members(spot, ['from', 'to'])
  const from = of.required('from', whole)
  const to = of.required('to', whole)
  return to < from ? refuse(spot, `ends at ${to}, before it begins at ${from}`) : { from, to }
}

const farthestPixel = 10_000_000

function imageShape(spot: Spot): ImageShape {
  const pixel = (at: Spot) => number(at, -farthestPixel, farthestPixel)
  if (isObject(spot.value) && 'polygon' in spot.value)
    return {
      polygon: members(spot, ['polygon']).required('polygon', (at) =>
        list(at, mostPieces, (corner) => pairOf(corner, pixel), 1),
      ),
    }
  return {
    box: members(spot, ['box']).required('box', (at) => {
      const [left = 0, top = 0, width = 0, height = 0] = exactly(at, 4, pixel)
      if (width < 0 || height < 0) refuse(at, 'has a negative width or height')
      return [left, top, width, height] as const
    }),
  }
}

function relation(spot: Spot): Relation {
  const of = members(spot, ['type', 'from', 'to', 'both', 'attributes'])
  return present({
    type: of.required('type', (at) => string(at, 200, 0)),
    from: of.required('from', string),
    to: of.required('to', string),
    both: of.optional('both', boolean),
    attributes: of.optional('attributes', (at) => dictionary(at, 1000, answer)),
  })
}

/** The value of an attribute or answer. */
function answer(spot: Spot): Value {
  const { value } = spot
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return number(spot)
  const word = (at: Spot) => string(at, longestAnswer, 0)
  if (typeof value === 'string') return word(spot)
  if (!Array.isArray(value)) return dictionary(spot, 100, (at) => list(at, 10_000, word))
  return value.some(Array.isArray)
    ? list(spot, 10_000, (path) => list(path, 32, word))
    : list(spot, 10_000, word)
}

function item(spot: Spot): Item {
  const known = ['item_ref', 'source', 'annotation', 'by', 'made_at', 'prediction']
  const of = members(spot, [...known, 'turned_down', 'meta'])
  const parsed = present({
    item_ref: of.required('item_ref', (at) => string(at, 500)),
    source: of.required('source', source),
    annotation: of.optional('annotation', annotation),
    by: of.optional('by', string),
    made_at: of.optional('made_at', string),
    prediction: of.optional('prediction', (at) => {
      const made = members(at, ['model', 'score'])
      return present({
        model: made.optional('model', string),
        score: made.optional('score', (each) => number(each)),
      })
    }),
    turned_down: of.optional('turned_down', (at) => oneOf(at, ['rejected', 'skipped'])),
    meta: of.optional('meta', (at) => dictionary(at, 1000, (each) => json(each))),
  })
  if (parsed.source.kind === 'text') checkEnds(spot, parsed.source.text, parsed.annotation)
  return parsed
}

function checkEnds(spot: Spot, text: string, annotation: Annotation | undefined): void {
  if (annotation === undefined || annotation.regions.length === 0) return
  const end = codePointsIn(text)
  for (const { id, anchor } of annotation.regions)
    if ('text' in anchor && (anchor.text.at(-1)?.[1] ?? 0) > end)
      find(spot, `has a region '${id}' that ends past the end of its text`)
}

function source(spot: Spot): Source {
  const of = members(spot, sourceMembers)
  const kind = of.required('kind', (at) => oneOf(at, ['text', 'audio', 'image', 'search', 'pair']))
  const text = (at: Spot) => string(at, longestText, 0)
  const name = (at: Spot) => string(at, 2000)
  switch (kind) {
    case 'text':
      return { kind, text: of.required('text', text) }
    case 'audio':
      return present({
        kind,
        file: of.optional('file', name),
        rate: of.required('rate', rate),
        samples: of.optional('samples', (at) => whole(at)),
      })
    case 'image':
      return present({
        kind,
        file: of.optional('file', name),
        width: of.optional('width', (at) => whole(at, 1, farthestPixel)),
        height: of.optional('height', (at) => whole(at, 1, farthestPixel)),
      })
    case 'search':
      return {
        kind,
        query: of.required('query', text),
        results: of.required('results', (at) => list(at, 1000, text)),
      }
    case 'pair': {
      const [left = '', right = ''] = of.required('pair', (at) => exactly(at, 2, text))
      return { kind, pair: [left, right] }
    }
  }
}

const sourceMembers = [
  'kind',
  'text',
  'file',
  'rate',
  'samples',
  'width',
  'height',
  'query',
  'results',
  'pair',
]
