/**
 * The MASI distance of two sets of labels (Passonneau 2006, LREC): 1 − J·M, with J the Jaccard
 * index and M = 1 for equal sets, 2/3 where one contains the other, 1/3 where they overlap, 0 where
 * they are disjoint. 0 for equal sets (two empty ones included), 1 for disjoint ones.
 */
export function masiDistance(first: ReadonlySet<string>, second: ReadonlySet<string>): number {
  let shared = 0
  for (const label of first) if (second.has(label)) shared++
  const union = first.size + second.size - shared
  if (union === shared) return 0
  if (shared === 0) return 1
  const monotonicity = shared === first.size || shared === second.size ? 2 / 3 : 1 / 3
  return 1 - (shared / union) * monotonicity
}
