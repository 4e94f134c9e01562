import { readWhole } from './bytes.ts'
import { ItemRefs } from './item-refs.ts'
import type { Item } from './model.ts'
import {
  attemptReading,
  attemptRecord,
  InputFault,
  type Reader,
  type ReadOptions,
} from './reading.ts'
import type { Writer, WriteOptions } from './writing.ts'

/** What writes one item at a time; false says that nothing of it could be written, so that another of it may. */
export interface DocumentWriting {
  readonly write: (item: Item) => boolean
  /** What is left to be written when all items are. */
  readonly end?: () => void
}

/**
 * The writer of a format in which each item has files of its own. Of several annotations of one item
 * the first is written.
 */
export function documentWriter(begin: (options: WriteOptions) => DocumentWriting): Writer {
  return (options) => {
    const written = new Set<string>()
    const { write, end } = begin(options)
    return {
      add(item) {
        const { item_ref } = item
        if (written.has(item_ref)) options.losses.note('several-annotations', item_ref)
        else if (write(item)) written.add(item_ref)
      },
      end() {
        end?.()
      },
    }
  }
}

/** Takes the text of one file for what it says; faults are thrown. */
export type ReadDocument = (text: string, file: string, options: ReadOptions) => Item

/**
 * The reader of a format in which each file is one item, named after the file. A file that is refused
 * is left out as a whole, and so is one whose name stands in another folder, too.
 */
export function documentReader(
  read: ReadDocument,
  {
    decode = readWhole,
    isDocument = () => true,
  }: {
    readonly decode?: typeof readWhole
    readonly isDocument?: (file: string) => boolean
  } = {},
): Reader {
  return async function* (input, options) {
    const refs = new ItemRefs()
    for (const file of input.names.filter(isDocument)) {
      const text = await attemptReading(options, () => decode(input.open(file), file))
      if (text === undefined) continue
      const item = attemptRecord(options, () => read(text, file, options))
      const fault = (reason: string) => new InputFault(file, '', reason)
      if (item !== undefined && refs.take(item, options, fault)) yield item
    }
  }
}
