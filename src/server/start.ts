import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { logSigner } from '@cloister/transparency-log'
import { toPem } from './authority/index.ts'
import {
  addTasks,
  annotationFacts,
  annotationReaders,
  annotationRoutes,
  removeTasks,
  taskSource,
} from './domains/annotation/index.ts'
import {
  keepDetails,
  logFacts,
  proofOf,
  startCosigning,
  startSequencer,
} from './domains/audit/index.ts'
import { backupRoute } from './backup.ts'
import { auditRoutes } from './domains/audit/routes.ts'
import {
  buildDelivery,
  deliveryFacts,
  deliveryReader,
  deliveryRoutes,
  deliverySource,
  resumeBuilds,
  sweepDrafts,
} from './domains/delivery/index.ts'
import {
  arrivalAt,
  eventReader,
  facilityFacts,
  facilityRoutes,
  startKeeper,
  workstationSource,
} from './domains/facility/index.ts'
import { guidelineRoutes, importRoutes } from './domains/projects/index.ts'
import {
  clamav,
  keysSource,
  openDirectory,
  openVault,
  rollDueKeys,
  rollKeys,
  type Scanner,
  type Vault,
  VaultFault,
  vaultRoutes,
  withoutScanner,
} from './domains/vault/index.ts'
import type { Config, DatabaseUser, NetworkDoorName } from './kernel/config.ts'
import { type Connection, openClient, openDb, transact } from './kernel/db.ts'
import { enqueue, startJobs } from './kernel/jobs.ts'
import { openSignals } from './kernel/signals.ts'
import { checkMigrated, prepareDatabase } from './kernel/migrate.ts'
import { type RunningPostgres, startPostgres } from './kernel/postgres.ts'
import type { Role } from './kernel/roles.ts'
import { type InstallationKeys, openKeys, placeOf } from './keys.ts'
import { type Installation, openServer, type Place, type Server } from './open.ts'
import { keyRules } from './parties.ts'
import { stampDirectory } from './stamp.ts'

/** What whoever starts an installation brings with them. */
export interface Surroundings {
  readonly now: () => Date
  /** Full errors, with the number of the request or the name of the work they belong to. */
  readonly onFault: (error: unknown, where: string) => void
  /** Starts a witness for the log of this key, where the configuration names none: a demonstration's own. */
  readonly witness?: (logKey: string) => Promise<{ url: string; key: string }>
  /** Called once when the database ends without having been told to. */
  readonly onDeath: (reason: Error) => void
}

/** A running installation. */
export interface Started {
  readonly server: Server
  readonly tenant: string
  /** The authority's certificate, which clients of the doors hold on to (PEM). */
  readonly authority: string
  readonly operatorSocket: string
  /** What clients and auditors put into their policy. */
  readonly policy: string
  close(): Promise<void>
}

const root = fileURLToPath(new URL('../../', import.meta.url))
/** An installation of real people waits a day between the second confirmation of a client's key and its effect. */
const keyDelayMs = 24 * 3_600_000

/** Opens everything that a configuration describes, in the order in which it stands on each other. */
export async function startInstallation(config: Config, around: Surroundings): Promise<Started> {
  const opened: (() => Promise<void>)[] = []
  const close = async () => {
    for (const one of opened.reverse()) await one()
    opened.length = 0
  }
  try {
    const stamp = await stampDirectory(config.directory, config.demonstration)
    const { connect, admin } = await openDatabase(config, around, opened)
    const keys = await openKeys(config, stamp, around.now())
    opened.push(() => keys.root.close())
    const vault = await openVaultOf(config, keys, stamp.tenant, connect, around, opened)
    const signer = logSigner(keys.logKey)
    const witness = config.witness ?? (await around.witness?.(signer.verifierKey)) ?? null
    const policy = policyText(signer.verifierKey, logSigner(keys.deliveryKey).verifierKey, witness)
    const server = await openServer(
      await installationOf(config, around, { connect, admin, keys, vault, policy }),
    )
    opened.push(() => server.close())
    startLog(connect, signer, witness, around, opened)
    await startWork(config, around, { connect, keys, vault }, server, opened)
    await keepBuilding(config, around, connect, opened)
    return {
      ...{ server, tenant: stamp.tenant, policy, close },
      authority: toPem('CERTIFICATE', keys.authority.certificate),
      operatorSocket: config.doors.operator.socket,
    }
  } catch (error) {
    await close()
    throw error
  }
}

type Connect = (role: Role) => Connection
interface Stands {
  readonly connect: Connect
  readonly keys: InstallationKeys
  readonly vault: Vault
}

/** The embedded cluster, migrated; or the databases that the configuration names, found to be migrated. */
async function openDatabase(
  config: Config,
  around: Surroundings,
  opened: (() => Promise<void>)[],
): Promise<{ connect: Connect; admin: Connection | null }> {
  if (Object.keys(config.databases).length === 0) {
    const postgres: RunningPostgres = await startPostgres({
      dir: config.directory,
      onDeath: around.onDeath,
    })
    opened.push(() => postgres.stop())
    const admin = postgres.connection('cloister_admin', 'cloister')
    await prepareDatabase(admin)
    return { connect: (role) => postgres.connection(role, 'cloister'), admin }
  }
  const connect: Connect = (role) => {
    const user = userOf[role]
    const url = config.databases[user]
    if (url === undefined)
      throw new Error(`DATABASE_URL_${user.toUpperCase()} is needed and not given`)
    return { url: url.reveal() }
  }
  if (config.databases.owner !== undefined) await prepareDatabase(connect('cloister_owner'))
  else await checkMigrated(connect('cloister_inside'))
  return { connect, admin: null }
}

const userOf: Record<Role, DatabaseUser> = {
  cloister_owner: 'owner',
  cloister_inside: 'inside',
  cloister_building: 'building',
  cloister_outside: 'outside',
  cloister_operator: 'operator',
  cloister_sequencer: 'sequencer',
  cloister_jobs: 'jobs',
}

async function openVaultOf(
  config: Config,
  { root: rootKey }: InstallationKeys,
  tenant: string,
  connect: Connect,
  { now, onFault }: Surroundings,
  opened: (() => Promise<void>)[],
): Promise<Vault> {
  const objects = await openDirectory(config.objects)
  const keys = await openDirectory(join(config.directory, 'keys', 'projects'))
  const vault = openVault({ root: rootKey, tenant, objects, keys, now })
  opened.push(() => {
    vault.close()
    return Promise.resolve()
  })
  const db = openDb(connect('cloister_operator'), { pool: 1 })
  await transact(db, (tx) => vault.reconcile(tx))
  for (const project of await transact(db, (tx) => vault.epochs.lost(tx)))
    onFault(new VaultFault('key-missing', `Nothing of ${project} opens without it.`), 'vault')
  await db.destroy()
  return vault
}

async function installationOf(
  config: Config,
  { now, onFault }: Surroundings,
  { connect, admin, keys, vault, policy }: Stands & { admin: Connection | null; policy: string },
): Promise<Installation> {
  const { doors, demonstration } = config
  const places: Partial<Record<NetworkDoorName, Place>> = {}
  for (const name of ['inside', 'building', 'outside'] as const) {
    const door = doors[name]
    if (door !== null) places[name] = await placeOf(door, keys, now())
  }
  const packages = join(config.directory, 'deliveries')
  await mkdir(packages, { recursive: true, mode: 0o700 })
  const seal: Installation['sealDetails'] = (tx, words, project) =>
    keepDetails(tx, (...at) => vault.sealDetailBytes(...at), words, project)
  const apart = openDb(connect('cloister_inside'), { pool: 2 })
  const imports = openDb(connect('cloister_operator'), { pool: 2 })
  return {
    ...{ demonstration, now, connect, sealDetails: seal },
    poolSize: config.workers.connections,
    policies: join(root, 'policies'),
    webApp: join(root, 'dist/web'),
    rules: keyRules({
      demonstration,
      hosts: { inside: doors.inside?.host ?? '', outside: doors.outside?.host ?? '' },
      allowedKeys: [],
    }),
    arrivalOf: arrivalAt(keys.authority.certificate),
    sources: [facilityFacts, logFacts(now), annotationFacts, deliveryFacts],
    resources: [workstationSource, taskSource, deliverySource, keysSource],
    routes(operate, streamOut, gate, upload) {
      facilityRoutes(operate, keys.authority)
      backupRoute(upload, config, admin)
      auditRoutes(operate, { policy, readers })
      vaultRoutes(operate, vault.epochs)
      annotationRoutes(operate, streamOut, {
        ...{ gate, seals: vault, sealDetails: seal },
        apart: (work) => transact(apart, work),
      })
      guidelineRoutes(operate, vault)
      importRoutes(operate, upload, {
        ...{ vault, scanner: scannerOf(config), addTasks, removeTasks },
        apart: (work) => transact(imports, work),
      })
      deliveryRoutes(operate, streamOut, { packages, keyDelayMs: demonstration ? 0 : keyDelayMs })
    },
    doors: { ...places, operator: doors.operator },
    onFault,
    async onClose() {
      await apart.destroy()
      await imports.destroy()
    },
  }
}

/** clamd may be silent for this long over one piece of a stream. */
const scannerPatience = 30_000

function scannerOf({ scanner }: Config): Scanner {
  if (scanner.kind === 'none') return withoutScanner
  const address =
    scanner.kind === 'socket' ? { path: scanner.path } : { host: scanner.host, port: scanner.port }
  return clamav({ address, patience: scannerPatience })
}

/** Every kind of row that the log vouches for. */
const readers = [...annotationReaders, deliveryReader, eventReader]

/** The one sequencer of this database, and the exchange with its witness. */
function startLog(
  connect: Connect,
  signer: ReturnType<typeof logSigner>,
  witness: { url: string; key: string } | null,
  { now, onFault }: Surroundings,
  opened: (() => Promise<void>)[],
): void {
  const fault = (error: unknown) => {
    onFault(error, 'log')
  }
  const sequencer = startSequencer({
    connect: () => openClient(connect('cloister_sequencer')),
    ...{ signer, now, onFault: fault },
  })
  sequencer.ended.catch(fault)
  opened.push(() => sequencer.close())
  if (witness === null) return
  const db = openDb(connect('cloister_sequencer'), { pool: 1 })
  const cosigning = startCosigning({ db, witness, now, onFault: fault })
  cosigning.ended.catch(fault)
  opened.push(async () => {
    await cosigning.close()
    await db.destroy()
  })
}

/** Work that goes on without anybody waiting for it. */
async function startWork(
  config: Config,
  { now, onFault }: Surroundings,
  { connect, keys, vault }: Stands,
  { gate }: Server,
  opened: (() => Promise<void>)[],
): Promise<void> {
  const packages = join(config.directory, 'deliveries')
  await sweepDrafts(packages)
  const db = openDb(connect('cloister_jobs'), { pool: 2 })
  await transact(db, resumeBuilds)
  const sealDetails: Installation['sealDetails'] = (tx, words, project) =>
    keepDetails(tx, (...at) => vault.sealDetailBytes(...at), words, project)
  const shop = {
    db,
    gate,
    vault,
    packages,
    signingKey: keys.deliveryKey,
    sealDetails,
    proofOf,
    now,
  }
  const keyShop = { db, gate, epochs: vault.epochs, sealDetails, now }
  // What a killed process left half done goes on now, and not in an hour.
  await transact(db, (tx) => enqueue(tx, 'vault.epochs', {}, { key: 'vault epochs' }))
  const jobs = await startJobs(
    connect('cloister_jobs'),
    {
      'delivery.build': async (payload, signal) => {
        if (typeof payload === 'object' && payload !== null && 'delivery' in payload)
          await buildDelivery(shop, String(payload.delivery), signal)
      },
      'vault.roll': async (payload, signal) => {
        if (typeof payload !== 'object' || payload === null) return
        if ('project' in payload && 'by' in payload)
          await rollKeys(keyShop, String(payload.project), String(payload.by), signal)
      },
      'vault.epochs': () => rollDueKeys(keyShop, config.epochDays),
    },
    {
      concurrency: config.workers.jobs,
      hourly: ['vault.epochs'],
      onFailure: (kind, error) => {
        onFault(error, kind)
      },
    },
  )
  opened.push(async () => {
    await jobs.stop()
    await db.destroy()
  })
}

/** The muster list and the alarms that silence gives. */
async function keepBuilding(
  config: Config,
  { now, onFault }: Surroundings,
  connect: Connect,
  opened: (() => Promise<void>)[],
): Promise<void> {
  const db = openDb(connect('cloister_inside'), { pool: 1 })
  const signals = await openSignals(connect('cloister_inside'))
  const keeper = await startKeeper({
    ...{ db, signals, now, directory: join(config.directory, 'muster'), data: config.directory },
    onFault: (error) => {
      onFault(error, 'building')
    },
  })
  opened.push(async () => {
    await keeper.close()
    await signals.close()
    await db.destroy()
  })
}

/** The policy that this installation's clients need: C2SP tlog-policy, and the key of deliveries. */
function policyText(logKey: string, deliveryKey: string, witness: { key: string } | null): string {
  const witnesses = witness === null ? ['quorum none'] : [`witness w1 ${witness.key}`, 'quorum w1']
  return [`log ${logKey}`, ...witnesses, `delivery ${deliveryKey}`, ''].join('\n')
}
