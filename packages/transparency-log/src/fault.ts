/** Where a fault lies: a path of the log's layout, the index of an entry, a range of bytes [from, to) of that path. */
export interface FaultPlace {
  readonly path?: string
  readonly index?: number
  readonly bytes?: readonly [from: number, to: number]
}

/**
 * What is wrong with a log, note, proof, key or policy, and where. The message is one line for a
 * person; it never repeats what an entry says.
 */
export class LogFault extends Error {
  override readonly name = 'LogFault'
  readonly place: FaultPlace

  constructor(message: string, place: FaultPlace = {}) {
    super(message)
    this.place = place
  }
}

/** Throws unless `value` is a tree size or index that a double carries exactly: 0 to 2^53 - 1. */
export function checkCount(value: number, what: string): void {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new LogFault(`${what} must be a whole number from 0 to 2^53 - 1`)
}
