import { randomBytes } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { VaultFault } from './fault.ts'
import type { RootKey } from './root.ts'
import { keyBytes, packWrapped, unpackWrapped } from './wrap.ts'

export interface RootTokenOptions {
  /** Path of the PKCS#11 module that the maker of the token supplies. */
  readonly module: string
  /** Label of the token; slot numbers change, labels stay. */
  readonly token: string
  /** A file with the user PIN in its first line. */
  readonly pinFile: string
  readonly demonstration: boolean
  /** Make the key in the token when there is none. */
  readonly create: boolean
}

type Handle = Buffer
interface Attribute {
  type: number
  value?: Buffer | string | number | boolean
}
interface Mechanism {
  mechanism: number
  parameter?: { type: number; iv: Buffer; aad: Buffer; ivBits: number; tagBits: number }
}

/** What is used of pkcs11js, which is installed on request and so has no types at build time. */
interface Pkcs11 {
  load(path: string): void
  close(): void
  C_Initialize(options: { flags: number }): void
  C_Finalize(): void
  C_GetSlotList(tokenPresent: boolean): Handle[]
  C_GetTokenInfo(slot: Handle): { label: string }
  C_OpenSession(slot: Handle, flags: number): Handle
  C_CloseSession(session: Handle): void
  C_Login(session: Handle, user: number, pin: string): void
  C_FindObjectsInit(session: Handle, template: Attribute[]): void
  C_FindObjects(session: Handle, most: number): Handle[]
  C_FindObjectsFinal(session: Handle): void
  C_GetAttributeValue(session: Handle, object: Handle, wanted: Attribute[]): { value: Buffer }[]
  C_GenerateKey(session: Handle, mechanism: Mechanism, template: Attribute[]): Handle
  C_EncryptInit(session: Handle, mechanism: Mechanism, key: Handle): void
  C_Encrypt(session: Handle, input: Buffer, output: Buffer): Buffer
  C_DecryptInit(session: Handle, mechanism: Mechanism, key: Handle): void
  C_Decrypt(session: Handle, input: Buffer, output: Buffer): Buffer
}
interface Pkcs11Module {
  readonly PKCS11: new () => Pkcs11
  /** pkcs11js's own number for the GCM parameter structure. */
  readonly CK_PARAMS_AES_GCM: number
}

/** Numbers of PKCS#11 2.40, section "Manifest constants". */
const ck = {
  osLockingOk: 0x2,
  rwSession: 0x2,
  serialSession: 0x4,
  user: 1,
  secretKey: 4,
  keyTypeAes: 0x1f,
  aesKeyGen: 0x1080,
  aesGcm: 0x1087,
  attribute: {
    class: 0x0,
    token: 0x1,
    private: 0x2,
    label: 0x3,
    keyType: 0x100,
    id: 0x102,
    sensitive: 0x103,
    encrypt: 0x104,
    decrypt: 0x105,
    valueLength: 0x161,
    extractable: 0x162,
    modifiable: 0x170,
  },
  pinIncorrect: 0xa0,
  pinLocked: 0xa4,
} as const
const labels = { real: 'cloister root', demonstration: 'cloister demonstration root' }

/**
 * Opens, or makes on first use, an AES-256 root key inside a PKCS#11 token: not extractable, so that
 * wraps (AES-GCM with the context as associated data) happen in the token only. The token is called
 * from the thread that asks, one call at a time; locking is always asked of the module, because
 * without it some modules bring the process down when another thread uses them too.
 *
 * One installation opens a module once at a time. SoftHSM serves for tests; it protects nothing
 * that the file system does not.
 * @throws VaultFault 'root-key-missing' when pkcs11js, module, token or key are not there,
 * 'wrong-secret' for a wrong or locked PIN, 'root-key-refused' for a key of the other sort.
 */
export async function openRootToken(options: RootTokenOptions): Promise<RootKey> {
  const pin = await readPin(options.pinFile)
  const library = await loadPkcs11()
  const pkcs11 = new library.PKCS11()
  load(pkcs11, options.module)
  try {
    pkcs11.C_Initialize({ flags: ck.osLockingOk })
    const session = openSession(pkcs11, options.token, pin)
    const key = findKey(pkcs11, session, options)
    return holdToken(pkcs11, session, key, options.demonstration, library.CK_PARAMS_AES_GCM)
  } catch (error) {
    shut(pkcs11)
    throw error
  }
}

async function loadPkcs11(): Promise<Pkcs11Module> {
  const name: string = 'pkcs11js'
  let loaded: unknown
  try {
    loaded = await import(name)
  } catch (error) {
    throw new VaultFault('root-key-missing', 'Run npm run pkcs11 to install pkcs11js.', {
      cause: error,
    })
  }
  for (const candidate of [loaded, property(loaded, 'default')])
    if (isPkcs11Module(candidate)) return candidate
  throw new VaultFault('root-key-missing', 'pkcs11js is not of a version that is known here.')
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

function isPkcs11Module(value: unknown): value is Pkcs11Module {
  return (
    typeof property(value, 'PKCS11') === 'function' &&
    typeof property(value, 'CK_PARAMS_AES_GCM') === 'number'
  )
}

async function readPin(path: string): Promise<string> {
  try {
    if (((await stat(path)).mode & 0o007) !== 0)
      throw new VaultFault('wrong-secret', `${path} is open to every user: chmod o= it.`)
    const [pin = ''] = (await readFile(path, 'utf8')).split(/\r?\n/)
    if (pin !== '') return pin
  } catch (error) {
    if (error instanceof VaultFault) throw error
    throw new VaultFault('wrong-secret', `${path} cannot be read.`, { cause: error })
  }
  throw new VaultFault('wrong-secret', `${path} holds no PIN.`)
}

function load(pkcs11: Pkcs11, module: string): void {
  try {
    pkcs11.load(module)
  } catch (error) {
    throw new VaultFault('root-key-missing', `${module} is not a PKCS#11 module.`, { cause: error })
  }
}

function openSession(pkcs11: Pkcs11, token: string, pin: string): Handle {
  const slot = pkcs11
    .C_GetSlotList(true)
    .find((candidate) => pkcs11.C_GetTokenInfo(candidate).label.trim() === token)
  if (slot === undefined) throw new VaultFault('root-key-missing', `No token is named '${token}'.`)
  const session = pkcs11.C_OpenSession(slot, ck.serialSession | ck.rwSession)
  try {
    pkcs11.C_Login(session, ck.user, pin)
  } catch (error) {
    const code: unknown = property(error, 'code')
    if (code === ck.pinIncorrect)
      throw new VaultFault('wrong-secret', 'The token refused the PIN.', { cause: error })
    if (code === ck.pinLocked)
      throw new VaultFault('wrong-secret', 'The token has locked the PIN.', { cause: error })
    throw error
  }
  return session
}

function findKey(pkcs11: Pkcs11, session: Handle, options: RootTokenOptions): Handle {
  const [wanted, other] = options.demonstration
    ? [labels.demonstration, labels.real]
    : [labels.real, labels.demonstration]
  const found = keysLabelled(pkcs11, session, wanted)
  if (found.length > 1)
    throw new VaultFault('root-key-refused', `The token holds several keys named '${wanted}'.`)
  if (found[0] !== undefined) return found[0]
  if (keysLabelled(pkcs11, session, other).length > 0)
    throw new VaultFault('root-key-refused', `The token holds a key named '${other}'.`)
  if (!options.create) throw new VaultFault('root-key-missing', `No key is named '${wanted}'.`)
  const { attribute } = ck
  return pkcs11.C_GenerateKey(session, { mechanism: ck.aesKeyGen }, [
    { type: attribute.class, value: ck.secretKey },
    { type: attribute.keyType, value: ck.keyTypeAes },
    { type: attribute.valueLength, value: keyBytes },
    { type: attribute.label, value: wanted },
    { type: attribute.id, value: randomBytes(16) },
    { type: attribute.token, value: true },
    { type: attribute.private, value: true },
    { type: attribute.sensitive, value: true },
    { type: attribute.extractable, value: false },
    { type: attribute.modifiable, value: false },
    { type: attribute.encrypt, value: true },
    { type: attribute.decrypt, value: true },
  ])
}

function keysLabelled(pkcs11: Pkcs11, session: Handle, label: string): Handle[] {
  pkcs11.C_FindObjectsInit(session, [
    { type: ck.attribute.class, value: ck.secretKey },
    { type: ck.attribute.label, value: label },
  ])
  const found = pkcs11.C_FindObjects(session, 2)
  pkcs11.C_FindObjectsFinal(session)
  return found
}

function holdToken(
  pkcs11: Pkcs11,
  session: Handle,
  key: Handle,
  demonstration: boolean,
  gcmParameter: number,
): RootKey {
  const [id] = pkcs11.C_GetAttributeValue(session, key, [{ type: ck.attribute.id }])
  const gcm = (nonce: Uint8Array, context: Uint8Array): Mechanism => ({
    mechanism: ck.aesGcm,
    parameter: {
      type: gcmParameter,
      iv: Buffer.from(nonce),
      aad: Buffer.from(context),
      ivBits: 96,
      tagBits: 128,
    },
  })
  let closed = false
  const use = <T>(work: () => T): Promise<T> =>
    new Promise((resolve) => {
      if (closed) throw new VaultFault('root-key-missing', 'It was closed.')
      resolve(work())
    })
  return {
    id: id?.value.toString('hex') ?? '',
    demonstration,
    wrap: (plain, context) =>
      use(() => {
        if (plain.length !== keyBytes) throw new RangeError(`A key has ${keyBytes} bytes.`)
        const nonce = randomBytes(12)
        pkcs11.C_EncryptInit(session, gcm(nonce, context), key)
        return packWrapped(nonce, pkcs11.C_Encrypt(session, Buffer.from(plain), Buffer.alloc(64)))
      }),
    unwrap: (wrapped, context) =>
      use(() => {
        const { nonce, sealed } = unpackWrapped(wrapped)
        pkcs11.C_DecryptInit(session, gcm(nonce, context), key)
        try {
          return pkcs11.C_Decrypt(session, Buffer.from(sealed), Buffer.alloc(64))
        } catch (error) {
          throw new VaultFault('key-refused', undefined, { cause: error })
        }
      }),
    close() {
      if (!closed) shut(pkcs11, session)
      closed = true
      return Promise.resolve()
    },
  }
}

/** Lets go of the module, whatever state it is in. */
function shut(pkcs11: Pkcs11, session?: Handle): void {
  const steps = [
    () => {
      if (session !== undefined) pkcs11.C_CloseSession(session)
    },
    () => {
      pkcs11.C_Finalize()
    },
    () => {
      pkcs11.close()
    },
  ]
  for (const step of steps)
    try {
      step()
    } catch {
      // Each may have failed already on the way here; the next must still be tried.
    }
}
