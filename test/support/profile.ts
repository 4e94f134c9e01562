import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'

/** A marker that was found, and in which file of the profile. */
export interface Found {
  readonly marker: string
  readonly file: string
}

/**
 * Searches every file of a browser's profile byte by byte for markers, as UTF-8, UTF-16LE and
 * Latin-1. What lies compressed is not unpacked: Chromium's LevelDB may pack older tables with
 * Snappy, which keeps the first stretch of a text as it is, and caches keep what a server sent as
 * it came.
 */
export async function markersIn(profile: string, markers: readonly string[]): Promise<Found[]> {
  const sought = markers.flatMap((marker) =>
    (['utf8', 'utf16le', 'latin1'] as const).map((encoding) => ({
      marker,
      bytes: Buffer.from(marker, encoding),
    })),
  )
  const found: Found[] = []
  for (const entry of await readdir(profile, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const content = await readFile(path)
    for (const { marker, bytes } of sought)
      if (content.includes(bytes)) found.push({ marker, file: relative(profile, path) })
  }
  return found
}
