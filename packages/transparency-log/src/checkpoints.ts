import { fromBase64, fromDecimal, toBase64 } from './base64.ts'
import { checkCount, LogFault } from './fault.ts'
import { hashLength } from './hash.ts'
import type { NoteSigner } from './keys.ts'
import { signNote } from './notes.ts'

/** What a log says of itself at one moment (C2SP tlog-checkpoint). */
export interface Checkpoint {
  /** The name of the log, like a URL without scheme; the name of its key is the same. */
  readonly origin: string
  /** The number of entries. */
  readonly size: number
  /** The root of the tree over them, 32 bytes. */
  readonly root: Uint8Array
  /** Further lines, each not empty. We write none and keep what others write. */
  readonly extensions: readonly string[]
}

/** The longest checkpoint in bytes, with all its signatures, that this package reads. */
export const longestCheckpoint = 65_536

/** Reads the text of a checkpoint note. Throws a LogFault that names the line. */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.split('\n')
  const [origin = '', sizeLine = '', rootLine = '', ...rest] = lines
  const extensions = rest.slice(0, -1)
  if (lines.length < 4 || lines.at(-1) !== '')
    throw new LogFault('a checkpoint has three lines: origin, size and root')
  if (origin === '' || origin.trimEnd() !== origin)
    throw new LogFault('line 1 of the checkpoint must be the origin, without spaces at its end')
  const size = fromDecimal(sizeLine)
  if (size === null)
    throw new LogFault('line 2 of the checkpoint must be the size, a decimal number below 2^53')
  const root = fromBase64(rootLine)
  if (root?.length !== hashLength)
    throw new LogFault('line 3 of the checkpoint must be the root, 32 bytes in Base64')
  if (extensions.includes('')) throw new LogFault('a checkpoint has an empty line in its text')
  return { origin, size, root, extensions }
}

/** The text of a checkpoint, which is what its signatures cover. */
export function checkpointText({ origin, size, root, extensions }: Checkpoint): string {
  checkCount(size, 'the size of a checkpoint')
  const text = `${[origin, String(size), toBase64(root), ...extensions].join('\n')}\n`
  parseCheckpoint(text)
  return text
}

/** Signs size and root in the name of the signer's log, whose origin is the name of the key. */
export function signCheckpoint(signer: NoteSigner, size: number, root: Uint8Array): string {
  return signNote(checkpointText({ origin: signer.name, size, root, extensions: [] }), [signer])
}
