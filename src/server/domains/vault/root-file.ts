import { hkdfSync, randomBytes, scrypt } from 'node:crypto'
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { open as openSealed, seal, Unopenable } from '@cloister/chunked-encryption'
import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import { bind, fingerprint } from './binding.ts'
import { syncFolder, writeAll } from '../../kernel/durable.ts'
import { codeOf, VaultFault } from './fault.ts'
import type { RootKey } from './root.ts'
import { keyBytes, unwrapKey, wrapKey } from './wrap.ts'

/** Where the secret stands that opens the file: what a person types, or what the machine holds. */
export type RootSecret =
  | { readonly kind: 'passphrase'; readonly file: string }
  | { readonly kind: 'credential'; readonly file: string }

export interface RootFileOptions {
  readonly file: string
  readonly secret: RootSecret
  /** What this installation is; a key of the other sort is refused. */
  readonly demonstration: boolean
  /** Make the key when there is none. Say so only for an installation that has no keys yet. */
  readonly create: boolean
}

/**
 * RFC 7914 parameters: 2¹⁷ × 8 blocks take 128 MiB and about half a second. They stand in the file,
 * and only these are accepted: a file must not choose how much memory its reader spends.
 */
const scryptCost = { N: 131_072, r: 8, p: 1, maxmem: 256 * 1024 * 1024 }
const kdf = 'scrypt N=131072 r=8 p=1'
const format = 'cloister-root-key@1'
const leastPassphrase = 15
const mostSecretBytes = 64 * 1024

const hex = (bytes: number) => Type.String({ pattern: `^[0-9a-f]{${bytes * 2}}$` })
const RootFile = Type.Object(
  {
    format: Type.Literal(format),
    id: hex(16),
    demonstration: Type.Boolean(),
    secret: Type.Union([Type.Literal('passphrase'), Type.Literal('credential')]),
    kdf: Type.Union([Type.Literal(kdf), Type.Literal('hkdf-sha512')]),
    salt: hex(32),
    check: hex(16),
    sealed: Type.String({ pattern: '^[0-9a-f]{2,1024}$' }),
  },
  { additionalProperties: false },
)
type RootFile = Static<typeof RootFile>

/**
 * Opens the root key in a sealed file, or makes it there on first use: 32 random bytes, sealed under a
 * key that scrypt derives from a passphrase, or HKDF from a credential of at least 32 bytes (for
 * instance a systemd credential, which the TPM of the machine may hold). The file is written whole,
 * mode 0600 and durable, or not at all, and never replaces another.
 * @throws VaultFault 'root-key-missing', 'wrong-secret', or 'root-key-refused' with what is wrong: the
 * file was altered, others may read it, it belongs to the other sort of installation.
 */
export async function openRootFile(options: RootFileOptions): Promise<RootKey> {
  const secret = await readSecret(options.secret, options.create)
  try {
    const found = await readRootFile(options.file)
    if (found !== undefined) return await openWith(found, secret, options)
    if (!options.create) throw new VaultFault('root-key-missing', options.file)
    await createRootFile(options, secret)
    const made = await readRootFile(options.file)
    if (made === undefined) throw new VaultFault('root-key-missing', options.file)
    return await openWith(made, secret, options)
  } finally {
    secret.fill(0)
  }
}

async function readSecret(secret: RootSecret, creating: boolean): Promise<Buffer> {
  const { mode, size } = await stat(secret.file).catch((error: unknown) => {
    throw new VaultFault('wrong-secret', `${secret.file} cannot be read.`, { cause: error })
  })
  if ((mode & 0o007) !== 0)
    throw new VaultFault('wrong-secret', `${secret.file} is open to every user: chmod o= it.`)
  if (size > mostSecretBytes) throw new VaultFault('wrong-secret', `${secret.file} is too long.`)
  const bytes = await readFile(secret.file)
  if (secret.kind === 'credential') {
    if (bytes.length < keyBytes)
      throw new VaultFault('wrong-secret', `A credential has at least ${keyBytes} bytes.`)
    return bytes
  }
  const line = bytes.at(-1) === 10 ? bytes.subarray(0, bytes.at(-2) === 13 ? -2 : -1) : bytes
  if (creating && line.toString('utf8').length < leastPassphrase)
    throw new VaultFault('wrong-secret', `A passphrase has at least ${leastPassphrase} characters.`)
  return line
}

async function readRootFile(path: string): Promise<RootFile | undefined> {
  let text: string
  try {
    const { mode, size } = await stat(path)
    if ((mode & 0o077) !== 0)
      throw new VaultFault('root-key-refused', `${path} is open to other users: chmod 600 it.`)
    if (size > mostSecretBytes) throw new VaultFault('root-key-refused', `${path} is too long.`)
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    const found: unknown = JSON.parse(text)
    if (Value.Check(RootFile, found)) return found
  } catch {
    // Not JSON: said below in the same words.
  }
  throw new VaultFault('root-key-refused', `${path} is not a root key file of this version.`)
}

async function openWith(
  found: RootFile,
  secret: Uint8Array,
  options: RootFileOptions,
): Promise<RootKey> {
  if (found.secret !== options.secret.kind)
    throw new VaultFault('root-key-refused', `The file is sealed with a ${found.secret}.`)
  const { under, check } = await derive(secret, options.secret.kind, Buffer.from(found.salt, 'hex'))
  if (check !== found.check) throw new VaultFault('wrong-secret')
  let root: Uint8Array
  try {
    root = openSealed(under, headerOf(found), Buffer.from(found.sealed, 'hex'))
  } catch (error) {
    if (error instanceof Unopenable)
      throw new VaultFault('root-key-refused', `${options.file} was altered.`)
    throw error
  } finally {
    under.fill(0)
  }
  if (root.length !== keyBytes || fingerprint('cloister root key', root) !== found.id)
    throw new VaultFault('root-key-refused', `${options.file} was altered.`)
  if (found.demonstration !== options.demonstration)
    throw new VaultFault(
      'root-key-refused',
      found.demonstration
        ? 'It was made for a demonstration, and this is a real installation.'
        : 'It belongs to a real installation, and this is a demonstration.',
    )
  return holdRoot(found.id, found.demonstration, root)
}

async function createRootFile(options: RootFileOptions, secret: Uint8Array): Promise<void> {
  const root = randomBytes(keyBytes)
  const salt = randomBytes(32)
  const { kind } = options.secret
  const { under, check } = await derive(secret, kind, salt)
  const header = {
    format,
    id: fingerprint('cloister root key', root),
    demonstration: options.demonstration,
    secret: kind,
    kdf: kind === 'passphrase' ? kdf : 'hkdf-sha512',
    salt: salt.toString('hex'),
    check,
  } as const
  const sealed = Buffer.from(seal(under, headerOf(header), root)).toString('hex')
  root.fill(0)
  under.fill(0)
  await writeNew(options.file, Buffer.from(`${JSON.stringify({ ...header, sealed }, null, 2)}\n`))
}

/** What the file says in the clear; sealing binds it, so that no stamp can be changed. */
function headerOf(file: Omit<RootFile, 'sealed'>): Uint8Array {
  return bind(file.format, file.id, String(file.demonstration), file.secret, file.kdf, file.salt)
}

async function derive(secret: Uint8Array, kind: RootSecret['kind'], salt: Uint8Array) {
  const material =
    kind === 'passphrase'
      ? await stretch(secret, salt)
      : Buffer.from(hkdfSync('sha512', secret, salt, 'cloister root credential', 64))
  const under = Uint8Array.from(material.subarray(0, keyBytes))
  const check = fingerprint('cloister root secret', material.subarray(keyBytes))
  material.fill(0)
  return { under, check }
}

function stretch(secret: Uint8Array, salt: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, 64, scryptCost, (error, material) => {
      if (error === null) resolve(material)
      else reject(error)
    })
  })
}

/** Writes a file of mode 0600 under a name that nothing has yet; a second writer loses. */
async function writeNew(path: string, bytes: Uint8Array): Promise<void> {
  const folder = dirname(path)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const draft = `${path}.${randomBytes(8).toString('hex')}.new`
  const file = await open(draft, 'wx', 0o600)
  try {
    try {
      await writeAll(file, bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    // Unlike rename, link refuses a name that exists, so two first starts cannot make two roots.
    await link(draft, path).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error
    })
  } finally {
    await unlink(draft)
  }
  await syncFolder(folder)
}

function holdRoot(id: string, demonstration: boolean, root: Uint8Array): RootKey {
  let closed = false
  const use = <T>(work: () => T): Promise<T> =>
    new Promise((resolve) => {
      if (closed) throw new VaultFault('root-key-missing', 'It was closed.')
      resolve(work())
    })
  return {
    id,
    demonstration,
    wrap: (key, context) => use(() => wrapKey(root, key, context)),
    unwrap: (wrapped, context) => use(() => unwrapKey(root, wrapped, context)),
    close() {
      closed = true
      root.fill(0)
      return Promise.resolve()
    },
  }
}
