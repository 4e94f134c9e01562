import { labelOf, pillOf } from './labels.ts'
import type { Portal, Site, Zone } from './site.ts'
import type { Point } from './svg.ts'

/** A zone on the drawing, in pixels. */
export interface PlacedZone {
  readonly zone: Zone
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/**
 * A portal on the drawing: the middle of its label, the line between its zones (`from` first), and
 * the direction, a unit vector, in which people go who pass from `from` to `to`.
 */
export interface PlacedPortal {
  readonly portal: Portal
  readonly at: Point
  readonly route: readonly Point[]
  readonly heading: Point
}

/** Where everything lies. Zones come outermost first. `toScale` when the file gave coordinates. */
export interface Layout {
  readonly width: number
  readonly height: number
  readonly toScale: boolean
  readonly zones: readonly PlacedZone[]
  readonly portals: readonly PlacedPortal[]
}

/** Places zones by the coordinates of the file: true to scale, portals on the walls that zones share. */
export function placeByCoordinates(site: Site): Layout {
  const rooms = site.zones.flatMap((zone) => (zone.at === null ? [] : [{ zone, at: zone.at }]))
  const right = Math.max(...rooms.map(({ at }) => at.x + at.width))
  const bottom = Math.max(...rooms.map(({ at }) => at.y + at.depth))
  const left = Math.min(...rooms.map(({ at }) => at.x))
  const top = Math.min(...rooms.map(({ at }) => at.y))
  const scale = scaleFor(rooms, right - left)
  const zones = rooms
    .map(({ zone, at }) => ({
      zone,
      x: (at.x - left) * scale,
      y: (at.y - top) * scale,
      width: at.width * scale,
      height: at.depth * scale,
    }))
    .sort((a, b) => b.width * b.height - a.width * a.height)
  return {
    width: (right - left) * scale,
    height: (bottom - top) * scale,
    toScale: true,
    zones,
    portals: placePortals(site, new Map(zones.map((placed) => [placed.zone.name, placed]))),
  }
}

/** Pixels a metre: the plan fills a page, and the smallest zone still holds its words. */
function scaleFor(
  rooms: readonly { zone: Zone; at: { width: number; depth: number } }[],
  width: number,
): number {
  const page = 1160 / width
  const need = rooms.map(({ zone, at }) =>
    Math.max(130 / at.width, (labelOf(zone, 200).length * 15 + 30) / at.depth),
  )
  return Math.min(Math.max(page, ...need), Math.max(page, 2600 / width))
}

function placePortals(site: Site, zones: ReadonlyMap<string, PlacedZone>): PlacedPortal[] {
  const pairs = new Map<string, Portal[]>()
  for (const portal of site.portals) {
    const pair = [portal.from, portal.to].sort().join(' ')
    pairs.set(pair, [...(pairs.get(pair) ?? []), portal])
  }
  return [...pairs.values()].flatMap((portals) =>
    portals.flatMap((portal, nth) => {
      const from = zones.get(portal.from)
      const to = zones.get(portal.to)
      if (from === undefined || to === undefined) return []
      const share = (nth + 1) / (portals.length + 1)
      const at = meeting(from, to, share)
      return [{ portal, ...at }]
    }),
  )
}

/** A place on the wall that two zones share, or half way between zones that share none. */
function meeting(from: PlacedZone, to: PlacedZone, share: number): Omit<PlacedPortal, 'portal'> {
  const x = overlap(from.x, from.width, to.x, to.width)
  const y = overlap(from.y, from.height, to.y, to.height)
  if (y.end - y.start > x.end - x.start) {
    const level = y.start + (y.end - y.start) * share
    const eastwards = from.x < to.x
    const [near, far] = eastwards ? [from.x + from.width, to.x] : [from.x, to.x + to.width]
    return through({ x: near, y: level }, { x: far, y: level }, { x: eastwards ? 1 : -1, y: 0 })
  }
  // A zone's title stands at the left of its upper wall; portals keep to the right of it.
  const level = x.start + (x.end - x.start) * (0.2 + 0.8 * share)
  const southwards = from.y < to.y
  const [near, far] = southwards ? [from.y + from.height, to.y] : [from.y, to.y + to.height]
  return through({ x: level, y: near }, { x: level, y: far }, { x: 0, y: southwards ? 1 : -1 })
}

/** The line through a wall reaches a little into both zones. */
function through(near: Point, far: Point, heading: Point): Omit<PlacedPortal, 'portal'> {
  const ahead = (point: Point, by: number) => ({
    x: point.x + heading.x * by,
    y: point.y + heading.y * by,
  })
  return {
    at: { x: (near.x + far.x) / 2, y: (near.y + far.y) / 2 },
    route: [ahead(near, -14), ahead(far, 14)],
    heading,
  }
}

function overlap(a: number, aLength: number, b: number, bLength: number) {
  const start = Math.max(a, b)
  const end = Math.min(a + aLength, b + bLength)
  // Zones apart in this direction: the line leads from the middle of one to the middle of the other.
  if (end < start) {
    const middle = (start + end) / 2
    return { start: middle, end: middle }
  }
  return { start, end }
}

/** The size of a portal's label, for layouts that must leave room for it. */
export function pillSize(portal: Portal): { width: number; height: number } {
  const { width, height } = pillOf(portal)
  return { width, height }
}
