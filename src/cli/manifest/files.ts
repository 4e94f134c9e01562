import { type FileHandle, lstat, open, realpath, stat } from 'node:fs/promises'
import { constants } from 'node:fs'
import { dirname, isAbsolute, join, sep } from 'node:path'

/**
 * Opens a file that a manifest names, relative to it: an ordinary file at or below the manifest's
 * folder, also by its real place, so that no link leads out. The answer is a reason where it is not.
 */
export async function openNamedFile(
  manifest: string,
  name: string,
): Promise<{ handle: FileHandle; size: number } | { refused: string }> {
  const refused = (why: string) => ({ refused: `file: ${why}` })
  if (isAbsolute(name) || name.includes('\0') || name.includes('\\'))
    return refused('must be a path relative to the manifest')
  if (name.split('/').includes('..')) return refused('must not climb out of the folder')
  const folder = await realpath(dirname(manifest))
  const path = join(folder, name)
  // Looked at before it is opened, so that no pipe keeps the import waiting.
  const seen = await lstat(path).catch(() => undefined)
  if (seen === undefined) return refused('is not there')
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined)
  if (handle === undefined) return refused('cannot be opened')
  const opened = await handle.stat()
  const real = await realpath(path).catch(() => '')
  const there = await stat(real).catch(() => undefined)
  const inside = real.startsWith(folder + sep)
  const same = there?.ino === opened.ino && there.dev === opened.dev
  if (opened.isFile() && inside && same) return { handle, size: opened.size }
  await handle.close()
  if (!opened.isFile()) return refused('is not an ordinary file')
  return refused('lies outside the folder of the manifest')
}
