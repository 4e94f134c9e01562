import { type Ratings } from '../ratings.ts'

/**
 * How sure a set of ratings is of its labels, given how often each rater is right. A rating of a rater
 * with skill s gives s to its category and (1 − s) / (categories − 1) to each other.
 */
function belief(skill: number, same: boolean, categories: number): number {
  return same ? skill : (1 - skill) / Math.max(1, categories - 1)
}

/**
 * The mean over items of the entropy (in nats) of the skill-weighted votes: 0 where every item is
 * certain, ln q where nothing is known. Items without ratings are left out; null if there are none.
 */
export function uncertainty(ratings: Ratings, skills: ArrayLike<number>): number | null {
  return meanOverItems(ratings, (from, to) => {
    const shares = new Float64Array(ratings.categoryCount)
    for (let k = from; k < to; k++)
      for (let c = 0; c < shares.length; c++)
        shares[c] += belief(skills[ratings.raters[k]], ratings.values[k] === c, shares.length)
    const sum = shares.reduce((total, share) => total + share, 0)
    return shares.reduce((h, s) => (s > 0 ? h - (s / sum) * Math.log(s / sum) : h), 0)
  })
}

/**
 * The mean over items of the probability of the given label if raters err independently with these
 * skills and all labels are equally likely beforehand. Items without a label (−1) are left out.
 */
export function consistency(
  ratings: Ratings,
  skills: ArrayLike<number>,
  labels: ArrayLike<number>,
): number | null {
  return meanOverItems(ratings, (from, to, item) => {
    if (labels[item] < 0) return null
    const products = new Float64Array(ratings.categoryCount).fill(1)
    for (let k = from; k < to; k++)
      for (let c = 0; c < products.length; c++)
        products[c] *= belief(skills[ratings.raters[k]], ratings.values[k] === c, products.length)
    const sum = products.reduce((total, p) => total + p, 0)
    return sum > 0 ? products[labels[item]] / sum : 0
  })
}

function meanOverItems(
  { starts }: Ratings,
  measure: (from: number, to: number, item: number) => number | null,
): number | null {
  let sum = 0
  let items = 0
  for (let item = 0; item + 1 < starts.length; item++) {
    if (starts[item + 1] === starts[item]) continue
    const value = measure(starts[item], starts[item + 1], item)
    if (value === null) continue
    sum += value
    items++
  }
  return items > 0 ? sum / items : null
}
