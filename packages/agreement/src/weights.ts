import { Refusal } from './refusal.ts'

/**
 * How near two categories are, for the coefficients that give partial credit: 1 for the same
 * category, 0 for the farthest apart. `values` are the numbers that stand for the categories, in
 * their order. After Gwet 2014, Handbook of Inter-Rater Reliability, 4th ed., chapter 3.
 */
export type WeightName = 'identity' | 'linear' | 'quadratic' | 'ordinal' | 'radical' | 'ratio'

export const weightNames: readonly WeightName[] = [
  'identity',
  'linear',
  'quadratic',
  'ordinal',
  'radical',
  'ratio',
]

/** The credit that category k earns against category l. */
export interface Weights {
  readonly name: WeightName
  /** Categories. */
  readonly size: number
  /** Symmetric, 1 on the diagonal. */
  credit(k: number, l: number): number
}

/**
 * - identity: credit only for equal categories.
 * - linear: 1 − |x − y| / range. quadratic: 1 − (x − y)² / range². radical: 1 − √(|x − y| / range).
 * - ordinal: 1 − C(d + 1, 2) / C(q, 2), d the number of steps between the ranks of the q categories.
 * - ratio: 1 − ((x − y) / (x + y))² / ((max − min) / (max + min))², for values ≥ 0.
 *
 * Refuses values that are not ascending numbers (all but identity and ordinal) and, for ratio,
 * negative ones.
 */
export function categoryWeights(name: WeightName, values: ArrayLike<number>): Weights {
  const size = values.length
  if (name !== 'identity' && name !== 'ordinal') checkValues(name, values)
  const range = size > 0 ? values[size - 1] - values[0] : 0
  const partial = partialCredit(name, values, range)
  return { name, size, credit: (k, l) => (k === l ? 1 : partial(k, l)) }
}

/** The weights that give credit only for equal categories. */
export function identityWeights(size: number): Weights {
  return { name: 'identity', size, credit: (k, l) => (k === l ? 1 : 0) }
}

/** Σ_l credit(k, l)·rates[l] for every k. */
export function weighted(weights: Weights, rates: Float64Array): Float64Array {
  if (weights.name === 'identity') return rates.slice()
  const sums = new Float64Array(weights.size)
  for (let k = 0; k < weights.size; k++)
    for (let l = 0; l < weights.size; l++) sums[k] += weights.credit(k, l) * rates[l]
  return sums
}

/** The sum of all credits. */
export function totalCredit(weights: Weights): number {
  if (weights.name === 'identity') return weights.size
  let sum = 0
  for (let k = 0; k < weights.size; k++)
    for (let l = 0; l < weights.size; l++) sum += weights.credit(k, l)
  return sum
}

function partialCredit(
  name: WeightName,
  values: ArrayLike<number>,
  range: number,
): (k: number, l: number) => number {
  const size = values.length
  const apart = (k: number, l: number) => Math.abs(values[k] - values[l]) / range
  switch (name) {
    case 'identity':
      return () => 0
    case 'linear':
      return (k, l) => 1 - apart(k, l)
    case 'quadratic':
      return (k, l) => 1 - apart(k, l) ** 2
    case 'radical':
      return (k, l) => 1 - Math.sqrt(apart(k, l))
    case 'ordinal':
      return (k, l) => {
        const between = Math.abs(k - l) + 1
        return 1 - (between * (between - 1)) / (size * (size - 1))
      }
    case 'ratio': {
      const widest = (values[size - 1] - values[0]) / (values[size - 1] + values[0])
      return (k, l) => 1 - ((values[k] - values[l]) / (values[k] + values[l]) / widest) ** 2
    }
  }
}

function checkValues(name: WeightName, values: ArrayLike<number>): void {
  for (let k = 0; k < values.length; k++) {
    if (!Number.isFinite(values[k]))
      throw new Refusal(`The weights '${name}' need categories that are numbers.`)
    if (k > 0 && values[k] <= values[k - 1])
      throw new Refusal(`The weights '${name}' need the categories' numbers in ascending order.`)
  }
  if (name === 'ratio' && values.length > 0 && values[0] < 0)
    throw new Refusal("The weights 'ratio' need numbers from 0 upwards.")
}
