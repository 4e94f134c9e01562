import { normalCdf, normalQuantile } from './distributions.ts'
import { type Interval } from './estimate.ts'
import { type Chance, seededChance } from './random.ts'

/** How an interval is found where no formula gives one. */
export interface Resampling {
  /**
   * Replicates drawn; 2000 unless said, 0 for no interval. Where items fall into more than 100,000
   * kinds, fewer are drawn (never under 200), so that the work stays bounded.
   */
  readonly replicates?: number
  /** Equal seeds give equal intervals; 1 unless said. */
  readonly seed?: number
  /** Nominal coverage; 0.95 unless said. */
  readonly confidence?: number
}

/**
 * Resamples kinds of items with replacement and takes a bias-corrected percentile interval
 * (Efron 1987, JASA 82:171, with acceleration from the jackknife).
 *
 * `multiplicities[k]` says how many items are of kind k; items of one kind count alike, so a
 * million items in fifty kinds cost fifty draws. `statistic` is given resampled multiplicities
 * and answers a number, or null where it is undefined on that resample. The answer is null when
 * fewer than two items exist, or when more than one resample in ten is undefined: an interval over
 * the rest would be about other data.
 */
export function bootstrapInterval(
  multiplicities: Float64Array,
  statistic: (multiplicities: Float64Array) => number | null,
  options: Resampling = {},
): Interval | null {
  const { seed = 1, confidence = 0.95 } = options
  const bound = Math.max(200, Math.floor(2e8 / multiplicities.length))
  const replicates = Math.min(options.replicates ?? 2000, bound)
  const value = statistic(multiplicities)
  const items = multiplicities.reduce((sum, m) => sum + m, 0)
  if (value === null || replicates < 1 || items < 2) return null

  const chance = seededChance(seed)
  const draw = new Float64Array(multiplicities.length)
  const outcomes = new Float64Array(replicates)
  let defined = 0
  for (let r = 0; r < replicates; r++) {
    drawItems(multiplicities, items, chance, draw)
    const outcome = statistic(draw)
    if (outcome !== null) outcomes[defined++] = outcome
  }
  if (defined < 0.9 * replicates) return null
  const sorted = outcomes.subarray(0, defined).sort()

  const acceleration = jackknifeAcceleration(multiplicities, items, statistic)
  let below = 0
  for (const outcome of sorted)
    if (outcome < value - 1e-12) below++
    else if (outcome <= value + 1e-12) below += 0.5
  if (below === 0 || below === defined || acceleration === null)
    return percentiles(sorted, (1 - confidence) / 2, (1 + confidence) / 2, confidence)
  const bias = normalQuantile(below / defined)
  const shifted = (z: number) => normalCdf(bias + (bias + z) / (1 - acceleration * (bias + z)))
  const z = normalQuantile((1 + confidence) / 2)
  const [low, high] = [shifted(-z), shifted(z)]
  return low < high
    ? percentiles(sorted, low, high, confidence)
    : percentiles(sorted, (1 - confidence) / 2, (1 + confidence) / 2, confidence)
}

function percentiles(
  sorted: Float64Array,
  low: number,
  high: number,
  confidence: number,
): Interval {
  const at = (share: number) => {
    const place = Math.min(sorted.length - 1, Math.max(0, share * (sorted.length - 1)))
    const below = Math.floor(place)
    const above = Math.min(sorted.length - 1, below + 1)
    return sorted[below] + (place - below) * (sorted[above] - sorted[below])
  }
  return { low: at(low), high: at(high), confidence, method: 'bootstrap' }
}

/** One multinomial draw of `items` items, as conditional binomials. */
function drawItems(
  multiplicities: Float64Array,
  items: number,
  chance: Chance,
  into: Float64Array,
): void {
  let left = items
  let mass = items
  for (let k = 0; k < multiplicities.length; k++) {
    const here = multiplicities[k]
    const drawn = mass <= here ? left : chance.binomial(left, here / mass)
    into[k] = drawn
    left -= drawn
    mass -= here
  }
}

/** Efron's acceleration; null where leaving one item out undefines the statistic or changes nothing. */
function jackknifeAcceleration(
  multiplicities: Float64Array,
  items: number,
  statistic: (multiplicities: Float64Array) => number | null,
): number | null {
  // A jackknife over more kinds costs as much as the resampling; the plain percentile is then as good.
  if (multiplicities.length > 3000) return null
  const left = Float64Array.from(multiplicities)
  const values = new Float64Array(left.length)
  let mean = 0
  for (let k = 0; k < left.length; k++) {
    if (multiplicities[k] === 0) continue
    left[k] = multiplicities[k] - 1
    const value = statistic(left)
    left[k] = multiplicities[k]
    if (value === null) return null
    values[k] = value
    mean += (value * multiplicities[k]) / items
  }
  let squares = 0
  let cubes = 0
  for (let k = 0; k < left.length; k++) {
    const deviation = mean - values[k]
    squares += multiplicities[k] * deviation ** 2
    cubes += multiplicities[k] * deviation ** 3
  }
  return squares > 0 ? cubes / (6 * squares ** 1.5) : null
}
