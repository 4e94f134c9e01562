import type { Item, Region } from './model.ts'
import {
  noteUncarried,
  type Span,
  spansOf,
  type Token,
  tokensOf,
  withoutOverlap,
} from './leftovers.ts'
import type { Losses } from './losses.ts'
import { Names } from './names.ts'
import { codePointsIn, TextIndex } from './offsets.ts'
import { attemptRecord, InputFault, type Reader, type ReadOptions } from './reading.ts'
import { type Numbered, readLines } from './records.ts'
import { annotationFrom } from './spans-json.ts'
import type { Writer } from './writing.ts'

/** A text that grows token by token, with the regions that tags name. Counts code points. */
class TaggedText {
  text = ''
  #length = 0
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

/**
 * Reads CoNLL-2003: a token on each line with its tag in the last column, an empty line after each
 * sentence. Each `-DOCSTART-` begins an item; without any, each sentence is one. The format has no
 * white space of its own: tokens are joined by a space, sentences by a line feed.
 */
export const readConll2003: Reader = async function* (input, options) {
  for (const file of input.names) {
    const reading = new Conll2003(file, options)
    for await (const line of readLines(input.open(file), file)) {
      const item = attemptRecord(options, () => reading.line(line))
      if (item !== undefined) yield item
    }
    const last = reading.item()
    if (last !== undefined) yield last
  }
}

class Conll2003 {
  readonly #file: string
  readonly #options: ReadOptions
  #tagged = new TaggedText()
  #count = 0
  #documents = false
  #betweenSentences = false

  constructor(file: string, options: ReadOptions) {
    this.#file = file
    this.#options = options
  }

  /** Takes in a line; the item that it ends, if it ends one. */
  line({ number, text }: Numbered): Item | undefined {
    if (text.startsWith('-DOCSTART-')) {
      const item = this.item()
      this.#documents = true
      return item
    }
    if (text.trim() === '') {
      this.#tagged.close()
      this.#betweenSentences = true
      return this.#documents ? undefined : this.item()
    }
    const columns = text.split(/[ \t]+/)
    const [form = '', ...more] = columns
    const tag = more.at(-1)
    if (form === '' || tag === undefined || !/^(O|[BIESUL]-.+)$/u.test(tag))
      throw new InputFault(
        this.#file,
        `line ${number}`,
        'has no token with a tag such as O or B-PER',
      )
    if (more.slice(0, -1).some((column) => !/^(_|O|-X-)$/.test(column)))
      this.#options.losses.note('unknown', `line ${number}`)
    if (this.#tagged.text !== '') this.#tagged.add(this.#betweenSentences ? '\n' : ' ')
    this.#betweenSentences = false
    this.#tagged.token(form, tag)
    return undefined
  }

  item(): Item | undefined {
    this.#tagged.close()
    const { text, regions } = this.#tagged
    this.#tagged = new TaggedText()
    this.#betweenSentences = false
    if (text === '') return undefined
    const source = { kind: 'text', text } as const
    const item_ref = `${++this.#count}`
    return { item_ref, source, annotation: annotationFrom(source, this.#options, { regions }) }
  }
}

/** Tags of tokens in IOB2, or IOB1 where `B` stands only between two regions of one label. */
function tagsOf(
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

/**
 * Writes CoNLL-2003 in IOB2, or with the variant `iob1` as the data of 2003: `token _ _ tag`, a
 * `-DOCSTART-` before each item, a new sentence at each line end. Tokens are cut so that every
 * region is made of whole ones; overlapping regions and the text's own white space are lost.
 */
export const writeConll2003: Writer = ({ out, losses, variant }) => {
  const names = new Names(/[^\s]/u, losses)
  return {
    add(item) {
      const prepared = prepare(item, losses)
      if (prepared === undefined) return
      const { index, tokens, spans } = prepared
      const tags = tagsOf(tokens, spans, names, variant === 'iob1', item.item_ref)
      const lines = ['-DOCSTART- -X- -X- O\n']
      const joined: string[] = []
      for (const [place, { from, to }] of tokens.entries()) {
        const gap = place === 0 ? '' : index.slice(tokens[place - 1]?.to ?? 0, from)
        const breaks = place === 0 || gap.includes('\n')
        if (breaks) lines.push('\n')
        joined.push(place === 0 ? '' : breaks ? '\n' : ' ', index.slice(from, to))
        lines.push(`${index.slice(from, to)} _ _ ${tags[place] ?? 'O'}\n`)
      }
      if (joined.join('') !== index.text) losses.note('text-rebuilt', item.item_ref)
      out('', `${lines.join('')}\n`)
    },
    end() {
      // Each item is closed by its own empty line.
    },
  }
}

function prepare(item: Item, losses: Losses) {
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

/**
 * Writes CoNLL-U: one item for each `# newdoc id`, tags as `NER=B-PER` in the last column, the
 * text's white space exactly by `SpaceAfter=No`, `SpacesBefore` and `SpacesAfter`.
 */
export const writeConllU: Writer = ({ out, losses }) => {
  const names = new Names(/[^\s|=]/u, losses)
  return {
    add(item) {
      const prepared = prepare(item, losses)
      if (prepared === undefined) return
      const { index, tokens, spans } = prepared
      if (tokens.length === 0 && index.text !== '') losses.note('text-rebuilt', item.item_ref)
      const tags = tagsOf(tokens, spans, names, false, item.item_ref)
      const lines = [`# newdoc id = ${encodeURIComponent(item.item_ref)}\n`]
      let number = 0
      for (const [place, { from, to }] of tokens.entries()) {
        const before = place === 0 ? index.slice(0, from) : ''
        const last = place === tokens.length - 1
        const after = index.slice(to, tokens[place + 1]?.from ?? index.length('codePoint'))
        const tag = tags[place] ?? 'O'
        const misc = [
          ...(tag === 'O' ? [] : [`NER=${tag}`]),
          ...(after === '' && !last ? ['SpaceAfter=No'] : []),
          ...(before === '' ? [] : [`SpacesBefore=${escapeSpaces(before)}`]),
          ...(last
            ? after === ''
              ? []
              : [`SpacesAfter=${escapeSpaces(after)}`]
            : after === '' || after === ' '
              ? []
              : [`SpacesAfter=${escapeSpaces(after)}`]),
        ]
        lines.push(
          `${++number}\t${index.slice(from, to)}${'\t_'.repeat(7)}\t${misc.length === 0 ? '_' : misc.join('|')}\n`,
        )
        if (after.includes('\n') && !last) {
          lines.push('\n')
          number = 0
        }
      }
      out('', `${lines.join('')}\n`)
    },
    end() {
      // Each item is closed by its own empty line.
    },
  }
}

const spaceEscapes: Record<string, string> = {
  ' ': '\\s',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '|': '\\p',
  '\\': '\\\\',
}

function escapeSpaces(text: string): string {
  return text.replaceAll(/[ \t\n\r|\\]/g, (each) => spaceEscapes[each] ?? each)
}

function unescapeSpaces(text: string): string {
  const spaces = new Map(Object.entries(spaceEscapes).map(([space, name]) => [name, space]))
  return text.replaceAll(/\\./g, (each) => spaces.get(each) ?? each)
}

/**
 * Reads CoNLL-U (universaldependencies.org/format): words or multiword tokens with their spaces,
 * `NER` tags of the last column. Each `# newdoc` begins an item; without any, each sentence is one.
 * Lemmas, tags, features and dependencies are left out and noted.
 */
export const readConllU: Reader = async function* (input, options) {
  for (const file of input.names) {
    const reading = new ConllU(file, options)
    for await (const line of readLines(input.open(file), file)) {
      const item = attemptRecord(options, () => reading.line(line))
      if (item !== undefined) yield item
    }
    const last = reading.item()
    if (last !== undefined) yield last
  }
}

class ConllU {
  readonly #file: string
  readonly #options: ReadOptions
  #tagged = new TaggedText()
  #spaces = ''
  #started = false
  #documents = false
  #count = 0
  #ref: string | undefined
  /** The last word of a multiword token whose form was taken already. */
  #coveredTo = 0

  constructor(file: string, options: ReadOptions) {
    this.#file = file
    this.#options = options
  }

  line({ number, text }: Numbered): Item | undefined {
    if (text.startsWith('#')) return this.#comment(text)
    if (text === '') {
      this.#tagged.close()
      this.#coveredTo = 0
      return this.#documents ? undefined : this.item()
    }
    const columns = text.split('\t')
    const [id = '', form = ''] = columns
    if (columns.length !== 10 || form === '' || !/^\d+([-.]\d+)?$/.test(id))
      throw new InputFault(this.#file, `line ${number}`, 'has not the ten columns of CoNLL-U')
    if (columns.slice(2, 9).some((column) => column !== '_'))
      this.#options.losses.note('unknown', `line ${number}`)
    if (id.includes('.') || Number.parseInt(id, 10) <= this.#coveredTo) return undefined
    if (id.includes('-')) this.#coveredTo = Number(id.split('-')[1])
    this.#word(form, columns[9] ?? '_')
    return undefined
  }

  #comment(text: string): Item | undefined {
    const [, id] = /^# newdoc(?: id = (.*))?$/.exec(text) ?? []
    if (!text.startsWith('# newdoc')) return undefined
    const item = this.item()
    this.#documents = true
    this.#started = true
    try {
      this.#ref = id === undefined ? undefined : decodeURIComponent(id)
    } catch {
      this.#ref = id
    }
    return item
  }

  #word(form: string, column: string): void {
    const misc = new Map(
      column
        .split('|')
        .map((each) => [each.split('=')[0] ?? '', each.slice(each.indexOf('=') + 1)]),
    )
    const before = misc.get('SpacesBefore')
    if (before !== undefined) this.#spaces += unescapeSpaces(before)
    this.#tagged.add(this.#spaces)
    this.#tagged.token(form, misc.get('NER') ?? 'O')
    this.#started = true
    const after = misc.get('SpacesAfter')
    // A space stands after a word that does not say otherwise, but never after the last of an item.
    this.#spaces =
      after === undefined ? (misc.get('SpaceAfter') === 'No' ? '' : ' ') : unescapeSpaces(after)
    this.#explicit = after !== undefined
  }

  #explicit = false

  item(): Item | undefined {
    this.#tagged.close()
    if (this.#explicit) this.#tagged.add(this.#spaces)
    const { text, regions } = this.#tagged
    const started = this.#started
    const ref = this.#ref
    this.#tagged = new TaggedText()
    this.#spaces = ''
    this.#explicit = false
    this.#started = false
    this.#ref = undefined
    if (!started) return undefined
    this.#count++
    const source = { kind: 'text', text } as const
    const item_ref = ref === undefined || ref === '' ? `${this.#count}` : ref
    return { item_ref, source, annotation: annotationFrom(source, this.#options, { regions }) }
  }
}
