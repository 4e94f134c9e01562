import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { Agent } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import type { PostureChecks } from '../shared/facility.ts'
import {
  enrol,
  isValid,
  loadCredentials,
  renew,
  renewalDue,
  replaceFile,
  Revoked,
  saysRevoked,
  type Credentials,
  type Enrolment,
} from './credentials.ts'
import { callDoor, doorAgent, type Door } from './door.ts'
import { postureEveryMs, readPosture, signedReport, type PostureBaseline } from './posture.ts'
import { answerProblem } from './problem.ts'
import { passOn, passUpgradeOn, refuseUpgrade, type Upstream } from './proxy.ts'
import { openSoftwareKey } from './software-key-door.ts'

export interface WorkstationOptions {
  /** The workstation's id. */
  readonly id: string
  /**
   * Browsers reach it at `http://<name>.localhost:<port>`: the same at every workstation of a site,
   * so that a person's key works at each. The id where nothing is said.
   */
  readonly name?: string
  /** A loopback address; port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number }
  /** The inside door. */
  readonly server: Door
  /** The building door, for posture reports; without it none are sent. */
  readonly building?: Door
  /** Holds key and certificate; made if it is not there, readable by its owner only. */
  readonly dir: string
  readonly clock: () => Date
  /** One-time code of the operator: enrols at the start if there is no usable certificate yet. */
  readonly code?: string
  /** What this machine is measured by; `simulatePosture` replaces the measuring. */
  readonly baseline?: PostureBaseline
  /** Demonstrations and tests only: offer a software FIDO2 key at `/software-key/`. */
  readonly softwareKey?: boolean
  /** Told of every fault of the background work, in words without content. */
  readonly onFault?: (words: string) => void
  /** Told once when the server has revoked this machine; nothing is sent after it before an enrolment. */
  readonly onShutOut?: (words: string) => void
}

export interface Workstation {
  readonly url: string
  /** Root certificate (DER) of the software key's attestation, if there is a software key. */
  readonly attestationRoot: Uint8Array | undefined
  /** Enrols, or enrols again, by a one-time code. */
  enrol(code: string): Promise<void>
  /** Demonstration: report these checks from now on, beginning at once; undefined measures again. */
  simulatePosture(checks: PostureChecks | undefined): Promise<void>
  /** Does what is due now: renewal at two thirds of the certificate's life, posture every minute. */
  tick(): Promise<void>
  close(): Promise<void>
}

const tickMs = 5_000
/** Between two attempts at a renewal, so that clocks that disagree do not make a storm of them. */
const renewalPauseMs = 60_000

/**
 * Starts the workstation program: a reverse proxy on loopback that speaks mutual TLS 1.3 to the
 * inside door, renewal of its certificate, and the posture agent. Throws when `listen` is not
 * loopback, when the stored credentials cannot be used, or when the enrolment is refused.
 */
export async function startWorkstation(options: WorkstationOptions): Promise<Workstation> {
  const { id, listen, server, building, dir, clock } = options
  const { name = id } = options
  for (const label of [id, name])
    if (!/^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label))
      throw new Error('The id and name of a workstation are lower-case labels such as ws-3.')
  if (listen.host !== '127.0.0.1' && listen.host !== '::1')
    throw new Error('A workstation listens on 127.0.0.1 or ::1 only.')
  const enrolment: Enrolment = { kind: 'workstation', id, door: server, dir }
  const identity = newIdentity(server, building, clock)
  const stored = await loadCredentials(dir)
  if (stored !== undefined && isValid(stored, clock())) identity.use(stored)
  else if (options.code !== undefined) identity.use(await enrol(enrolment, options.code))

  const http = createServer()
  http.requestTimeout = 0
  http.listen(listen.port, listen.host)
  await once(http, 'listening')
  const { port } = addressOf(http)
  const url = `http://${name}.localhost:${port}`
  const softwareKey =
    options.softwareKey === true ? await openSoftwareKey(dir, url, clock()) : undefined
  const sockets = serve(
    http,
    new URL(url).host,
    { door: server, agent: identity.inside },
    softwareKey,
  )
  const agent = newPostureAgent(options, identity)
  const fault = options.onFault ?? (() => undefined)

  let renewNotBefore = -Infinity
  let shutOut: Credentials | undefined
  const fell = (held: Credentials | undefined, error: unknown, what: string) => {
    if (!(error instanceof Revoked)) fault(`${what}: ${wordsOf(error)}`)
    else if (shutOut !== held) {
      shutOut = held
      const told = options.onShutOut ?? fault
      told(error.message)
    }
  }
  const work = async () => {
    const held = identity.credentials()
    const now = clock()
    if (held !== undefined && held === shutOut) return
    if (held !== undefined && now >= renewalDue(held) && now.getTime() >= renewNotBefore) {
      renewNotBefore = now.getTime() + renewalPauseMs
      await renew(enrolment, held)
        .then(identity.use)
        .catch((error: unknown) => {
          fell(held, error, 'The certificate could not be renewed')
        })
    }
    await agent.reportIfDue().catch((error: unknown) => {
      fell(held, error, 'The posture report could not be delivered')
    })
  }
  let working = Promise.resolve()
  const tick = () => (working = working.then(work))
  const stop = repeat(tick)
  return {
    url,
    attestationRoot: softwareKey?.attestationRoot,
    tick,
    async enrol(code) {
      identity.use(await enrol(enrolment, code))
    },
    async simulatePosture(checks) {
      agent.simulate(checks)
      await tick()
    },
    async close() {
      stop()
      await working
      for (const socket of sockets) socket.destroy()
      http.close()
      await once(http, 'close')
      identity.close()
    },
  }
}

/** The credentials in use, and the connections made with them. */
function newIdentity(server: Door, building: Door | undefined, clock: () => Date) {
  let held: Credentials | undefined
  let inside: Agent | undefined
  let outward: Agent | undefined
  return {
    credentials: () => held,
    inside: () => (held !== undefined && isValid(held, clock()) ? inside : undefined),
    building: () => outward,
    /** New requests take the new certificate; those under way end on the connection they have. */
    use: (credentials: Credentials) => {
      const old = [inside, outward]
      held = credentials
      inside = doorAgent(server, credentials)
      outward = building && doorAgent(building, credentials, 1)
      for (const agent of old) retire(agent)
    },
    close() {
      inside?.destroy()
      outward?.destroy()
    },
  }
}

/** Lets go of the idle connections only: destroying the agent would break those in use. */
function retire(agent: Agent | undefined): void {
  if (agent === undefined) return
  for (const sockets of Object.values(agent.freeSockets))
    for (const socket of sockets ?? []) socket.destroy()
  agent.maxFreeSockets = 0
}

/** Serves one host name on loopback: the software key itself, everything else through the proxy. */
export function serve(
  http: Server,
  host: string,
  upstream: Upstream,
  softwareKey: Awaited<ReturnType<typeof openSoftwareKey>> | undefined,
): Set<Socket> {
  const sockets = new Set<Socket>()
  http.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  const rebinding = [
    ...(['access-denied', 421, 'This name is not served here.'] as const),
    `Open http://${host}/ instead.`,
  ] as const
  http.on('request', (request, response) => {
    if (!isOwn(request, host)) answerProblem(response, ...rebinding)
    else if (softwareKey !== undefined && request.url?.startsWith('/software-key/') === true)
      void softwareKey.serve(request, response)
    else passOn(upstream, request, response)
  })
  http.on('upgrade', (request, duplex, head: Buffer) => {
    // Node hands out the very socket of the connection.
    const socket = [...sockets].find((open) => open === duplex)
    if (socket === undefined) duplex.destroy()
    else if (!isOwn(request, host)) refuseUpgrade(socket, ...rebinding)
    else if (request.headers.upgrade?.toLowerCase() !== 'websocket')
      refuseUpgrade(socket, 'invalid-input', 400, 'Refused.', 'Only WebSocket is spoken here.')
    else passUpgradeOn(upstream, request, socket, head)
  })
  return sockets
}

/** A page of another site that points its own name at this machine sends its own Host. */
function isOwn(request: IncomingMessage, host: string): boolean {
  const hosts = request.rawHeaders.filter((name, at) => at % 2 === 0 && /^host$/i.test(name))
  return hosts.length === 1 && request.headers.host === host && request.url?.[0] === '/'
}

function newPostureAgent(
  { id, building, dir, clock, baseline }: WorkstationOptions,
  identity: ReturnType<typeof newIdentity>,
) {
  const file = join(dir, 'posture-sequence')
  let sequence: number | undefined
  let simulated: PostureChecks | undefined
  let due = -Infinity
  return {
    simulate(checks: PostureChecks | undefined) {
      simulated = checks
      due = -Infinity
    },
    async reportIfDue() {
      const credentials = identity.credentials()
      const agent = identity.building()
      const now = clock()
      if (building === undefined || credentials === undefined || agent === undefined) return
      if (now.getTime() < due) return
      // Taken before the first wait, so that two ticks at once send one report.
      due = now.getTime() + postureEveryMs
      try {
        const checks = simulated ?? (await readPosture(baseline ?? {}))
        sequence = (sequence ?? (await lastSequence(file))) + 1
        await replaceFile(file, `${sequence}\n`)
        const at = now.toISOString()
        const report = signedReport(credentials.key, { workstation: id, at, sequence, checks })
        const answer = await callDoor(building, agent, 'POST', '/posture', report)
        if (saysRevoked(answer)) throw new Revoked(id)
        if (answer.status >= 300) throw new Error(`status ${answer.status}`)
      } catch (error) {
        due = now.getTime() + tickMs
        throw error
      }
    },
  }
}

async function lastSequence(file: string): Promise<number> {
  const found = Number(await readFile(file, 'utf8').catch(() => '0'))
  return Number.isSafeInteger(found) && found >= 0 ? found : 0
}

/** Runs the work again five seconds after it has ended, until stopped. */
function repeat(work: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const round = () => {
    void work().finally(() => {
      if (!stopped) timer = setTimeout(round, tickMs).unref()
    })
  }
  timer = setTimeout(round, 0).unref()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}

function addressOf(http: Server): AddressInfo {
  const address = http.address()
  if (address === null || typeof address === 'string') throw new Error('not listening on TCP')
  return address
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown fault'
}
