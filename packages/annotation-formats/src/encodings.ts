import { InputFault } from './reading.ts'

/** Encodings that an input may be said to have. Everything is turned into UTF-8 before it is read. */
export const encodings = ['utf-8', 'utf-16le', 'utf-16be', 'latin-1', 'cesu-8'] as const
export type Encoding = (typeof encodings)[number]

/** Input in the named encoding as UTF-8, chunk by chunk. What the encoding cannot mean is refused with its byte. */
export async function* toUtf8(
  bytes: AsyncIterable<Uint8Array>,
  encoding: Encoding,
  file: string,
): AsyncGenerator<Uint8Array> {
  if (encoding === 'utf-8') {
    yield* bytes
    return
  }
  const decode = decoderOf(encoding, file)
  const encoder = new TextEncoder()
  for await (const chunk of bytes) yield encoder.encode(decode(chunk, false))
  yield encoder.encode(decode(new Uint8Array(), true))
}

type Decode = (chunk: Uint8Array, last: boolean) => string

function decoderOf(encoding: Exclude<Encoding, 'utf-8'>, file: string): Decode {
  if (encoding === 'latin-1') return latin1
  if (encoding === 'cesu-8') return cesu8(file)
  return utf16(encoding === 'utf-16le', file)
}

/** ISO 8859-1, where a byte is its code point (not Windows 1252, which browsers mean by that name). */
function latin1(chunk: Uint8Array): string {
  let text = ''
  for (const byte of chunk) text += String.fromCharCode(byte)
  return text
}

/** UTF-16 without its mark; half of a surrogate pair is refused. */
function utf16(little: boolean, file: string): Decode {
  let odd: number | undefined
  let high = ''
  let at = 0
  return (chunk, last) => {
    let text = high
    high = ''
    for (const byte of chunk) {
      if (odd === undefined) odd = byte
      else {
        text += String.fromCharCode(little ? (byte << 8) | odd : (odd << 8) | byte)
        odd = undefined
      }
    }
    const end = text.charCodeAt(text.length - 1)
    if (!last && end >= 0xd800 && end < 0xdc00) {
      high = text.slice(-1)
      text = text.slice(0, -1)
    }
    const torn = text.search(/\p{Surrogate}/u)
    if (torn >= 0)
      throw new InputFault(file, `byte ${at + 2 * torn}`, 'has half of a surrogate pair')
    if (last && odd !== undefined) throw new InputFault(file, '', 'ends inside a character')
    const marked = at === 0 && text.startsWith('\ufeff')
    at += 2 * text.length
    return marked ? text.slice(1) : text
  }
}

/** CESU-8 (Unicode Technical Report 26): UTF-8 whose astral characters are two encoded surrogates. */
function cesu8(file: string): Decode {
  let held: number[] = []
  let at = 0
  return (chunk, last) => {
    const bytes = [...held, ...chunk]
    // The longest character is six bytes; what may be the beginning of one waits for the rest.
    const safe = last ? bytes.length : lastWhole(bytes)
    held = bytes.slice(safe)
    let text = ''
    for (let place = 0; place < safe;) {
      const [code, length] = cesuUnit(bytes, place)
      if (length === 0) throw new InputFault(file, `byte ${at + place}`, 'is not CESU-8')
      text += String.fromCharCode(code)
      place += length
    }
    if (/\p{Surrogate}/u.test(text))
      throw new InputFault(file, `byte ${at}`, 'has half of a surrogate pair in what follows')
    at += safe
    return text
  }
}

/** One UTF-16 unit of CESU-8 and the bytes it takes, or no bytes where it is none. */
function cesuUnit(bytes: readonly number[], at: number): [number, number] {
  const [first = 0, second = 0, third = 0] = [bytes[at], bytes[at + 1], bytes[at + 2]]
  const isNext = (byte: number) => (byte & 0xc0) === 0x80
  if (first < 0x80) return [first, 1]
  if (first >= 0xc2 && first < 0xe0 && isNext(second))
    return [((first & 0x1f) << 6) | (second & 0x3f), 2]
  const code = ((first & 0x0f) << 12) | ((second & 0x3f) << 6) | (third & 0x3f)
  return first >= 0xe0 && first < 0xf0 && isNext(second) && isNext(third) && code >= 0x800
    ? [code, 3]
    : [0, 0]
}

/** Where the last character that is surely whole ends: never inside a pair of surrogates. */
function lastWhole(bytes: readonly number[]): number {
  let at = Math.max(0, bytes.length - 6)
  while (at > 0 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at--
  if (bytes[at - 3] === 0xed && (bytes[at - 2] ?? 0) >= 0xa0 && (bytes[at - 2] ?? 0) < 0xb0) at -= 3
  return at
}
