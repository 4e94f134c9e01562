import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { replaceFile } from './kernel/durable.ts'
import { StartFault } from './kernel/fault.ts'

/**
 * What of an installation's keys everybody may know: kept in a file, so that a process which holds
 * none of them can tell machines and seal words beside the log.
 */
export const Published = Type.Object(
  {
    cloister: Type.Literal(1),
    /** The certificate of the authority of the machines, PEM. */
    authority: Type.String({ pattern: '^-----BEGIN CERTIFICATE-----\\n' }),
    /** For whom doors without a key seal: an age X25519 recipient. */
    details: Type.String({ pattern: '^age1[0-9a-z]+$' }),
    /** Verifier keys of the log and of deliveries. */
    log: Type.String(),
    delivery: Type.String(),
  },
  { additionalProperties: false },
)
export type Published = Static<typeof Published>

const placeIn = (directory: string) => join(directory, 'published.json')

/** Writes what is published, unless the same stands there. */
export async function publish(directory: string, published: Published): Promise<void> {
  const path = placeIn(directory)
  const text = `${JSON.stringify(published, null, 2)}\n`
  if ((await readFile(path, 'utf8').catch(() => null)) === text) return
  await replaceFile(path, text, 0o644)
}

/** @throws StartFault where nothing was published yet, or it cannot be read */
export async function readPublished(directory: string): Promise<Published> {
  const path = placeIn(directory)
  const text = await readFile(path, 'utf8').catch(() => null)
  if (text === null)
    throw new StartFault(`${path} is not there: start the operator part first, it makes the keys.`)
  try {
    const found: unknown = JSON.parse(text)
    if (Value.Check(Published, found)) return found
  } catch {
    // Said below in the same words.
  }
  throw new StartFault(`${path} is damaged; start the operator part, it writes it anew.`)
}
