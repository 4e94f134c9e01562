import { type Estimate } from '../estimate.ts'
import { Refusal } from '../refusal.ts'
import { type WeightName } from '../weights.ts'
import { type LineFault, type Row } from './row.ts'

/** What one measurement answers: the estimate and whatever the metric adds. Plain JSON. */
export interface Answer extends Estimate {
  readonly explanation?: {
    readonly sentence: string
    /** The categories of `coincidences`, in order. */
    readonly names?: readonly string[]
    readonly coincidences?: readonly (readonly number[])[]
  }
  readonly [more: string]: unknown
}

/** How to measure. What a metric does not use is ignored. */
export interface MeasureOptions {
  readonly metric: string
  /** krippendorff-alpha: nominal (unless said), ordinal, interval, ratio or masi (sets of labels). */
  readonly level?: string | undefined
  /** kappas, pi, AC and Brennan-Prediger: identity unless said. */
  readonly weights?: WeightName | undefined
  /** The categories of an ordinal scale, lowest first, where their names are no numbers. */
  readonly order?: readonly string[] | undefined
  /** The rater taken as the truth, for error rates and segmentation. */
  readonly reference?: string | undefined
  readonly groupBy?: readonly string[] | undefined
  readonly pairwise?: boolean | undefined
  readonly keepGoing?: boolean | undefined
  /** Whether to add what explains the value: parts, confusions, the items that weigh most. */
  readonly explain?: boolean | undefined
  readonly confidence?: number | undefined
  readonly replicates?: number | undefined
  readonly seed?: number | undefined
  /** gamma: weight of position, weight of category, cost of an empty place, largest error of the mean. */
  readonly alpha?: number | undefined
  readonly beta?: number | undefined
  readonly delta?: number | undefined
  readonly precision?: number | undefined
  /** span-f1: strict (unless said), exact, partial or type. */
  readonly match?: string | undefined
  /** window-diff and pk: the window in units. */
  readonly window?: number | undefined
  /** der: seconds around each reference boundary left out, in total; and whether overlaps are. */
  readonly collar?: number | undefined
  readonly skipOverlap?: boolean | undefined
  /** wer, cer, mer, wil, cpwer: the normalisation profile, such as `en@1`. */
  readonly profile?: string | undefined
  /** icc: which form, such as `2,1`. */
  readonly form?: string | undefined
  /** majority: what a tie gives. */
  readonly ties?: string | undefined
}

/** Collects the rows of a file, or of one group of it, and measures them. */
export interface Collector {
  readonly add: (row: Row) => void
  /** The names of the raters seen. */
  readonly raters: () => readonly string[]
  /** Measures all raters, or the given two alone. Faults found only now go to `onFault`, else throw. */
  readonly measure: (
    pair?: readonly [string, string],
    onFault?: (fault: LineFault) => void,
  ) => Answer
}

/** Metrics that read the same columns in the same way. */
export interface Family {
  readonly metrics: readonly string[]
  readonly required: readonly string[]
  readonly optional: readonly string[]
  /** Checks the options and makes the collectors of one file. */
  readonly open: (options: MeasureOptions) => { readonly collector: () => Collector }
}

/** The options that were given, without those that are undefined. */
export function present<T extends object>(
  options: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const given: { [K in keyof T]?: Exclude<T[K], undefined> } = {}
  for (const key in options) {
    const value = options[key]
    if (isGiven(value)) given[key] = value
  }
  return given
}

function isGiven<V>(value: V): value is Exclude<V, undefined> {
  return value !== undefined
}

const usualReferences = ['reference', 'ref', 'gold', 'truth']

/**
 * The rater taken as the truth: the one named, else one called reference, ref, gold or truth, else
 * the first in the file. Of a pair that does not hold them it is the first. Refuses a name that no
 * rater of the file has.
 */
export function chosenReference(
  named: string | undefined,
  raters: readonly string[],
  pair?: readonly [string, string],
): string | undefined {
  if (named !== undefined && !raters.includes(named))
    throw new Refusal(`no rater is called '${named}'.`)
  const usual = raters.find((name) => usualReferences.includes(name.toLowerCase()))
  const chosen = named ?? usual ?? raters.at(0)
  return pair === undefined || pair.some((name) => name === chosen) ? chosen : pair[0]
}
