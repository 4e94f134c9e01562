import { type ChanceCorrected } from '../estimate.ts'
import { explainRatings } from '../explain.ts'
import { krippendorffAlpha, type Level } from '../krippendorff.ts'
import { manyRaterAgreement, type ManyRaterCoefficient } from '../many-raters.ts'
import { masiDistance } from '../masi.ts'
import { type Ratings } from '../ratings.ts'
import { Refusal } from '../refusal.ts'
import { confusionOf, twoRaterAgreement, type TwoRaterCoefficient } from '../two-raters.ts'
import { categoryWeights, identityWeights, weightNames, type Weights } from '../weights.ts'
import { type Answer, type Family, type MeasureOptions } from './answer.ts'
import { type CategoryOrder, collectRatings, type NamedRatings } from './ratings-table.ts'

const twoRater: ReadonlyMap<string, TwoRaterCoefficient> = new Map([
  ['cohen-kappa', 'cohen-kappa'],
  ['scott-pi', 'scott-pi'],
])
const manyRater: ReadonlyMap<string, ManyRaterCoefficient> = new Map([
  ['fleiss-kappa', 'fleiss-kappa'],
  ['conger-kappa', 'conger-kappa'],
  ['gwet-ac1', 'gwet-ac'],
  ['gwet-ac2', 'gwet-ac'],
  ['brennan-prediger', 'brennan-prediger'],
])
const levels = ['nominal', 'ordinal', 'interval', 'ratio', 'masi']

/** Agreement on categories: columns item, rater, value. */
export const ratingFamily: Family = {
  metrics: [...twoRater.keys(), ...manyRater.keys(), 'krippendorff-alpha'],
  required: ['item', 'rater', 'value'],
  optional: [],
  open(options) {
    return collectRatings(categoryOrder(options), (ratings, named) =>
      measureRatings(ratings, named, options),
    )
  },
}

function categoryOrder(options: MeasureOptions): CategoryOrder {
  const level = options.level ?? 'nominal'
  if (!levels.includes(level))
    throw new Refusal(`The level '${level}' is not known. Choose from ${levels.join(', ')}.`)
  const weights = options.weights ?? 'identity'
  if (!weightNames.includes(weights))
    throw new Refusal(
      `The weights '${weights}' are not known. Choose from ${weightNames.join(', ')}.`,
    )
  if (options.metric === 'gwet-ac1' && weights !== 'identity')
    throw new Refusal('AC1 has no weights; with weights it is AC2: choose the metric gwet-ac2.')
  if (options.metric === 'gwet-ac2' && options.weights === undefined)
    throw new Refusal('AC2 needs weights; without them it is AC1. Name some, such as quadratic.')
  const ranked =
    options.metric === 'krippendorff-alpha'
      ? level !== 'nominal' && level !== 'masi'
      : weights !== 'identity'
  return { numeric: ranked, order: options.order }
}

function measureRatings(ratings: Ratings, named: NamedRatings, options: MeasureOptions): Answer {
  const weights =
    options.weights === undefined || options.weights === 'identity'
      ? identityWeights(ratings.categoryCount)
      : categoryWeights(options.weights, scaleOf(named))
  const answer = estimate(ratings, named, options, weights)
  if (options.explain !== true) return answer
  return { ...answer, explanation: explainRatings(ratings, answer, named) }
}

function estimate(
  ratings: Ratings,
  named: NamedRatings,
  options: MeasureOptions,
  weights: Weights,
): Answer {
  const { metric, confidence } = options
  const many = manyRater.get(metric)
  if (many !== undefined) return { ...manyRaterAgreement(ratings, many, weights, confidence) }
  const two = twoRater.get(metric)
  if (two !== undefined) return { ...twoOnly(ratings, two, weights, confidence) }
  return {
    ...krippendorffAlpha(ratings, levelOf(options.level ?? 'nominal', named), {
      ...(options.replicates === undefined ? {} : { replicates: options.replicates }),
      ...(options.seed === undefined ? {} : { seed: options.seed }),
      ...(confidence === undefined ? {} : { confidence }),
    }),
  }
}

/** Cohen and Scott speak of two raters; more are an undefined answer that says what to use. */
function twoOnly(
  ratings: Ratings,
  coefficient: TwoRaterCoefficient,
  weights: Weights,
  confidence: number | undefined,
): ChanceCorrected {
  const present = [...new Set(ratings.raters)].sort((a, b) => a - b)
  if (present.length === 2)
    return twoRaterAgreement(
      confusionOf(ratings, present[0], present[1]),
      coefficient,
      weights,
      confidence,
    )
  const many = coefficient === 'cohen-kappa' ? 'conger-kappa' : 'fleiss-kappa'
  return {
    value: null,
    undefined: `This coefficient is for two raters and there are ${present.length}. Use ${many}, or measure pairwise.`,
    interval: null,
    n: ratings.starts.length - 1,
    raters: present.length,
    observed: null,
    expected: null,
    standardError: null,
  }
}

/** The numbers behind the categories; where an order was given by name, the ranks 1, 2, 3 … */
function scaleOf(named: NamedRatings): Float64Array {
  return named.numbers.some((number) => Number.isNaN(number))
    ? named.numbers.map((_, rank) => rank + 1)
    : named.numbers
}

function levelOf(name: string, named: NamedRatings): Level {
  if (name === 'interval' || name === 'ratio') return { name, values: scaleOf(named) }
  if (name === 'ordinal') return { name }
  if (name !== 'masi') return { name: 'nominal' }
  const sets = named.categories.map((text) => new Set(text.split('|').map((label) => label.trim())))
  return { name: 'sets', distance: (k, l) => masiDistance(sets[k], sets[l]) }
}
