import { bootstrapInterval, type Resampling } from '../bootstrap.ts'
import { type Estimate } from '../estimate.ts'
import { checkSpan, type MarkedItem, ratersOf, type Span } from '../marked.ts'
import { seededChance } from '../random.ts'
import { Refusal } from '../refusal.ts'
import {
  type Alignment,
  bestAlignment,
  type Dissimilarity,
  positionalDifference,
} from './alignment.ts'
import { shuffledLists } from './shuffle.ts'

export interface GammaOptions extends Resampling {
  /** Weight of position, 1 unless said. */
  readonly alpha?: number
  /** Weight of category, 1 unless said. */
  readonly beta?: number
  /** Cost of a unit without counterpart, δ∅; 1 unless said. */
  readonly delta?: number
  /**
   * Samples of shuffled continua drawn at least. 30 unless said; a sample shuffles every item, so of
   * several items fewer are enough, at least 5.
   */
  readonly samples?: number
  /**
   * More are drawn until the mean expected disorder has this relative error with 95 % confidence,
   * 0.01 unless said; at most 2000, and unless said not more than 200,000 units in all.
   */
  readonly precision?: number
}

export interface GammaEstimate extends Estimate {
  /** Disorder of the best alignment. */
  readonly disorder: number | null
  /** Mean disorder of the best alignments of shuffled continua. */
  readonly expectedDisorder: number | null
  /** Agreement on categories; a unit that an annotator lacks counts as a disagreement. */
  readonly gammaCat: number | null
  /** Agreement on the categories of aligned units alone, as Mathet 2017 defines it. */
  readonly gammaCatAligned: number | null
  /** gammaCat for the pairs that hold one category; null where chance shows no disagreement on it. */
  readonly gammaK: readonly { readonly category: string; readonly value: number | null }[]
  /** Shuffled continua that were drawn. */
  readonly samples: number
  /** Whether every alignment is proven to be the best one. */
  readonly proven: boolean
}

const mostSamples = 2000
/** Units aligned in all samples together, unless more samples are asked for. */
const mostSampledUnits = 200_000

const allPairs = 'all'
const alignedOnly = 'aligned'
const noCategories = { gammaCat: null, gammaCatAligned: null, gammaK: [] }

/**
 * Gamma (Mathet, Widlöcher & Métivier 2015, Computational Linguistics 41:437): agreement on where
 * units lie and what they are, free overlap and nesting included. The units of all annotators are
 * aligned so that the total disorder is lowest; gamma is 1 − observed / expected disorder, the
 * expected one from the same annotators' units shifted against each other by chance. 1 is perfect,
 * 0 chance; it may be below 0. Gamma-cat and gamma-k after Mathet 2017, Computational Linguistics 43:661.
 *
 * The best alignment is found exactly (see `proven`). The expected disorder is a seeded sample.
 * With several items disorders add up over items; an item with one annotator does not count, an
 * empty list means seen, nothing found. The interval resamples items and is null for one item.
 * Refuses spans that are empty or reversed. Undefined without an item of two annotators, without any
 * unit, and where chance itself has no disorder.
 */
export function gamma(items: readonly MarkedItem[], options: GammaOptions = {}): GammaEstimate {
  const d = dissimilarityFrom(options)
  const counted = items.filter(({ spans }) => spans.size > 1)
  const raters = ratersOf(counted)
  for (const { spans } of counted) for (const list of spans.values()) list.forEach(checkSpan)
  const lists = counted.map(({ spans }) => [...spans.values()])
  const observed = lists.map((list) => measureAlignment(list, d))
  const units = observed.reduce((sum, part) => sum + part.units, 0)
  const base = { n: counted.length, raters: raters.length, interval: null, value: null }
  const nothing = { ...base, disorder: null, expectedDisorder: null, ...noCategories }
  if (counted.length === 0 || units === 0)
    return {
      ...nothing,
      undefined: units === 0 ? 'Nothing was marked.' : 'No item was marked by two raters.',
      samples: 0,
      proven: true,
    }
  const sampled = sampleDisorder(lists, d, options)
  const disorder = disorderOf(observed)
  const expected = sampled.expected
  const proven = sampled.proven && observed.every((part) => part.proven)
  const answer = { disorder, expectedDisorder: expected, samples: sampled.samples, proven }
  if (expected === 0)
    return {
      ...nothing,
      ...answer,
      undefined: 'Shuffled units show no disorder, so chance cannot be told.',
    }
  const interval = bootstrapInterval(
    new Float64Array(lists.length).fill(1),
    (weights) => {
      let seen = 0
      let chance = 0
      weights.forEach((weight, k) => {
        seen += weight * observed[k].cost
        chance += weight * sampled.costs[k] * (observed[k].average / sampled.averages[k])
      })
      return chance > 0 ? 1 - seen / chance : null
    },
    options,
  )
  const labels = [...new Set(lists.flat(2).map(({ label }) => label))].sort()
  return {
    ...base,
    ...answer,
    value: 1 - disorder / expected,
    interval,
    gammaCat: categorical(observed, sampled.parts, allPairs),
    gammaCatAligned: categorical(observed, sampled.parts, alignedOnly),
    gammaK: labels.map((category) => ({
      category,
      value: categorical(observed, sampled.parts, `label ${category}`),
    })),
  }
}

function dissimilarityFrom(options: GammaOptions): Dissimilarity {
  const { alpha = 1, beta = 1, delta = 1 } = options
  if (!(alpha >= 0) || !(beta >= 0) || !(delta > 0) || alpha + beta === 0)
    throw new Refusal('gamma needs alpha and beta from 0 upwards, not both 0, and delta above 0.')
  return { alpha, beta, delta }
}

/** One item's alignment and what its parts sum to. */
interface Measured {
  readonly cost: number
  readonly units: number
  /** Mean units an annotator. */
  readonly average: number
  readonly proven: boolean
  /** Categorical difference and weight of pairs: of all, of aligned ones, of those with a label. */
  readonly pairs: ReadonlyMap<string, { difference: number; weight: number }>
}

function measureAlignment(lists: readonly (readonly Span[])[], d: Dissimilarity): Measured {
  const alignment = bestAlignment(lists, d)
  const units = lists.reduce((sum, list) => sum + list.length, 0)
  return {
    cost: alignment.cost,
    units,
    average: units / lists.length,
    proven: alignment.proven,
    pairs: alignedPairs(lists, alignment, d),
  }
}

function disorderOf(parts: readonly Measured[]): number {
  const cost = parts.reduce((sum, part) => sum + part.cost, 0)
  return cost / parts.reduce((sum, part) => sum + part.average, 0)
}

function sampleDisorder(
  lists: readonly (readonly (readonly Span[])[])[],
  d: Dissimilarity,
  options: GammaOptions,
) {
  const chance = seededChance(options.seed ?? 1)
  const least = Math.max(2, options.samples ?? Math.max(5, Math.ceil(30 / lists.length)))
  const disorders: number[] = []
  const parts: Measured[][] = []
  const costs = new Float64Array(lists.length)
  const averages = new Float64Array(lists.length)
  const units = lists.flat(2).length
  const most =
    options.precision === undefined
      ? Math.max(least, Math.min(mostSamples, Math.floor(mostSampledUnits / units)))
      : mostSamples
  const precision = options.precision ?? 0.01
  let wanted = least
  while (disorders.length < Math.min(wanted, most)) {
    const drawn = lists.map((list) => measureAlignment(shuffledLists(list, chance), d))
    if (drawn.every(({ units }) => units === 0)) continue
    drawn.forEach((part, k) => {
      costs[k] += part.cost
      averages[k] += part.average
    })
    parts.push(drawn)
    disorders.push(disorderOf(drawn))
    if (disorders.length === wanted) wanted = samplesNeeded(disorders, precision, wanted)
  }
  return {
    expected: mean(disorders),
    samples: disorders.length,
    proven: parts.flat().every(({ proven }) => proven),
    parts,
    costs,
    averages,
  }
}

/** (1.96 · coefficient of variation / precision)², as in section 5.3 of Mathet and others 2015. */
function samplesNeeded(disorders: readonly number[], precision: number, drawn: number): number {
  const centre = mean(disorders)
  const variance = mean(disorders.map((x) => (x - centre) ** 2))
  return Math.max(drawn, Math.ceil(((1.96 / precision) ** 2 * variance) / centre ** 2))
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/**
 * Aligned pairs weigh less the farther apart they lie, max(0, 1 − α·d_pos), and in a unitary
 * alignment of k units each weighs 1 / (k − 1) (Mathet 2017, section 4.2.5). A pair of a unit and an
 * empty place is a full disagreement of weight 1.
 */
function alignedPairs(
  lists: readonly (readonly Span[])[],
  alignment: Alignment,
  d: Dissimilarity,
): Measured['pairs'] {
  const sums = new Map<string, { difference: number; weight: number }>()
  const add = (key: string, weight: number, difference: number) => {
    const sum = sums.get(key) ?? { difference: 0, weight: 0 }
    sum.weight += weight
    sum.difference += weight * difference
    sums.set(key, sum)
  }
  for (const { units } of alignment.unitary) {
    const present = units.flatMap((place, k) => (place < 0 ? [] : [lists[k][place]]))
    const empty = lists.length - present.length
    present.forEach((u, i) => {
      add(allPairs, empty, 1)
      add(`label ${u.label}`, empty, 1)
      for (const v of present.slice(0, i)) {
        const nearness = Math.max(0, 1 - d.alpha * positionalDifference(u, v, 1))
        const weight = nearness / (present.length - 1)
        const difference = u.label === v.label ? 0 : 1
        add(allPairs, weight, difference)
        add(alignedOnly, weight, difference)
        for (const label of new Set([u.label, v.label])) add(`label ${label}`, weight, difference)
      }
    })
  }
  return sums
}

/** 1 − observed / expected categorical difference over the pairs of one kind. */
function categorical(
  observed: readonly Measured[],
  samples: readonly (readonly Measured[])[],
  kind: string,
): number | null {
  const seen = meanDifference(observed, kind)
  const chance = samples
    .map((drawn) => meanDifference(drawn, kind))
    .filter((value) => value !== null)
  if (seen === null || chance.length === 0) return null
  const expected = mean(chance)
  return expected > 0 ? 1 - seen / expected : null
}

function meanDifference(parts: readonly Measured[], kind: string): number | null {
  let difference = 0
  let weight = 0
  for (const { pairs } of parts) {
    const sum = pairs.get(kind)
    difference += sum?.difference ?? 0
    weight += sum?.weight ?? 0
  }
  return weight > 0 ? difference / weight : null
}
