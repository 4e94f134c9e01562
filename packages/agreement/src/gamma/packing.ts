/**
 * Disjoint sets of largest total worth: given sets of elements, each with a worth above 0, chooses
 * sets that share no element so that the sum of their worths is largest. NP-hard in general; the
 * instances of gamma are local and fall apart into small pieces.
 */
export interface Packing {
  /** Chosen sets, by number. */
  readonly chosen: readonly number[]
  readonly worth: number
  /** Whether the choice is proven best; false when a piece needed more steps than allowed. */
  readonly proven: boolean
}

export interface PackingProblem {
  readonly elements: number
  /** Elements of set k: `members[starts[k]]` to `members[starts[k + 1] − 1]`. */
  readonly starts: Int32Array
  readonly members: Int32Array
  readonly worths: Float64Array
}

const tiny = 1e-11
/** So few elements are searched sooner than good prices are found. */
const smallProblem = 40
/** States of the search in one piece; each is one distinct frontier. */
const statesAllowed = 300_000

/**
 * Prices on the elements bound what any packing can reach (linear programming duality). A
 * subgradient method finds good prices, sets that cannot be in a better packing than the best known
 * are dropped, and what is left is searched piece by piece, element by element, remembering the best
 * for each frontier of elements already taken. Number the elements so that those of one set are near
 * each other: the frontier is then short.
 */
export function packSets(problem: PackingProblem): Packing {
  const count = problem.worths.length
  const greedyOrder = [...problem.worths.keys()]
  const weight = (k: number) =>
    problem.worths[k] / Math.sqrt(problem.starts[k + 1] - problem.starts[k])
  greedyOrder.sort((a, b) => weight(b) - weight(a))
  let best = packGreedily(problem, greedyOrder)
  const prices = new Float64Array(problem.elements)
  for (let k = 0; k < count; k++) {
    const share = problem.worths[k] / (problem.starts[k + 1] - problem.starts[k])
    for (let m = problem.starts[k]; m < problem.starts[k + 1]; m++)
      prices[problem.members[m]] = Math.max(prices[problem.members[m]], share)
  }
  if (problem.elements > smallProblem) best = improvePrices(problem, prices, best)
  makeFeasible(problem, prices)
  const bound = prices.reduce((sum, price) => sum + price, 0)
  if (bound - best.worth <= tiny) return { ...best, proven: true }

  const slack = bound - best.worth
  const left: number[] = []
  for (let k = 0; k < count; k++) if (-reducedWorth(problem, prices, k) < slack + tiny) left.push(k)
  // Only sets of packings better than the best known were kept: none may be left that is.
  const found = searchPieces(problem, prices, left)
  return found.worth > best.worth ? found : { ...best, proven: found.proven }
}

function reducedWorth(
  { starts, members, worths }: PackingProblem,
  prices: Float64Array,
  k: number,
): number {
  let rest = worths[k]
  for (let m = starts[k]; m < starts[k + 1]; m++) rest -= prices[members[m]]
  return rest
}

function packGreedily(
  { elements, starts, members, worths }: PackingProblem,
  order: readonly number[],
): { chosen: number[]; worth: number } {
  const taken = new Uint8Array(elements)
  const chosen: number[] = []
  let worth = 0
  for (const k of order) {
    let free = true
    for (let m = starts[k]; free && m < starts[k + 1]; m++) free = taken[members[m]] === 0
    if (!free) continue
    for (let m = starts[k]; m < starts[k + 1]; m++) taken[members[m]] = 1
    chosen.push(k)
    worth += worths[k]
  }
  return { chosen, worth }
}

/** Held & Karp's subgradient steps; keeps the best prices in place and answers the best packing met. */
function improvePrices(
  problem: PackingProblem,
  prices: Float64Array,
  start: { chosen: number[]; worth: number },
): { chosen: number[]; worth: number } {
  const { elements, starts, members, worths } = problem
  let best = start
  let lowest = Infinity
  let pace = 1
  let stale = 0
  const kept = prices.slice()
  const demand = new Int32Array(elements)
  for (let round = 0; round < 400 && pace > 1e-4; round++) {
    demand.fill(1)
    let bound = prices.reduce((sum, price) => sum + price, 0)
    const wanted: [number, number][] = []
    for (let k = 0; k < worths.length; k++) {
      const rest = reducedWorth(problem, prices, k)
      if (rest > -0.05 * worths[k]) wanted.push([k, rest])
      if (rest <= 0) continue
      bound += rest
      for (let m = starts[k]; m < starts[k + 1]; m++) demand[members[m]]--
    }
    if (bound < lowest - tiny) {
      lowest = bound
      kept.set(prices)
      stale = 0
    } else if (++stale >= 10) {
      pace /= 2
      stale = 0
    }
    if (round % 5 === 0) {
      wanted.sort((a, b) => b[1] - a[1])
      const packed = packGreedily(
        problem,
        wanted.map(([k]) => k),
      )
      if (packed.worth > best.worth) best = packed
    }
    if (lowest - best.worth <= tiny) break
    let norm = 0
    for (let e = 0; e < elements; e++) if (demand[e] < 0 || prices[e] > 0) norm += demand[e] ** 2
    if (norm === 0) break
    const step = (pace * (bound - best.worth)) / norm
    for (let e = 0; e < elements; e++) prices[e] = Math.max(0, prices[e] - step * demand[e])
  }
  prices.set(kept)
  return best
}

/** Raises prices until no set is worth more than its elements, then lowers each as far as that allows. */
function makeFeasible(problem: PackingProblem, prices: Float64Array): void {
  const { elements, starts, members, worths } = problem
  for (let k = 0; k < worths.length; k++) {
    const rest = reducedWorth(problem, prices, k)
    if (rest <= 0) continue
    const share = rest / (starts[k + 1] - starts[k])
    for (let m = starts[k]; m < starts[k + 1]; m++) prices[members[m]] += share
  }
  const sets = setsByElement(problem, worths.keys())
  for (let round = 0; round < 3; round++)
    for (let e = 0; e < elements; e++) {
      let needed = 0
      for (const k of sets[e])
        needed = Math.max(needed, reducedWorth(problem, prices, k) + prices[e])
      prices[e] = Math.min(prices[e], needed)
    }
}

function setsByElement(problem: PackingProblem, sets: Iterable<number>): number[][] {
  const lists: number[][] = Array.from({ length: problem.elements }, () => [])
  for (const k of sets)
    for (let m = problem.starts[k]; m < problem.starts[k + 1]; m++)
      lists[problem.members[m]].push(k)
  return lists
}

function searchPieces(
  problem: PackingProblem,
  prices: Float64Array,
  left: readonly number[],
): Packing {
  const sets = setsByElement(problem, left)
  const visited = new Uint8Array(problem.elements)
  const chosen: number[] = []
  let worth = 0
  let proven = true
  for (let e = 0; e < problem.elements; e++) {
    if (visited[e] === 1 || sets[e].length === 0) continue
    const piece = pieceOf(problem, sets, e, visited)
    const found = searchPiece(problem, prices, sets, piece)
    chosen.push(...found.chosen)
    worth += found.worth
    proven &&= found.proven
  }
  return { chosen, worth, proven }
}

/** The elements joined to the given one through shared sets. */
function pieceOf(
  { starts, members }: PackingProblem,
  sets: readonly number[][],
  first: number,
  visited: Uint8Array,
): number[] {
  const piece = [first]
  visited[first] = 1
  for (const e of piece)
    for (const k of sets[e])
      for (let m = starts[k]; m < starts[k + 1]; m++)
        if (visited[members[m]] === 0) {
          visited[members[m]] = 1
          piece.push(members[m])
        }
  return piece.sort((a, b) => a - b)
}

/**
 * The best packing of one piece. A state is the next element and which later ones are taken; what can
 * still be won from a state does not depend on how it was reached, so each is worked out once.
 */
function searchPiece(
  problem: PackingProblem,
  prices: Float64Array,
  sets: readonly number[][],
  piece: readonly number[],
): Packing {
  const { starts, members, worths } = problem
  const place = new Map(piece.map((e, k) => [e, k]))
  const own = [...new Set(piece.flatMap((e) => sets[e]))]
  own.sort((a, b) => reducedWorth(problem, prices, b) - reducedWorth(problem, prices, a))
  // A set is taken up at its first element.
  const options: { set: number; worth: number; others: number[] }[][] = piece.map(() => [])
  for (const set of own) {
    const places = Array.from(
      members.subarray(starts[set], starts[set + 1]),
      (e) => place.get(e) ?? 0,
    )
    places.sort((a, b) => a - b)
    options[places[0]].push({ set, worth: worths[set], others: places.slice(1) })
  }
  const pricesAfter = new Float64Array(piece.length + 1)
  for (let k = piece.length - 1; k >= 0; k--) pricesAfter[k] = pricesAfter[k + 1] + prices[piece[k]]

  const known = new Map<string, { worth: number; set: number }>()
  const taken = new Uint8Array(piece.length + 1)
  /** The last element that any set taken so far reaches. */
  function keyAt(at: number, reach: number): string {
    let key = `${at}`
    for (let k = at + 1; k <= reach; k++) if (taken[k] === 1) key += `,${k}`
    return key
  }
  function hopeFrom(at: number, reach: number): number {
    let hope = pricesAfter[at]
    for (let k = at; k <= reach; k++) if (taken[k] === 1) hope -= prices[piece[k]]
    return hope
  }
  function best(from: number, reach: number): number {
    let at = from
    while (at < piece.length && taken[at] === 1) at++
    if (at >= piece.length) return 0
    const key = keyAt(at, reach)
    const found = known.get(key)
    if (found !== undefined) return found.worth
    if (known.size > statesAllowed) return -Infinity
    let worth = -Infinity
    let set = -1
    for (const option of options[at]) {
      if (option.others.some((k) => taken[k] === 1)) continue
      const farthest = Math.max(reach, option.others.at(-1) ?? at)
      for (const k of option.others) taken[k] = 1
      if (option.worth + hopeFrom(at + 1, farthest) > worth + tiny) {
        const total = option.worth + best(at + 1, farthest)
        if (total > worth) {
          worth = total
          set = option.set
        }
      }
      for (const k of option.others) taken[k] = 0
    }
    if (hopeFrom(at + 1, reach) > worth + tiny) {
      const total = best(at + 1, reach)
      if (total >= worth) {
        worth = total
        set = -1
      }
    }
    known.set(key, { worth, set })
    return worth
  }
  const worth = best(0, -1)
  if (known.size > statesAllowed) return { ...packGreedily(problem, own), proven: false }

  const chosen: number[] = []
  for (let at = 0, reach = -1; at < piece.length; at++) {
    if (taken[at] === 1) continue
    const set = known.get(keyAt(at, reach))?.set ?? -1
    if (set < 0) continue
    chosen.push(set)
    for (const option of options[at])
      if (option.set === set)
        for (const k of option.others) {
          taken[k] = 1
          reach = Math.max(reach, k)
        }
  }
  return { chosen, worth, proven: true }
}
