import { readdir, readlink, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Removes what a server laid into a directory, and its database where that lies elsewhere: below
 * /var/lib/cloister, where the database's user cannot reach the directory. Follows no other link.
 */
export async function clearDirectory(directory: string): Promise<void> {
  const elsewhere = await readlink(join(directory, 'postgres')).catch(() => '')
  if (/^\/var\/lib\/cloister\/postgres-[0-9a-f]{12}$/.test(elsewhere))
    await rm(elsewhere, { recursive: true, force: true })
  for (const name of await readdir(directory))
    await rm(join(directory, name), { recursive: true, force: true })
}
