import { type Span } from '../marked.ts'
import { Refusal } from '../refusal.ts'
import { packSets } from './packing.ts'

/** How units differ: the parameters of gamma's dissimilarity. */
export interface Dissimilarity {
  /** Weight of the difference in position. */
  readonly alpha: number
  /** Weight of the difference in category. */
  readonly beta: number
  /** What it costs to leave a unit without counterpart; the unit of all costs. */
  readonly delta: number
}

/** Units of several annotators that are taken for one another, at most one of each. */
export interface UnitaryAlignment {
  /** For each annotator the place of the unit in their list, or −1. */
  readonly units: readonly number[]
  readonly disorder: number
}

export interface Alignment {
  readonly unitary: readonly UnitaryAlignment[]
  /** Sum of the unitary disorders. */
  readonly cost: number
  /** Whether no alignment of lower cost exists for certain. */
  readonly proven: boolean
}

const mostSets = 1_000_000

/** Of alignments of equal disorder the one of fewer unitary alignments; far below any difference that counts. */
const preferTogether = 1e-9

/** ((|Δstart| + |Δend|) / (length + length))², times δ∅ (Mathet and others 2015, section 4.2.1). */
export function positionalDifference(u: Span, v: Span, delta: number): number {
  const lengths = u.end - u.start + (v.end - v.start)
  return ((Math.abs(u.start - v.start) + Math.abs(u.end - v.end)) / lengths) ** 2 * delta
}

function difference(u: Span, v: Span, d: Dissimilarity): number {
  const category = u.label === v.label ? 0 : d.beta * d.delta
  return d.alpha * positionalDifference(u, v, d.delta) + category
}

/**
 * The alignment of lowest disorder: every unit stands in exactly one unitary alignment. A unitary
 * alignment costs the mean difference over all pairs of annotators, a pair with an empty place δ∅.
 */
export function bestAlignment(lists: readonly (readonly Span[])[], d: Dissimilarity): Alignment {
  const n = lists.length
  const units = lists.flatMap((list, annotator) =>
    list.map((unit, place) => ({ unit, annotator, place })),
  )
  units.sort((a, b) => a.unit.start + a.unit.end - (b.unit.start + b.unit.end))
  const elements = lists.map((list) => new Int32Array(list.length))
  units.forEach(({ annotator, place }, element) => {
    elements[annotator][place] = element
  })
  const sets = candidateSets(lists, d, elements)
  const packing = packSets({
    elements: units.length,
    starts: Int32Array.from(sets.starts),
    members: Int32Array.from(sets.members),
    worths: Float64Array.from(sets.costs, (cost, k) => {
      const size = sets.starts[k + 1] - sets.starts[k]
      return size * d.delta - cost + (size - 1) * d.delta * preferTogether
    }),
  })
  const unitary: UnitaryAlignment[] = []
  const aligned = new Uint8Array(units.length)
  for (const k of packing.chosen) {
    const places = new Array<number>(n).fill(-1)
    for (const element of sets.members.slice(sets.starts[k], sets.starts[k + 1])) {
      places[units[element].annotator] = units[element].place
      aligned[element] = 1
    }
    unitary.push({ units: places, disorder: sets.costs[k] })
  }
  units.forEach(({ annotator, place }, element) => {
    if (aligned[element] === 1) return
    const places = lists.map((_, other) => (other === annotator ? place : -1))
    unitary.push({ units: places, disorder: d.delta })
  })
  const cost = unitary.reduce((sum, { disorder }) => sum + disorder, 0)
  return { unitary, cost, proven: packing.proven }
}

interface CandidateSets {
  readonly starts: number[]
  readonly members: number[]
  /** Disorder of each set as a unitary alignment. */
  readonly costs: number[]
}

/**
 * All sets of two or more units that cost no more together than in any two parts. Aligning a unit
 * costs at most what leaving it alone would, so units farther apart than that never meet.
 */
function candidateSets(
  lists: readonly (readonly Span[])[],
  d: Dissimilarity,
  elements: readonly Int32Array[],
): CandidateSets {
  const n = lists.length
  const pairs = (n * (n - 1)) / 2
  const sets: CandidateSets = { starts: [0], members: [], costs: [] }
  const farthest = (n - 1 + pairs) * d.delta
  const near = lists.map((list) => neighbourhood(list, d, farthest))
  const chosen: { annotator: number; place: number; unit: Span }[] = []
  const between = new Float64Array(n * n)

  /** The disorder of the chosen units whose bit is set in the mask. */
  function costOf(mask: number): number {
    let sum = 0
    let filled = 0
    for (let i = 1; i < chosen.length; i++)
      for (let j = 0; j < i; j++)
        if ((mask >> i) & (mask >> j) & 1) {
          sum += between[i * n + j]
          filled++
        }
    return (sum + (pairs - filled) * d.delta) / pairs
  }
  function close(): void {
    const all = 2 ** chosen.length - 1
    const cost = costOf(all)
    // Any split of the set into two that costs less makes the set useless; the last unit stays left.
    for (let mask = 1; mask < all >> 1; mask++)
      if (costOf(mask) + costOf(all - mask) < cost - 1e-12) return
    if (chosen.length === 2 && 2 * d.delta < cost - 1e-12) return
    for (const { annotator, place } of chosen) sets.members.push(elements[annotator][place])
    sets.starts.push(sets.members.length)
    sets.costs.push(cost)
    if (sets.costs.length > mostSets)
      throw new Refusal(
        'these units overlap in too many ways to align them. Measure pairs of raters, or shorter items.',
      )
  }
  function extend(annotator: number, sum: number): void {
    if (annotator === n) {
      if (chosen.length > 1) close()
      return
    }
    extend(annotator + 1, sum)
    const first = chosen.at(0)
    const candidates = first === undefined ? lists[annotator].keys() : near[annotator](first.unit)
    for (const place of candidates) {
      const unit = lists[annotator][place]
      const size = chosen.length
      let added = 0
      for (let j = 0; j < size; j++) {
        between[size * n + j] = difference(unit, chosen[j].unit, d)
        added += between[size * n + j]
      }
      const largest = size + n - annotator
      // Even with every later annotator joining at no cost, the set must not lose to its units alone.
      const empty = pairs - (largest * (largest - 1)) / 2
      if (sum + added > (largest * pairs - empty) * d.delta) continue
      chosen.push({ annotator, place, unit })
      extend(annotator + 1, sum + added)
      chosen.pop()
    }
  }
  extend(0, 0)
  return sets
}

/** Finds the units of a list that may lie within the given difference of a unit. */
function neighbourhood(
  list: readonly Span[],
  d: Dissimilarity,
  farthest: number,
): (unit: Span) => Iterable<number> {
  if (d.alpha <= 0) return () => list.keys()
  const order = [...list.keys()].sort((a, b) => list[a].start - list[b].start)
  const longest = list.reduce((most, { start, end }) => Math.max(most, end - start), 0)
  const lengths = Math.sqrt(farthest / (d.alpha * d.delta))
  return function* (unit) {
    const reach = lengths * (unit.end - unit.start + longest)
    let low = 0
    let high = order.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (list[order[middle]].start < unit.start - reach) low = middle + 1
      else high = middle
    }
    for (; low < order.length && list[order[low]].start <= unit.start + reach; low++)
      if (difference(unit, list[order[low]], d) <= farthest) yield order[low]
  }
}
