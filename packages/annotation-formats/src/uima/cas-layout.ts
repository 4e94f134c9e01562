import type { Item, Json } from '../model.ts'
import { isObject } from '../checked.ts'
import { hashOf } from '../ids.ts'
import { escapeXml } from '../xml.ts'

/**
 * The file that a CAS was read from, without its text, so that it can be written again: ids, order,
 * declared types, tokens, sentences, details of the document and other views. It stands in the
 * item's `meta` under `uima_layout`.
 */
export interface CasLayout {
  readonly form: Form
  /** The file as it was, with the text put back in. */
  readonly file: string
}
export type Form = 'json' | 'xmi'

/** The longest file that is kept, in UTF-16 code units: a stored item holds no longer text. */
const longestKept = 10_000_000

/** Ways to spell a text, by the programs that write it so. What stands before it ends in `before`. */
const forms: Record<Form, { before: RegExp; spellings: readonly ((text: string) => string)[] }> = {
  json: {
    before: /"sofaString"\s*:\s*$/,
    spellings: [
      JSON.stringify,
      // Jackson: escapes of halves of surrogate pairs and of controls, in capitals.
      (text) => escaped(text, /[\ud800-\udfff]/g).replaceAll(/\\u[0-9a-f]{4}/g, inCapitals),
      // Python: nothing but ASCII.
      (text) => escaped(text, /[^\0-\x7f]/g),
    ],
  },
  xmi: {
    before: /\ssofaString=$/,
    spellings: [
      (text) => `"${escapeXml(text)}"`,
      // Xalan, which Java writes with: characters past U+FFFF by their number.
      (text) =>
        `"${escapeXml(text).replaceAll(/[\u{10000}-\u{10ffff}]/gu, (each) => `&#${each.codePointAt(0) ?? 0};`)}"`,
    ],
  },
}

function escaped(text: string, units: RegExp): string {
  const code = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(text).replaceAll(units, code)
}

function inCapitals(code: string): string {
  return `\\u${code.slice(2).toUpperCase()}`
}

/**
 * A file to be kept beside what was read from it; `left` says that the annotation does not hold
 * all of it. Undefined where the file is too long, or spells its text in a way of its own.
 */
export function casLayoutJson(
  form: Form,
  file: string,
  text: string | undefined,
  left: boolean,
): Json | undefined {
  if (file.length > longestKept) return undefined
  const common = { form, left }
  if (text === undefined) return { ...common, file, sum: sumOf('') }
  const { before, spellings } = forms[form]
  for (const [spelling, spell] of spellings.entries()) {
    const spelled = spell(text)
    let at = file.indexOf(spelled)
    while (at >= 0 && !before.test(file.slice(Math.max(0, at - 40), at)))
      at = file.indexOf(spelled, at + 1)
    if (at < 0) continue
    const rest = file.slice(0, at) + file.slice(at + spelled.length)
    return { ...common, file: rest, at, spelling, sum: sumOf(text) }
  }
  return undefined
}

/** The file that an item was read from, with the item's text; undefined where the text is another. */
export function casLayoutOf({ meta, source }: Item): CasLayout | undefined {
  const said = meta?.['uima_layout']
  const text = source.kind === 'text' ? source.text : ''
  if (!isObject(said) || said['sum'] !== sumOf(text)) return undefined
  const { form, file, at, spelling } = said
  if ((form !== 'json' && form !== 'xmi') || typeof file !== 'string') return undefined
  if (at === undefined) return { form, file }
  const spell = typeof spelling === 'number' ? forms[form].spellings[spelling] : undefined
  if (typeof at !== 'number' || !Number.isInteger(at) || at < 0 || spell === undefined)
    return undefined
  return { form, file: file.slice(0, at) + spell(text) + file.slice(at) }
}

function sumOf(text: string): string {
  return hashOf(text).join('-')
}
