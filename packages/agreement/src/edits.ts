import { Refusal } from './refusal.ts'

/** How one sequence turns into another. reference = hits + substitutions + deletions. */
export interface Edits {
  readonly hits: number
  readonly substitutions: number
  readonly deletions: number
  readonly insertions: number
}

const mostCells = 4e9
const noEdits: Edits = { hits: 0, substitutions: 0, deletions: 0, insertions: 0 }

/**
 * The fewest insertions, deletions and substitutions (Levenshtein 1966) that turn `reference` into
 * `other`, tokens compared for equality. Where several alignments have as few, the one with the most
 * hits counts, so that MER and WIL do not depend on an arbitrary choice. Memory is linear in the
 * shorter side, time is the product of the lengths; over 4·10⁹ cells are refused.
 */
export function countEdits<T>(reference: ArrayLike<T>, other: ArrayLike<T>): Edits {
  let from = 0
  const shorter = Math.min(reference.length, other.length)
  while (from < shorter && reference[from] === other[from]) from++
  let back = 0
  while (
    back < shorter - from &&
    reference[reference.length - 1 - back] === other[other.length - 1 - back]
  )
    back++
  const rows = reference.length - from - back
  const columns = other.length - from - back
  if (rows * columns > mostCells)
    throw new Refusal(
      `texts of ${reference.length} and ${other.length} tokens are too long to compare. Split them into shorter items.`,
    )
  // One number holds both aims: many edits weigh more than all hits together.
  const edit = 2 ** 32
  const row = Float64Array.from({ length: columns + 1 }, (_, k) => k * edit)
  for (let i = 0; i < rows; i++) {
    const token = reference[from + i]
    let diagonal = row[0]
    row[0] += edit
    for (let j = 0; j < columns; j++) {
      const replaced = token === other[from + j] ? diagonal - 1 : diagonal + edit
      const shifted = Math.min(row[j], row[j + 1]) + edit
      diagonal = row[j + 1]
      row[j + 1] = replaced < shifted ? replaced : shifted
    }
  }
  const edits = Math.ceil(row[columns] / edit)
  const inner = edits * edit - row[columns]
  const substitutions = rows + columns - 2 * inner - edits
  return {
    hits: from + back + inner,
    substitutions,
    deletions: rows - inner - substitutions,
    insertions: columns - inner - substitutions,
  }
}

/** The sum of several counts. */
export function sumEdits(counts: readonly Edits[]): Edits {
  return counts.reduce(
    (sum, one) => ({
      hits: sum.hits + one.hits,
      substitutions: sum.substitutions + one.substitutions,
      deletions: sum.deletions + one.deletions,
      insertions: sum.insertions + one.insertions,
    }),
    noEdits,
  )
}

/** Insertions, deletions and substitutions together. */
export function editCount(edits: Edits): number {
  return edits.substitutions + edits.deletions + edits.insertions
}
