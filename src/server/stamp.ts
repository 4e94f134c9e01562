import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { replaceFile } from './kernel/durable.ts'
import { StartFault } from './kernel/fault.ts'
import { newId } from './kernel/random.ts'

/** What an installation is, written when it is made: a demonstration never touches a real one, nor the other way round. */
export interface Stamp {
  readonly demonstration: boolean
  /** Names this installation for ever: in the log's origin, in every sealed object. */
  readonly tenant: string
}

const StampFile = Type.Object(
  {
    cloister: Type.Literal(1),
    demonstration: Type.Boolean(),
    tenant: Type.String({ pattern: '^[a-z2-7]{26}$' }),
  },
  { additionalProperties: false },
)

/**
 * Reads the stamp of a state directory, or with `make` makes it in an empty one.
 * @throws StartFault when there is none, when it is of the other sort, or not readable as a stamp
 */
export async function stampDirectory(
  directory: string,
  { demonstration, make }: { readonly demonstration: boolean; readonly make: boolean },
): Promise<Stamp> {
  const path = join(directory, 'stamp.json')
  if (make) await mkdir(directory, { recursive: true, mode: 0o711 })
  const text = await readFile(path, 'utf8').catch(() => null)
  if (text === null && !make)
    throw new StartFault(`${path} is not there: start the operator part first, it makes it.`)
  if (text === null) return writeStamp(path, { demonstration, tenant: newId('t').slice(2) })
  const found = parse(text)
  if (found === null) throw new StartFault(`${path} is damaged; restore it from a backup.`)
  if (found.demonstration !== demonstration)
    throw new StartFault(
      found.demonstration
        ? `${directory} holds a demonstration; a real installation needs a directory of its own.`
        : `${directory} holds a real installation; a demonstration does not touch it.`,
    )
  return { demonstration, tenant: found.tenant }
}

function parse(text: string) {
  try {
    const value: unknown = JSON.parse(text)
    return Value.Check(StampFile, value) ? value : null
  } catch {
    return null
  }
}

async function writeStamp(path: string, stamp: Stamp): Promise<Stamp> {
  await replaceFile(path, JSON.stringify({ cloister: 1, ...stamp }), 0o644)
  return stamp
}
