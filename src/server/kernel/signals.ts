import type { Client } from 'pg'
import { openClient, type Connection, type Tx } from './db.ts'

/** Called with what was said, or with null where signals may have been missed: ask again for everything. */
export type OnSignal = (payload: string | null) => void

export interface Signals {
  /** Hears a channel from now on. Resolves when PostgreSQL has confirmed; the answer stops it. */
  listen(channel: string, onSignal: OnSignal): Promise<() => void>
  close(): Promise<void>
}

/**
 * Hears PostgreSQL's notifications over one connection of its own. The connection is tried every
 * second; when it is lost every listener gets null at once, and null again when it is back.
 * Resolves when first connected; refuses with `database-unavailable`.
 */
export async function openSignals(connection: Connection): Promise<Signals> {
  const listeners = new Map<string, Set<OnSignal>>()
  let closed = false
  let client: Client | undefined
  let timer: NodeJS.Timeout | undefined

  function tell(channel: string, payload: string | null): void {
    for (const onSignal of listeners.get(channel) ?? []) onSignal(payload)
  }
  function tellAll(): void {
    for (const channel of listeners.keys()) tell(channel, null)
  }

  async function connect(): Promise<void> {
    const fresh = await openClient(connection)
    fresh.on('notification', ({ channel, payload }) => {
      tell(channel, payload ?? '')
    })
    fresh.once('end', () => {
      lose(fresh)
    })
    try {
      for (const channel of listeners.keys()) await fresh.query(`listen "${channel}"`)
    } catch (error) {
      void fresh.end().catch(() => undefined)
      throw error
    }
    if (closed) await fresh.end()
    else {
      client = fresh
      timer = setTimeout(beat, beatEvery, fresh)
    }
  }

  function lose(lost: Client): void {
    if (client !== lost) return
    client = undefined
    clearTimeout(timer)
    void lost.end().catch(() => undefined)
    if (closed) return
    tellAll()
    timer = setTimeout(reconnect, 50)
  }

  function reconnect(): void {
    connect().then(tellAll, () => {
      if (!closed) timer = setTimeout(reconnect, beatEvery)
    })
  }

  /** A connection that died in silence is found by asking. */
  function beat(asked: Client): void {
    const late = setTimeout(lose, beatEvery, asked)
    asked.query('select 1').then(
      () => {
        clearTimeout(late)
        if (client === asked) timer = setTimeout(beat, beatEvery, asked)
      },
      () => {
        clearTimeout(late)
        lose(asked)
      },
    )
  }

  await connect()
  return {
    async listen(channel, onSignal) {
      checkChannel(channel)
      const others = listeners.get(channel) ?? new Set()
      listeners.set(channel, others.add(onSignal))
      const present = client
      await present?.query(`listen "${channel}"`).catch(() => {
        lose(present)
      })
      return () => {
        others.delete(onSignal)
      }
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await client?.end()
    },
  }
}

/** How often the connection is tried, in milliseconds. */
const beatEvery = 1_000

function checkChannel(channel: string): void {
  if (!/^[a-z][a-z_]{0,39}$/.test(channel))
    throw new RangeError(`'${channel}' cannot name a channel; use lowercase letters and _`)
}

/**
 * Says the payload (under 8,000 bytes, nothing confidential) to all who hear the channel, when and
 * only when the transaction commits. Equal signals of one transaction arrive once.
 */
export async function notify(tx: Tx, channel: string, payload: string): Promise<void> {
  checkChannel(channel)
  if (Buffer.byteLength(payload) >= 8_000) throw new RangeError('A signal holds under 8,000 bytes')
  await tx
    .selectNoFrom((eb) => eb.fn('pg_notify', [eb.val(channel), eb.val(payload)]).as('sent'))
    .execute()
}
