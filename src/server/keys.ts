import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateSigningKey } from '@cloister/transparency-log'
import {
  type Authority,
  createAuthority,
  issueForServer,
  newServerKey,
  toPem,
} from './authority/index.ts'
import { keepSecret, openRootFile, openRootToken, type RootKey } from './domains/vault/index.ts'
import type { Config, NetworkDoor } from './kernel/config.ts'
import { StartFault } from './kernel/fault.ts'
import { randomBytes } from './kernel/random.ts'
import type { Place } from './open.ts'
import type { Stamp } from './stamp.ts'

const day = 86_400_000

/** The keys that an installation makes for itself, each sealed under the root key. */
export interface InstallationKeys {
  readonly root: RootKey
  readonly authority: Authority
  /** Signing keys in the form of the transparency log: for checkpoints, and for manifests of deliveries. */
  readonly logKey: string
  readonly deliveryKey: string
}

/** Opens every key of the installation, or makes them in a new one. */
export async function openKeys(config: Config, stamp: Stamp, now: Date): Promise<InstallationKeys> {
  await mkdir(join(config.directory, 'keys'), { recursive: true, mode: 0o700 })
  const root = await openRoot(config)
  const keep = (name: string, make: () => Promise<Uint8Array>) =>
    keepSecret(
      root,
      join(config.directory, 'keys', `${name}.sealed`),
      `${stamp.tenant} ${name}`,
      make,
    )
  const origin = originOf(config, stamp)
  const signing = async (name: string, called: string) => {
    const line = await keep(name, () =>
      Promise.resolve(Buffer.from(generateSigningKey(called, 'log'))),
    )
    return Buffer.from(line).toString('utf8')
  }
  return {
    root,
    authority: await keep('authority', () => makeAuthority(stamp, now)).then(unpackAuthority),
    logKey: await signing('log', origin),
    deliveryKey: await signing('delivery', `${origin}/delivery`),
  }
}

/** A door's place with its certificate: the operator's own files, or in a demonstration one of our authority. */
export async function placeOf(
  door: NetworkDoor,
  { authority }: InstallationKeys,
  now: Date,
): Promise<Place> {
  const clientAuthority = toPem('CERTIFICATE', authority.certificate)
  const { host, port } = door
  if (door.certificate !== null && door.key !== null) {
    const [cert, key] = [await readFile(door.certificate, 'utf8'), await readFile(door.key, 'utf8')]
    return { host, port, tls: { cert, key, clientAuthority } }
  }
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

async function openRoot(config: Config): Promise<RootKey> {
  const { rootKey, demonstration, directory } = config
  const how = { demonstration, create: true }
  if (rootKey?.kind === 'pkcs11') {
    const { module, token, pinFile } = rootKey
    return openRootToken({ module, token, pinFile, ...how })
  }
  if (rootKey !== null) return openRootFile({ file: rootKey.path, secret: rootKey.secret, ...how })
  if (!demonstration) throw new StartFault('root_key must be said in the configuration.')
  const credential = join(directory, 'keys', 'root.credential')
  await writeFile(credential, randomBytes(64), { mode: 0o600, flag: 'wx' }).catch(ignoreExisting)
  const secret = { kind: 'credential', file: credential } as const
  return openRootFile({ file: join(directory, 'keys', 'root.key'), secret, ...how })
}

function ignoreExisting(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
}

/** The log's name for ever: the configured origin, or one made of the installation's own name. */
export function originOf(config: Config, stamp: Stamp): string {
  return config.log?.origin ?? `cloister.invalid/${stamp.tenant}`
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
