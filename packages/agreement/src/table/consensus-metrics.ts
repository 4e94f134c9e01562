import { type Consensus } from '../consensus/consensus.ts'
import { dawidSkene, oneCoin } from '../consensus/dawid-skene.ts'
import { glad } from '../consensus/glad.ts'
import { mace } from '../consensus/mace.ts'
import { majority, tieRules } from '../consensus/majority.ts'
import { type Ratings } from '../ratings.ts'
import { Refusal } from '../refusal.ts'
import { countRaters } from '../many-raters.ts'
import { type Answer, type Family, type MeasureOptions, present } from './answer.ts'
import { collectRatings, type NamedRatings } from './ratings-table.ts'

/**
 * The labels behind the ratings: columns item, rater, value. The value answered is the mean
 * probability of the chosen labels; `labels` and `raterAccuracy` hold the rest.
 */
export const consensusFamily: Family = {
  metrics: ['dawid-skene', 'one-coin', 'mace', 'glad', 'majority'],
  required: ['item', 'rater', 'value'],
  optional: [],
  open(options) {
    tiesFrom(options.ties)
    return collectRatings({ numeric: false, order: options.order }, (ratings, named) =>
      answerFor(ratings, named, modelled(ratings, options)),
    )
  },
}

function tiesFrom(ties: string | undefined) {
  const rule = tieRules.find((name) => name === (ties ?? 'undefined'))
  if (rule === undefined)
    throw new Refusal(
      `The tie rule '${ties ?? ''}' is not known. Choose from ${tieRules.join(', ')}.`,
    )
  return rule
}

function modelled(ratings: Ratings, options: MeasureOptions): Consensus {
  switch (options.metric) {
    case 'dawid-skene':
      return dawidSkene(ratings)
    case 'one-coin':
      return oneCoin(ratings)
    case 'mace':
      return mace(ratings, present({ seed: options.seed }))
    case 'glad':
      return glad(ratings)
    default:
      return majority(ratings, tiesFrom(options.ties), options.seed)
  }
}

function answerFor(ratings: Ratings, named: NamedRatings, consensus: Consensus): Answer {
  const { starts } = ratings
  let sum = 0
  let decided = 0
  let n = 0
  const labels: { item: string; label: string | null; probability: number }[] = []
  consensus.labels.forEach((label, item) => {
    if (starts[item + 1] === starts[item]) return
    n++
    const probability = consensus.confidence[item]
    if (label >= 0) {
      decided++
      sum += probability
    }
    labels.push({
      item: named.items.name(item),
      label: label < 0 ? null : named.categories[label],
      probability,
    })
  })
  const raterAccuracy = named.raters.flatMap((rater, code) =>
    Number.isNaN(consensus.accuracy[code]) ? [] : [{ rater, accuracy: consensus.accuracy[code] }],
  )
  const { converged, iterations } = consensus
  return {
    value: decided > 0 ? sum / decided : null,
    ...(decided === 0 && {
      undefined: n === 0 ? 'There are no ratings.' : 'Every item is a tie, so no label stands.',
    }),
    interval: null,
    n,
    raters: countRaters(ratings),
    ...{ decided, converged, iterations, raterAccuracy, labels },
  }
}
