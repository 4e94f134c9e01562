import { X509Certificate } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Door } from '#shared/actions.ts'
import {
  addTasks,
  annotationFacts,
  annotationReaders,
  annotationRoutes,
  removeTasks,
  taskSource,
} from './domains/annotation/index.ts'
import { transactUnder } from './domains/access/index.ts'
import { keepDetails, logFacts } from './domains/audit/index.ts'
import { backupRoute } from './backup.ts'
import { auditRoutes } from './domains/audit/routes.ts'
import {
  deliveryFacts,
  deliveryReader,
  deliveryRoutes,
  deliverySource,
} from './domains/delivery/index.ts'
import {
  arrivalAt,
  eventReader,
  facilityFacts,
  facilityRoutes,
  stampedSite,
  workstationSource,
} from './domains/facility/index.ts'
import { identityReaders } from './domains/identity/index.ts'
import { guidelineRoutes, importRoutes, projectsReaders } from './domains/projects/index.ts'
import {
  clamav,
  closedVault,
  keysSource,
  type Scanner,
  sealOutward,
  type Vault,
  vaultRoutes,
  withoutScanner,
} from './domains/vault/index.ts'
import { workforceReaders } from './domains/workforce/index.ts'
import type { OpenedDatabase } from './databases.ts'
import type { Config, NetworkDoorName } from './kernel/config.ts'
import { openDb } from './kernel/db.ts'
import { type InstallationKeys, placeOf } from './keys.ts'
import type { Installation, Place } from './open.ts'
import { keyRulesOf } from './parties.ts'

/** The policies of this build. */
export const policiesFolder = fileURLToPath(new URL('../../policies', import.meta.url))

const root = fileURLToPath(new URL('../../', import.meta.url))
/** An installation of real people waits a day between the second confirmation of a client's key and its effect. */
const keyDelayMs = 24 * 3_600_000
/** clamd may be silent for this long over one piece of a stream. */
const scannerPatience = 30_000

/** What the doors of a process stand on; `vault` is null where it holds no key that opens anything. */
export interface Stands {
  readonly database: OpenedDatabase
  readonly keys: InstallationKeys
  readonly vault: Vault | null
  /** What clients and auditors put into their policy. */
  readonly policy: string
}

/** The installation as its doors need it, for the doors that this process opens. */
export async function installationOf(
  config: Config,
  { now, onFault }: Pick<Installation, 'now' | 'onFault'>,
  stands: Stands,
): Promise<Installation> {
  const { keys, vault, policy, database } = stands
  const { connect } = database
  const packages = join(config.directory, 'deliveries')
  if (config.alone) await mkdir(packages, { recursive: true, mode: 0o700 })
  const sealDetails = detailsSealedBy(keys, vault)
  const inside = config.parts.includes('inside')
  const operator = config.parts.includes('operator')
  const apart = inside ? openDb(connect('cloister_inside'), { pool: 2 }) : null
  const imports = operator ? openDb(connect('cloister_operator'), { pool: 2 }) : null
  return {
    ...{ demonstration: config.demonstration, now, connect, sealDetails },
    poolSize: config.workers.connections,
    strangers: config.strangers,
    policies: policiesFolder,
    webApp: join(root, 'dist/web'),
    rules: await keyRulesOf(config),
    arrivalOf: arrivalAt(new X509Certificate(keys.published.authority).raw),
    sources: [facilityFacts, logFacts(now), annotationFacts, deliveryFacts],
    resources: [workstationSource, taskSource, deliverySource, keysSource],
    routes(operate, streamOut, gate, upload) {
      if (keys.authority !== null) facilityRoutes(operate, keys.authority)
      auditRoutes(operate, { policy, readers: readersOf(vault ?? closedVault()) })
      annotationRoutes(operate, streamOut, {
        ...{ gate, seals: vault ?? closedVault(), sealDetails: sealDetails('inside') },
        apart: (pass, work) =>
          apart === null
            ? Promise.reject(new Error('only the inside door has work apart'))
            : transactUnder(apart, pass, work),
      })
      deliveryRoutes(operate, streamOut, {
        packages,
        keyDelayMs: config.demonstration ? 0 : keyDelayMs,
      })
      if (vault !== null) {
        guidelineRoutes(operate, vault)
        vaultRoutes(operate, vault.epochs)
      }
      if (vault === null || imports === null) return
      backupRoute(upload, config, database.admin)
      importRoutes(operate, upload, {
        ...{ vault, scanner: scannerOf(config), addTasks, removeTasks },
        apart: (pass, work) => transactUnder(imports, pass, work),
      })
    },
    doors: {
      ...(await placesOf(config, keys, now())),
      ...(operator && { operator: config.doors.operator }),
    },
    onFault,
    async onClose() {
      await apart?.destroy()
      await imports?.destroy()
    },
  }
}

/**
 * Words beside the log are sealed by the vault where content is; the other doors seal them for a key
 * that they do not hold.
 */
export function detailsSealedBy(
  { published }: InstallationKeys,
  vault: Vault | null,
): Installation['sealDetails'] {
  const outward = sealOutward(published.details)
  return (door: Door) => {
    const opens = vault !== null && (door === 'inside' || door === 'operator')
    const seal = opens ? vault.sealDetailBytes.bind(vault) : outward
    return (tx, words, project) => keepDetails(tx, seal, words, project)
  }
}

async function placesOf(
  config: Config,
  keys: InstallationKeys,
  now: Date,
): Promise<Partial<Record<NetworkDoorName, Place>>> {
  const places: Partial<Record<NetworkDoorName, Place>> = {}
  for (const name of ['inside', 'building', 'outside'] as const) {
    const door = config.parts.includes(name) ? config.doors[name] : null
    if (door !== null) places[name] = await placeOf(door, keys, now)
  }
  return places
}

function scannerOf({ scanner }: Config): Scanner {
  if (scanner.kind === 'none') return withoutScanner
  const address =
    scanner.kind === 'socket' ? { path: scanner.path } : { host: scanner.host, port: scanner.port }
  return clamav({ address, patience: scannerPatience })
}

/** Every kind of row that the log vouches for. */
const readersOf = (vault: Pick<Vault, 'fingerprints'>) => [
  ...[...identityReaders, ...workforceReaders, ...projectsReaders, stampedSite],
  ...[...annotationReaders(vault), deliveryReader, eventReader],
]
