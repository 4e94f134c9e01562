import { hashOf, Ids } from './ids.ts'
import type { Item } from './model.ts'
import type { InputFault, ReadOptions } from './reading.ts'

/** What tells an item apart: a hash of its reference, and one of what was annotated. */
export interface ItemMark {
  readonly low: number
  readonly high: number
  /** Asked for only where two items of one reference follow each other. */
  readonly source: () => number
}

/** The mark of an item. */
export function markOf({ item_ref, source }: Item): ItemMark {
  const [low, high] = hashOf(item_ref)
  return { low, high, source: () => hashOf(JSON.stringify(source))[0] }
}

/**
 * Finds the items of an input that stand in it a second time. With `runs`, items of one reference and
 * one source that follow each other are several annotations of it.
 */
export class ItemRefs {
  readonly #ids: Ids
  readonly #runs: boolean
  #last: ItemMark | undefined

  constructor({ runs = false, most }: { runs?: boolean; most?: number } = {}) {
    this.#ids = new Ids(most)
    this.#runs = runs
  }

  /** Takes an item; one with the reference of an earlier one is refused, and the answer is false. */
  take(
    item: Item,
    { refuse }: Pick<ReadOptions, 'refuse'>,
    fault: (reason: string) => InputFault,
  ): boolean {
    const isNew = !this.repeats(markOf(item), fault)
    if (!isNew) refuse(fault(repeated))
    return isNew
  }

  /** Takes a reference; whether it was taken before. */
  hasHad(item_ref: string, fault: (reason: string) => InputFault): boolean {
    return !this.#ids.add(item_ref, fault)
  }

  /** Whether this is the mark of an earlier item. Refuses more items than can be told apart. */
  repeats(mark: ItemMark, fault: (reason: string) => InputFault): boolean {
    const last = this.#last
    this.#last = mark
    if (this.#runs && last?.low === mark.low && last.high === mark.high)
      return last.source() !== mark.source()
    return !this.#ids.addHash(mark.low, mark.high, fault)
  }
}

/** What is said of an item that stands in the input a second time. */
export const repeated =
  'has the id of an earlier item; ids must differ, and annotations of one item follow each other'
