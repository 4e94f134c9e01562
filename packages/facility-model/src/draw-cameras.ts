import { labelOf } from './labels.ts'
import type { Layout, PlacedPortal, PlacedZone } from './layout.ts'
import { palette } from './palette.ts'
import type { Camera, Site } from './site.ts'
import { element, text, widthOf, type Point } from './svg.ts'

/** Each camera in its zone, with a wedge to everything in its picture. */
export function drawCameras(site: Site, layout: Layout, broken: ReadonlySet<string>): string[] {
  const zones = new Map(layout.zones.map((placed) => [placed.zone.name, placed]))
  const portals = new Map(layout.portals.map((placed) => [placed.portal.name, placed]))
  const taken: Point[] = layout.portals.map(({ at }) => at)
  return site.cameras.flatMap((camera) => {
    const zone = zones.get(camera.zone)
    if (zone === undefined) return []
    const targets = targetsOf(camera, zones, portals)
    const at = placeCamera(zone, targets, taken)
    taken.push(at)
    return [drawCamera(camera, zone, at, targets, broken.has(camera.name))]
  })
}

function targetsOf(
  camera: Camera,
  zones: ReadonlyMap<string, PlacedZone>,
  portals: ReadonlyMap<string, PlacedPortal>,
): Point[] {
  return camera.sees.flatMap((thing) => {
    const [object = '', part] = thing.split('.')
    const portal = portals.get(object)
    if (portal !== undefined) return [sideIn(portal, camera.zone)]
    const zone = part === undefined ? undefined : zones.get(object)
    if (zone === undefined) return []
    return [{ x: zone.x + zone.width / 2, y: zone.y + zone.height / 2 }]
  })
}

/** The side of a portal that lies in a zone; its label where neither does. */
function sideIn({ portal, at, route }: PlacedPortal, zone: string): Point {
  if (portal.from === zone) return route[0] ?? at
  return portal.to === zone ? (route.at(-1) ?? at) : at
}

/** A free place along the walls, near what the camera sees but not upon it, below the zone's words. */
function placeCamera(zone: PlacedZone, targets: readonly Point[], taken: readonly Point[]): Point {
  const inset = 16
  const span = (start: number, length: number, parts: number) =>
    Array.from(
      { length: parts + 1 },
      (_, nth) => start + inset + ((length - 2 * inset) * nth) / parts,
    )
  const columns = span(zone.x, zone.width, 6)
  const rows = span(zone.y, zone.height - 8, 6)
  const places = columns.flatMap((x) =>
    rows
      .filter((y) => x === columns[0] || x === columns.at(-1) || y === rows[0] || y === rows.at(-1))
      .map((y) => ({ x, y })),
  )
  const cost = (place: Point) => {
    const crowd = taken.reduce((sum, other) => sum + 24_000 / (gap(place, other) ** 2 / 100 + 8), 0)
    const label = zone.y + 44 + 15 * labelOf(zone.zone, zone.width - 28).length
    const words = place.x < zone.x + Math.min(zone.width, 210) && place.y < label ? 2000 : 0
    const bottom = place.y > zone.y + zone.height - 24 ? 30 : 0
    const views = targets.reduce((sum, target) => sum + Math.abs(gap(place, target) - 70), 0)
    return crowd + words + bottom + views
  }
  return places.reduce(
    (best, place) => (cost(place) < cost(best) ? place : best),
    places[0] ?? zone,
  )
}

/** Half the width of a view where it meets what it sees, in pixels. */
const halfView = 18

function gap(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y)
}

function drawCamera(
  camera: Camera,
  zone: PlacedZone,
  at: Point,
  targets: readonly Point[],
  isBroken: boolean,
): string {
  const colour = isBroken ? palette.broken : palette.camera
  const wedges = targets.map((target) => {
    const angle = Math.atan2(target.y - at.y, target.x - at.x)
    const [one, other] = [-1, 1].map((side) => ({
      x: target.x - side * halfView * Math.sin(angle),
      y: target.y + side * halfView * Math.cos(angle),
    }))
    const points = [at, one, other].flatMap((point) => (point === undefined ? [] : [point]))
    return element('polygon', {
      points: points.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' '),
      fill: colour,
      'fill-opacity': 0.13,
    })
  })
  const width = widthOf(camera.name, 9)
  const rightmost = zone.x + zone.width - width - 4
  const label = { x: Math.max(zone.x + 4, Math.min(at.x - width / 2, rightmost)), y: at.y + 18 }
  return [
    ...wedges,
    element('circle', {
      cx: at.x,
      cy: at.y,
      r: 8,
      fill: colour,
      stroke: '#ffffff',
      'stroke-width': 1.5,
    }),
    element('path', {
      d: `M${at.x - 4} ${at.y - 2.5}h5v5h-5zM${at.x + 1.5} ${at.y}l3 -2v4z`,
      fill: '#ffffff',
    }),
    text(label, camera.name, { 'font-size': 9, fill: colour }),
  ].join('')
}
