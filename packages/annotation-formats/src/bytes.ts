import { InputFault } from './reading.ts'

/** The longest record, or file that is one document, that is held in memory. */
export const longestRecord = 256 * 1024 * 1024

/** The beginning of a record whose end is in a later chunk. */
export class Held {
  readonly #file: string
  readonly #most: number
  #parts: Uint8Array[] = []
  length = 0

  constructor(file: string, most = longestRecord) {
    this.#file = file
    this.#most = most
  }

  add(part: Uint8Array): void {
    if (part.length === 0) return
    this.length += part.length
    if (this.length > this.#most)
      throw new InputFault(
        this.#file,
        '',
        `has more than the ${this.#most} bytes of one record or document that are held; divide it`,
      )
    // A reader may use its chunk again, so what is kept is a copy.
    this.#parts.push(new Uint8Array(part))
  }

  /** The whole of what was held and this, in bytes of its own. */
  close(last: Uint8Array): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(this.length + last.length)
    let at = 0
    for (const part of [...this.#parts, last]) {
      whole.set(part, at)
      at += part.length
    }
    this.#parts = []
    this.length = 0
    return whole
  }
}

/** Bytes at the beginning by which UTF-16 is known. */
const told = 8

/** Drops a UTF-8 mark (EF BB BF); refuses UTF-16, with a mark or without. */
export async function* withoutMark(bytes: AsyncIterable<Uint8Array>, file: string) {
  let head: Uint8Array | undefined = new Uint8Array()
  for await (const chunk of bytes) {
    if (head === undefined) {
      yield chunk
      continue
    }
    const start: Uint8Array = new Uint8Array([...head, ...chunk.subarray(0, told)])
    if (start.length < told) {
      head = start
      continue
    }
    const mark = markIn(start, file)
    if (head.length > mark) yield head.subarray(mark)
    yield chunk.subarray(Math.max(0, mark - head.length))
    head = undefined
  }
  if (head !== undefined && head.length > 0) yield head.subarray(markIn(head, file))
}

/** The length of the UTF-8 mark that the input begins with, or 0. */
function markIn(start: Uint8Array, file: string): number {
  refuseUtf16(start, file)
  return start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf ? 3 : 0
}

function refuseUtf16(start: Uint8Array, file: string): void {
  const [first, second] = start
  const isNull = (at: number) => start[at] === 0
  const eight = [0, 1, 2, 3, 4, 5, 6, 7]
  // Four letters of ASCII: no text of ours has a null character after each of its first four.
  const little = eight.every((at) => isNull(at) === (at % 2 === 1)) && start.length >= told
  const big = eight.every((at) => isNull(at) === (at % 2 === 0)) && start.length >= told
  const markedLittle = first === 0xff && second === 0xfe
  if (markedLittle || little || big || (first === 0xfe && second === 0xff))
    throw new InputFault(
      file,
      'byte 0',
      `is UTF-16; say so with --encoding utf-16${markedLittle || little ? 'le' : 'be'}`,
    )
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of these bytes. Refuses what is not UTF-8 with the first bad byte, counted from 0. */
export function decodeUtf8(bytes: Uint8Array, file: string, place: string): string {
  try {
    return decoder.decode(bytes)
  } catch {
    const at = `byte ${firstBadByte(bytes)}`
    throw new InputFault(
      file,
      place === '' ? at : `${place}, ${at}`,
      'is not UTF-8; if it is another encoding, name it with --encoding',
    )
  }
}

/** Where the first sequence begins that is not UTF-8 (RFC 3629 section 4). */
export function firstBadByte(bytes: Uint8Array): number {
  let at = 0
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at)
    if (length === 0) return at
    at += length
  }
  return at
}

function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0
  if (first < 0x80) return 1
  const length = first >= 0xc2 && first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  if (length === 0 || first < 0xc2) return 0
  const second = bytes[at + 1] ?? 0
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < least || second > most) return 0
  for (let next = 2; next < length; next++) if (((bytes[at + next] ?? 0) & 0xc0) !== 0x80) return 0
  return length
}

/** The whole text of a file that is one document, of at most so many bytes, without a leading mark. */
export async function readWhole(
  bytes: AsyncIterable<Uint8Array>,
  file: string,
  most = longestRecord,
): Promise<string> {
  const held = new Held(file, most)
  for await (const chunk of withoutMark(bytes, file)) held.add(chunk)
  return decodeUtf8(held.close(new Uint8Array()), file, '')
}

/** The whole text of a document that may also be UTF-16, as its mark says. */
export async function readText(bytes: AsyncIterable<Uint8Array>, file: string): Promise<string> {
  const held = new Held(file)
  for await (const chunk of bytes) held.add(chunk)
  const whole = held.close(new Uint8Array())
  const [first, second] = whole
  if (first === 0xff && second === 0xfe) return decodeMarked(whole, 'utf-16le', file)
  if (first === 0xfe && second === 0xff) return decodeMarked(whole, 'utf-16be', file)
  return decodeUtf8(whole.subarray(markIn(whole, file)), file, '')
}

function decodeMarked(bytes: Uint8Array, encoding: 'utf-16le' | 'utf-16be', file: string): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    throw new InputFault(file, '', 'is marked as UTF-16 and is not')
  }
}

/** The whole of a file, of at most so many bytes. */
export async function readBytes(
  bytes: AsyncIterable<Uint8Array>,
  file: string,
  most = longestRecord,
): Promise<Uint8Array> {
  const held = new Held(file, most)
  for await (const chunk of bytes) held.add(chunk)
  return held.close(new Uint8Array())
}
