import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateSigningKey, logSigner } from '@cloister/transparency-log'
import {
  type Authority,
  createAuthority,
  issueForServer,
  newServerKey,
  toPem,
} from './authority/index.ts'
import {
  keepSecret,
  newOutwardIdentity,
  openRootFile,
  openRootToken,
  outwardRecipient,
  type RootKey,
} from './domains/vault/index.ts'
import {
  type Config,
  type NetworkDoor,
  openingParts,
  type Part,
  type RootKeyPlace,
  servingParts,
} from './kernel/config.ts'
import { StartFault } from './kernel/fault.ts'
import { randomBytes } from './kernel/random.ts'
import type { Place } from './open.ts'
import { publish, type Published, readPublished } from './published.ts'
import type { Stamp } from './stamp.ts'

const day = 86_400_000

/** The keys that this process holds; null for one that its parts have no use for. */
export interface InstallationKeys {
  /** Opens what was sealed. */
  readonly root: RootKey | null
  readonly authority: Authority | null
  /** Signing keys in the form of the transparency log: for checkpoints, and for manifests of deliveries. */
  readonly logKey: string | null
  readonly deliveryKey: string | null
  readonly published: Published
  close(): Promise<void>
}

/**
 * Opens the keys that the parts of this process need. The operator's part, and a process that is the
 * whole installation, open all of them, make those that are not there yet, and publish what
 * everybody may know; other processes are refused until that was done.
 */
export async function openKeys(config: Config, stamp: Stamp, now: Date): Promise<InstallationKeys> {
  const makes = makesKeys(config)
  const does = (...some: readonly Part[]) =>
    makes || some.some((part) => config.parts.includes(part))
  const root = does(...openingParts) ? await openRoot(config, config.rootKey, makes) : null
  const ofItsOwn = does(...servingParts) && (root === null || config.serviceKey !== null)
  const service = ofItsOwn
    ? await openRoot(config, config.serviceKey ?? config.rootKey, makes)
    : root
  const close = async () => {
    for (const key of new Set([root, service])) await key?.close()
  }
  try {
    if (service === null) {
      const published = await readPublished(config.directory)
      return { root, authority: null, logKey: null, deliveryKey: null, published, close }
    }
    const keep = keeper(config, stamp, service)
    const keys = {
      authority: does('inside', 'building') ? await keepAuthority(keep, stamp, now) : null,
      logKey: does('sequencer') ? await keepSigning(keep, 'log', originOf(config, stamp)) : null,
      deliveryKey: does('jobs')
        ? await keepSigning(keep, 'delivery', `${originOf(config, stamp)}/delivery`)
        : null,
    }
    const published = makes
      ? await publishAll(config, keep, keys)
      : await readPublished(config.directory)
    return { root, ...keys, published, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Whether this process brings an installation into being. */
export function makesKeys({ alone, parts }: Config): boolean {
  return alone || parts.includes('operator')
}

type Keep = (name: string, make: () => Promise<Uint8Array>) => Promise<Uint8Array>

function keeper(config: Config, stamp: Stamp, service: RootKey): Keep {
  const makes = makesKeys(config)
  return (name, make) => {
    const file = join(config.keys, `${name}.sealed`)
    const missing = () =>
      Promise.reject(
        new StartFault(`${file} is not there: start the operator part first, it makes the keys.`),
      )
    return keepSecret(service, file, `${stamp.tenant} ${name}`, makes ? make : missing)
  }
}

const keepAuthority = async (keep: Keep, stamp: Stamp, now: Date) =>
  unpackAuthority(await keep('authority', () => makeAuthority(stamp, now)))

async function keepSigning(keep: Keep, name: string, called: string): Promise<string> {
  const make = () => Promise.resolve(Buffer.from(generateSigningKey(called, 'log')))
  return Buffer.from(await keep(name, make)).toString('utf8')
}

async function publishAll(
  config: Config,
  keep: Keep,
  {
    authority,
    logKey,
    deliveryKey,
  }: Pick<InstallationKeys, 'authority' | 'logKey' | 'deliveryKey'>,
): Promise<Published> {
  if (authority === null || logKey === null || deliveryKey === null)
    throw new Error('whoever publishes holds every key')
  const published: Published = {
    cloister: 1,
    authority: toPem('CERTIFICATE', authority.certificate),
    details: await outwardRecipient(await keep('details', newOutwardIdentity)),
    log: logSigner(logKey).verifierKey,
    delivery: logSigner(deliveryKey).verifierKey,
  }
  await publish(config.directory, published)
  return published
}

/** A door's place with its certificate: the operator's own files, or in a demonstration one of our authority. */
export async function placeOf(
  door: NetworkDoor,
  { authority, published }: Pick<InstallationKeys, 'authority' | 'published'>,
  now: Date,
): Promise<Place> {
  const clientAuthority = published.authority
  const { host, port } = door
  if (door.certificate !== null && door.key !== null) {
    const [cert, key] = [await readFile(door.certificate, 'utf8'), await readFile(door.key, 'utf8')]
    return { host, port, tls: { cert, key, clientAuthority } }
  }
  if (authority === null) throw new StartFault('A door needs its certificate and key.')
  // A fresh key at each start needs no file: clients hold on to the authority.
  const { privateKey, request } = await newServerKey('localhost')
  const names = ['localhost', '127.0.0.1']
  const validity = {
    from: new Date(now.getTime() - day),
    until: new Date(now.getTime() + 90 * day),
  }
  const { certificate } = await issueForServer(authority, { names, request }, validity)
  return {
    ...{ host, port },
    tls: {
      ...{ cert: toPem('CERTIFICATE', certificate), key: toPem('PRIVATE KEY', privateKey) },
      clientAuthority,
    },
  }
}

async function openRoot(
  { demonstration, keys }: Config,
  place: RootKeyPlace | null,
  create: boolean,
): Promise<RootKey> {
  const how = { demonstration, create }
  if (place?.kind === 'pkcs11') {
    const { module, token, pinFile } = place
    return openRootToken({ module, token, pinFile, ...how })
  }
  if (place !== null) return openRootFile({ file: place.path, secret: place.secret, ...how })
  if (!demonstration) throw new StartFault('root_key must be said in the configuration.')
  const credential = join(keys, 'root.credential')
  await mkdir(keys, { recursive: true, mode: 0o700 })
  await writeFile(credential, randomBytes(64), { mode: 0o600, flag: 'wx' }).catch(ignoreExisting)
  const secret = { kind: 'credential', file: credential } as const
  return openRootFile({ file: join(keys, 'root.key'), secret, ...how })
}

function ignoreExisting(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
}

/** The log's name for ever: the configured origin, or one made of the installation's own name. */
export function originOf(config: Config, stamp: Stamp): string {
  return config.logOrigin ?? `cloister.invalid/${stamp.tenant}`
}

async function makeAuthority(stamp: Stamp, now: Date): Promise<Uint8Array> {
  const name = `c${stamp.tenant}`
  const from = new Date(now.getTime() - day)
  const made = await createAuthority(name, { from, until: new Date(now.getTime() + 3650 * day) })
  const length = Buffer.alloc(4)
  length.writeUInt32BE(made.certificate.length)
  return new Uint8Array(Buffer.concat([length, made.certificate, made.privateKey]))
}

function unpackAuthority(bytes: Uint8Array): Authority {
  const length = Buffer.from(bytes).readUInt32BE(0)
  return {
    certificate: Uint8Array.from(bytes.subarray(4, 4 + length)),
    privateKey: Uint8Array.from(bytes.subarray(4 + length)),
  }
}
