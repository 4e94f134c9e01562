import { createHash } from 'node:crypto'
import { Problem } from '#shared/problems.ts'
import type { Tx } from '../../kernel/db.ts'
import { newId } from '../../kernel/random.ts'
import type { Pass } from '../access/index.ts'
import { confirmKey, insertKey, keyForUpdate } from './store.ts'

/** What stands in the release and in the manifest for a recipient. */
export function fingerprintOf(recipient: string): string {
  return createHash('sha256').update(recipient, 'utf8').digest('hex')
}

/** Registers the key to which the client wants deliveries sealed; it has no effect until two people confirmed it. */
export async function registerDeliveryKey(
  pass: Pass<'delivery.key.register'>,
  tx: Tx,
  client: string,
  recipient: string,
): Promise<{ key: string; fingerprint: string }> {
  const id = newId('dky')
  const fingerprint = fingerprintOf(recipient)
  const made = await insertKey(tx, {
    ...{ id, client, recipient, fingerprint, registered_by: pass.actor, registered_at: pass.at },
    ...{ first_by: null, second_by: null, effective_at: null },
  })
  if (!made) throw new Problem('already-done')
  return { key: id, fingerprint }
}

/**
 * Confirms that a key is the client's, after its fingerprint was compared over another channel.
 * Two different people do so; the second begins the wait after which the key takes effect.
 */
export async function confirmDeliveryKey(
  pass: Pass<'delivery.key.confirm'>,
  tx: Tx,
  client: string,
  id: string,
  delayMs: number,
): Promise<void> {
  const key = await keyForUpdate(tx, client, id)
  if (key === undefined) throw new Problem('not-found')
  if (key.second_by !== null) throw new Problem('already-done')
  if (key.first_by === null) {
    await confirmKey(tx, id, { first_by: pass.actor })
    return
  }
  if (key.first_by === pass.actor) throw new Problem('four-eyes')
  await confirmKey(tx, id, {
    second_by: pass.actor,
    effective_at: new Date(pass.at.getTime() + delayMs),
  })
}
