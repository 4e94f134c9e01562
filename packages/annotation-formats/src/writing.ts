import type { Item } from './model.ts'
import type { LabelSchema } from './label-schema.ts'
import type { Controls } from './label-studio/controls.ts'
import type { Losses } from './losses.ts'

/** What a writer needs: where its output goes, and what it is told about the project. */
export interface WriteOptions {
  readonly losses: Losses
  readonly schema?: LabelSchema
  /** One of several ways in which a format may be written, where it has them. */
  readonly variant?: string
  /** The names of a Label Studio configuration that results are to use. */
  readonly controls?: Controls
  /**
   * Appends to a file of the output. Formats of one file write to `''`; formats of one file per
   * item or of a folder write to relative names that hold no `..` and no leading `/`.
   */
  readonly out: (file: string, data: string | Uint8Array) => void
}

/**
 * A writer that is under way. Several annotations of one item must come one after another.
 * `end` closes the output; without it the output is not whole.
 */
export interface Writing {
  add(item: Item): void
  end(): void
}

export type Writer = (options: WriteOptions) => Writing
