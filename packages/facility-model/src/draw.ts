import { drawCameras } from './draw-cameras.ts'
import { drawFindings, drawHead, drawLegend } from './draw-frame.ts'
import type { Finding } from './finding.ts'
import { graphOf, passagesOf, pathTo, reach, zonesOfKind, type Passage } from './graph.ts'
import { labelOf, labelText, pillOf, pillText, titleText } from './labels.ts'
import { placeByLibrary } from './elk-layout.ts'
import { placeByCoordinates, type Layout, type PlacedPortal, type PlacedZone } from './layout.ts'
import { palette, zoneLook } from './palette.ts'
import type { Site } from './site.ts'
import { element, path, sans, text, type Point } from './svg.ts'

const margin = 40
const head = 92

/**
 * Draws a site as an SVG plan: zones with what they hold, portals with what they ask in each
 * direction, cameras with what they see, the ways in and out, and in red what the findings name. The
 * picture is complete in itself: no script, no font or image from elsewhere.
 */
export async function drawSite(site: Site, findings: readonly Finding[] = []): Promise<string> {
  const layout = site.zones.some(({ at }) => at !== null)
    ? placeByCoordinates(site)
    : await placeByLibrary(site)
  const broken = new Set(findings.flatMap(({ subjects }) => subjects))
  const width = Math.max(layout.width, 900) + 2 * margin
  const list = drawFindings(findings, width - 2 * margin)
  const legend = drawLegend(width - 2 * margin, layout.toScale, findings.length > 0)
  const below = head + layout.height + 26
  const height = below + legend.height + list.height + margin
  const plan = [
    ...drawZones(layout, broken),
    ...drawWays(site, layout, findings),
    ...drawCameras(site, layout, broken),
    ...layout.portals.map((placed) => drawPortal(placed, broken)),
  ]
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${Math.ceil(width)} ${Math.ceil(height)}`,
      width: Math.ceil(width),
      height: Math.ceil(height),
      'font-family': sans,
      role: 'img',
      'aria-label': `Plan of ${site.title}`,
    },
    element('rect', { width: '100%', height: '100%', fill: palette.paper }),
    arrowHeads(),
    element('g', { transform: `translate(${margin} 0)` }, drawHead(site, findings)),
    element('g', { transform: `translate(${margin} ${head})` }, ...plan),
    element('g', { transform: `translate(${margin} ${below})` }, legend.svg),
    element('g', { transform: `translate(${margin} ${below + legend.height})` }, list.svg),
  )
}

function arrowHeads(): string {
  const colours = { in: palette.in, out: palette.out, flee: palette.exit, broken: palette.broken }
  const markers = Object.entries(colours).map(([name, fill]) =>
    element(
      'marker',
      {
        id: `to-${name}`,
        viewBox: '0 0 8 8',
        refX: 7,
        refY: 4,
        markerWidth: name === 'broken' ? 16 : 9,
        markerHeight: name === 'broken' ? 16 : 9,
        markerUnits: 'userSpaceOnUse',
        orient: 'auto-start-reverse',
      },
      element('path', { d: 'M0 0L8 4L0 8Z', fill }),
    ),
  )
  return element('defs', {}, ...markers)
}

/** Floors first, then walls, the weightiest last, then words: no zone covers another's outline. */
function drawZones(layout: Layout, broken: ReadonlySet<string>): string[] {
  const byWeight = layout.zones.toSorted(
    (a, b) => zoneLook[a.zone.kind].weight - zoneLook[b.zone.kind].weight,
  )
  return [
    ...layout.zones.map((placed) =>
      drawBox(placed, layout, { fill: zoneLook[placed.zone.kind].fill }),
    ),
    ...byWeight.map((placed) => {
      const isBroken = broken.has(placed.zone.name)
      const look = zoneLook[placed.zone.kind]
      return drawBox(placed, layout, {
        fill: 'none',
        stroke: isBroken ? palette.broken : look.stroke,
        'stroke-width': isBroken ? 3 : look.weight,
        'stroke-dasharray': placed.zone.kind === 'building' ? '7 5' : undefined,
      })
    }),
    ...layout.zones.map(drawWords),
  ]
}

function drawBox(
  { x, y, width, height }: PlacedZone,
  layout: Layout,
  look: Readonly<Record<string, string | number | undefined>>,
): string {
  return element('rect', { x, y, width, height, rx: layout.toScale ? 2 : 10, ...look })
}

function drawWords({ zone, x, y, width }: PlacedZone): string {
  const inset = 14
  const lines = zone.kind === 'building' ? [] : labelOf(zone, width - 2 * inset)
  const title = text({ x: x + inset, y: y + 26 }, zone.title, {
    'font-size': titleText,
    'font-weight': 600,
    fill: zoneLook[zone.kind].ink,
  })
  const words = lines.map((line, index) =>
    text({ x: x + inset, y: y + 45 + index * 15 }, line, {
      'font-size': labelText,
      fill: palette.muted,
    }),
  )
  return title + words.join('')
}

/** The label of a portal, on its wall. */
function drawPortal({ portal, at }: PlacedPortal, broken: ReadonlySet<string>): string {
  const pill = pillOf(portal)
  const x = at.x - pill.width / 2
  const y = at.y - pill.height / 2
  const isBroken = broken.has(portal.name)
  const colour = isBroken ? palette.broken : portal.emergency ? palette.exit : palette.ink
  const tagColour = (tag: string) =>
    tag === 'in' ? palette.in : tag === 'out' ? palette.out : palette.exit
  return element(
    'g',
    { 'font-size': pillText },
    element('rect', {
      x,
      y,
      width: pill.width,
      height: pill.height,
      rx: 5,
      fill: portal.emergency ? palette.exitPaper : palette.paper,
      stroke: colour,
      'stroke-width': isBroken ? 2.5 : 1,
    }),
    text({ x: x + 8, y: y + 14 }, pill.name, { 'font-weight': 700, fill: colour }),
    ...pill.lines.flatMap(({ tag, words }, index) => [
      text({ x: x + 8, y: y + 28 + index * 14 }, tag, { 'font-weight': 600, fill: tagColour(tag) }),
      text({ x: x + 32, y: y + 28 + index * 14 }, words, { fill: palette.ink }),
    ]),
  )
}

/** The usual ways into and out of every secure zone, the ways of flight, and the broken ways over them. */
function drawWays(site: Site, layout: Layout, findings: readonly Finding[]): string[] {
  const portals = new Map(layout.portals.map((placed) => [placed.portal.name, placed]))
  const broken = findings.flatMap(({ path: way }) => (way.length === 0 ? [] : [way]))
  if (!layout.toScale) return drawRoutes(layout, broken)
  const ways = usualWays(site)
  return [
    ...ways.out.map((way) => drawWay(way, portals, 'out', 4)),
    ...ways.in.map((way) => drawWay(way, portals, 'in', -4)),
    ...ways.flight.map((way) => drawWay(way, portals, 'flee', 0)),
    ...broken.map((way) => drawWay(way, portals, 'broken', 0)),
  ]
}

type WayKind = 'in' | 'out' | 'flee' | 'broken'

const wayLook: Readonly<Record<WayKind, { stroke: string; width: number; dash?: string }>> = {
  in: { stroke: palette.in, width: 2.2 },
  out: { stroke: palette.out, width: 2.2, dash: '7 4' },
  flee: { stroke: palette.exit, width: 2.2, dash: '2 4' },
  broken: { stroke: palette.broken, width: 4.5 },
}

/** A way as a line through its portals, begun and ended a little inside its first and last zone. */
function drawWay(
  way: readonly string[],
  portals: ReadonlyMap<string, PlacedPortal>,
  kind: WayKind,
  shift: number,
): string {
  const doors = way.flatMap((name) => portals.get(name) ?? [])
  const [first] = doors
  const last = doors.at(-1)
  if (first === undefined || last === undefined) return ''
  const points = [
    beyond(first, way[0] ?? ''),
    ...doors.map(({ at }) => at),
    beyond(last, way.at(-1) ?? ''),
  ].map(({ x, y }) => ({ x: x - shift, y: y + shift }))
  const look = wayLook[kind]
  return path(points, {
    stroke: look.stroke,
    'stroke-width': look.width,
    'stroke-dasharray': look.dash,
    'stroke-linejoin': 'round',
    'stroke-opacity': kind === 'broken' ? 0.9 : 0.75,
    'marker-end': `url(#to-${kind})`,
  })
}

/** The end of a way: past the portal's label, in the zone that it leads to. */
function beyond({ portal, at, heading }: PlacedPortal, zone: string): Point {
  const pill = pillOf(portal)
  const sign = zone === portal.to ? 1 : -1
  const reachX = pill.width / 2 + 34
  const reachY = pill.height / 2 + 28
  return { x: at.x + sign * heading.x * reachX, y: at.y + sign * heading.y * reachY }
}

/** Placed by the library: each portal has its own line, with an arrow for each direction. */
function drawRoutes(layout: Layout, broken: readonly (readonly string[])[]): string[] {
  const red = new Set(broken.flat())
  return layout.portals.map(({ portal, route }) => {
    const isRed = red.has(portal.name)
    const kind: WayKind = isRed ? 'broken' : portal.emergency ? 'flee' : 'in'
    const look = wayLook[kind]
    return path(route, {
      stroke: kind === 'in' ? palette.line : look.stroke,
      'stroke-width': isRed ? 4 : 1.8,
      'stroke-dasharray': portal.emergency && !isRed ? '2 4' : undefined,
      'stroke-linejoin': 'round',
      'marker-end': portal.emergency || portal.in !== null ? `url(#to-${kind})` : undefined,
      'marker-start':
        !portal.emergency && portal.out !== null
          ? `url(#to-${isRed ? 'broken' : 'out'})`
          : undefined,
    })
  })
}

function usualWays(site: Site): Record<'in' | 'out' | 'flight', string[][]> {
  const passages = passagesOf(site)
  const daily = passages.filter(({ fleeing }) => !fleeing)
  const turned = (list: readonly Passage[]) =>
    list.map((passage) => ({ ...passage, from: passage.to, to: passage.from }))
  const streets = zonesOfKind(site, 'public').map(({ name }) => name)
  const inwards = reach(graphOf(daily), streets)
  const outwards = reach(graphOf(turned(daily)), streets)
  const secure = zonesOfKind(site, 'secure').map(({ name }) => name)
  return {
    in: secure.filter((zone) => inwards.has(zone)).map((zone) => pathTo(inwards, zone)),
    out: secure
      .filter((zone) => outwards.has(zone))
      .map((zone) => pathTo(outwards, zone).reverse()),
    flight: passages
      .filter(({ fleeing }) => fleeing)
      .map(({ portal, from, to }) => [from, portal.name, to]),
  }
}
