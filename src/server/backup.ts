import { mkdir, readdir, stat } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import { Type } from 'typebox'
import { Check } from 'typebox/value'
import { BackupMade, BackupOrder } from '#shared/backup.ts'
import { Problem } from '#shared/problems.ts'
import { holdEpochs } from './domains/vault/index.ts'
import type { Upload } from './http/upload.ts'
import { backUp, backUpParts } from './kernel/backup.ts'
import type { Config } from './kernel/config.ts'
import { type BackupPlaces, demandFree, type Parts } from './kernel/copy.ts'
import type { Connection } from './kernel/db.ts'
import { StartFault } from './kernel/fault.ts'
import { lockDirectory } from './kernel/lock.ts'
import { placeOfCluster } from './kernel/postgres.ts'
import { checkParts, restore, restoreParts } from './kernel/restore.ts'

/**
 * Backs an installation up: database, sealed objects, packages of deliveries and its name into one
 * folder, its sealed keys into another, if one is named. Whoever has only one of the two can read
 * nothing. `connection` is that of the database's administrator while the installation runs.
 * @throws StartFault when a folder is there already or lies within the installation, or when the
 *   database is not the embedded one
 */
export async function backUpInstallation(
  config: Config,
  connection: Connection | null,
  { to, keys }: BackupOrder,
): Promise<BackupMade> {
  demandEmbedded(config)
  for (const target of [to, ...(keys === null ? [] : [keys])])
    for (const own of [config.directory, config.objects, config.keys])
      if (isWithin(target, own))
        throw new StartFault(`${target} lies within ${own}; name a folder elsewhere`)
  if (keys !== null && (isWithin(keys, to) || isWithin(to, keys)))
    throw new StartFault('keys do not lie with what they open; name two folders apart')
  // Both before either is begun: a database may take hours.
  await demandFree(keys === null ? [to] : [to, keys])
  const { data } = await placeOfCluster(config.directory)
  const held = connection === null ? null : await holdEpochs(connection)
  try {
    const backup = await backUp(connection, { data, parts: partsOf(config) }, to)
    if (keys === null) return { backup, keys: null }
    return { backup, keys: await backUpParts(await keysOf(config, config.directory), keys) }
  } finally {
    await held?.release()
  }
}

/** Backs up an installation that does not run, and keeps it from starting meanwhile. */
export async function backUpStopped(config: Config, order: BackupOrder): Promise<BackupMade> {
  if ((await stat(join(config.directory, 'stamp.json')).catch(() => null)) === null)
    throw new StartFault(`${config.directory} holds no installation`)
  const lock = await lockDirectory(config.directory)
  try {
    return await backUpInstallation(config, null, order)
  } finally {
    await lock.release()
  }
}

/**
 * Puts a backup where the configuration wants the installation, which must be empty there; its keys
 * too, if their folder is named. Answers how many files came back.
 * @throws StartFault when a backup is not whole, or a place is taken
 */
export async function restoreInstallation(
  config: Config,
  { from, keys }: { readonly from: string; readonly keys: string | null },
): Promise<{ files: number }> {
  demandEmbedded(config)
  await mkdir(config.directory, { recursive: true, mode: 0o711 })
  const lock = await lockDirectory(config.directory)
  try {
    const { data, owner } = await placeOfCluster(config.directory)
    const places: BackupPlaces = { data, parts: partsOf(config) }
    // Both are checked before either is written; the keys are small enough to be read twice.
    const parts = keys === null ? {} : await keysOf(config, keys)
    if (keys !== null) await checkParts(keys, parts)
    const { files } = await restore(from, places, owner)
    const kept = keys === null ? null : await restoreParts(keys, parts)
    return { files: Object.keys(files).length + Object.keys(kept?.files ?? {}).length }
  } finally {
    await lock.release()
  }
}

const orderLimit = 16_384

/** The operator's order to the running server. It may take hours, so it is no transaction's work. */
export function backupRoute(upload: Upload, config: Config, admin: Connection | null): void {
  upload('/backup', {
    action: 'site.backup',
    params: Type.Object({}),
    answer: BackupMade,
    limit: orderLimit,
    resource: () => ({ type: 'Site', id: 'site' }),
    async receive({ bytes }) {
      const order = await readOrder(bytes)
      return backUpInstallation(config, admin, order).catch((error: unknown) => {
        if (error instanceof StartFault) throw new Problem('not-ready', { fault: error.message })
        throw error
      })
    },
    run({ received, note }) {
      note({ backup: received.backup.sha256, keys: received.keys?.sha256 ?? null })
      return Promise.resolve(received)
    },
  })
}

async function readOrder(bytes: AsyncIterable<Uint8Array>): Promise<BackupOrder> {
  const pieces: Uint8Array[] = []
  for await (const piece of bytes) pieces.push(piece)
  let order: unknown
  try {
    order = JSON.parse(Buffer.concat(pieces).toString('utf8'))
  } catch {
    throw new Problem('invalid-input', { where: 'body' })
  }
  if (!Check(BackupOrder, order)) throw new Problem('invalid-input', { where: 'body' })
  return order
}

function demandEmbedded({ databases }: Config): void {
  if (Object.keys(databases).length > 0)
    throw new StartFault(
      'the database is one of your own: back it up and restore it by its own means; docs/operations.md says what else belongs to it',
    )
}

function partsOf({ directory, objects }: Config): Parts {
  return {
    objects,
    deliveries: join(directory, 'deliveries'),
    'stamp.json': join(directory, 'stamp.json'),
  }
}

/**
 * Who plays the people and the building of a demonstration: their software keys, certificates and
 * badges. Its witness is not among them, which must never be set back (docs/operations.md).
 */
const players = ['cast.json', 'client', 'simulator', 'workstations']

/**
 * The sealed keys, and the sealed files of the keys above them; never the secrets that open those.
 * Of a demonstration also whichever of its players are in a folder: the installation, or its copy.
 */
async function keysOf(config: Config, folder: string): Promise<Parts> {
  const { directory, demonstration, keys, rootKey, serviceKey } = config
  const there = demonstration ? await readdir(folder).catch(() => []) : []
  const apart = (name: string, place: Config['rootKey']): Parts =>
    place?.kind === 'sealed-file' && !isWithin(place.path, keys) ? { [name]: place.path } : {}
  return {
    ...{ keys, ...apart('root.key', rootKey), ...apart('service.key', serviceKey) },
    ...Object.fromEntries(
      players.filter((name) => there.includes(name)).map((name) => [name, join(directory, name)]),
    ),
  }
}

function isWithin(path: string, folder: string): boolean {
  return `${resolve(path)}${sep}`.startsWith(`${resolve(folder)}${sep}`)
}
