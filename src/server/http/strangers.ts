import type { IncomingMessage } from 'node:http'
import type { Action, Door } from '#shared/actions.ts'
import { Problem } from '#shared/problems.ts'
import type { Caller } from '../domains/access/index.ts'
import { type Entry, record } from '../domains/audit/index.ts'
import { openTokens } from '../domains/identity/index.ts'
import { type Connection, openDb, transact } from '../kernel/db.ts'
import { fingerprintOf } from './door.ts'
import { tokenOf } from './identify.ts'
import { type AddressClass, classOf, networkOf } from './networks.ts'
import type { Ground } from './operate.ts'

/** How many requests of nobody one network may have at once, and how many more each second brings. */
export interface StrangersLimit {
  readonly burst: number
  readonly perSecond: number
}

/** What a door does about requests that come with neither a session nor a machine's certificate. */
export interface Strangers {
  /**
   * Lets a request on to the database, or not. A machine's certificate and an open session are never
   * held back: past the limit, cookies are asked about together before anything else is done.
   * @throws Problem `too-many-requests`, with the seconds after which one more is taken
   */
  greet(request: IncomingMessage, what: Action | 'signals'): Promise<void>
  /** Says who it was that a request was let on for: whoever is somebody gets back what it took. */
  readonly met: (request: IncomingMessage, caller: Caller) => void
  /** Counts what the gate refused to nobody, for the entry of this minute. */
  refused(address: string, action: Action): void
  /** Writes what was counted, and closes. */
  close(): Promise<void>
}

/** What is counted stands in the log after this long at the latest. */
const everyMs = 60_000

/** The doorkeeper of one door, with a connection of its own that is opened when it is needed. */
export function openStrangers(options: {
  readonly door: Door
  readonly limit: StrangersLimit
  readonly connection: Connection
  readonly sealDetails: Ground['sealDetails']
  readonly now: () => Date
  readonly onFault: (error: unknown) => void
}): Strangers {
  const { door, now, sealDetails, onFault } = options
  const db = openDb(options.connection, { pool: 1 })
  const buckets = new Buckets(options.limit)
  const isOpen = together((tokens: readonly string[]) =>
    transact(db, (tx) => openTokens(tx, door, tokens, now())),
  )
  const nobodys = new Nobodys()
  const charged = new WeakSet<IncomingMessage>()
  let minute: Minute | null = null
  let timer: NodeJS.Timeout | null = null

  function count(address: string, what: string): void {
    minute ??= { since: now(), sums: new Map() }
    writeSoon()
    const kind = classOf(address)
    const sum = minute.sums.get(kind) ?? new Sum()
    minute.sums.set(kind, sum)
    sum.add(networkOf(address), what)
  }

  function writeSoon(): void {
    timer ??= setTimeout(() => {
      write().catch(onFault)
    }, everyMs).unref()
  }

  function takeMinute(): Minute | null {
    const taken = minute
    minute = null
    return taken
  }

  async function write(): Promise<void> {
    if (timer !== null) clearTimeout(timer)
    timer = null
    const taken = takeMinute()
    if (taken === null) return
    const { since, sums } = taken
    try {
      await transact(db, async (tx) => {
        for (const [kind, sum] of sums) {
          const words = { since: since.toISOString(), networks: sum.networks, others: sum.others }
          record(tx, summary(door, kind, sum, now(), await sealDetails(tx, words, null)))
        }
      })
    } catch (error) {
      // Nothing of it was kept: what came meanwhile is counted with it, and written a minute on.
      for (const [kind, sum] of minute?.sums ?? [])
        sums.set(kind, (sums.get(kind) ?? new Sum()).plus(sum))
      minute = { since, sums }
      writeSoon()
      throw error
    }
  }

  return {
    async greet(request, what) {
      const { socket } = request
      const certificate = fingerprintOf(socket)
      if (certificate !== null && !nobodys.has(certificate)) return
      const address = socket.remoteAddress ?? ''
      const network = networkOf(address)
      const token = door === 'building' ? null : tokenOf(request.headers.cookie)
      const at = now().getTime()
      const wait = buckets.wait(network, at)
      if (wait === 0) {
        buckets.take(network, at)
        charged.add(request)
        return
      }
      if (token !== null && (await isOpen(token))) return
      count(address, `${what} too-many-requests`)
      throw new Problem('too-many-requests', { retryAfter: wait })
    },
    met(request, caller) {
      const network = networkOf(caller.address)
      const at = now().getTime()
      const certificate = fingerprintOf(request.socket)
      if (certificate !== null) nobodys.note(certificate, caller.certificate === null)
      if (caller.kind !== 'nobody') {
        if (charged.delete(request)) buckets.giveBack(network, at)
        return
      }
      if (!charged.has(request)) buckets.take(network, at)
      charged.add(request)
    },
    refused(address, action) {
      count(address, action)
    },
    async close() {
      // What cannot be written now cannot be later; it must not keep the door open.
      await write().catch(onFault)
      if (timer !== null) clearTimeout(timer)
      await db.destroy()
    },
  }
}

/** Says how much was refused to nobody: its counts stand in the leaf, the addresses beside it. */
function summary(
  door: Door,
  kind: AddressClass,
  sum: Sum,
  time: Date,
  details: Uint8Array | null,
): Entry {
  return {
    ...{ time, actor: 'nobody', action: 'site.stranger.refuse', resource: `Strangers::${kind}` },
    ...{ project: null, item: null, door, workstation: null, zone: null, outcome: 'done' },
    ...{ policies: sum.lines, details },
  }
}

/** What was counted since a moment and is not written yet. */
interface Minute {
  readonly since: Date
  readonly sums: Map<AddressClass, Sum>
}

/** Networks that are named beside an entry; the others are counted together. */
const mostNamed = 50
/** Acts that a leaf lists: it takes a hundred words. */
const mostListed = 99

/** What was refused to addresses of one class. Bounded by the catalogue of acts and `mostNamed`. */
class Sum {
  readonly #networks = new Map<string, number>()
  readonly #acts = new Map<string, number>()
  others = 0

  add(network: string, what: string, times = 1): void {
    this.#acts.set(what, (this.#acts.get(what) ?? 0) + times)
    this.#name(network, times)
  }

  #name(network: string, times: number): void {
    const before = this.#networks.get(network)
    if (before === undefined && this.#networks.size >= mostNamed) this.others += times
    else this.#networks.set(network, (before ?? 0) + times)
  }

  plus(other: Sum): this {
    for (const [act, times] of other.#acts) this.#acts.set(act, (this.#acts.get(act) ?? 0) + times)
    for (const [network, times] of other.#networks) this.#name(network, times)
    this.others += other.others
    return this
  }

  get networks(): Record<string, number> {
    return Object.fromEntries(this.#networks)
  }

  /** How often which act, the most frequent first. */
  get lines(): string[] {
    const lines = [...this.#acts].sort(([, a], [, b]) => b - a)
    const rest = lines.slice(mostListed).reduce((sum, [, times]) => sum + times, 0)
    const listed = lines.slice(0, mostListed).map(([act, times]) => `${times} ${act}`)
    return rest === 0 ? listed : [...listed, `${rest} others`]
  }
}

/** Certificates that are remembered as nobody's. One that was forgotten is asked about once more. */
const mostNobodys = 4_096

/**
 * The fingerprints of certificates of the installation's own authority that stand for no machine, as
 * those that were revoked: whoever shows one is a stranger on every connection. The one that was noted
 * longest ago is forgotten first.
 */
export class Nobodys {
  readonly #most: number
  readonly #fingerprints = new Set<string>()

  constructor(most = mostNobodys) {
    this.#most = most
  }

  /** How many are remembered. */
  get size(): number {
    return this.#fingerprints.size
  }

  has(fingerprint: string): boolean {
    return this.#fingerprints.has(fingerprint)
  }

  note(fingerprint: string, isNobodys: boolean): void {
    // Deleted first, so that the latest stands last.
    this.#fingerprints.delete(fingerprint)
    if (isNobodys) this.#fingerprints.add(fingerprint)
    const [oldest] = this.#fingerprints
    if (this.#fingerprints.size > this.#most && oldest !== undefined)
      this.#fingerprints.delete(oldest)
  }
}

/** Networks whose buckets are remembered. One that was forgotten begins with a full one. */
const mostBuckets = 10_000

/** A bucket of tokens for each network, the one that was used longest ago forgotten first. */
export class Buckets {
  readonly #limit: StrangersLimit
  readonly #most: number
  readonly #buckets = new Map<string, { tokens: number; at: number }>()

  constructor(limit: StrangersLimit, most = mostBuckets) {
    this.#limit = limit
    this.#most = most
  }

  /** How many are remembered. */
  get size(): number {
    return this.#buckets.size
  }

  /** Whole seconds until there is a token, 0 where there is one; `at` in milliseconds. */
  wait(network: string, at: number): number {
    const tokens = this.#tokens(network, at)
    return tokens >= 1 ? 0 : Math.ceil((1 - tokens) / this.#limit.perSecond)
  }

  take(network: string, at: number): void {
    const tokens = Math.max(0, this.#tokens(network, at) - 1)
    // Deleted first, so that the latest stands last.
    this.#buckets.delete(network)
    this.#buckets.set(network, { tokens, at })
    const [oldest] = this.#buckets.keys()
    if (this.#buckets.size > this.#most && oldest !== undefined) this.#buckets.delete(oldest)
  }

  giveBack(network: string, at: number): void {
    const tokens = Math.min(this.#limit.burst, this.#tokens(network, at) + 1)
    if (this.#buckets.has(network)) this.#buckets.set(network, { tokens, at })
  }

  #tokens(network: string, at: number): number {
    const { burst, perSecond } = this.#limit
    const bucket = this.#buckets.get(network)
    if (bucket === undefined) return burst
    const gained = (Math.max(0, at - bucket.at) / 1000) * perSecond
    return Math.min(burst, bucket.tokens + gained)
  }
}

/** Keys that are asked about in one question. */
const mostAtOnce = 2_000

/** Asks about many keys at once: however many wait, one question is under way. */
function together(
  ask: (keys: readonly string[]) => Promise<ReadonlySet<string>>,
): (key: string) => Promise<boolean> {
  const waiting: { key: string; resolve: (is: boolean) => void; reject: (e: unknown) => void }[] =
    []
  let asking = false

  async function drain(): Promise<void> {
    asking = true
    while (waiting.length > 0) {
      const batch = waiting.splice(0, mostAtOnce)
      try {
        const found = await ask(batch.map(({ key }) => key))
        for (const { key, resolve } of batch) resolve(found.has(key))
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    asking = false
  }

  return (key) =>
    new Promise((resolve, reject) => {
      waiting.push({ key, resolve, reject })
      if (!asking) void drain()
    })
}
