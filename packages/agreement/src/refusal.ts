/**
 * Data that a statistic cannot be computed from because they are wrong, as opposed to data for
 * which it is undefined (see Estimate). The message says what is wrong and what to do.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  /** The row that is at fault, counted from 0 in the order given, where one row is. */
  readonly row: number | undefined

  constructor(message: string, row?: number) {
    super(message)
    this.row = row
  }
}
