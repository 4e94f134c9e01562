import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { demonstrationFile, parseSite, workstationsOf } from '@cloister/facility-model'
import type { PostureChecks } from '../../shared/facility.ts'
import { simulatedSite } from '../../simulator/site.ts'
import { type Simulator, startSimulator } from '../../simulator/simulator.ts'
import { startWitness } from '../../witness/witness.ts'
import { type Desk, startDesk } from '../../workstation/desk.ts'
import { startWorkstation, type Workstation } from '../../workstation/workstation.ts'
import { type Operator, operatorAt } from '../operator.ts'
import { Fault } from '../terminal.ts'

/** What the stage needs of a server that was started for it. */
export interface StageServer {
  readonly ports: Readonly<Partial<Record<'inside' | 'building' | 'outside' | 'operator', number>>>
  /** The authority's certificate, PEM. */
  readonly authority: string
  readonly operatorSocket: string
}

/** A server that was started for a stage: what clients put into their policy, and how to end it. */
export interface BegunServer extends StageServer {
  readonly policy: string
  close(): Promise<void>
}

/** Starts a server in a state directory; it asks for a witness once it has the key of its log. */
export type BeginServer = (
  directory: string,
  witness: (logKey: string) => Promise<{ url: string; key: string }>,
) => Promise<BegunServer>

/** Ports on loopback; 0 everywhere takes free ones. */
export interface StagePorts {
  /** Workstation ws-1 gets this one, ws-2 the next. */
  readonly workstations: number
  readonly client: number
}

/**
 * Everything around a demonstration's server: workstation programs, the desk of a client outside,
 * and the simulated building. They speak to the server's doors like the real things.
 */
export interface Stage {
  readonly operator: Operator
  readonly client: Desk
  /** Starts, and enrols, a workstation of the site; the same one when asked again. */
  workstation(id: string): Promise<Workstation>
  /** The ids of the workstations of a use: `annotation`, or `guard`. */
  seats(use: string): readonly string[]
  /** What people call the zones. */
  readonly zones: readonly { readonly zone: string; readonly title: string }[]
  /** Opens the building to these people; each has a badge of their own and may go everywhere. */
  admit(people: readonly { id: string; credential: string }[]): Promise<Simulator>
  close(): Promise<void>
}

/**
 * The demonstration's site file, open around the clock: people try it at any hour, and what the
 * gate says outside hours can be tried by changing them.
 */
export async function demonstrationSite(): Promise<string> {
  const text = await readFile(demonstrationFile, 'utf8')
  return text.replace(/^hours: .*$/m, "hours: { mon-sun: '00:00-24:00' }")
}

const good: PostureChecks = {
  ...{ malware: 'ok', diskEncryption: 'ok', usb: 'ok', network: 'ok' },
  ...{ browserPolicy: 'ok', patches: 'ok' },
}

export async function openStage(
  server: StageServer,
  options: {
    readonly directory: string
    readonly ports: StagePorts
    readonly onFault: (words: string) => void
  },
): Promise<Stage> {
  const { directory, onFault, ports } = options
  const clock = () => new Date()
  const operator = operatorAt(server.operatorSocket)
  const parsed = parseSite(await demonstrationSite(), 'site.yaml')
  if ('faults' in parsed) throw new Fault('the demonstration has no valid site file')
  const { site } = parsed
  const places = workstationsOf(site)
  const door = (name: 'inside' | 'building' | 'outside') => ({
    host: '127.0.0.1',
    port: server.ports[name] ?? 0,
    ca: server.authority,
  })
  const client = await startDesk({
    ...{ id: 'client', listen: { host: '127.0.0.1', port: ports.client }, server: door('outside') },
    ...{ dir: join(directory, 'client'), clock },
  })
  const workstations = new Map<string, Promise<Workstation>>()
  let simulator: Simulator | null = null

  async function begin(id: string): Promise<Workstation> {
    const place = places.findIndex((one) => one.id === id)
    if (place < 0) throw new Fault(`the site has no workstation ${id}`)
    const workstation = await startWorkstation({
      ...{ id, server: door('inside'), building: door('building'), clock, softwareKey: true },
      listen: {
        host: '127.0.0.1',
        port: ports.workstations === 0 ? 0 : ports.workstations + place,
      },
      dir: join(directory, 'workstations', id),
      code: await codeFor(operator, `/workstations/${id}/code`),
      onFault: (words) => {
        onFault(`${id}: ${words}`)
      },
    })
    await workstation.simulatePosture(good)
    return workstation
  }

  return {
    operator,
    client,
    zones: site.zones.map(({ name: zone, title }) => ({ zone, title })),
    seats: (use) => places.filter((one) => one.use === use).map((one) => one.id),
    workstation(id) {
      const begun = workstations.get(id) ?? begin(id)
      workstations.set(id, begun)
      return begun
    },
    async admit(people) {
      simulator = await startSimulator({
        site: simulatedSite(site),
        people: people.map((one) => ({ ...one, zones: site.zones.map((zone) => zone.name) })),
        ...{ buildingDoor: door('building'), dir: join(directory, 'simulator'), clock, onFault },
        code: (controller) => codeFor(operator, `/devices/${controller}/code`),
      })
      return simulator
    },
    async close() {
      await simulator?.close()
      for (const begun of workstations.values()) await (await begun).close()
      await client.close()
    },
  }
}

async function codeFor(operator: Operator, path: string): Promise<string> {
  const answer = await operator.post(path, {})
  if (typeof answer === 'object' && answer !== null && 'code' in answer) return String(answer.code)
  throw new Fault('the server gave no enrolment code')
}

/** A witness of the demonstration's own, with its own key and directory. */
export async function demonstrationWitness(
  directory: string,
  logKey: string,
  onFault: (error: unknown) => void,
) {
  return startWitness({
    ...{
      dir: join(directory, 'witness'),
      name: 'demonstration.cloister.invalid/witness',
      logs: [logKey],
    },
    ...{ host: '127.0.0.1', port: 0, now: () => Date.now(), onFault },
  })
}
