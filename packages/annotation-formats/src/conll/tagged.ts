import type { Item, Region } from '../model.ts'
import { ItemRefs } from '../item-refs.ts'
import {
  noteUncarried,
  type Span,
  spansOf,
  type Token,
  tokensOf,
  withoutOverlap,
} from '../leftovers.ts'
import type { Losses } from '../losses.ts'
import type { Names } from '../names.ts'
import { codePointsIn, TextIndex } from '../offsets.ts'
import { attemptRecord, type InputFault, type Reader, type ReadOptions } from '../reading.ts'
import { faultIn, type Numbered, readLines } from '../records.ts'

/** A text that grows token by token, with the regions that tags name. Counts code points. */
export class TaggedText {
  text = ''
  #length = 0
  /** The line that it begins on. */
  first = 0
  /** Set where a line of it was refused, so that it is not whole. */
  isSpoiled = false
  readonly regions: Region[] = []
  #open: { from: number; label: string } | undefined
  #end = 0

  add(piece: string): void {
    this.text += piece
    this.#length += codePointsIn(piece)
  }

  /**
   * Adds a token with its tag in IOB1, IOB2 or IOBES: `I-X` begins a region where none of X is
   * open, so that all of them are read alike.
   */
  token(form: string, tag: string): void {
    const [, sign = 'O', label = ''] = /^([BIESUL])-(.+)$/su.exec(tag) ?? []
    const continues = /[IEL]/.test(sign) && this.#open?.label === label
    if (!continues) this.close()
    if (!continues && sign !== 'O') this.#open = { from: this.#length, label }
    this.add(form)
    this.#end = this.#length
  }

  close(): void {
    if (this.#open === undefined) return
    const { from, label } = this.#open
    const id = `span-${this.regions.length + 1}`
    this.regions.push({ id, anchor: { text: [[from, this.#end]] }, label })
    this.#open = undefined
  }
}

/** A file that is read line by line. */
export interface TaggedLines {
  /** Takes in a line; the item that it ends, if it ends one. */
  line(line: Numbered): Tagged | undefined
  /** Notes that a line of the item at hand was refused: it is left out as a whole. */
  spoil(): void
  /** The item that the end of the file ends. */
  end(): Tagged | undefined
}

export interface Tagged {
  readonly item: Item
  /** The line that the item begins on. */
  readonly first: number
}

/** A reader of tagged lines. An item with a line that is refused is left out as a whole. */
export function taggedReader(open: (file: string, options: ReadOptions) => TaggedLines): Reader {
  return async function* (input, options) {
    const refs = new ItemRefs({ runs: true })
    for (const file of input.names) {
      const reading = open(file, options)
      const inside = {
        refuse: (fault: InputFault) => {
          reading.spoil()
          options.refuse(fault)
        },
      }
      const isNew = ({ item, first }: Tagged) =>
        refs.take(item, options, faultIn({ number: first }, file, 'lines'))
      for await (const run of readLines(input.open(file), file, inside))
        for (const line of run) {
          const tagged = attemptRecord(inside, () => reading.line(line))
          if (tagged !== undefined && isNew(tagged)) yield tagged.item
        }
      const last = reading.end()
      if (last !== undefined && isNew(last)) yield last.item
    }
  }
}

/** Tags of tokens in IOB2, or IOB1 where `B` stands only between two regions of one label. */
export function tagsOf(
  tokens: readonly Token[],
  spans: readonly Span[],
  names: Names,
  iob1: boolean,
  place: string,
): string[] {
  let next = 0
  let before: Span | undefined
  return tokens.map(({ from }) => {
    while ((spans[next]?.to ?? Infinity) <= from) next++
    const span = spans[next]
    const inside = span !== undefined && span.from <= from ? span : undefined
    const begins = inside !== undefined && inside.from === from
    const name = inside === undefined ? '' : names.of(inside.label, place)
    const isB =
      begins &&
      (!iob1 ||
        (before !== undefined && before.to <= from && names.of(before.label, place) === name))
    before = inside
    return inside === undefined ? 'O' : `${isB ? 'B' : 'I'}-${name}`
  })
}

/** The text of an item in tokens, with the spans that tags can say. Undefined for what is no text. */
export function prepare(item: Item, losses: Losses) {
  if (item.source.kind !== 'text') {
    losses.note('kind', item.item_ref)
    return undefined
  }
  noteUncarried(item, losses, ['unlabelled'])
  const index = new TextIndex(item.source.text)
  const spans = withoutOverlap(spansOf(item, losses, { pieces: 'split' }), item, losses)
  const tokens = tokensOf(index, spans)
  for (const { from, to, region } of spans)
    if (!isMadeOfTokens(index.slice(from, to)))
      losses.note('tokens', `${item.item_ref}/${region.id}`)
  return { index, spans, tokens }
}

/** Tokens hold no white space, so a region of them neither begins nor ends with it. */
function isMadeOfTokens(text: string): boolean {
  return text !== '' && !/^\s|\s$/u.test(text)
}
