import type { Item } from './model.ts'
import { type LabelSchema, schemaRef } from './label-schema.ts'
import type { Controls } from './label-studio/controls.ts'
import type { Losses } from './losses.ts'
import type { Unit } from './offsets.ts'

/** What a reader reads from: one file, or the files of a folder by their relative names. */
export interface InputFiles {
  readonly names: readonly string[]
  open(name: string): AsyncIterable<Uint8Array>
}

/** What a reader needs beside its input. */
export interface ReadOptions {
  readonly losses: Losses
  /** Called with each record that is refused. Throwing it ends the reading; returning goes on. */
  readonly refuse: (fault: InputFault) => void
  readonly schema?: LabelSchema
  /** The names of a Label Studio configuration, where results use others than `controlsOf` gives. */
  readonly controls?: Controls
  /** Samples per second, for formats that count seconds and do not say it. */
  readonly rate?: number
  /** What offsets into a text count, where a format leaves it open. */
  readonly unit?: Unit
  /** True where the input is several files: an item without a reference is named after its file, too. */
  readonly several?: boolean
  /** SHA-256 of a text in lower-case hex; where it is given, text annotations carry the hash. */
  readonly sha256?: (text: string) => string
}

/** Yields the items of an input in its order, holding no more than one record of it. */
export type Reader = (input: InputFiles, options: ReadOptions) => AsyncGenerator<Item>

/** What was wrong with the input, and where. Says places, never content. */
export class InputFault extends Error {
  override readonly name = 'InputFault'
  readonly file: string
  /** Such as `line 3` or `record 17, byte 40`; empty when it is the file as a whole. */
  readonly place: string
  readonly reason: string

  constructor(file: string, place: string, reason: string) {
    super(`${file}${place === '' ? '' : `, ${place}`}: ${reason}`)
    this.file = file
    this.place = place
    this.reason = reason
  }
}

/**
 * Runs `read` on one record. A fault of this record alone is handed to `refuse`, which decides
 * whether the reading goes on without it.
 */
export function attemptRecord<T>(
  options: Pick<ReadOptions, 'refuse'>,
  read: () => T,
): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof InputFault)) throw error
    options.refuse(error)
    return undefined
  }
}

/** Runs `read` on a whole file, as `attemptRecord` does on a record. */
export async function attemptReading<T>(
  options: Pick<ReadOptions, 'refuse'>,
  read: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof InputFault)) throw error
    options.refuse(error)
    return undefined
  }
}

/** The name of the schema that what was read is said to follow. */
export function schemaNameOf({ schema }: ReadOptions): string {
  return schema === undefined ? 'imported@1' : schemaRef(schema)
}
