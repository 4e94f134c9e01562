import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  type KeyObject,
} from 'node:crypto'

/**
 * The model of this key: the AAGUID that the demonstration's allow-list names. A real installation
 * must never allow it: the private keys lie in a file.
 */
export const softwareKeyAaguid = 'c1015e12-50f7-4a3e-8e5d-64656d6f0001'

/** One discoverable credential (WebAuthn Level 3, public key credential source), fit for JSON. */
export interface SoftwareCredential {
  /** Base64url, 32 random bytes. */
  readonly id: string
  readonly rpId: string
  /** Base64url, as the server gave it. */
  readonly userHandle: string
  readonly userName: string
  /** PKCS #8, PEM. */
  readonly privateKey: string
  readonly counter: number
}

/** The key that signs attestations of this batch of software keys, and its certificates (DER). */
export interface AttestationBatch {
  readonly privateKey: string
  readonly certificate: Uint8Array
  /** Issued the certificate; the key does not send it, the server must have it. */
  readonly root: Uint8Array
}

/** What is needed of PublicKeyCredentialCreationOptionsJSON. */
export interface CreationOptions {
  readonly challenge: string
  readonly rp: { readonly id?: string }
  readonly user: { readonly id: string; readonly name: string }
  readonly pubKeyCredParams: readonly { readonly alg: number; readonly type: string }[]
  readonly excludeCredentials?: readonly { readonly id: string }[]
}

/** What is needed of PublicKeyCredentialRequestOptionsJSON. */
export interface RequestOptions {
  readonly challenge: string
  readonly rpId?: string
  readonly allowCredentials?: readonly { readonly id: string }[]
}

/** A ceremony that the key refuses, as an authenticator would: the message says why. */
export class SoftwareKeyRefusal extends Error {
  override readonly name = 'SoftwareKeyRefusal'
}

const es256 = -7
const userPresent = 0x01
const userVerified = 0x04
const attestedData = 0x40

/**
 * A FIDO2 key in software, for demonstrations and tests on machines without a real one. It answers
 * with the JSON that a browser would send: ES256, user present and verified, bound to this device
 * (not eligible for backup), attestation `packed`, signed by the batch if there is one and by the
 * credential itself otherwise. Nobody touches anything and no PIN is asked: it proves possession of
 * a file and nothing more.
 */
export class SoftwareKey {
  readonly #origin: URL
  readonly #batch: AttestationBatch | undefined
  readonly #credentials: Map<string, SoftwareCredential>

  constructor(
    origin: string,
    batch?: AttestationBatch,
    credentials: readonly SoftwareCredential[] = [],
  ) {
    this.#origin = new URL(origin)
    this.#batch = batch
    this.#credentials = new Map(credentials.map((credential) => [credential.id, credential]))
  }

  /** All credentials, private keys included: what a caller seals and stores. */
  get credentials(): readonly SoftwareCredential[] {
    return [...this.#credentials.values()]
  }

  /** Makes a credential. Refuses another site, algorithms without ES256, and an excluded credential. */
  register(options: CreationOptions) {
    const rpId = this.#relyingParty(options.rp.id)
    if (!options.pubKeyCredParams.some(({ alg, type }) => alg === es256 && type === 'public-key'))
      throw new SoftwareKeyRefusal('This key signs with ES256 only.')
    if (options.excludeCredentials?.some(({ id }) => this.#credentials.has(id)) === true)
      throw new SoftwareKeyRefusal('This key already holds a credential for this person.')
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const id = randomBytes(32)
    const credential: SoftwareCredential = {
      ...{ id: id.toString('base64url'), rpId, counter: 1 },
      ...{ userHandle: options.user.id, userName: options.user.name },
      privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    }
    const clientData = this.#clientData('webauthn.create', options.challenge)
    const authData = Buffer.concat([
      authenticatorData(rpId, attestedData, 1),
      Buffer.from(softwareKeyAaguid.replaceAll('-', ''), 'hex'),
      Buffer.of(id.length >> 8, id.length & 0xff),
      id,
      cosePublicKey(privateKey),
    ])
    const attestation = this.#attest(authData, clientData, privateKey)
    this.#credentials.set(credential.id, credential)
    return {
      ...{ id: credential.id, rawId: credential.id, type: 'public-key' as const },
      authenticatorAttachment: 'cross-platform' as const,
      clientExtensionResults: {},
      response: {
        clientDataJSON: clientData.toString('base64url'),
        attestationObject: attestation.toString('base64url'),
        transports: ['usb' as const],
      },
    }
  }

  /**
   * Signs in. Without a list of credentials the one of `userName` answers, or the newest of this
   * site. Refuses another site and credentials that it does not hold.
   */
  sign(options: RequestOptions, userName?: string) {
    const rpId = this.#relyingParty(options.rpId)
    const allowed = options.allowCredentials ?? []
    const fitting = this.credentials.filter(
      (credential) =>
        credential.rpId === rpId &&
        (allowed.length === 0 || allowed.some(({ id }) => id === credential.id)) &&
        (userName === undefined || credential.userName === userName),
    )
    const credential = fitting.at(-1)
    if (credential === undefined)
      throw new SoftwareKeyRefusal('This key holds no credential for this sign-in.')
    const counter = credential.counter + 1
    this.#credentials.set(credential.id, { ...credential, counter })
    const clientData = this.#clientData('webauthn.get', options.challenge)
    const authData = authenticatorData(rpId, 0, counter)
    const signature = sign('sha256', signed(authData, clientData), credential.privateKey)
    return {
      ...{ id: credential.id, rawId: credential.id, type: 'public-key' as const },
      authenticatorAttachment: 'cross-platform' as const,
      clientExtensionResults: {},
      response: {
        clientDataJSON: clientData.toString('base64url'),
        authenticatorData: authData.toString('base64url'),
        signature: signature.toString('base64url'),
        userHandle: credential.userHandle,
      },
    }
  }

  /** As browsers have it: the origin's own host or a parent domain of it, which `localhost` is not. */
  #relyingParty(asked: string | undefined): string {
    const host = this.#origin.hostname
    const rpId = asked ?? host
    if (rpId !== host && !(rpId.includes('.') && host.endsWith(`.${rpId}`)))
      throw new SoftwareKeyRefusal(`This key serves ${host} and no other site.`)
    return rpId
  }

  #clientData(type: 'webauthn.create' | 'webauthn.get', challenge: string): Buffer {
    const { origin } = this.#origin
    return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }))
  }

  /** The attestation object in format `packed` (WebAuthn Level 3 section 8.2). */
  #attest(authData: Buffer, clientData: Buffer, own: KeyObject): Buffer {
    const batch = this.#batch
    const key = batch === undefined ? own : createPrivateKey(batch.privateKey)
    const statement: [CborValue, CborValue][] = [
      ['alg', es256],
      ['sig', sign('sha256', signed(authData, clientData), key)],
    ]
    if (batch !== undefined) statement.push(['x5c', [batch.certificate]])
    return cbor(
      new Map<CborValue, CborValue>([
        ['fmt', 'packed'],
        ['attStmt', new Map(statement)],
        ['authData', authData],
      ]),
    )
  }
}

function authenticatorData(rpId: string, flags: number, counter: number): Buffer {
  const tail = Buffer.alloc(5)
  tail.writeUInt8(userPresent | userVerified | flags, 0)
  tail.writeUInt32BE(counter, 1)
  return Buffer.concat([createHash('sha256').update(rpId).digest(), tail])
}

function signed(authData: Buffer, clientData: Buffer): Buffer {
  return Buffer.concat([authData, createHash('sha256').update(clientData).digest()])
}

/** COSE_Key (RFC 9053): EC2, ES256, P-256. */
function cosePublicKey(privateKey: KeyObject): Buffer {
  const { x, y } = createPublicKey(privateKey).export({ format: 'jwk' })
  if (x === undefined || y === undefined) throw new Error('a P-256 key has two coordinates')
  return cbor(
    new Map<CborValue, CborValue>([
      [1, 2],
      [3, es256],
      [-1, 1],
      [-2, Buffer.from(x, 'base64url')],
      [-3, Buffer.from(y, 'base64url')],
    ]),
  )
}

type CborValue = number | string | Uint8Array | CborValue[] | Map<CborValue, CborValue>

/** The part of CBOR (RFC 8949) that authenticators write: definite lengths, integers below 2^32. */
function cbor(value: CborValue): Buffer {
  if (typeof value === 'number') return value < 0 ? cborHead(1, -1 - value) : cborHead(0, value)
  if (typeof value === 'string') {
    const text = Buffer.from(value)
    return Buffer.concat([cborHead(3, text.length), text])
  }
  if (value instanceof Uint8Array) return Buffer.concat([cborHead(2, value.length), value])
  if (Array.isArray(value)) return Buffer.concat([cborHead(4, value.length), ...value.map(cbor)])
  const entries = [...value].flatMap(([key, held]) => [cbor(key), cbor(held)])
  return Buffer.concat([cborHead(5, value.size), ...entries])
}

function cborHead(major: number, length: number): Buffer {
  const type = major << 5
  if (length < 24) return Buffer.of(type | length)
  if (length < 0x100) return Buffer.of(type | 24, length)
  if (length < 0x10000) return Buffer.of(type | 25, length >> 8, length & 0xff)
  const head = Buffer.alloc(5, type | 26)
  head.writeUInt32BE(length, 1)
  return head
}
