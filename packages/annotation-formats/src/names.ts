import { hashOf } from './ids.ts'
import type { Losses } from './losses.ts'
import type { ReadOptions } from './reading.ts'

/**
 * Changes names to what a format allows, each to another one: what is not allowed becomes `_`, and a
 * name that is taken gets a number. The same name is always changed to the same.
 */
export class Names {
  readonly #allowed: RegExp
  readonly #losses: Losses
  readonly #given = new Map<string, string>()
  readonly #taken = new Set<string>()

  /** `allowed` matches one character that may stay. */
  constructor(allowed: RegExp, losses: Losses) {
    this.#allowed = allowed
    this.#losses = losses
  }

  of(name: string, place: string): string {
    const known = this.#given.get(name)
    const given = known ?? this.#fresh(name)
    if (given !== name) this.#losses.note('names', place)
    return given
  }

  #fresh(name: string): string {
    const plain =
      Array.from(name, (each) => (this.#allowed.test(each) ? each : '_')).join('') || '_'
    let given = plain
    for (let count = 2; this.#taken.has(given); count++) given = `${plain}-${count}`
    this.#taken.add(given)
    this.#given.set(name, given)
    return given
  }
}

/** The longest name of a file without its ending; file systems hold 255 bytes with it. */
const longestName = 200

/**
 * The name of an item's file in a folder: everything but letters, digits, `.`, `_` and `-` is
 * percent-encoded, and so is a leading `.`; `itemRefOf` gives the reference back. One that would be
 * longer than 200 bytes is cut, ends in the reference's hash, and is noted.
 */
export function fileNameOf(item_ref: string, losses: Losses): string {
  const encoded = encodedName(item_ref)
  if (encoded.length <= longestName) return encoded
  losses.note('names', item_ref)
  let cut = ''
  for (const each of item_ref) {
    if (encodedName(cut + each).length > longestName - 20) break
    cut += each
  }
  const hash = hashOf(item_ref).map((part) => part.toString(16).padStart(8, '0'))
  return `${encodedName(cut)}-${hash.join('')}`
}

function encodedName(text: string): string {
  return encodeURIComponent(text)
    .replaceAll(/[!'()*~]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/^[.]/, '%2E')
}

/** The reference of the item in a file, from the file's name without folder and ending. */
export function itemRefOf(file: string): string {
  const name = file.slice(file.lastIndexOf('/') + 1).replace(/(?<=.)[.][A-Za-z0-9]+$/, '')
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

/** The reference of an item that has none: its number, after the name of its file where there are several. */
export function namelessRef(
  number: number,
  file: string,
  { several = false }: Pick<ReadOptions, 'several'>,
): string {
  return several ? `${itemRefOf(file)}-${number}` : String(number)
}
