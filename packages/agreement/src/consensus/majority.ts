import { seededChance } from '../random.ts'
import { type Ratings } from '../ratings.ts'
import { concludeFrom, type Consensus, voteShares } from './consensus.ts'

/** What a tie gives: no label, the first of the tied categories, or one of them by seeded chance. */
export type TieRule = 'undefined' | 'first' | 'random'

export const tieRules: readonly TieRule[] = ['undefined', 'first', 'random']

/**
 * The label that most raters of an item gave. Each rating counts alike; confidence is the share of
 * votes. Items without a rating have no label.
 */
export function majority(ratings: Ratings, ties: TieRule = 'undefined', seed = 1): Consensus {
  const q = ratings.categoryCount
  const chance = seededChance(seed)
  const shares = voteShares(ratings)
  const answer = concludeFrom(ratings, shares, {
    logLikelihood: NaN,
    iterations: 1,
    converged: true,
  })
  if (ties === 'first') return answer
  answer.labels.forEach((label, item) => {
    if (label < 0) return
    const tied: number[] = []
    for (let c = 0; c < q; c++)
      if (Math.abs(shares[item * q + c] - answer.confidence[item]) < 1e-12) tied.push(c)
    if (tied.length < 2) return
    answer.labels[item] = ties === 'random' ? tied[chance.below(tied.length)] : -1
    if (ties === 'undefined') answer.confidence[item] = 0
  })
  return answer
}
