/** A range that covers the true value in the given share of repeated studies. */
export interface Interval {
  readonly low: number
  readonly high: number
  /** The nominal coverage, between 0 and 1; 0.95 unless asked otherwise. */
  readonly confidence: number
  /** How it was found: from a formula for the standard error, or by resampling items. */
  readonly method: 'analytic' | 'bootstrap'
}

/** What every statistic of this package answers. */
export interface Estimate {
  /** The statistic; null where the data do not define it, and then `undefined` says why. */
  readonly value: number | null
  /** One sentence on why the value is null. Absent when there is a value. */
  readonly undefined?: string
  readonly interval: Interval | null
  /** Items that counted. */
  readonly n: number
  /** Raters who contributed to at least one item that counted. */
  readonly raters: number
}

/** An agreement corrected for chance: value = (observed − expected) / (1 − expected). */
export interface ChanceCorrected extends Estimate {
  /** Share of agreement seen, 0 to 1; null where it could not be measured. */
  readonly observed: number | null
  /** Share of agreement expected by chance under the coefficient's own model, 0 to 1. */
  readonly expected: number | null
  /** Standard error of the value, where a formula exists. */
  readonly standardError: number | null
}

/** The two ends of an analytic interval, value ± t·SE with `df` degrees of freedom, kept within bounds. */
export function clampedInterval(
  value: number,
  margin: number,
  confidence: number,
  lowest: number,
  highest: number,
): Interval | null {
  if (!Number.isFinite(margin)) return null
  return {
    low: Math.max(lowest, value - margin),
    high: Math.min(highest, value + margin),
    confidence,
    method: 'analytic',
  }
}
