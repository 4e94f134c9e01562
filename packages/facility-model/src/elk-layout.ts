import type { ElkNode } from 'elkjs/lib/elk-api.js'
import { labelOf, labelText } from './labels.ts'
import { pillSize, type Layout, type PlacedPortal, type PlacedZone } from './layout.ts'
import { namesOf, zonesOfKind } from './graph.ts'
import type { Site, Zone } from './site.ts'
import { widthOf, type Point } from './svg.ts'

/**
 * Places zones that have no coordinates: nested as the file nests them, sized by their seats, in
 * layers from the street inwards. The library runs in this process; nothing is fetched.
 */
export async function placeByLibrary(site: Site): Promise<Layout> {
  const { default: elkModule } = await import('elkjs/lib/elk.bundled.js')
  const elk = new elkModule.default()
  const streets = namesOf(zonesOfKind(site, 'public'))
  const graph = await elk.layout(graphFor(site, streets))
  const zones = flatten(site, graph.children ?? [])
  const portals = (graph.edges ?? []).flatMap(({ id, sections, labels }): PlacedPortal[] => {
    const portal = site.portals.find(({ name }) => name === id)
    const [section] = sections ?? []
    const [label] = labels ?? []
    if (portal === undefined || section === undefined) return []
    const drawn: Point[] = [section.startPoint, ...(section.bendPoints ?? []), section.endPoint]
    const route = streets.has(portal.to) ? drawn.toReversed() : drawn
    const at = {
      x: (label?.x ?? 0) + (label?.width ?? 0) / 2,
      y: (label?.y ?? 0) + (label?.height ?? 0) / 2,
    }
    return [{ portal, at, route, heading: { x: 1, y: 0 } }]
  })
  return { width: graph.width ?? 0, height: graph.height ?? 0, toScale: false, zones, portals }
}

function graphFor(site: Site, streets: ReadonlySet<string>): ElkNode {
  return {
    id: 'site:',
    layoutOptions: {
      'elk.algorithm': 'layered',
      'elk.direction': 'RIGHT',
      'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
      'elk.edgeRouting': 'ORTHOGONAL',
      'elk.json.edgeCoords': 'ROOT',
      'elk.json.shapeCoords': 'ROOT',
      'elk.edgeLabels.placement': 'CENTER',
      'elk.layered.spacing.nodeNodeBetweenLayers': '36',
      'elk.spacing.nodeNode': '36',
      'elk.spacing.edgeNode': '22',
      'elk.spacing.edgeEdge': '16',
      'elk.spacing.edgeLabel': '6',
      'elk.padding': '[top=0,left=0,bottom=0,right=0]',
      'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
    },
    children: nodesWithin(site, null),
    edges: site.portals.map((portal) => ({
      id: portal.name,
      // The street stands on the left, so what leads out to it is laid out as if it led in.
      sources: [streets.has(portal.to) ? portal.to : portal.from],
      targets: [streets.has(portal.to) ? portal.from : portal.to],
      labels: [
        {
          text: portal.name,
          ...pillSize(portal),
          layoutOptions: { 'elk.edgeLabels.inline': 'true' },
        },
      ],
    })),
  }
}

function nodesWithin(site: Site, within: string | null): ElkNode[] {
  return site.zones
    .filter((zone) => zone.within === within)
    .map((zone) => {
      const children = nodesWithin(site, zone.name)
      if (children.length === 0) return { id: zone.name, ...sizeOf(site, zone) }
      return {
        id: zone.name,
        children,
        layoutOptions: { 'elk.padding': '[top=54,left=24,bottom=24,right=24]' },
      }
    })
}

function sizeOf(site: Site, zone: Zone): { width: number; height: number } {
  const lines = labelOf(zone, 190)
  const cameras = site.cameras.filter((camera) => camera.zone === zone.name).length
  const room = Math.sqrt(zone.seats) * 6
  const words = Math.max(widthOf(zone.title, 15), ...lines.map((line) => widthOf(line, labelText)))
  return {
    width: Math.max(150, words + 34, cameras * 46) + room,
    height: 62 + lines.length * 15 + (cameras > 0 ? 44 : 0) + room,
  }
}

function flatten(site: Site, nodes: readonly ElkNode[]): PlacedZone[] {
  return nodes.flatMap(({ id, x = 0, y = 0, width = 0, height = 0, children = [] }) => {
    const zone = site.zones.find(({ name }) => name === id)
    if (zone === undefined) return []
    return [{ zone, x, y, width, height }, ...flatten(site, children)]
  })
}
