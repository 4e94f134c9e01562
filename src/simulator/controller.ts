import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Agent } from 'node:https'
import { join } from 'node:path'
import { Type, type Static } from 'typebox'
import { Check } from 'typebox/value'
import { AccessEvent, Commands, type Command } from '../shared/facility.ts'
import {
  CredentialsFault,
  enrol,
  isValid,
  loadCredentials,
  renew,
  renewalDue,
  replaceFile,
  type Credentials,
} from '../workstation/credentials.ts'
import { callDoor, doorAgent, DoorUnreachable, type Door } from '../workstation/door.ts'

/** What an event says beyond what every event of a controller carries. */
export type Happening = Omit<
  AccessEvent,
  'source' | 'controllerId' | 'epoch' | 'seq' | 'occurredAt' | 'replayed' | 'clockOffsetMs'
>

/** A simulated door controller: its counter, its buffer, its connection to the building door. */
export interface Controller {
  readonly id: string
  /** Numbers an event, buffers it and delivers it as soon as the server takes it. */
  happen(happening: Happening): Promise<void>
  /** Why this controller lets nobody in with this credential, if it does. */
  refusal(credential: string): 'THREAT_LEVEL' | 'CREDENTIAL_DISABLED' | undefined
  /** Faults of the line and of the clock, for the next event or until taken back. */
  fault(fault: ControllerFault): Promise<void>
  /** Delivers what is buffered, sends a heartbeat if one is due, fetches commands. */
  tick(): Promise<void>
  state(): ControllerState
  close(): void
}

export interface ControllerState {
  readonly id: string
  readonly epoch: string
  readonly seq: number
  readonly buffered: number
  readonly online: boolean
  readonly clockOffsetMs: number
  readonly lockdown: boolean
}

export type ControllerFault =
  /** The next event is delivered twice. */
  | { readonly kind: 'duplicate' }
  /** The next event gets its number and is never delivered. */
  | { readonly kind: 'lost' }
  /** Nothing is delivered until `line-restored`; the buffer then goes out as replayed. */
  | { readonly kind: 'late' }
  | { readonly kind: 'line-restored' }
  /** The clock is wrong by this much from now on. */
  | { readonly kind: 'clock-step'; readonly ms: number }
  /** The controller is replaced: it counts from 1 in a new epoch. */
  | { readonly kind: 'epoch-reset' }

const Memory = Type.Object(
  {
    epoch: Type.String(),
    seq: Type.Integer({ minimum: 0 }),
    command: Type.Integer({ minimum: 0 }),
    buffer: Type.Array(AccessEvent),
    revoked: Type.Array(Type.String()),
    lockdown: Type.Boolean(),
  },
  { additionalProperties: false },
)

export interface ControllerOptions {
  readonly id: string
  readonly door: Door
  readonly dir: string
  readonly clock: () => Date
  /** One-time code for the enrolment, asked for only when there is no valid certificate. */
  readonly code: (id: string) => Promise<string>
  /** The server unlocks a portal of this controller. */
  readonly onUnlock: (portalId: string) => void
}

/** Events delivered in one request, and kept while the server is away; then the oldest are lost. */
const batch = 200
const bufferLimit = 5000
const heartbeatMs = 20_000

/**
 * Starts a controller: reads its memory (a new one begins epoch and counter), enrols as a device at
 * the building door if need be, and is then driven by `tick`. Delivery is at least once: an event
 * leaves the buffer only when the server has answered 2xx; what waited is marked `replayed`.
 */
export async function startController(options: ControllerOptions): Promise<Controller> {
  const { id, door, dir, clock } = options
  const enrolment = { kind: 'device', id, door, dir } as const
  let credentials = await usable(options, enrolment)
  let agent: Agent = doorAgent(door, credentials, 1)
  const file = join(dir, 'controller.json')
  const memory = await remembered(file)
  const line = { broken: false, duplicate: false, lose: false, online: true, offsetMs: 0 }
  let heartbeatDue = -Infinity

  const keep = inTurn(() => replaceFile(file, JSON.stringify(memory)))
  await keep()
  const now = () => new Date(clock().getTime() + line.offsetMs)

  const deliver = async () => {
    if (line.broken) return
    while (memory.buffer.length > 0) {
      const part = memory.buffer.slice(0, batch)
      await expectSuccess(callDoor(door, agent, 'POST', '/events', part))
      memory.buffer = memory.buffer.filter((event) => !part.includes(event))
      await keep()
    }
  }
  const heartbeat = async () => {
    if (line.broken || clock().getTime() < heartbeatDue) return
    await expectSuccess(
      callDoor(door, agent, 'POST', '/heartbeats', {
        ...{ controllerId: id, epoch: memory.epoch, lastSeq: memory.seq, at: now().toISOString() },
        ...{ clockOffsetMs: line.offsetMs, buffered: memory.buffer.length },
      }),
    )
    heartbeatDue = clock().getTime() + heartbeatMs
  }
  const obey = async () => {
    if (line.broken) return
    const path = `/commands?after=${memory.command}`
    const answer = await expectSuccess(callDoor(door, agent, 'GET', path))
    if (!Check(Commands, answer)) throw new DoorUnreachable('the door sent no commands')
    for (const command of answer.commands) {
      if (command.controllerId !== id || command.number <= memory.command) continue
      if (command.kind === 'revoke-credential') memory.revoked.push(command.credentialId)
      if (command.kind === 'lockdown') memory.lockdown = command.on
      memory.command = command.number
      await keep()
      if (command.kind === 'unlock' && isFresh(command)) options.onUnlock(command.portalId)
    }
  }
  /** An unlock that waited while the controller was away must not open the door later. */
  const isFresh = ({ at, seconds }: Extract<Command, { kind: 'unlock' }>) =>
    clock().getTime() - Date.parse(at) <= seconds * 1000
  const stayCertified = async () => {
    if (clock() < renewalDue(credentials)) return
    credentials = await renew(enrolment, credentials)
    agent.destroy()
    agent = doorAgent(door, credentials, 1)
  }
  /** One conversation at a time, so that events leave in the order of their numbers. */
  const talk = inTurn(async (...parts: (() => Promise<void>)[]) => {
    try {
      for (const part of parts) await part()
      line.online = !line.broken
    } catch (error) {
      if (!(error instanceof DoorUnreachable || error instanceof CredentialsFault)) throw error
      line.online = false
      for (const event of memory.buffer) event.replayed = true
      await keep()
    }
  })

  return {
    id,
    async happen(happening) {
      memory.seq += 1
      const event: AccessEvent = {
        ...{ source: 'simulator', controllerId: id, epoch: memory.epoch, seq: memory.seq },
        ...{ occurredAt: now().toISOString(), replayed: line.broken, clockOffsetMs: line.offsetMs },
        ...happening,
      }
      const copies = line.lose ? [] : line.duplicate ? [event, { ...event }] : [event]
      line.lose = false
      line.duplicate = false
      memory.buffer.push(...copies)
      memory.buffer.splice(0, memory.buffer.length - bufferLimit)
      await keep()
      await talk(deliver)
    },
    refusal(credential) {
      if (memory.lockdown) return 'THREAT_LEVEL'
      return memory.revoked.includes(credential) ? 'CREDENTIAL_DISABLED' : undefined
    },
    async fault(fault) {
      if (fault.kind === 'duplicate') line.duplicate = true
      if (fault.kind === 'lost') line.lose = true
      if (fault.kind === 'late') line.broken = true
      if (fault.kind === 'clock-step') line.offsetMs += fault.ms
      if (fault.kind === 'epoch-reset')
        Object.assign(memory, { epoch: newEpoch(), seq: 0, buffer: [] })
      if (fault.kind === 'line-restored') line.broken = false
      await keep()
      await talk(deliver)
    },
    tick: () => talk(stayCertified, deliver, heartbeat, obey),
    state: () => ({
      ...{ id, epoch: memory.epoch, seq: memory.seq, buffered: memory.buffer.length },
      ...{ online: line.online, clockOffsetMs: line.offsetMs, lockdown: memory.lockdown },
    }),
    close() {
      agent.destroy()
    },
  }
}

async function usable(
  { id, dir, clock, code }: ControllerOptions,
  enrolment: Parameters<typeof enrol>[0],
): Promise<Credentials> {
  const stored = await loadCredentials(dir)
  if (stored !== undefined && isValid(stored, clock())) return stored
  return enrol(enrolment, await code(id))
}

async function remembered(file: string): Promise<Static<typeof Memory>> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  const fresh = { seq: 0, command: 0, buffer: [], revoked: [], lockdown: false }
  if (text === undefined) return { epoch: newEpoch(), ...fresh }
  const memory: unknown = JSON.parse(text)
  if (!Check(Memory, memory)) throw new Error(`${file} is damaged: delete it to begin a new epoch.`)
  for (const event of memory.buffer) event.replayed = true
  return memory
}

function newEpoch(): string {
  return randomBytes(8).toString('hex')
}

async function expectSuccess(call: ReturnType<typeof callDoor>): Promise<unknown> {
  const { status, body } = await call
  if (status < 200 || status > 299) throw new DoorUnreachable(`the door answered ${status}`)
  return body
}

/** Runs calls one after another, in the order in which they were made. */
function inTurn<A extends unknown[]>(work: (...args: A) => Promise<void>) {
  let last = Promise.resolve()
  return (...args: A) => {
    const run = last.then(() => work(...args))
    last = run.catch(() => undefined)
    return run
  }
}
