import type { Factor, Portal, Site, Zone } from './site.ts'

/** One direction of a portal: what it takes to go from one zone to the next. */
export interface Passage {
  readonly portal: Portal
  readonly from: string
  readonly to: string
  readonly factors: readonly Factor[]
  /** Outwards through an emergency portal. */
  readonly fleeing: boolean
}

export type Graph = ReadonlyMap<string, readonly Passage[]>

/** Every direction in which a portal can be passed at all. */
export function passagesOf(site: Site): Passage[] {
  return site.portals.flatMap((portal) => {
    const { from, to } = portal
    const inwards = { portal, from, to, fleeing: false }
    const outwards = { portal, from: to, to: from, fleeing: false }
    const passages: Passage[] = []
    if (portal.emergency) passages.push({ portal, from, to, factors: [], fleeing: true })
    else if (portal.in !== null) passages.push({ ...inwards, factors: portal.in })
    if (portal.out !== null) passages.push({ ...outwards, factors: portal.out })
    // A handle on the far side lets anybody in.
    else if (portal.emergency && portal.outsideHardware === 'handle')
      passages.push({ ...outwards, factors: [] })
    return passages
  })
}

/** Passages by the zone that they leave, or, turned round, by the zone that they lead to. */
export function graphOf(passages: Iterable<Passage>, by: 'from' | 'to' = 'from'): Graph {
  const graph = new Map<string, Passage[]>()
  for (const passage of passages) {
    const here = graph.get(passage[by])
    if (here === undefined) graph.set(passage[by], [passage])
    else here.push(passage)
  }
  return graph
}

/** The passage by which a breadth-first search first came to each zone; null for where it began. */
export type Reached = ReadonlyMap<string, Passage | null>

/**
 * Everything that can be reached from the starting zones, each by a path with the fewest portals.
 * `through` says whether the search goes on from a zone that it has come to.
 */
export function reach(
  graph: Graph,
  starts: Iterable<string>,
  through: (zone: string) => boolean = () => true,
): Reached {
  const reached = new Map<string, Passage | null>()
  const queue: string[] = []
  for (const start of starts) {
    reached.set(start, null)
    queue.push(start)
  }
  // The queue grows while it is walked; indexing keeps each step constant.
  for (let next = 0; next < queue.length; next++) {
    const zone = queue[next] ?? ''
    if (reached.get(zone) !== null && !through(zone)) continue
    for (const passage of graph.get(zone) ?? [])
      if (!reached.has(passage.to)) {
        reached.set(passage.to, passage)
        queue.push(passage.to)
      }
  }
  return reached
}

/** The path to a reached zone: zone, portal, zone, portal, …, zone. */
export function pathTo(reached: Reached, zone: string): string[] {
  const path = [zone]
  let passage = reached.get(zone)
  while (passage != null) {
    path.push(passage.portal.name, passage.from)
    passage = reached.get(passage.from)
  }
  return path.reverse()
}

export function zonesOfKind(site: Site, kind: Zone['kind']): Zone[] {
  return site.zones.filter((zone) => zone.kind === kind)
}

export function namesOf(things: Iterable<{ readonly name: string }>): Set<string> {
  return new Set(Array.from(things, (thing) => thing.name))
}

/** Every zone with those that it lies in, itself first. */
export function enclosing(site: Site): (zone: string) => string[] {
  const above = new Map(site.zones.map((zone) => [zone.name, zone.within]))
  return (zone) => {
    const chain = new Set<string>()
    for (let at: string | null = zone; at !== null && !chain.has(at); at = above.get(at) ?? null)
      chain.add(at)
    return [...chain]
  }
}

/**
 * The number of paths from a zone to any of the goals that share no portal, counted up to `enough`
 * (Menger: as many as a maximum flow where every portal carries one).
 */
export function disjointPaths(
  passages: readonly Passage[],
  start: string,
  goals: ReadonlySet<string>,
  enough: number,
): number {
  const graph = graphOf(passages)
  const back = graphOf(passages, 'to')
  const used = new Set<Passage>()
  for (let found = 0; found < enough; found++) {
    const came = new Map<string, { passage: Passage; forwards: boolean } | null>([[start, null]])
    const queue = [start]
    let end: string | null = null
    for (let next = 0; next < queue.length && end === null; next++) {
      const zone = queue[next] ?? ''
      if (goals.has(zone)) end = zone
      for (const passage of graph.get(zone) ?? [])
        if (!used.has(passage) && !came.has(passage.to)) {
          came.set(passage.to, { passage, forwards: true })
          queue.push(passage.to)
        }
      for (const passage of back.get(zone) ?? [])
        if (used.has(passage) && !came.has(passage.from)) {
          came.set(passage.from, { passage, forwards: false })
          queue.push(passage.from)
        }
    }
    if (end === null) return found
    for (let step = came.get(end); step != null;) {
      if (step.forwards) used.add(step.passage)
      else used.delete(step.passage)
      step = came.get(step.forwards ? step.passage.from : step.passage.to)
    }
  }
  return enough
}

/** The shortest times, in seconds, from one zone to all that can be reached, by Dijkstra's algorithm. */
export function times(
  graph: Graph,
  start: string,
  cost: (passage: Passage) => number,
): ReadonlyMap<string, number> {
  const best = new Map<string, number>([[start, 0]])
  const open = new Map<string, number>([[start, 0]])
  while (open.size > 0) {
    let zone = ''
    let least = Infinity
    for (const [name, time] of open)
      if (time < least) {
        zone = name
        least = time
      }
    open.delete(zone)
    for (const passage of graph.get(zone) ?? []) {
      const time = least + cost(passage)
      if (time < (best.get(passage.to) ?? Infinity)) {
        best.set(passage.to, time)
        open.set(passage.to, time)
      }
    }
  }
  return best
}
