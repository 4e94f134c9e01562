import { askWitness, LogFault, noteVerifier, proveConsistency } from '@cloister/transparency-log'
import type { Clock } from '../../../kernel/clock.ts'
import { type Db, transact } from '../../../kernel/db.ts'
import { notify } from '../../../kernel/signals.ts'
import { logHealth } from '../health.ts'
import { cosignedSize, keepCosigned, newestCheckpoint } from '../store.ts'
import { storedTiles } from '../tiles.ts'
import { pause, type Running } from './sequencer.ts'

export interface CosigningOptions {
  /** As `cloister_sequencer`. */
  readonly db: Db
  readonly witness: { readonly url: string; readonly key: string }
  readonly now: Clock
  /** Receives what the witness said, once for each new reason. */
  readonly onFault: (error: unknown) => void
}

/** How often there is a look for a new checkpoint, and how long one exchange may take. */
const tick = 100
const patience = 10_000

/**
 * Has the newest checkpoint cosigned, one at a time, and keeps the cosigned note. While it runs, it
 * says the signal `site` when the log's health turns, so that pages ask again.
 * @throws LogFault when the witness's key is none
 */
export function startCosigning(options: CosigningOptions): Running {
  const { db, now, onFault } = options
  const to = { url: options.witness.url, verifier: noteVerifier(options.witness.key) }
  const stop = new AbortController()
  const stopped = () => stop.signal.aborted
  let told = ''

  async function cosign(): Promise<void> {
    const next = await transact(db, newestCheckpoint)
    if (next === null || next.cosigned !== null) return
    const last = await transact(db, cosignedSize)
    const line = await askWitness(
      to,
      next.note,
      last,
      (oldSize, newSize) =>
        transact(db, (tx) => proveConsistency(storedTiles(tx), oldSize, newSize)),
      AbortSignal.any([stop.signal, AbortSignal.timeout(patience)]),
    )
    await transact(db, (tx) => keepCosigned(tx, next.size, next.note + line, now()))
  }

  async function run(): Promise<void> {
    let well = true
    while (!stopped()) {
      let wait = tick
      try {
        await cosign()
        told = ''
      } catch (error) {
        const reason = error instanceof Error ? error.message : 'unknown'
        if (!stopped() && reason !== told) onFault(error)
        told = reason
        wait = error instanceof LogFault ? 500 : 1_000
      }
      well = await tellTurn(well).catch(() => well)
      await pause(wait, stop.signal)
    }
  }

  async function tellTurn(before: boolean): Promise<boolean> {
    return transact(db, async (tx) => {
      const { well } = await logHealth(tx, now())
      if (well !== before) await notify(tx, 'cloister_signal', 'site')
      return well
    })
  }

  const ended = run()
  return {
    ended,
    async close() {
      stop.abort()
      await ended
    },
  }
}
