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
export const readConllU: Reader = taggedReader((file, options) => new ConllU(file, options))

class ConllU implements TaggedLines {
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
  /** The ids of the sentence at hand. */
  readonly #ids = new Set<string>()

  constructor(file: string, options: ReadOptions) {
    this.#file = file
    this.#options = options
  }

  spoil(): void {
    this.#tagged.isSpoiled = true
    // What was refused may have been all that there is of the item so far.
    this.#started = true
  }

  line({ number, text }: Numbered): Tagged | undefined {
    if (text.startsWith('#')) return this.#comment(text, number)
    if (text === '') {
      this.#tagged.close()
      this.#coveredTo = 0
      this.#ids.clear()
      return this.#documents ? undefined : this.end()
    }
    const columns = text.split('\t')
    const [id = '', form = ''] = columns
    const fault = (reason: string) => new InputFault(this.#file, `line ${number}`, reason)
    if (columns.length !== 10 || form === '' || !/^\d+([-.]\d+)?$/.test(id))
      throw fault('has not the ten columns of CoNLL-U')
    if (this.#ids.has(id)) throw fault(`has the id ${id} a second time in its sentence`)
    this.#ids.add(id)
    this.#begin(number)
    if (columns.slice(2, 9).some((column) => column !== '_'))
      this.#options.losses.note('unknown', `line ${number}`)
    if (id.includes('.') || Number.parseInt(id, 10) <= this.#coveredTo) return undefined
    if (id.includes('-')) this.#coveredTo = Number(id.split('-')[1])
    this.#word(form, columns[9] ?? '_')
    return undefined
  }

  #begin(number: number): void {
    if (!this.#started) this.#tagged.first = number
    this.#started = true
  }

  #comment(text: string, number: number): Tagged | undefined {
    const [, id] = /^# newdoc(?: id = ([^]*))?$/.exec(text) ?? []
    if (!text.startsWith('# newdoc')) return undefined
    const item = this.end()
    this.#documents = true
    this.#begin(number)
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
    const after = misc.get('SpacesAfter')
    // A space stands after a word that does not say otherwise, but never after the last of an item.
    this.#spaces =
      after === undefined ? (misc.get('SpaceAfter') === 'No' ? '' : ' ') : unescapeSpaces(after)
    this.#explicit = after !== undefined
  }

  #explicit = false

  end(): Tagged | undefined {
    this.#tagged.close()
    if (this.#explicit) this.#tagged.add(this.#spaces)
    const { text, regions, first, isSpoiled } = this.#tagged
    const started = this.#started
    const ref = this.#ref
    this.#tagged = new TaggedText()
    this.#spaces = ''
    this.#explicit = false
    this.#started = false
    this.#ref = undefined
    if (!started) return undefined
    this.#count++
    if (isSpoiled) return undefined
    const source = { kind: 'text', text } as const
    const nameless = namelessRef(this.#count, this.#file, this.#options)
    const item_ref = ref === undefined || ref === '' ? nameless : ref
    const annotation = annotationFrom(source, this.#options, { regions })
    return { item: { item_ref, source, annotation }, first }
  }
}
