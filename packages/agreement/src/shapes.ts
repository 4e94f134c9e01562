import { assignCheapest } from './assignment.ts'
import { Refusal } from './refusal.ts'

/** A shape on an image: a box as left, top, width, height, or a polygon as its corners in order. */
export type Shape =
  | { readonly box: readonly [number, number, number, number] }
  | { readonly polygon: readonly (readonly [number, number])[] }

export interface LabelledShape {
  readonly shape: Shape
  readonly label: string
}

type Corners = readonly (readonly [number, number])[]

function cornersOf(shape: Shape): Corners {
  if ('polygon' in shape) {
    if (shape.polygon.length < 3) throw new Refusal('a polygon needs three corners or more.')
    if (shape.polygon.length > 10_000) throw new Refusal('a polygon has at most 10000 corners.')
    if (!shape.polygon.flat().every(Number.isFinite))
      throw new Refusal('a polygon needs finite coordinates.')
    return shape.polygon
  }
  const [x, y, width, height] = shape.box
  if (!shape.box.every(Number.isFinite) || width <= 0 || height <= 0)
    throw new Refusal('a box needs finite coordinates, and a width and height above 0.')
  return [
    [x, y],
    [x + width, y],
    [x + width, y + height],
    [x, y + height],
  ]
}

/**
 * Intersection over union of two shapes, 0 to 1. Polygons may be concave; where one crosses itself,
 * what counts as inside follows the even-odd rule. Refuses shapes without area or finite corners.
 */
export function intersectionOverUnion(first: Shape, second: Shape): number {
  const [a, b] = [cornersOf(first), cornersOf(second)]
  if ('box' in first && 'box' in second) {
    const overlap = (k: 0 | 1) =>
      Math.min(first.box[k] + first.box[k + 2], second.box[k] + second.box[k + 2]) -
      Math.max(first.box[k], second.box[k])
    const shared = Math.max(0, overlap(0)) * Math.max(0, overlap(1))
    const union = first.box[2] * first.box[3] + second.box[2] * second.box[3] - shared
    return shared / union
  }
  const { one, other, both } = sweepAreas(a, b)
  if (one === 0 || other === 0) throw new Refusal('a polygon has no area.')
  return Math.min(1, both / (one + other - both))
}

interface Edge {
  /** Lower and upper end; horizontal edges are left out. */
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
}

/**
 * Cuts the plane into horizontal bands between all corners and crossings. Inside a band edges are
 * straight and do not cross, so the area of each polygon and of what they share is a sum of
 * trapezoids.
 */
function sweepAreas(a: Corners, b: Corners): { one: number; other: number; both: number } {
  const [mine, theirs] = [edgesOf(a), edgesOf(b)]
  const heights = bandHeights([...mine, ...theirs])
  let [one, other, both] = [0, 0, 0]
  for (let k = 0; k + 1 < heights.length; k++) {
    const [low, high] = [heights[k], heights[k + 1]]
    const middle = (low + high) / 2
    const [inside, within] = [stretchesAt(mine, middle), stretchesAt(theirs, middle)]
    // A trapezoid's area is its height times its width half way up.
    one += (high - low) * lengthOf(inside)
    other += (high - low) * lengthOf(within)
    both += (high - low) * sharedLength(inside, within)
  }
  return { one, other, both }
}

function edgesOf(corners: Corners): Edge[] {
  return corners.flatMap(([x, y], k) => {
    const [nextX, nextY] = corners[(k + 1) % corners.length]
    if (y === nextY) return []
    return y < nextY
      ? [{ x0: x, y0: y, x1: nextX, y1: nextY }]
      : [{ x0: nextX, y0: nextY, x1: x, y1: y }]
  })
}

function bandHeights(edges: readonly Edge[]): number[] {
  const heights = new Set(edges.flatMap(({ y0, y1 }) => [y0, y1]))
  const order = [...edges].sort((e, f) => e.y0 - f.y0)
  order.forEach((e, k) => {
    for (let l = k + 1; l < order.length && order[l].y0 < e.y1; l++) {
      const f = order[l]
      const slope = (edge: Edge) => (edge.x1 - edge.x0) / (edge.y1 - edge.y0)
      const turn = slope(e) - slope(f)
      if (turn === 0) continue
      const y = (f.x0 - slope(f) * f.y0 - (e.x0 - slope(e) * e.y0)) / turn
      if (y > Math.max(e.y0, f.y0) && y < Math.min(e.y1, f.y1)) heights.add(y)
    }
  })
  return [...heights].sort((x, y) => x - y)
}

/** The stretches of a horizontal line that lie inside, by the even-odd rule. */
function stretchesAt(edges: readonly Edge[], y: number): [number, number][] {
  const crossings = edges
    .filter(({ y0, y1 }) => y0 < y && y < y1)
    .map(({ x0, y0, x1, y1 }) => x0 + ((y - y0) / (y1 - y0)) * (x1 - x0))
    .sort((p, q) => p - q)
  const stretches: [number, number][] = []
  for (let k = 0; k + 1 < crossings.length; k += 2) stretches.push([crossings[k], crossings[k + 1]])
  return stretches
}

function lengthOf(stretches: readonly (readonly [number, number])[]): number {
  return stretches.reduce((sum, [from, to]) => sum + to - from, 0)
}

function sharedLength(
  a: readonly (readonly [number, number])[],
  b: readonly (readonly [number, number])[],
): number {
  let sum = 0
  for (const [from, to] of a)
    for (const [start, end] of b) sum += Math.max(0, Math.min(to, end) - Math.max(from, start))
  return sum
}

export interface ShapeAgreement {
  /** Pairs matched with an overlap of at least the threshold. */
  readonly matched: number
  /** Of these, with the same label. */
  readonly sameLabel: number
  readonly onlyFirst: number
  readonly onlySecond: number
  /** 2·matched / (shapes of both): symmetric; null where neither drew anything. */
  readonly f1: number | null
  /** Mean intersection over union of matched pairs; null where none matched. */
  readonly meanOverlap: number | null
}

/**
 * Agreement of two raters on the shapes of one image: shapes are matched one to one so that the sum
 * of overlaps is largest, counting only overlaps of at least `threshold` (0.5 unless said, above 0, at
 * most 1). More than 500 shapes of one rater are refused.
 */
export function matchShapes(
  first: readonly LabelledShape[],
  second: readonly LabelledShape[],
  threshold = 0.5,
): ShapeAgreement {
  if (!(threshold > 0 && threshold <= 1))
    throw new Refusal(`the threshold must be above 0 and at most 1, not ${threshold}.`)
  if (Math.max(first.length, second.length) > 500)
    throw new Refusal('more than 500 shapes of one rater on an image cannot be matched.')
  const overlaps = first.map((one) =>
    second.map((other) => intersectionOverUnion(one.shape, other.shape)),
  )
  const costs = overlaps.map((row) => row.map((overlap) => (overlap >= threshold ? -overlap : 0)))
  let [matched, sameLabel, sum] = [0, 0, 0]
  assignCheapest(costs).forEach((column, row) => {
    if (column < 0 || overlaps[row][column] < threshold) return
    matched++
    sum += overlaps[row][column]
    if (first[row].label === second[column].label) sameLabel++
  })
  const all = first.length + second.length
  return {
    matched,
    sameLabel,
    onlyFirst: first.length - matched,
    onlySecond: second.length - matched,
    f1: all > 0 ? (2 * matched) / all : null,
    meanOverlap: matched > 0 ? sum / matched : null,
  }
}
