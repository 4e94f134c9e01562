/** What time it is. Passed in wherever time matters, so that a test can say it. */
export type Clock = () => Date

/** The clock of this machine. */
export function systemClock(): Date {
  return new Date()
}
