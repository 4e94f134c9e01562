import { createHash, type Hash } from 'node:crypto'
import { open, writeFile } from 'node:fs/promises'

/** Size in bytes and SHA-256 in hex. */
export interface Measure {
  readonly size: number
  readonly sha256: string
}

export interface Named extends Measure {
  readonly name: string
}

/** Counts and hashes what passes through it. */
export class Measured {
  readonly #hash: Hash = createHash('sha256')
  #size = 0

  async *pass(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of source) {
      this.#hash.update(piece)
      this.#size += piece.length
      yield piece
    }
  }

  /** To be asked once, after all has passed. */
  result(): Measure {
    return { size: this.#size, sha256: this.#hash.digest('hex') }
  }
}

export function measureOf(bytes: Uint8Array): Measure {
  return { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
}

/** Writes a stream into a file of its own and makes it durable; a full disk is an error, never a short file. */
export async function writeMeasured(
  path: string,
  source: AsyncIterable<Uint8Array>,
): Promise<Measure> {
  const measured = new Measured()
  // Sealed for the client already; where parts run as users of their own, the outside door's reads it by its group.
  const file = await open(path, 'w', 0o640)
  try {
    await writeFile(file, measured.pass(source))
    await file.sync()
  } finally {
    await file.close()
  }
  return measured.result()
}
