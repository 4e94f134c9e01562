import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Type, type Static, type TSchema } from 'typebox'
import { Check } from 'typebox/value'
import { createAttestationBatch } from './attestation-batch.ts'
import { replaceFile } from './credentials.ts'
import { answerProblem } from './problem.ts'
import {
  SoftwareKey,
  SoftwareKeyRefusal,
  type AttestationBatch,
  type SoftwareCredential,
} from './software-key.ts'

const base64url = Type.String({ pattern: '^[A-Za-z0-9_-]{1,1024}$' })
const listed = Type.Optional(Type.Array(Type.Object({ id: base64url }), { maxItems: 64 }))
const shortText = Type.String({ minLength: 1, maxLength: 128 })

/** Body of `POST /software-key/register`: the creation options as the server gave them. */
const Registration = Type.Object({
  challenge: base64url,
  rp: Type.Object({ id: Type.Optional(shortText) }),
  user: Type.Object({ id: base64url, name: shortText }),
  pubKeyCredParams: Type.Array(Type.Object({ alg: Type.Integer(), type: shortText }), {
    maxItems: 32,
  }),
  excludeCredentials: listed,
})

/** Body of `POST /software-key/sign`: the request options, and whose key to use if there are several. */
const SignIn = Type.Object({
  challenge: base64url,
  rpId: Type.Optional(shortText),
  allowCredentials: listed,
  userName: Type.Optional(shortText),
})

const Kept = Type.Object(
  {
    batch: Type.Object({
      privateKey: Type.String(),
      certificate: Type.String(),
      root: Type.String(),
    }),
    credentials: Type.Array(
      Type.Object({
        ...{ id: base64url, rpId: Type.String(), userHandle: Type.String() },
        ...{ userName: Type.String(), privateKey: Type.String(), counter: Type.Integer() },
      }),
    ),
  },
  { additionalProperties: false },
)

/** The software key of one workstation, offered to the browser on its own loopback listener. */
export interface SoftwareKeyDoor {
  /** The root certificate (DER) that a demonstration's server must trust to accept this key. */
  readonly attestationRoot: Uint8Array
  /** Answers a request under `/software-key/`. */
  serve(request: IncomingMessage, response: ServerResponse): Promise<void>
}

const bodyLimit = 32 * 1024

/**
 * Opens the software key stored under `dir`, or makes a new one. Credentials are sealed with
 * AES-256-GCM under a key that lies beside them in a file of its own: that keeps them out of a
 * stray copy of one file and protects from nobody who can read the directory.
 */
export async function openSoftwareKey(
  dir: string,
  origin: string,
  now: Date,
): Promise<SoftwareKeyDoor> {
  const sealingKey = await openSealingKey(join(dir, 'software-key.secret'))
  const file = join(dir, 'software-key.sealed')
  const { batch, credentials } = await openKept(file, sealingKey, now)
  const key = new SoftwareKey(origin, batch, credentials)
  let writing = Promise.resolve()
  const keep = () => {
    writing = writing.then(() => replaceFile(file, seal(sealingKey, batch, key.credentials)))
    return writing
  }
  await keep()

  const acts: Record<string, (body: unknown) => object | undefined> = {
    '/software-key/register': (body) => as(Registration, body, (options) => key.register(options)),
    '/software-key/sign': (body) =>
      as(SignIn, body, ({ userName, ...options }) => key.sign(options, userName)),
  }
  return {
    attestationRoot: batch.root,
    async serve(request, response) {
      const act = acts[request.url ?? '']
      if (act === undefined || request.method !== 'POST') {
        const detail = 'The software key knows POST /software-key/register and /software-key/sign.'
        answerProblem(response, 'not-found', 404, 'There is nothing here.', detail)
        return
      }
      const foreign =
        request.headers.origin !== origin || request.headers['content-type'] !== 'application/json'
      if (foreign) {
        const detail = `Only a page of ${origin} may use this key, with a JSON body.`
        answerProblem(response, 'access-denied', 403, 'Refused.', detail)
        return
      }
      try {
        const answer = act(JSON.parse(await readBody(request)))
        if (answer === undefined) throw new SoftwareKeyRefusal('These are not WebAuthn options.')
        await keep()
        const text = JSON.stringify(answer)
        response.writeHead(200, {
          'content-type': 'application/json; charset=utf-8',
          'content-length': Buffer.byteLength(text),
          'cache-control': 'no-store',
        })
        response.end(text)
      } catch (error) {
        const known = error instanceof SoftwareKeyRefusal || error instanceof SyntaxError
        const detail = known ? error.message : 'The key could not be stored.'
        const status = known ? 422 : 500
        answerProblem(response, 'software-key-refused', status, 'The key refused.', detail)
      }
    },
  }
}

function as<S extends TSchema>(
  shape: S,
  body: unknown,
  act: (body: Static<S>) => object,
): object | undefined {
  return Check(shape, body) ? act(body) : undefined
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    if (!(chunk instanceof Uint8Array)) continue
    size += chunk.length
    if (size > bodyLimit) throw new SoftwareKeyRefusal('The body is over 32 KiB.')
    chunks.push(Buffer.from(chunk))
  }
  return Buffer.concat(chunks).toString('utf8')
}

async function openSealingKey(file: string): Promise<Buffer> {
  const found = await readFile(file, 'utf8').catch(() => undefined)
  if (found !== undefined) return Buffer.from(found, 'base64')
  const key = randomBytes(32)
  await replaceFile(file, key.toString('base64'))
  return key
}

async function openKept(
  file: string,
  sealingKey: Buffer,
  now: Date,
): Promise<{ batch: AttestationBatch; credentials: SoftwareCredential[] }> {
  const sealed = await readFile(file, 'utf8').catch(() => undefined)
  if (sealed === undefined) return { batch: await createAttestationBatch(now), credentials: [] }
  const bytes = Buffer.from(sealed, 'base64')
  const opener = createDecipheriv('aes-256-gcm', sealingKey, bytes.subarray(0, 12))
  opener.setAuthTag(bytes.subarray(12, 28))
  const text = Buffer.concat([opener.update(bytes.subarray(28)), opener.final()]).toString('utf8')
  const kept: unknown = JSON.parse(text)
  if (!Check(Kept, kept)) throw new Error(`${file} is of another version: delete it.`)
  const bytes64 = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'))
  const { privateKey, certificate, root } = kept.batch
  const batch = { privateKey, certificate: bytes64(certificate), root: bytes64(root) }
  return { batch, credentials: kept.credentials }
}

function seal(
  sealingKey: Buffer,
  { privateKey, certificate, root }: AttestationBatch,
  credentials: readonly SoftwareCredential[],
): string {
  const base64 = (der: Uint8Array) => Buffer.from(der).toString('base64')
  const batch = { privateKey, certificate: base64(certificate), root: base64(root) }
  const nonce = randomBytes(12)
  const sealer = createCipheriv('aes-256-gcm', sealingKey, nonce)
  const text = JSON.stringify({ batch, credentials })
  const sealed = Buffer.concat([sealer.update(text, 'utf8'), sealer.final()])
  return Buffer.concat([nonce, sealer.getAuthTag(), sealed]).toString('base64')
}
