import { mkdirSync, rmSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { dirname } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Door } from '#shared/actions.ts'
import {
  type FactSource,
  type Gate,
  openGate,
  readPolicies,
  type ResourceSource,
} from './domains/access/index.ts'
import { openRecorder, type Recorder } from './domains/audit/index.ts'
import {
  identityFacts,
  type IdentityGround,
  identityRoutes,
  type KeyRules,
  personSource,
} from './domains/identity/index.ts'
import { raiseAlarm } from './domains/facility/index.ts'
import { projectsFacts, projectsRoutes, projectsSources } from './domains/projects/index.ts'
import { shiftEnd, workforceFacts, workforceRoutes } from './domains/workforce/index.ts'
import { buildDoor, type RouteAct } from './http/door.ts'
import {
  type ArrivalOf,
  identifyAt,
  identifyConnection,
  identifyOperator,
} from './http/identify.ts'
import { type Ground, type Operate, operateOn } from './http/operate.ts'
import { openSignalSockets, type SignalSockets } from './http/sockets.ts'
import { type StreamOut, streamOn } from './http/stream.ts'
import { openStrangers, type Strangers, type StrangersLimit } from './http/strangers.ts'
import { type Upload, uploadOn } from './http/upload.ts'
import { serveWebApp } from './http/web-app.ts'
import type { Clock } from './kernel/clock.ts'
import { type Connection, type Db, openDb, transact } from './kernel/db.ts'
import type { Role } from './kernel/roles.ts'
import { openSignals } from './kernel/signals.ts'

/** Where a door listens: an address with its certificate, or the operator's socket. */
export interface Place {
  readonly host: string
  readonly port: number
  readonly tls: { readonly cert: string; readonly key: string; readonly clientAuthority: string }
}

/** All that the server stands on; opened by whoever starts it, closed by them after it. */
export interface Installation {
  readonly demonstration: boolean
  readonly now: Clock
  readonly connect: (role: Role) => Connection
  readonly poolSize: number
  readonly strangers: StrangersLimit
  readonly policies: string
  readonly webApp: string
  readonly rules: KeyRules
  readonly arrivalOf: ArrivalOf
  readonly sealDetails: (door: Door) => Ground['sealDetails']
  readonly sources: readonly FactSource[]
  readonly resources: readonly ResourceSource[]
  /** The routes of the domains that stand on more than the database. */
  readonly routes: (operate: Operate, streamOut: StreamOut, gate: Gate, upload: Upload) => void
  readonly doors: Readonly<Partial<Record<'inside' | 'building' | 'outside', Place>>> & {
    readonly operator?: { readonly socket: string }
  }
  readonly onFault: (error: Error, requestId: string) => void
  /** Called after the last door has closed. */
  readonly onClose?: () => Promise<void>
}

/** One address at one door, as the door itself knows it. */
export interface Route {
  readonly door: Door
  readonly method: string
  readonly url: string
  /** Largest body in bytes that is read as a whole. */
  readonly limit: number
  /** Absent for a page of the web application. */
  readonly act?: RouteAct
}

export interface Server {
  readonly gate: Gate
  /** Every address of every door. */
  readonly routes: readonly Route[]
  /** The port of each network door, as the system gave it where 0 was asked. */
  readonly ports: Readonly<Partial<Record<Door, number>>>
  /** Sockets on which pages hear signals now. */
  readonly openSockets: () => number
  close(): Promise<void>
}

/**
 * Opens the doors that the installation names, each over a database role of its own; without any it
 * is the gate alone. Where one cannot be opened, those before it are closed again.
 */
export async function openServer(installation: Installation): Promise<Server> {
  const { connect, now } = installation
  const gate = openGate(
    readPolicies(installation.policies),
    [identityFacts(installation.rules), workforceFacts, projectsFacts, ...installation.sources],
    [personSource, ...projectsSources, ...installation.resources],
    now,
  )
  const pools: Db[] = []
  const recorders: Recorder[] = []
  const apps: FastifyInstance[] = []
  const ports: Partial<Record<Door, number>> = {}
  const routes: Route[] = []
  const sockets: SignalSockets[] = []
  const doorkeepers: Strangers[] = []
  const wanted = doorsOf(installation)
  const [first] = wanted
  const signals = first && (await openSignals(connect(`cloister_${first[0]}`)))

  async function open(door: Door, place: Place | { socket: string }): Promise<void> {
    const db = openDb(connect(`cloister_${door}`), {
      pool: door === 'inside' ? installation.poolSize : 4,
    })
    pools.push(db)
    const recorder = openRecorder(connect(`cloister_${door}`))
    recorders.push(recorder)
    const tls = 'tls' in place ? place.tls : undefined
    const app = buildDoor({ ...(tls && { tls }), onFault: installation.onFault })
    apps.push(app)
    app.addHook('onRoute', ({ method, url, bodyLimit, config }) => {
      const limit = bodyLimit ?? app.initialConfig.bodyLimit ?? 0
      for (const one of [method].flat())
        routes.push({
          ...{ door, method: one, url, limit },
          ...(config?.act && { act: config.act }),
        })
    })
    const sealDetails = installation.sealDetails(door)
    const common = { door, db, gate, now, recorder, sealDetails }
    const strangers = door === 'operator' ? null : strangersAt(door, installation)
    if (strangers !== null) {
      doorkeepers.push(strangers)
      app.addHook('onRequest', async ({ raw, routeOptions: { config } }) => {
        if (config.act !== undefined) await strangers.greet(raw, config.act.action)
      })
    }
    const ground: Ground =
      strangers === null
        ? { ...common, identify: identifyOperator }
        : { ...common, strangers, identify: identifyAt({ door, ...installation }, strangers.met) }
    const hears = signalSocketsOf(installation, door, db, strangers)
    sockets.push(hears)
    await signals?.listen('cloister_signal', hears.onSignal)
    const operate = operateOn(app, ground)
    identityRoutes(operate, { ...identityGround, ...installation })
    workforceRoutes(operate)
    projectsRoutes(operate)
    installation.routes(operate, streamOn(app, ground, hears), gate, uploadOn(app, ground))
    if (door === 'inside' || door === 'outside') {
      serveWebApp(app, installation.webApp)
      app.server.on('upgrade', hears.upgrade)
    }
    ports[door] = await listen(app, place)
  }

  async function close(): Promise<void> {
    for (const s of sockets) s.close()
    for (const app of apps) {
      app.server.closeAllConnections()
      await app.close()
    }
    await signals?.close()
    for (const doorkeeper of doorkeepers) await doorkeeper.close()
    for (const recorder of recorders) await recorder.close()
    for (const pool of pools) await pool.destroy()
    await installation.onClose?.()
  }

  try {
    for (const [door, place] of wanted) await open(door, place)
  } catch (error) {
    await close()
    throw error
  }
  return {
    gate,
    routes,
    ports,
    openSockets: () => sockets.reduce((sum, s) => sum + s.open, 0),
    close,
  }
}

/** What identity is told by domains above it. */
const identityGround: Pick<IdentityGround, 'shiftEnd' | 'onOfficerBeyond'> = {
  shiftEnd,
  onOfficerBeyond: (tx, { person, reason }, at) =>
    raiseAlarm(tx, { kind: 'officer-made', subject: person, detail: { reason }, zones: [] }, at),
}

/** The doors that the installation names, the operator's last: whoever calls there finds the others open. */
function doorsOf({ doors }: Installation): [Door, Place | { readonly socket: string }][] {
  return (['inside', 'building', 'outside', 'operator'] as const).flatMap((door) => {
    const place = doors[door]
    return place === undefined ? [] : [[door, place]]
  })
}

function strangersAt(
  door: Door,
  { strangers, connect, now, sealDetails, onFault }: Installation,
): Strangers {
  return openStrangers({
    ...{ door, now, limit: strangers, connection: connect(`cloister_${door}`) },
    sealDetails: sealDetails(door),
    onFault: (error) => {
      onFault(error instanceof Error ? error : new Error(String(error)), 'strangers')
    },
  })
}

/** What a request's first steps check, done for the upgrade that Fastify never sees. */
function signalSocketsOf(
  installation: Installation,
  door: Door,
  db: Db,
  strangers: Strangers | null,
): SignalSockets {
  return openSignalSockets(async (request: IncomingMessage) => {
    if (request.headers.origin === undefined) return null
    await strangers?.greet(request, 'signals')
    const known = { door, ...installation }
    const caller = await transact(db, (tx) => identifyConnection(known, tx, request))
    strangers?.met(request, caller)
    return caller.kind === 'person' ? caller : null
  })
}

async function listen(app: FastifyInstance, place: Place | { socket: string }): Promise<number> {
  if ('socket' in place) {
    mkdirSync(dirname(place.socket), { recursive: true, mode: 0o700 })
    rmSync(place.socket, { force: true })
    // The umask holds while the socket is made: there is no moment in which others may open it.
    const before = process.umask(0o177)
    try {
      await app.listen({ path: place.socket })
    } finally {
      process.umask(before)
    }
    return 0
  }
  await app.listen({ host: place.host, port: place.port })
  const address = app.server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
