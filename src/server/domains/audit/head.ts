import {
  checkSignatures,
  LogFault,
  noteVerifier,
  parseNote,
  proveEntry,
} from '@cloister/transparency-log'
import type { Tx } from '../../kernel/db.ts'
import { newestCheckpoint } from './store.ts'
import { storedTiles } from './tiles.ts'

/**
 * Holds the stored log against its newest checkpoint: the signature is of this key, and the last
 * entry and the tiles give the checkpoint's root. Answers its size; 0 before the first.
 * @throws LogFault that names what does not fit
 */
export async function checkHead(tx: Tx, verifierKey: string): Promise<number> {
  const head = await newestCheckpoint(tx)
  if (head === null || head.size === 0) return 0
  const note = Buffer.from(head.note, 'utf8')
  if (checkSignatures(parseNote(note), [noteVerifier(verifierKey)]).length === 0)
    throw new LogFault("the newest checkpoint is not signed by this installation's key")
  await proveEntry(storedTiles(tx), note, head.size - 1)
  return head.size
}
