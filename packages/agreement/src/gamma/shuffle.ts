import { type Span } from '../marked.ts'
import { type Chance } from '../random.ts'

/**
 * A continuum by chance (Mathet and others 2015, section 5.2): each annotator is drawn from the real
 * ones and shifted by a pivot, units that would pass the end coming in again at the beginning. Pivots
 * of different annotators stay half a mean unit length apart while there is room, so that the same
 * annotator is not compared with themselves.
 */
export function shuffledLists(lists: readonly (readonly Span[])[], chance: Chance): Span[][] {
  const all = lists.flat()
  if (all.length === 0) return lists.map(() => [])
  const from = all.reduce((least, { start }) => Math.min(least, start), Infinity)
  const to = all.reduce((most, { end }) => Math.max(most, end), -Infinity)
  const apart = all.reduce((sum, { start, end }) => sum + end - start, 0) / all.length / 2
  let free: [number, number][] = [[from, to]]
  return lists.map(() => {
    const pivot = free.length > 0 ? drawFrom(free, chance) : from + chance.uniform() * (to - from)
    free = without(free, pivot - apart, pivot + apart)
    const shift = pivot - from
    return lists[chance.below(lists.length)].map(({ start, end, label }) => {
      const back = start + shift > to ? to - from : 0
      return { start: start + shift - back, end: end + shift - back, label }
    })
  })
}

function drawFrom(stretches: readonly [number, number][], chance: Chance): number {
  const total = stretches.reduce((sum, [from, to]) => sum + to - from, 0)
  let place = chance.uniform() * total
  for (const [from, to] of stretches) {
    if (place < to - from) return from + place
    place -= to - from
  }
  return stretches[stretches.length - 1][1]
}

function without(
  stretches: readonly [number, number][],
  low: number,
  high: number,
): [number, number][] {
  return stretches.flatMap(([from, to]): [number, number][] => {
    const parts: [number, number][] = [
      [from, Math.min(to, low)],
      [Math.max(from, high), to],
    ]
    return parts.filter(([a, b]) => b > a)
  })
}
