/** Milliseconds that something took, in three figures; NaN where nothing was measured. */
export interface Times {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

export function timesOf(took: readonly number[]): Times {
  const sorted = took.toSorted((a, b) => a - b)
  // The nearest rank: the smallest of which at least this share is not larger.
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? NaN
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? NaN }
}
