import { join } from 'node:path'
import { logSigner } from '@cloister/transparency-log'
import { hashOfPolicies, transactOverAll } from './domains/access/index.ts'
import { openDirectory, openVault, type Vault, VaultFault } from './domains/vault/index.ts'
import { type Backstage, type End, keepBuilding, startLog, startWork } from './background.ts'
import { openDatabase, type OpenedDatabase } from './databases.ts'
import { detailsSealedBy, installationOf, policiesFolder } from './installation.ts'
import { type Config, openingParts } from './kernel/config.ts'
import { openDb, transact } from './kernel/db.ts'
import { type InstallationKeys, makesKeys, openKeys } from './keys.ts'
import { openServer, type Server } from './open.ts'
import { recordPolicySet } from './policy-sets.ts'
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

/** A running installation, or the parts of it that this process was told to be. */
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

/** Opens what a configuration describes, in the order in which it stands on each other. */
export async function startInstallation(config: Config, around: Surroundings): Promise<Started> {
  const opened: End[] = []
  try {
    const making = { demonstration: config.demonstration, make: makesKeys(config) }
    const stamp = await stampDirectory(config.directory, making)
    const database = await openDatabase(config, around.onDeath)
    opened.push(() => database.close())
    const keys = await openKeys(config, stamp, around.now())
    opened.push(() => keys.close())
    const vault = await openVaultOf(config, keys, stamp.tenant, database, around, opened)
    const { published } = keys
    const witness = config.witness ?? (await around.witness?.(published.log)) ?? null
    const policy = policyText(published.log, published.delivery, witness)
    const stands = { database, keys, vault, policy }
    const sha256 = hashOfPolicies(policiesFolder)
    await recordPolicySet({ parts: config.parts, sha256 }, database.connect, around.now)
    const server = await openServer(await installationOf(config, around, stands))
    opened.push(() => server.close())
    await openBackstage(config, around, { ...stands, server, witness }, opened)
    return {
      ...{ server, tenant: stamp.tenant, policy, authority: published.authority },
      close: () => closeAll(opened),
      operatorSocket: config.doors.operator.socket,
    }
  } catch (error) {
    await closeAll(opened).catch(() => undefined)
    throw error
  }
}

/** Ends the newest first. What cannot be ended keeps nothing else open, and is told at the end. */
async function closeAll(opened: End[]): Promise<void> {
  const faults: unknown[] = []
  for (let end = opened.pop(); end !== undefined; end = opened.pop())
    await end().catch((error: unknown) => faults.push(error))
  if (faults.length > 0) throw faults[0]
}

/** What was written longer ago than this belongs to no transaction that is still under way. */
const longestArrivalMs = 24 * 3_600_000

async function openVaultOf(
  config: Config,
  { root }: InstallationKeys,
  tenant: string,
  { connect }: OpenedDatabase,
  { now, onFault }: Surroundings,
  opened: End[],
): Promise<Vault | null> {
  if (root === null || !config.parts.some((part) => openingParts.includes(part))) return null
  const shared = { shared: !config.alone }
  const objects = await openDirectory(config.objects, shared)
  const keys = await openDirectory(join(config.directory, 'keys', 'projects'), shared)
  const vault = openVault({ root, tenant, objects, keys, now })
  opened.push(() => {
    vault.close()
    return Promise.resolve()
  })
  if (config.parts.includes('operator')) {
    const before = config.alone ? undefined : new Date(now().getTime() - longestArrivalMs)
    const db = openDb(connect('cloister_operator'), { pool: 1 })
    await transact(db, (tx) => vault.reconcile(tx, before))
    for (const project of await transactOverAll(db, (tx) => vault.epochs.lost(tx)))
      onFault(new VaultFault('key-missing', `Nothing of ${project} opens without it.`), 'vault')
    await db.destroy()
  }
  return vault
}

/** The work of this process's parts that goes on without anybody waiting for it. */
async function openBackstage(
  config: Config,
  { now, onFault }: Surroundings,
  stands: {
    readonly database: OpenedDatabase
    readonly keys: InstallationKeys
    readonly vault: Vault | null
    readonly server: Server
    readonly witness: { readonly url: string; readonly key: string } | null
  },
  opened: End[],
): Promise<void> {
  const { keys, vault, server, witness, database } = stands
  const stage: Backstage = { connect: database.connect, now, onFault }
  const does = (part: Config['parts'][number]) => config.parts.includes(part)
  if (does('sequencer') && keys.logKey !== null)
    opened.push(startLog(stage, logSigner(keys.logKey), witness))
  if (does('jobs') && vault !== null && keys.deliveryKey !== null) {
    const sealDetails = detailsSealedBy(keys, vault)('operator')
    const shop = { vault, signingKey: keys.deliveryKey, sealDetails }
    opened.push(await startWork(config, stage, shop, server))
  }
  if (does('inside')) opened.push(await keepBuilding(config, stage))
}

/** The policy that this installation's clients need: C2SP tlog-policy, and the key of deliveries. */
function policyText(logKey: string, deliveryKey: string, witness: { key: string } | null): string {
  const witnesses = witness === null ? ['quorum none'] : [`witness w1 ${witness.key}`, 'quorum w1']
  return [`log ${logKey}`, ...witnesses, `delivery ${deliveryKey}`, ''].join('\n')
}
