import { type Estimate } from '../estimate.ts'
import { type IccForm, iccForms, intraclassCorrelation } from '../icc.ts'
import { kendallTau, kendallW, spearmanRho } from '../ranks.ts'
import { type Ratings } from '../ratings.ts'
import { Refusal } from '../refusal.ts'
import { type Answer, type Family, type MeasureOptions, present } from './answer.ts'
import { collectRatings, type NamedRatings } from './ratings-table.ts'

const mostCells = 50_000_000

/** Agreement on scores and rankings: columns item, rater, value, the values numbers. */
export const scoreFamily: Family = {
  metrics: ['icc', 'kendall-tau', 'kendall-w', 'spearman-rho'],
  required: ['item', 'rater', 'value'],
  optional: [],
  open(options) {
    formFrom(options.form)
    return collectRatings({ numeric: true, order: options.order }, (ratings, named) =>
      measureScores(scoresOf(ratings, named), options),
    )
  },
}

function formFrom(form: string | undefined): IccForm {
  const known = iccForms.find((name) => name === (form ?? '2,1').replaceAll(' ', ''))
  if (known === undefined)
    throw new Refusal(`The form '${form ?? ''}' is not known. Choose from ${iccForms.join('  ')}.`)
  return known
}

/** One row per item, one column per rater who scored anything. */
function scoresOf(ratings: Ratings, named: NamedRatings): (number | null)[][] {
  const column = new Map([...new Set(ratings.raters)].sort((a, b) => a - b).map((r, k) => [r, k]))
  const items = ratings.starts.length - 1
  if (items * column.size > mostCells)
    throw new Refusal(`${items} items and ${column.size} raters are too many to hold side by side.`)
  const ranked = named.numbers.some((number) => Number.isNaN(number))
  return Array.from({ length: items }, (_, item) => {
    const row = new Array<number | null>(column.size).fill(null)
    for (let k = ratings.starts[item]; k < ratings.starts[item + 1]; k++) {
      const place = column.get(ratings.raters[k]) ?? 0
      row[place] = ranked ? ratings.values[k] + 1 : named.numbers[ratings.values[k]]
    }
    return row
  })
}

function measureScores(scores: (number | null)[][], options: MeasureOptions): Answer {
  const { replicates, seed, confidence } = options
  const resampling = present({ replicates, seed, confidence })
  if (options.metric === 'icc') {
    const form = formFrom(options.form)
    return { form, ...intraclassCorrelation(scores, form, confidence) }
  }
  if (options.metric === 'kendall-w') return { ...kendallW(scores, resampling) }
  return { ...rankPair(scores, options.metric, resampling) }
}

function rankPair(
  scores: (number | null)[][],
  metric: string,
  resampling: { replicates?: number; seed?: number; confidence?: number },
): Estimate {
  const raters = scores.length === 0 ? 0 : scores[0].length
  if (raters !== 2)
    return {
      value: null,
      undefined: `This correlation is of two raters and there are ${raters}. Use kendall-w, or measure pairwise.`,
      interval: null,
      n: scores.length,
      raters,
    }
  const pair = { first: scores.map(([one]) => one), second: scores.map(([, other]) => other) }
  return metric === 'kendall-tau' ? kendallTau(pair, resampling) : spearmanRho(pair, resampling)
}
