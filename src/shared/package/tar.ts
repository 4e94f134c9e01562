/**
 * Archives in the ustar format of POSIX.1-2017 (pax, "ustar Interchange Format"), as far as a
 * delivery needs it: plain files with short names, of known size, in one stream.
 */

const block = 512
/** Names that can lead nowhere else: relative, no `..`, no hidden parts, no device names of other systems. */
const safeName = /^[A-Za-z0-9][\w.-]{0,60}(\/[A-Za-z0-9][\w.-]{0,60}){0,3}$/
const largest = 0o77777777777

/** An archive that cannot be read; `place` is the entry's name, or its number. */
export class TarFault extends Error {
  override readonly name = 'TarFault'
  readonly place: string

  constructor(message: string, place: string) {
    super(message)
    this.place = place
  }
}

/** The header of a file, 512 bytes. Times and owners are fixed, so that equal content gives equal archives. */
export function tarHeader(name: string, size: number): Uint8Array {
  if (!safeName.test(name) || name.length > 100) throw new TarFault('this cannot be a name', name)
  if (!Number.isSafeInteger(size) || size < 0 || size > largest)
    throw new TarFault('this cannot be a size', name)
  const header = new Uint8Array(block)
  const put = (at: number, text: string) => {
    header.set(new TextEncoder().encode(text), at)
  }
  const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, '0')}\0`
  put(0, name)
  put(100, octal(0o644, 8))
  put(108, octal(0, 8))
  put(116, octal(0, 8))
  put(124, octal(size, 12))
  put(136, octal(0, 12))
  put(156, '0')
  put(257, 'ustar\u000000')
  put(148, `${checksum(header).toString(8).padStart(6, '0')}\0 `)
  return header
}

/** What follows a file's bytes so that the next header begins at a whole block. */
export function tarPadding(size: number): Uint8Array {
  return new Uint8Array((block - (size % block)) % block)
}

/** Two empty blocks end an archive. */
export const tarEnd = new Uint8Array(2 * block)

export interface TarEntry {
  readonly name: string
  readonly size: number
  /** The file's bytes; what is not taken is passed over before the next entry. */
  readonly content: AsyncIterable<Uint8Array>
}

/**
 * Reads an archive as it comes, in constant memory. Takes plain files with safe and different names
 * only, and nothing after the end.
 * @throws TarFault at the first thing that is not exactly that
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const input = new Cursor(source)
  try {
    yield* entriesOf(input)
  } finally {
    await input.close()
  }
}

async function* entriesOf(input: Cursor): AsyncGenerator<TarEntry> {
  const seen = new Set<string>()
  for (let number = 1; ; number += 1) {
    const place = `entry ${number}`
    const header = await input.take(block, place)
    if (header.every((byte) => byte === 0)) break
    const { name, size } = parseHeader(header, place)
    if (seen.has(name)) throw new TarFault('this name stands twice', name)
    if (seen.size >= 100_000) throw new TarFault('there are more than 100,000 files', place)
    seen.add(name)
    const file = { left: size }
    yield { name, size, content: contentOf(input, file, name) }
    while (file.left > 0) file.left -= (await input.some(file.left, name)).length
    const filling = await input.take(tarPadding(size).length, name)
    if (!filling.every((byte) => byte === 0))
      throw new TarFault('something stands behind the content', name)
  }
  const last = await input.take(block, 'the end')
  if (!last.every((byte) => byte === 0))
    throw new TarFault('the archive does not end as it should', 'the end')
  if (!(await input.ended()))
    throw new TarFault('something follows the end of the archive', 'the end')
}

async function* contentOf(
  input: Cursor,
  file: { left: number },
  name: string,
): AsyncGenerator<Uint8Array> {
  while (file.left > 0) {
    const piece = await input.some(file.left, name)
    file.left -= piece.length
    yield piece
  }
}

function parseHeader(header: Uint8Array, place: string): { name: string; size: number } {
  const text = (from: number, to: number) => new TextDecoder().decode(header.subarray(from, to))
  const stated = /^([0-7]{6})\0 $/.exec(text(148, 156))?.[1]
  if (stated === undefined || Number.parseInt(stated, 8) !== checksum(header))
    throw new TarFault('the header is damaged', place)
  const name = text(0, 100).replace(/\0+$/, '')
  if (!safeName.test(name)) throw new TarFault('a name leads elsewhere or is malformed', place)
  const size = /^([0-7]{11})\0$/.exec(text(124, 136))?.[1]
  const plain =
    text(156, 157) === '0' &&
    text(157, 257).replace(/\0+$/, '') === '' &&
    text(257, 265) === 'ustar\u000000'
  if (size === undefined || !plain || text(345, 500).replace(/\0+$/, '') !== '')
    throw new TarFault('only plain files may stand in an archive', name)
  return { name, size: Number.parseInt(size, 8) }
}

function checksum(header: Uint8Array): number {
  let sum = 0
  // The field itself counts as eight spaces.
  for (let at = 0; at < block; at += 1) sum += at >= 148 && at < 156 ? 32 : (header[at] ?? 0)
  return sum
}

/** A stream read in pieces of a wanted size. */
class Cursor {
  readonly #iterator: AsyncIterator<Uint8Array>
  #held: Uint8Array = new Uint8Array(0)

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#iterator = source[Symbol.asyncIterator]()
  }

  /** Up to `most` bytes, at least one. */
  async some(most: number, place: string): Promise<Uint8Array> {
    while (this.#held.length === 0)
      if (!(await this.#more())) throw new TarFault('the archive ends too early', place)
    const piece = this.#held.subarray(0, most)
    this.#held = this.#held.subarray(piece.length)
    return piece
  }

  async take(size: number, place: string): Promise<Uint8Array> {
    const whole = new Uint8Array(size)
    for (let at = 0; at < size;) {
      const piece = await this.some(size - at, place)
      whole.set(piece, at)
      at += piece.length
    }
    return whole
  }

  async ended(): Promise<boolean> {
    while (this.#held.length === 0) if (!(await this.#more())) return true
    return false
  }

  /** Lets go of the source, also before its end. */
  async close(): Promise<void> {
    await this.#iterator.return?.()
  }

  async #more(): Promise<boolean> {
    const next = await this.#iterator.next()
    if (next.done === true) return false
    this.#held = next.value
    return true
  }
}
