import { join } from 'node:path'
import { Secret } from './secret.ts'
import { Settings, type Environment, type ReadFile } from './settings.ts'

export { Secret } from './secret.ts'

/** A door on the network. Certificate and key are files in PEM; a demonstration makes its own. */
export interface NetworkDoor {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly certificate: string | null
  readonly key: string | null
  /**
   * What people's browsers show before the first `/`, whatever the listener's own address is. Security
   * keys are made for its host name. Null at the building door, and in a demonstration.
   */
  readonly origin: string | null
}

export type NetworkDoorName = 'inside' | 'building' | 'outside'
const networkDoors = { inside: 8443, building: 8444, outside: 8445 } as const

/** Whose database URL can be given: each door, who migrates, who writes the log, who runs jobs. */
export const databaseUsers = [
  'inside',
  'building',
  'outside',
  'operator',
  'owner',
  'sequencer',
  'jobs',
] as const
export type DatabaseUser = (typeof databaseUsers)[number]

/** What a process of an installation does. Together they are the installation. */
export const parts = ['inside', 'building', 'outside', 'operator', 'sequencer', 'jobs'] as const
export type Part = (typeof parts)[number]

/** Parts that open what was sealed: content, or the words beside the log. */
export const openingParts: readonly Part[] = ['inside', 'operator', 'jobs']
/** Parts that use a key of the installation itself: the authority's, the log's, that of deliveries. */
export const servingParts: readonly Part[] = [...openingParts, 'building', 'sequencer']

/** Where the root key is. Its secret stays in its own file and is read by the vault alone. */
export type RootKeyPlace =
  | {
      readonly kind: 'sealed-file'
      readonly path: string
      readonly secret: { readonly kind: 'passphrase' | 'credential'; readonly file: string }
    }
  | {
      readonly kind: 'pkcs11'
      readonly module: string
      readonly token: string
      readonly pinFile: string
    }

export type Scanner =
  | { readonly kind: 'none' }
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }

/** What one process was told. A door that is null is not served by it; no URL means the embedded database. */
export interface Config {
  readonly demonstration: boolean
  /** What this process does, never empty. */
  readonly parts: readonly Part[]
  /** Whether this process is the whole installation, or other processes do the other parts. */
  readonly alone: boolean
  /** The state directory. */
  readonly directory: string
  readonly doors: Readonly<Record<NetworkDoorName, NetworkDoor | null>> & {
    readonly operator: { readonly socket: string }
  }
  readonly databases: Readonly<Partial<Record<DatabaseUser, Secret>>>
  /** Null where this process opens nothing: the outside door, or a demonstration that makes its own. */
  readonly rootKey: RootKeyPlace | null
  /** Seals the installation's own keys where it is given; else the root key does that too. */
  readonly serviceKey: RootKeyPlace | null
  /** The folder of the installation's own sealed keys. */
  readonly keys: string
  /** A folder with one file `<AAGUID>.pem` for each model of security key; null in a demonstration, which takes any. */
  readonly keyModels: string | null
  readonly scanner: Scanner
  readonly witness: { readonly url: string; readonly key: string } | null
  /** Where sealed objects lie. */
  readonly objects: string
  /** The log's name for ever; null in a demonstration, which makes one. */
  readonly logOrigin: string | null
  /** A project's key has a new epoch after so many days. */
  readonly epochDays: number
  readonly workers: { readonly jobs: number; readonly connections: number }
  /** Requests without session and certificate that one network may have at once, and each second. */
  readonly strangers: { readonly burst: number; readonly perSecond: number }
}

export type ConfigAnswer = { readonly config: Config } | { readonly faults: readonly string[] }

/**
 * Reads the configuration from the file that CLOISTER_CONFIG names and from the environment, which
 * wins; docs/operations.md lists the keys. Answers one frozen object or all faults at once, each
 * naming its place. Nothing is guessed: unknown keys, unknown CLOISTER_ variables and mistyped
 * values are faults. Opens nothing but the files that hold secrets, through `readFile`.
 */
export function readConfig(env: Environment, readFile: ReadFile): ConfigAnswer {
  const settings = new Settings(env, readFile)
  const demonstration = settings.flag('demonstration') ?? false
  const directory = settings.path('directory') ?? ''
  const doors = readDoors(settings, demonstration, directory)
  const wanted = settings.list('parts', parts)
  const config: Config = {
    demonstration,
    parts: wanted ?? parts.filter((part) => !isNetworkDoor(part) || doors[part] !== null),
    alone: wanted === undefined,
    directory,
    doors,
    databases: readDatabases(settings, env, demonstration),
    rootKey: readRootKey(settings, env, 'root_key'),
    serviceKey: readRootKey(settings, env, 'service_key'),
    keys: settings.path('key_folder') ?? join(directory, 'keys'),
    keyModels: settings.path('security_keys') ?? null,
    scanner: readScanner(settings, demonstration),
    witness: readPair(settings, 'witness', {
      url: settings.text('witness.url', /^https?:\/\/[^\s@]+$/, 'an http or https address'),
      key: settings.text('witness.key', verifierKey, 'a verifier key: name+hash+key'),
    }),
    objects: settings.path('objects') ?? join(directory, 'objects'),
    logOrigin:
      settings.text('log.origin', /^[^\s+]{1,200}$/, 'a name without spaces and +') ?? null,
    epochDays: settings.whole('keys.epoch_days', 1, 3650) ?? 30,
    workers: {
      jobs: settings.whole('workers.jobs', 1, 32) ?? 2,
      connections: settings.whole('workers.connections', 1, 64) ?? 8,
    },
    strangers: {
      burst: settings.whole('strangers.burst', 1, 1_000_000) ?? 120,
      perSecond: settings.whole('strangers.per_second', 1, 100_000) ?? 2,
    },
  }
  if (!settings.given('directory'))
    settings.faults.push('directory must be said: where does Cloister keep its state?')
  if (demonstration) demandDemonstration(settings, config)
  else demandRealSettings(settings, config)
  settings.finish()
  return settings.faults.length > 0
    ? { faults: Object.freeze(settings.faults) }
    : { config: freeze(config) }
}

/** C2SP signed-note: name, four bytes of hash in hex, key in base64. */
const verifierKey = /^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+$/

function readDoors(settings: Settings, demonstration: boolean, directory: string): Config['doors'] {
  const read = (name: NetworkDoorName): NetworkDoor | null => {
    const host = settings.text(`doors.${name}.host`, /^[\w.:-]+$/, 'a host name or an address')
    const port = settings.whole(`doors.${name}.port`, 0, 65_535)
    const certificate = settings.path(`doors.${name}.certificate`) ?? null
    const key = settings.path(`doors.${name}.key`) ?? null
    const origin = name === 'building' ? null : readOrigin(settings, name)
    const rest = { certificate, key, origin }
    if (demonstration) {
      if (host !== undefined && !['127.0.0.1', '::1', 'localhost'].includes(host))
        settings.faults.push(`doors.${name}.host: a demonstration listens on loopback only`)
      return { host: host ?? '127.0.0.1', port: port ?? networkDoors[name], ...rest }
    }
    if ([host, port, ...Object.values(rest)].every((value) => value == null)) return null
    const nameless = origin === null && name !== 'building'
    if (host !== undefined && port !== undefined && certificate !== null && key !== null)
      if (!nameless) return { host, port, ...rest }
    const last = name === 'building' ? 'certificate and key' : 'certificate, key and origin'
    settings.faults.push(`doors.${name} needs all of host, port, ${last}`)
    return null
  }
  const socket = settings.path('doors.operator.socket') ?? join(directory, 'operator.sock')
  if (Buffer.byteLength(socket) > 107)
    settings.faults.push(
      `doors.operator.socket: ${socket} is longer than the 107 bytes of a socket`,
    )
  return {
    inside: read('inside'),
    building: read('building'),
    outside: read('outside'),
    operator: { socket },
  }
}

/**
 * `https://name[:port]`; at the inside door also `http://name.localhost:port`, where the workstation
 * program serves the browser of its own machine. Browsers make no security keys for an address.
 */
function readOrigin(settings: Settings, name: NetworkDoorName): string | null {
  const label = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?'
  const local = name === 'inside' ? `|http://${label}\\.localhost:[0-9]{1,5}` : ''
  const pattern = new RegExp(
    `^(?:https://${label}(?:\\.${label})*\\.[a-z](?:[a-z0-9-]*[a-z0-9])?(?::[0-9]{1,5})?${local})$`,
  )
  const wanted = `https:// and a host name${name === 'inside' ? ', or http://NAME.localhost:PORT' : ''}, as browsers show it`
  const origin = settings.text(`doors.${name}.origin`, pattern, wanted)
  if (origin === undefined) return null
  if (URL.canParse(origin) && new URL(origin).origin === origin) return origin
  settings.faults.push(`doors.${name}.origin must be ${wanted}`)
  return null
}

function isNetworkDoor(part: Part): part is NetworkDoorName {
  return part in networkDoors
}

function readDatabases(
  settings: Settings,
  env: Environment,
  demonstration: boolean,
): Config['databases'] {
  const databases: Partial<Record<DatabaseUser, Secret>> = {}
  for (const name of databaseUsers) {
    const variable = `DATABASE_URL_${name.toUpperCase()}`
    const key = `databases.${name}.url_file`
    const fromFile = settings.secretFile(key)
    const fromVariable = env[variable]
    if (fromFile !== undefined && fromVariable !== undefined)
      settings.faults.push(`${variable} and ${key} are both given; keep one`)
    const url = fromVariable === undefined ? fromFile : new Secret(fromVariable)
    if (url === undefined) continue
    if (demonstration)
      settings.faults.push(`${variable}: a demonstration brings its own database and uses no other`)
    if (!/^postgres(ql)?:\/\/[^\s]+$/.test(url.reveal()))
      settings.faults.push(`${fromVariable === undefined ? key : variable} must be postgres://…`)
    databases[name] = url
  }
  const known = databaseUsers.map((name) => `DATABASE_URL_${name.toUpperCase()}`)
  for (const name of Object.keys(env))
    if (name.startsWith('DATABASE_URL') && !known.includes(name))
      settings.faults.push(`unknown variable ${name}; known are ${known.join(', ')}`)
  return databases
}

function readRootKey(
  settings: Settings,
  env: Environment,
  name: 'root_key' | 'service_key',
): RootKeyPlace | null {
  const path = settings.path(`${name}.file`)
  const passphraseFile = settings.path(`${name}.passphrase_file`)
  const credential = settings.text(`${name}.credential`, /^[\w.-]+$/, 'the name of a credential')
  const module = settings.path(`${name}.pkcs11.module`)
  const token = settings.text(`${name}.pkcs11.token`, /^.{1,32}$/, "a token's label")
  const pinFile = settings.path(`${name}.pkcs11.pin_file`)
  const sealed = [path, passphraseFile, credential].some((given) => given !== undefined)
  const inToken = [module, token, pinFile].some((given) => given !== undefined)
  if (!sealed && !inToken) return null
  if (sealed && inToken) settings.faults.push(`${name} is a file or a PKCS#11 token, not both`)
  else if (inToken) {
    if (module !== undefined && token !== undefined && pinFile !== undefined)
      return { kind: 'pkcs11', module, token, pinFile }
    settings.faults.push(`${name}.pkcs11 needs all of module, token and pin_file`)
  } else if (path === undefined || (passphraseFile === undefined) === (credential === undefined))
    settings.faults.push(`${name} needs file, and either passphrase_file or credential`)
  else {
    if (passphraseFile !== undefined)
      return { kind: 'sealed-file', path, secret: { kind: 'passphrase', file: passphraseFile } }
    const file = credentialPath(settings, env, name, credential ?? '')
    if (file !== undefined)
      return { kind: 'sealed-file', path, secret: { kind: 'credential', file } }
  }
  return null
}

/** systemd puts a unit's credentials into a folder of its own and names it (systemd.exec, LoadCredential). */
function credentialPath(
  settings: Settings,
  env: Environment,
  key: string,
  name: string,
): string | undefined {
  const folder = env['CREDENTIALS_DIRECTORY']
  if (folder !== undefined) return join(folder, name)
  settings.faults.push(`${key}.credential: systemd has passed no credentials to this process`)
  return undefined
}

function readScanner(settings: Settings, demonstration: boolean): Scanner {
  const wanted = "'none', the path of clamd's socket, or host:port"
  const text = settings.text(
    'clamav',
    /^(none|\/.+|[\w.-]+:[0-9]{1,5}|\[[0-9a-fA-F:]+\]:[0-9]{1,5})$/,
    wanted,
  )
  if (!demonstration && !settings.given('clamav'))
    settings.faults.push(`clamav must be said: ${wanted}`)
  if (text === undefined || text === 'none') return { kind: 'none' }
  if (text.startsWith('/')) return { kind: 'socket', path: text }
  const colon = text.lastIndexOf(':')
  const port = Number(text.slice(colon + 1))
  if (port < 1 || port > 65_535) settings.faults.push(`clamav: there is no port ${port}`)
  return { kind: 'tcp', host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port }
}

/** Two values that make sense only together. */
function readPair<A extends string, B extends string>(
  settings: Settings,
  name: string,
  pair: Readonly<Record<A | B, string | undefined>>,
): Readonly<Record<A | B, string>> | null {
  const given = Object.entries<string | undefined>(pair).filter(([, value]) => value !== undefined)
  if (given.length === 0) return null
  if (isWhole(pair)) return pair
  settings.faults.push(`${name} needs all of ${Object.keys(pair).join(' and ')}`)
  return null
}

function isWhole<K extends string>(
  table: Readonly<Record<K, string | undefined>>,
): table is Readonly<Record<K, string>> {
  return Object.values(table).every((value) => value !== undefined)
}

function demandDemonstration(settings: Settings, { alone }: Config): void {
  if (!alone) settings.faults.push('parts: a demonstration is one process')
}

function demandRealSettings(settings: Settings, config: Config): void {
  const { doors, rootKey, serviceKey, logOrigin, keyModels, alone } = config
  const missing = (what: string) => settings.faults.push(`${what} must be said`)
  const does = (...some: readonly Part[]) => some.some((part) => config.parts.includes(part))
  if (alone && !does('inside', 'building', 'outside'))
    missing('at least one of doors.inside, doors.building and doors.outside')
  for (const part of config.parts)
    if (isNetworkDoor(part) && doors[part] === null && !alone)
      missing(`doors.${part} (parts names it)`)
  if (does(...openingParts) && rootKey === null) missing('root_key (this process opens data)')
  else if (does(...servingParts) && rootKey === null && serviceKey === null)
    missing('service_key or root_key (this process uses keys of the installation)')
  if (does('inside', 'outside') && keyModels === null)
    missing('security_keys (which models of security key the site issues)')
  if (does('operator', 'sequencer') && logOrigin === null) missing('log.origin')
  demandDatabases(settings, config)
}

/** Parts of one installation meet in one database, each in a role of its own. */
function demandDatabases(settings: Settings, { databases, parts: own, alone }: Config): void {
  const given = Object.keys(databases)
  if (given.length === 0 && alone) return
  for (const part of own)
    if (databases[part] === undefined)
      settings.faults.push(`DATABASE_URL_${part.toUpperCase()} must be said (parts has ${part})`)
}

function freeze<T extends object>(value: T): T {
  const members: unknown[] = Object.values(value)
  for (const member of members) if (typeof member === 'object' && member !== null) freeze(member)
  return Object.freeze(value)
}
