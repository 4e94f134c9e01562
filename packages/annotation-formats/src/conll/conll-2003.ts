import { namelessRef, Names } from '../names.ts'
import { InputFault, type Reader, type ReadOptions } from '../reading.ts'
import type { Numbered } from '../records.ts'
import { annotationFrom } from '../spans-json.ts'
import type { Writer } from '../writing.ts'
import {
  prepare,
  type Tagged,
  type TaggedLines,
  taggedReader,
  TaggedText,
  tagsOf,
} from './tagged.ts'

/**
 * Reads CoNLL-2003: a token on each line with its tag in the last column, an empty line after each
 * sentence. Each `-DOCSTART-` begins an item; without any, each sentence is one. The format has no
 * white space of its own: tokens are joined by a space, sentences by a line feed.
 */
export const readConll2003: Reader = taggedReader((file, options) => new Conll2003(file, options))

class Conll2003 implements TaggedLines {
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

  spoil(): void {
    this.#tagged.isSpoiled = true
  }

  line({ number, text }: Numbered): Tagged | undefined {
    if (text.startsWith('-DOCSTART-')) {
      const tagged = this.end()
      this.#documents = true
      return tagged
    }
    if (/^[ \t]*$/.test(text)) {
      this.#tagged.close()
      this.#betweenSentences = true
      return this.#documents ? undefined : this.end()
    }
    const columns = text.split(/[ \t]+/)
    const [form = '', ...more] = columns
    const tag = more.at(-1)
    if (form === '' || tag === undefined || !/^(O|[BIESUL]-.+)$/su.test(tag))
      throw new InputFault(
        this.#file,
        `line ${number}`,
        'has no token with a tag such as O or B-PER',
      )
    if (more.slice(0, -1).some((column) => !/^(_|O|-X-)$/.test(column)))
      this.#options.losses.note('unknown', `line ${number}`)
    if (this.#tagged.text === '') this.#tagged.first = number
    else this.#tagged.add(this.#betweenSentences ? '\n' : ' ')
    this.#betweenSentences = false
    this.#tagged.token(form, tag)
    return undefined
  }

  end(): Tagged | undefined {
    this.#tagged.close()
    const { text, regions, first, isSpoiled } = this.#tagged
    this.#tagged = new TaggedText()
    this.#betweenSentences = false
    if (text === '' || isSpoiled) return undefined
    const source = { kind: 'text', text } as const
    const item_ref = namelessRef(++this.#count, this.#file, this.#options)
    const annotation = annotationFrom(source, this.#options, { regions })
    return { item: { item_ref, source, annotation }, first }
  }
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
