import type { Item, Region } from '../model.ts'
import { addTo } from '../groups.ts'
import { noteUncarried } from '../leftovers.ts'
import { fileNameOf, itemRefOf } from '../names.ts'
import { documentReader, documentWriter } from '../documents.ts'
import { InputFault, type Reader, type ReadOptions } from '../reading.ts'
import { readText } from '../bytes.ts'
import { secondsText } from '../seconds.ts'
import { annotationFrom } from '../spans-json.ts'
import type { Writer } from '../writing.ts'
import { layerOf, rateFor, sampleAt } from './segments.ts'

/*
 * How our model lies in tiers. A tier named `agent` holds what `agent` says, in the schema's first
 * transcript layer. `agent/label` holds the labels of the same stretches and `agent/german` another
 * layer. `agent#2` takes what overlaps in `agent`, because intervals of a tier may not. Stretches of
 * one speaker from and to the same moments are one region.
 */

type Token = { readonly text: string } | { readonly number: number } | { readonly flag: string }

/** Takes the free-standing texts, numbers and flags of a Praat text file; all else is comment. */
class Tokens {
  readonly #file: string
  readonly #text: string
  readonly #pattern =
    /"((?:[^"]|"")*)"|<(\w+)>|(?<![^\s])([-+]?[\d.]+(?:[eE][-+]?\d+)?)(?![^\s])|![^\r\n]*/g

  constructor(text: string, file: string) {
    this.#text = text
    this.#file = file
  }

  fault(reason: string): InputFault {
    const line = this.#text.slice(0, this.#pattern.lastIndex).split(/\r\n|\r|\n/).length
    return new InputFault(this.#file, `line ${line}`, reason)
  }

  #next(): Token {
    for (;;) {
      const found = this.#pattern.exec(this.#text)
      if (found === null) {
        this.#pattern.lastIndex = this.#text.length
        throw this.fault('ends in the middle: the file is cut off')
      }
      const [, text, flag, number] = found
      if (text !== undefined) return { text: text.replaceAll('""', '"') }
      if (flag !== undefined) return { flag }
      if (number !== undefined) return { number: Number(number) }
    }
  }

  text(): string {
    const token = this.#next()
    if (!('text' in token)) throw this.fault('has no text in quotes where one should be')
    return token.text
  }

  number(): number {
    const token = this.#next()
    if (!('number' in token) || !Number.isFinite(token.number))
      throw this.fault('has no number where one should be')
    return token.number
  }

  isFlag(flag: string): boolean {
    const token = this.#next()
    return 'flag' in token && token.flag === flag
  }
}

/**
 * Reads Praat TextGrids, long or short, in UTF-8 or UTF-16 with its mark: interval tiers and point
 * tiers. Intervals without text are pauses, those of one space say nothing of who speaks there. Intervals that overlap within a tier are refused.
 */
export const readTextGrid: Reader = documentReader(readGrid, { decode: readText })

function readGrid(text: string, file: string, options: ReadOptions): Item {
  const tokens = new Tokens(text, file)
  const [type, object] = [tokens.text(), tokens.text()]
  if (!type.startsWith('ooTextFile') || object !== 'TextGrid') throw tokens.fault('is no TextGrid')
  const item_ref = itemRefOf(file)
  const rate = rateFor(options, item_ref)
  const at = (seconds: number) => {
    if (seconds < 0 || seconds > 1e8)
      throw tokens.fault('has a time before 0 or after 100,000,000 s')
    return sampleAt(seconds, rate, options.losses, item_ref)
  }
  tokens.number() // where the grid begins; the recording begins at 0
  const samples = at(tokens.number())
  const regions = new Stretches(layerOf(options.schema))
  if (tokens.isFlag('exists')) {
    const count = tokens.number()
    const names = new Map<string, number>()
    for (let tier = 0; tier < count; tier++) readTier(tokens, at, regions, names)
  }
  const source = { kind: 'audio', rate, samples } as const
  return {
    item_ref,
    source,
    annotation: annotationFrom(source, options, { regions: regions.list() }),
  }
}

function readTier(
  tokens: Tokens,
  at: (seconds: number) => number,
  regions: Stretches,
  names: Map<string, number>,
): void {
  const kind = tokens.text()
  if (kind !== 'IntervalTier' && kind !== 'TextTier')
    throw tokens.fault('has a tier of an unknown class')
  const name = tokens.text()
  const tier = { name, again: names.get(name) ?? 0 }
  names.set(name, tier.again + 1)
  tokens.number()
  const last = tokens.number()
  const count = tokens.number()
  let end = -Infinity
  for (let each = 0; each < count; each++) {
    const from = tokens.number()
    const to = kind === 'IntervalTier' ? tokens.number() : from
    const text = tokens.text()
    if (to < from) throw tokens.fault('has an interval that ends before it begins')
    // Praat itself writes boundaries that differ in the last digit; what is more is an overlap.
    if (to > last + 1e-6) throw tokens.fault('has an interval after the end of its tier')
    if (from < end - 1e-6) throw tokens.fault('has intervals that overlap')
    end = to
    if (text !== '') regions.add(tier, at(Math.max(from, 0)), at(Math.max(to, 0)), text)
  }
}

/** A tier, and how many of this name stand before it: Praat lets several have one. */
interface NamedTier {
  readonly name: string
  readonly again: number
}

/** Regions that grow from the tiers that say something about them. */
class Stretches {
  readonly #layer: string
  readonly #regions = new Map<string, Region & { transcripts: Record<string, string> }>()

  constructor(layer: string) {
    this.#layer = layer
  }

  add({ name: tierName, again }: NamedTier, from: number, to: number, text: string): void {
    const [, name = '', , said] = /^([^]*?)(#\d+)?(?:\/([^/]+))?$/.exec(tierName) ?? []
    // Tiers of points and of intervals may share times: what overlaps stands on a tier of its own.
    const key = JSON.stringify([
      name,
      again,
      from,
      to,
      said === undefined ? tierName : tierName.slice(0, -said.length - 1),
    ])
    const id = `r${this.#regions.size + 1}`
    const region = this.#regions.get(key) ?? {
      id,
      anchor: { audio: { from, to }, ...(name === '' ? {} : { tier: name }) },
      transcripts: {},
    }
    const more =
      said === 'label'
        ? { label: text }
        : said === undefined && text === nothingSaid
          ? {}
          : { transcripts: { ...region.transcripts, [said ?? this.#layer]: text } }
    this.#regions.set(key, { ...region, ...more })
  }

  list(): Region[] {
    return [...this.#regions.values()].map(({ transcripts, ...region }) =>
      Object.keys(transcripts).length === 0 ? region : { ...region, transcripts },
    )
  }
}

interface Interval {
  readonly from: number
  readonly to: number
  readonly text: string
}

/**
 * Writes a TextGrid for each item, long or with the variant `short` short, in UTF-8. Gaps are
 * filled with empty intervals, regions that overlap go to further tiers; attributes are lost.
 */
export const writeTextGrid: Writer = documentWriter(({ out, losses, schema, variant }) => ({
  write(item) {
    const { source, item_ref, annotation } = item
    if (source.kind !== 'audio') {
      losses.note('kind', item_ref)
      return false
    }
    noteUncarried(item, losses, ['tiers', 'transcripts', 'samples', 'label-missing'])
    const regions = (annotation?.regions ?? []).filter((region) => isCarried(region, item, losses))
    const tiers = tiersOf(regions, layerOf(schema))
    const ends = regions.map(({ anchor }) => ('audio' in anchor ? anchor.audio.to : 0))
    const end = source.samples ?? ends.reduce((a, b) => Math.max(a, b), 1)
    if (source.samples === undefined && ends.length === 0) losses.note('samples', item_ref)
    const text = gridText(tiers, Math.max(end, 1), source.rate)
    const file = `${fileNameOf(item_ref, losses)}.TextGrid`
    out(file, variant === 'short' ? text.short : text.long)
    return true
  },
}))

/** The text of an interval of which nothing is said; one without any text would be a pause. */
const nothingSaid = ' '

function isCarried(
  { id, anchor, label, transcripts = {} }: Region,
  { item_ref }: Item,
  losses: Parameters<Writer>[0]['losses'],
) {
  const place = `${item_ref}/${id}`
  const texts = Object.entries(transcripts)
  if (!('audio' in anchor)) losses.note('kind', place)
  else {
    if (texts.some(([, text]) => text === '')) losses.note('transcripts', place)
    if (texts.some(([, text]) => text === nothingSaid || /[\0\r]/.test(text)))
      losses.note('values', place)
    if (label === 'label' || texts.some(([layer]) => layer === 'label' || layer.includes('/')))
      losses.note('names', place)
    if (/[#/]/.test(anchor.tier ?? '')) losses.note('names', place)
    return true
  }
  return false
}

/** Tiers by name: intervals that do not overlap, in order. Points are those that end where they begin. */
function tiersOf(regions: readonly Region[], layer: string): Map<string, Interval[]> {
  const tiers = new Map<string, Interval[]>()
  const ends = new Map<string, { end: number; last: number }[]>()
  const inOrder = regions
    .flatMap((region) =>
      'audio' in region.anchor
        ? [{ region, ...region.anchor.audio, tier: region.anchor.tier ?? '' }]
        : [],
    )
    .sort((a, b) => a.from - b.from || a.to - b.to)
  for (const { region, from, to, tier } of inOrder) {
    const isPoint = from === to
    const kind = `${tier}\0${isPoint ? 'point' : ''}`
    const layers = ends.get(kind) ?? []
    const free = layers.findIndex(({ end, last }) => (isPoint ? last < from : end <= from))
    const place = free < 0 ? layers.length : free
    layers[place] = { end: to, last: from }
    ends.set(kind, layers)
    const name = place === 0 ? tier : `${tier}#${place + 1}`
    const said: [string, string][] = Object.entries(region.transcripts ?? {}).map(
      ([each, text]) => [each === layer ? name : `${name}/${each}`, text],
    )
    if (region.label !== undefined) said.push([`${name}/label`, region.label])
    if (said.every(([, text]) => text === '')) said.push([name, nothingSaid])
    for (const [tierName, text] of said) {
      const key = isPoint ? `${tierName}\0` : tierName
      if (text !== '') addTo(tiers, key, { from, to, text })
    }
  }
  return tiers
}

function filled(intervals: readonly Interval[], end: number): Interval[] {
  const whole: Interval[] = []
  let at = 0
  for (const interval of intervals) {
    if (interval.from > at) whole.push({ from: at, to: interval.from, text: '' })
    whole.push(interval)
    at = interval.to
  }
  if (at < end || whole.length === 0) whole.push({ from: at, to: end, text: '' })
  return whole
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}

function gridText(tiers: ReadonlyMap<string, readonly Interval[]>, end: number, rate: number) {
  const time = (sample: number) => secondsText(sample, rate)
  const long = [
    'File type = "ooTextFile"',
    'Object class = "TextGrid"',
    '',
    'xmin = 0',
    `xmax = ${time(end)}`,
    'tiers? <exists>',
    `size = ${tiers.size}`,
    'item []:',
  ]
  const short = [
    'File type = "ooTextFile"',
    '"TextGrid"',
    '',
    '0',
    time(end),
    '<exists>',
    `${tiers.size}`,
  ]
  let number = 0
  for (const [key, intervals] of tiers) {
    const isPoint = key.endsWith('\0')
    const name = quoted(isPoint ? key.slice(0, -1) : key)
    const kind = isPoint ? '"TextTier"' : '"IntervalTier"'
    const all = isPoint ? intervals : filled(intervals, end)
    const word = isPoint ? 'points' : 'intervals'
    long.push(
      `    item [${++number}]:`,
      `        class = ${kind}`,
      `        name = ${name}`,
      '        xmin = 0',
      `        xmax = ${time(end)}`,
      `        ${word}: size = ${all.length}`,
    )
    short.push(kind, name, '0', time(end), `${all.length}`)
    for (const [place, { from, to, text }] of all.entries()) {
      long.push(`        ${word} [${place + 1}]:`)
      if (isPoint)
        long.push(`            number = ${time(from)}`, `            mark = ${quoted(text)}`)
      else
        long.push(
          `            xmin = ${time(from)}`,
          `            xmax = ${time(to)}`,
          `            text = ${quoted(text)}`,
        )
      short.push(time(from), ...(isPoint ? [] : [time(to)]), quoted(text))
    }
  }
  return { long: `${long.join('\n')}\n`, short: `${short.join('\n')}\n` }
}
