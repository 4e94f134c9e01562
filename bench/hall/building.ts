import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { AccessEvent } from '../../src/shared/facility.ts'
import { enrol } from '../../src/workstation/credentials.ts'
import { callDoor, doorAgent } from '../../src/workstation/door.ts'
import type { Hall } from './hall.ts'

interface Passage {
  readonly controller: string
  readonly event: Pick<AccessEvent, 'portalId' | 'side' | 'zoneFrom' | 'zoneTo' | 'factors'>
}

/** The way from the street to the floor, and the one step out of it. */
const wayIn: readonly Passage[] = [
  passage('ctl-main', 'main-door', 'in', 'street', 'lobby', ['badge']),
  passage('ctl-turnstile', 'turnstile', 'in', 'lobby', 'search', ['badge']),
  passage('ctl-floor', 'floor-door', 'in', 'search', 'floor-1', ['badge', 'biometric']),
]
const stepOut = passage('ctl-floor', 'floor-door', 'out', 'floor-1', 'search', ['badge'])
const [, , stepIn = stepOut] = wayIn

function passage(
  controller: string,
  portalId: string,
  side: 'in' | 'out',
  zoneFrom: string,
  zoneTo: string,
  factors: AccessEvent['factors'],
): Passage {
  return { controller, event: { portalId, side, zoneFrom, zoneTo, factors } }
}

/** The doors of the site, as their controllers tell the building door of them: who has gone through. */
export interface Building {
  /** Everybody goes in from the street, door by door; a door reports up to 200 passages at once. */
  letIn(people: readonly string[]): Promise<void>
  /** One person leaves the floor, or comes back to it; resolves when the server has taken it. */
  leave(person: string): Promise<void>
  comeBack(person: string): Promise<void>
  close(): void
}

/** Enrols the controllers of the doors as devices; they send a sign of life every 20 seconds. */
export async function openBuilding(hall: Hall): Promise<Building> {
  const controllers = new Map<string, Awaited<ReturnType<typeof controllerAt>>>()
  for (const { controller } of wayIn)
    controllers.set(controller, await controllerAt(hall, controller))
  const report = async (at: Passage, people: readonly string[]) => {
    const controller = controllers.get(at.controller)
    for (let from = 0; from < people.length; from += 200)
      await controller?.report(at, people.slice(from, from + 200))
  }
  const beat = setInterval(() => {
    for (const controller of controllers.values()) controller.beat().catch(() => undefined)
  }, 20_000)
  return {
    async letIn(people) {
      for (const at of wayIn) await report(at, people)
    },
    leave: (person) => report(stepOut, [person]),
    comeBack: (person) => report(stepIn, [person]),
    close() {
      clearInterval(beat)
      for (const controller of controllers.values()) controller.close()
    },
  }
}

async function controllerAt(hall: Hall, id: string) {
  const code = await hall.codeFor(`/devices/${id}/code`)
  const dir = join(hall.directory, 'controllers', id)
  const credentials = await enrol({ kind: 'device', id, door: hall.building, dir }, code)
  const agent = doorAgent(hall.building, credentials, 1)
  const epoch = randomBytes(8).toString('hex')
  let seq = 0
  const send = async (path: string, body: object) => {
    const { status, body: answer } = await callDoor(hall.building, agent, 'POST', path, body)
    if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(answer)}`)
  }
  const beat = () =>
    send('/heartbeats', {
      ...{ controllerId: id, epoch, lastSeq: seq, at: new Date().toISOString() },
      ...{ clockOffsetMs: 0, buffered: 0 },
    })
  await beat()
  return {
    beat,
    report({ event }: Passage, people: readonly string[]) {
      const events: AccessEvent[] = people.map((personId) => ({
        ...{ source: 'bench', controllerId: id, epoch, seq: (seq += 1), ...event, personId },
        ...{ occurredAt: new Date().toISOString(), replayed: false, clockOffsetMs: 0 },
        ...{ kind: 'ACCESS_TAKEN', result: 'success', credentialIds: [] },
      }))
      return send('/events', events)
    },
    close() {
      agent.destroy()
    },
  }
}
