import type { Static, TSchema } from 'typebox'
import { Check } from 'typebox/value'
import { problems, type ProblemKind } from '#shared/problems.ts'

/**
 * What a refusal is called: a kind of the server's closed table, one of the workstation's own, or
 * `unreachable` (no answer) and `unexpected` (an answer that is not ours).
 */
export type RefusalKind =
  | ProblemKind
  | 'server-unreachable'
  | 'workstation-not-enrolled'
  | 'software-key-refused'
  | 'unreachable'
  | 'unexpected'

const workstationKinds = [
  'server-unreachable',
  'workstation-not-enrolled',
  'software-key-refused',
] as const

/** A request that was not granted. Pages branch on `kind`, never on words. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly kind: RefusalKind
  /** Conditions of the gate that are not met, by id; empty where none was named. */
  readonly conditions: readonly string[]
  /** What in the request did not fit: place and reason. */
  readonly faults: readonly Fault[]
  /** The number under which the server's own log knows this, to be told to the operator. */
  readonly number: string | null
  /** The version that stands, where another was expected. */
  readonly version: number | null
  /** What has to be there first, where something is not ready; null where it is not said. */
  readonly missing: string | null
  /** How many still stand in the way. */
  readonly open: number | null

  constructor(kind: RefusalKind, told: Record<string, unknown> = {}) {
    super(kind)
    this.kind = kind
    this.conditions = Array.isArray(told['conditions'])
      ? told['conditions'].filter((one) => typeof one === 'string')
      : []
    this.faults = Array.isArray(told['faults']) ? told['faults'].flatMap(faultOf) : []
    this.number = typeof told['instance'] === 'string' ? told['instance'] : null
    this.version = typeof told['version'] === 'number' ? told['version'] : null
    this.missing = typeof told['missing'] === 'string' ? told['missing'] : null
    this.open = typeof told['open'] === 'number' ? told['open'] : null
  }
}

export interface Fault {
  /** JSON Pointer into what was sent. */
  readonly path: string
  readonly message: string
}

type Method = 'GET' | 'POST' | 'PUT'
export type Fetch = (address: string, init: RequestInit) => Promise<Response>

/** Longer than any answer takes; a page must not wait for ever. */
const patience = 30_000

/**
 * The server, as a page of its own origin speaks to it. Nothing is repeated by itself: a write that
 * got no answer may have been done, and whoever asked decides.
 */
export class Server {
  readonly #fetch: Fetch
  readonly #signedOut = new Set<() => void>()

  constructor(fetch: Fetch) {
    this.#fetch = fetch
  }

  /** Calls back when the server says that nobody is signed in. Returns the function that ends it. */
  onSignedOut(listener: () => void): () => void {
    this.#signedOut.add(listener)
    return () => {
      this.#signedOut.delete(listener)
    }
  }

  /**
   * One request and its answer, checked against its shape.
   * @throws Refusal for everything else
   */
  async ask<S extends TSchema>(
    method: Method,
    address: string,
    answer: S,
    body?: unknown,
  ): Promise<Static<S>> {
    const response = await this.#send(address, {
      method,
      ...(body !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    })
    const told: unknown = await response.json().catch(() => undefined)
    if (!Check(answer, told)) throw new Refusal('unexpected')
    return told
  }

  /** Bytes of something, `to` exclusive; fewer where it ends sooner. @throws Refusal */
  async bytes(address: string, from: number, to: number): Promise<Uint8Array> {
    const headers = { range: `bytes=${from}-${to - 1}` }
    const response = await this.#send(address, { method: 'GET', headers })
    return new Uint8Array(await response.arrayBuffer())
  }

  /** An answer that is plain text. @throws Refusal */
  async text(address: string): Promise<string> {
    return await (await this.#send(address, { method: 'GET' })).text()
  }

  async #send(address: string, init: RequestInit): Promise<Response> {
    let response: Response
    try {
      response = await this.#fetch(address, {
        ...init,
        credentials: 'same-origin',
        cache: 'no-store',
        redirect: 'error',
        referrerPolicy: 'no-referrer',
        signal: AbortSignal.timeout(patience),
      })
    } catch {
      throw new Refusal('unreachable')
    }
    if (response.ok) return response
    const refusal = refusalOf(await response.json().catch(() => undefined))
    const isOut = refusal.kind === 'not-signed-in' || refusal.kind === 'certificate-revoked'
    if (isOut) for (const tell of this.#signedOut) tell()
    throw refusal
  }
}

/** A problem document (RFC 9457), read. */
function refusalOf(told: unknown): Refusal {
  if (!isObject(told) || typeof told['type'] !== 'string') return new Refusal('unexpected')
  const name = told['type'].replace(/^\/problems\//, '')
  return new Refusal(kindOf(name), told)
}

function kindOf(name: string): RefusalKind {
  if (isProblemKind(name)) return name
  return workstationKinds.find((kind) => kind === name) ?? 'unexpected'
}

function isProblemKind(name: string): name is ProblemKind {
  return Object.hasOwn(problems, name)
}

function faultOf(told: unknown): Fault[] {
  if (!isObject(told)) return []
  const { path, message } = told
  return typeof path === 'string' && typeof message === 'string' ? [{ path, message }] : []
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
