import { bootstrapInterval, type Resampling } from './bootstrap.ts'
import { type Estimate } from './estimate.ts'
import { Refusal } from './refusal.ts'

/**
 * Segmentations are given as bits, one for each place between two units or after each unit: 1 where a
 * boundary stands. Both segmentations of a text have the same number of places.
 */
export type Boundaries = ArrayLike<number>

function checkPair(reference: Boundaries, other: Boundaries, window: number): void {
  if (reference.length !== other.length)
    throw new Refusal(
      `the segmentations have ${reference.length} and ${other.length} places; they must be of the same text.`,
    )
  if (!Number.isInteger(window) || window < 1)
    throw new Refusal(`the window must be a whole number from 1, not ${window}.`)
}

/** Half the mean segment length of the reference, rounded, at least 2: the usual window. */
export function usualWindow(reference: Boundaries): number {
  let boundaries = 0
  for (let k = 0; k < reference.length; k++) if (reference[k] !== 0) boundaries++
  return Math.max(2, Math.round(reference.length / (2 * (boundaries + 1))))
}

/** What a window metric counts: windows that differ, and all windows. */
export interface WindowCount {
  readonly differing: number
  readonly windows: number
}

/**
 * WindowDiff (Pevzner & Hearst 2002, Computational Linguistics 28:19): windows of `window` places in
 * which the numbers of boundaries differ. The error is differing / windows, 0 to 1, 0 best; it does
 * not matter which segmentation is the reference. No windows when the text is shorter than one.
 */
export function windowDiff(reference: Boundaries, other: Boundaries, window: number): WindowCount {
  checkPair(reference, other, window)
  const windows = Math.max(0, reference.length - window + 1)
  let differing = 0
  let excess = 0
  for (let k = 0; k < reference.length; k++) {
    excess += bit(reference, k) - bit(other, k)
    if (k >= window) excess -= bit(reference, k - window) - bit(other, k - window)
    if (k >= window - 1 && excess !== 0) differing++
  }
  return { differing, windows }
}

/**
 * Pk (Beeferman, Berger & Lafferty 1999, Machine Learning 34:177): windows in which one segmentation
 * has a boundary and the other none. The error is differing / windows, 0 to 1, 0 best.
 */
export function pk(reference: Boundaries, other: Boundaries, window: number): WindowCount {
  checkPair(reference, other, window)
  const windows = Math.max(0, reference.length - window + 1)
  let differing = 0
  let [mine, theirs] = [0, 0]
  for (let k = 0; k < reference.length; k++) {
    mine += bit(reference, k) - (k >= window ? bit(reference, k - window) : 0)
    theirs += bit(other, k) - (k >= window ? bit(other, k - window) : 0)
    if (k >= window - 1 && mine > 0 !== theirs > 0) differing++
  }
  return { differing, windows }
}

function bit(boundaries: Boundaries, k: number): number {
  return boundaries[k] === 0 ? 0 : 1
}

/**
 * Generalised Hamming distance (Bookstein, Kulyukin & Raita 2002, Information Retrieval 5:353): the
 * least cost of turning one segmentation into the other by inserting, deleting and shifting
 * boundaries; a shift costs `shift` a place. From 0; time is boundaries × boundaries.
 */
export function generalisedHamming(
  reference: Boundaries,
  other: Boundaries,
  costs: { insert: number; delete: number; shift: number },
): number {
  checkPair(reference, other, 1)
  const mine = placesOf(reference)
  const theirs = placesOf(other)
  let row = Float64Array.from({ length: theirs.length + 1 }, (_, k) => k * costs.insert)
  for (const place of mine) {
    const next = new Float64Array(theirs.length + 1)
    next[0] = row[0] + costs.delete
    theirs.forEach((target, k) => {
      next[k + 1] = Math.min(
        row[k] + costs.shift * Math.abs(place - target),
        row[k + 1] + costs.delete,
        next[k] + costs.insert,
      )
    })
    row = next
  }
  return row[theirs.length]
}

function placesOf(boundaries: Boundaries): number[] {
  const places: number[] = []
  for (let k = 0; k < boundaries.length; k++) if (boundaries[k] !== 0) places.push(k)
  return places
}

/** Edits between two segmentations: equal boundaries, near misses, and boundaries one side lacks. */
export interface BoundaryEdits {
  readonly matches: number
  /** Near misses, by how far apart. */
  readonly shifts: readonly number[]
  readonly misses: number
}

/**
 * Boundary edit distance (Fournier 2013, ACL, page 1702): boundaries at the same place match; a
 * boundary less than `near` places from one of the other side is a near miss, nearest first; the rest
 * are misses.
 */
export function boundaryEdits(reference: Boundaries, other: Boundaries, near = 2): BoundaryEdits {
  checkPair(reference, other, near)
  const mine = new Set(placesOf(reference))
  const theirs = new Set(placesOf(other))
  let matches = 0
  for (const place of [...mine])
    if (theirs.delete(place)) {
      mine.delete(place)
      matches++
    }
  const shifts: number[] = []
  for (let distance = 1; distance < near; distance++)
    for (const place of [...mine])
      for (const target of [place - distance, place + distance])
        if (mine.has(place) && theirs.delete(target)) {
          mine.delete(place)
          shifts.push(distance)
        }
  return { matches, shifts, misses: mine.size + theirs.size }
}

/**
 * Boundary similarity B (Fournier 2013): 1 − (misses + Σ distance / near) / (matches + near misses +
 * misses), from 0 to 1, 1 best; symmetric. null where neither side has a boundary.
 */
export function boundarySimilarity(
  reference: Boundaries,
  other: Boundaries,
  near = 2,
): number | null {
  const { matches, shifts, misses } = boundaryEdits(reference, other, near)
  const all = matches + shifts.length + misses
  if (all === 0) return null
  return 1 - (misses + shifts.reduce((sum, distance) => sum + distance / near, 0)) / all
}

/** Pools window counts of several texts into one error rate with an interval over texts. */
export function windowError(
  counts: readonly WindowCount[],
  raters: number,
  resampling: Resampling = {},
): Estimate {
  const rate = (weights: Float64Array) => {
    let differing = 0
    let windows = 0
    weights.forEach((weight, k) => {
      differing += weight * counts[k].differing
      windows += weight * counts[k].windows
    })
    return windows > 0 ? differing / windows : null
  }
  const once = new Float64Array(counts.length).fill(1)
  const value = rate(once)
  const base = { value, n: counts.length, raters }
  if (value !== null) return { ...base, interval: bootstrapInterval(once, rate, resampling) }
  return {
    ...base,
    interval: null,
    undefined:
      counts.length === 0
        ? 'No item was segmented by two raters.'
        : 'Every text is shorter than the window.',
  }
}
