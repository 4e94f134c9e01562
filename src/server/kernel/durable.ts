import { type FileHandle, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Makes the names in a folder durable: without this a rename may be forgotten at a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Writes all of `bytes`; a single write may take only a part. */
export async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at)
    at += bytesWritten
  }
}

/**
 * Puts a file in the place of another, or where none was, by way of `path.new`: at any moment, and
 * after a power cut, the name leads to the whole old content or the whole new one; when this has
 * returned, to the new one.
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  mode: number,
): Promise<void> {
  const file = await open(`${path}.new`, 'w', mode)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
  await syncFolder(dirname(path))
}
