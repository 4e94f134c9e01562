import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Door } from '../workstation/door.ts'
import {
  route,
  zonesOf,
  type Passage,
  type SimulatedPerson,
  type SimulatedPortal,
  type SimulatedSite,
} from './building.ts'
import {
  startController,
  type Controller,
  type ControllerState,
  type Happening,
} from './controller.ts'
import { isControllerFault, type SimulatorFault } from './faults.ts'

export interface SimulatorOptions {
  readonly site: SimulatedSite
  readonly people: readonly SimulatedPerson[]
  readonly buildingDoor: Door
  /** Holds each controller's certificate, counter and buffer. */
  readonly dir: string
  readonly clock: () => Date
  /** Gives the one-time code that the operator made for a controller. */
  readonly code: (controllerId: string) => Promise<string>
  /** How long a person takes from one step of a passage to the next; 0 to 5000 ms. */
  readonly stepMs?: number
  /** Told of faults of the background work; a server that is away is not one. */
  readonly onFault?: (words: string) => void
}

/** How a walk ended: in the zone that was asked for, or at the door that did not open, and why. */
export interface Walk {
  readonly person: string
  readonly zone: string
  readonly arrived: boolean
  readonly stoppedBy?: { readonly portal: string; readonly reason: string }
}

export interface Simulator {
  /** Walks a person to a zone through every door on the way. One walk of a person at a time. */
  walk(person: string, zone: string): Promise<Walk>
  fault(fault: SimulatorFault): Promise<void>
  /** Controllers talk to the server: heartbeats, waiting events, commands. Runs every second anyway. */
  tick(): Promise<void>
  state(): SimulatorState
  close(): Promise<void>
}

export interface SimulatorState {
  readonly site: string
  readonly zones: readonly string[]
  readonly people: readonly { readonly id: string; readonly zone: string }[]
  readonly controllers: readonly ControllerState[]
}

/** Somebody asked for a person, zone or portal that the building does not have. */
export class UnknownInBuilding extends Error {
  override readonly name = 'UnknownInBuilding'
}

/**
 * Starts the simulated building: one controller per portal, each enrolled as a device of its own at
 * the building door. Real time passes only through `clock` and `stepMs`; where people are is not
 * kept across restarts, they begin outside.
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { site, people, dir, clock, code, stepMs = 0 } = options
  const building = newBuilding(site, people)
  const controllers = new Map<string, Controller>()
  const close = () => {
    for (const controller of controllers.values()) controller.close()
  }
  try {
    for (const id of new Set(site.portals.map(({ controller }) => controller)))
      controllers.set(
        id,
        await startController({
          ...{ id, door: options.buildingDoor, dir: join(dir, id), clock, code },
          onUnlock: (portalId) => {
            const portal = site.portals.find((known) => known.id === portalId)
            // Not awaited: the controller is in the middle of a conversation and tells this one next.
            if (portal?.controller === id) void tellDoor(controllers, portal, 'UNLOCKED')
          },
        }),
      )
  } catch (error) {
    close()
    throw error
  }
  const tick = async () => {
    await Promise.all([...controllers.values()].map((controller) => controller.tick()))
  }
  let running = Promise.resolve()
  const inBackground = () =>
    tick().catch((error: unknown) => {
      options.onFault?.(error instanceof Error ? error.message : 'unknown fault')
    })
  const timer = setInterval(() => {
    running = running.then(inBackground)
  }, 1000).unref()
  const walking = new Set<string>()
  return {
    async walk(person, zone) {
      const walker = known(building, person, zone)
      if (walking.has(person)) throw new UnknownInBuilding(`${person} is already on the way.`)
      walking.add(person)
      try {
        return await walk(building, controllers, walker, zone, stepMs)
      } finally {
        walking.delete(person)
      }
    },
    fault: (fault) => play(building, controllers, fault),
    tick,
    state: () => ({
      ...{ site: site.name, zones: [...zonesOf(site)] },
      people: people.map(({ id }) => ({ id, zone: zoneOf(building, id) })),
      controllers: [...controllers.values()].map((controller) => controller.state()),
    }),
    async close() {
      clearInterval(timer)
      await running
      close()
    },
  }
}

interface Building {
  readonly site: SimulatedSite
  readonly people: ReadonlyMap<string, SimulatedPerson>
  readonly where: Map<string, string>
}

type Controllers = ReadonlyMap<string, Controller>

function newBuilding(site: SimulatedSite, people: readonly SimulatedPerson[]): Building {
  return {
    site,
    people: new Map(people.map((person) => [person.id, person])),
    where: new Map(),
  }
}

function zoneOf({ where, site }: Building, person: string): string {
  return where.get(person) ?? site.outside
}

function known({ people, site }: Building, person: string, zone: string): SimulatedPerson {
  const found = people.get(person)
  if (found === undefined) throw new UnknownInBuilding(`There is no person ${person}.`)
  if (!zonesOf(site).has(zone)) throw new UnknownInBuilding(`There is no zone ${zone}.`)
  return found
}

async function walk(
  building: Building,
  controllers: Controllers,
  person: SimulatedPerson,
  zone: string,
  stepMs: number,
): Promise<Walk> {
  const way = route(building.site, zoneOf(building, person.id), zone)
  if (way === undefined) throw new UnknownInBuilding(`No door leads to ${zone}.`)
  for (const passage of way) {
    const reason = await pass(building, controllers, person, passage, stepMs)
    if (reason !== undefined) {
      const stoppedBy = { portal: passage.portal.id, reason }
      return { person: person.id, zone: zoneOf(building, person.id), arrived: false, stoppedBy }
    }
  }
  return { person: person.id, zone, arrived: true }
}

/** One passage, event by event, as a controller reports it. Says why the door stayed shut. */
async function pass(
  building: Building,
  controllers: Controllers,
  person: SimulatedPerson,
  passage: Passage,
  stepMs: number,
): Promise<Happening['reason']> {
  const { portal, side, zoneFrom, zoneTo } = passage
  const controller = controllerOf(controllers, portal)
  const asked = portal[side]
  const place = { portalId: portal.id, side, zoneFrom, zoneTo } as const
  const who =
    asked.length > 0 ? { personId: person.id, credentialIds: [person.credential] } : nobody
  const tell = async (kind: Happening['kind'], rest: Partial<Happening> = {}) => {
    await controller.happen({ ...place, ...who, factors: [], result: 'information', kind, ...rest })
    if (stepMs > 0) await pause(stepMs)
  }
  if (side === 'in' && building.site.lockers.includes(zoneFrom)) await tell('LOCKER_CLOSED')
  for (const factor of asked) await tell('AUTHENTICATION_FACTOR_READ', { factors: [factor] })
  const reason = asked.length === 0 ? undefined : denial(controller, person, passage)
  const factors = [...asked]
  if (reason !== undefined) {
    await tell('DENIED', { factors, result: 'denied', reason })
    return reason
  }
  await tell('GRANTED', { factors, result: 'success' })
  await tell('UNLOCKED')
  await tell('OPENED')
  building.where.set(person.id, zoneTo)
  await tell('ACCESS_TAKEN', { factors, result: 'success', personId: person.id })
  await tell('CLOSED')
  await tell('LOCKED')
  if (side === 'in' && building.site.screening.includes(zoneTo))
    await tell('SCREENING_PASSED', { result: 'success', personId: person.id })
  if (side === 'out' && building.site.lockers.includes(zoneTo)) await tell('LOCKER_OPENED')
  return undefined
}

const nobody = { credentialIds: [] }

/** The way out is never denied. */
function denial(
  controller: Controller,
  person: SimulatedPerson,
  { side, zoneTo }: Passage,
): Happening['reason'] {
  if (side === 'out') return undefined
  const refusal = controller.refusal(person.credential)
  return refusal ?? (person.zones.includes(zoneTo) ? undefined : 'ZONE_NO_ACCESS_RIGHTS')
}

async function play(
  building: Building,
  controllers: Controllers,
  fault: SimulatorFault,
): Promise<void> {
  const portal = building.site.portals.find(({ id }) => id === fault.portal)
  if (portal === undefined) throw new UnknownInBuilding(`There is no portal ${fault.portal}.`)
  if (isControllerFault(fault)) {
    await controllerOf(controllers, portal).fault(fault)
    return
  }
  switch (fault.kind) {
    case 'forced':
      return tellDoor(controllers, portal, 'FORCED_OPEN')
    case 'held':
      return tellDoor(controllers, portal, 'DOOR_OPEN_TOO_LONG')
    case 'restored':
      return tellDoor(controllers, portal, 'NORMAL')
    case 'emergency':
      return tellDoor(controllers, portal, 'EGRESS_OPEN')
    case 'tailgate': {
      // Somebody slips through behind another: the person is there and no event says so.
      const person = known(building, fault.person, portal.to)
      building.where.set(person.id, portal.to)
    }
  }
}

function tellDoor(
  controllers: Controllers,
  portal: SimulatedPortal,
  kind: 'UNLOCKED' | 'FORCED_OPEN' | 'DOOR_OPEN_TOO_LONG' | 'NORMAL' | 'EGRESS_OPEN',
): Promise<void> {
  const result = kind === 'UNLOCKED' || kind === 'NORMAL' ? 'information' : 'alarm'
  const place = { portalId: portal.id, ...nobody, factors: [] }
  return controllerOf(controllers, portal).happen({ ...place, kind, result })
}

function controllerOf(controllers: Controllers, portal: SimulatedPortal): Controller {
  const controller = controllers.get(portal.controller)
  if (controller === undefined) throw new UnknownInBuilding(`${portal.id} has no controller.`)
  return controller
}
