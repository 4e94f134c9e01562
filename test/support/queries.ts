import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

interface Slice {
  readonly text: string
  readonly entity?: string
}

/**
 * Writes voice queries as a manifest, their slots as answers, and a label schema; answers how many.
 * Bytes stay as they are: each is read as one character and written as that byte again, so that the
 * manifest is in the encoding of the source, whole or broken. Places count the characters of
 * `encoding`, as whoever reads the manifest in it counts them.
 */
export async function writeQueries(
  folder: string,
  source: string | readonly string[],
  { encoding = 'utf8', most = 1000 }: { encoding?: 'utf8' | 'latin1'; most?: number } = {},
): Promise<number> {
  const rows: { data: Slice[] }[] = []
  for (const file of [source].flat())
    rows.push(
      ...Object.values(
        JSON.parse(await readFile(file, 'latin1')) as Record<string, { data: Slice[] }[]>,
      ).flat(),
    )
  const codePoints = (bytes: string) =>
    Array.from(Buffer.from(bytes, 'latin1').toString(encoding)).length
  const labels = new Set<string>()
  let written = 0
  const [manifest, answers]: [string[], string[]] = [[], []]
  for (const [place, { data }] of rows.entries()) {
    let text = ''
    const regions = []
    for (const slice of data) {
      const begin = codePoints(text)
      text += slice.text
      if (slice.entity === undefined) continue
      const label = slice.entity.replaceAll('_', '-')
      labels.add(label)
      const anchor = { text: [[begin, codePoints(text)]] }
      regions.push({ id: `r${String(regions.length + 1)}`, anchor, label })
    }
    if (written >= most) break
    written += 1
    const item_ref = `q-${String(place)}`
    const subject_refs = [`s-${String(place % 7)}`]
    manifest.push(JSON.stringify({ item_ref, subject_refs, language: 'en', kind: 'text', text }))
    const annotation = { schema: 'voice-queries@1', regions, relations: [], answers: {} }
    answers.push(JSON.stringify({ item_ref, annotation }))
  }
  await writeFile(join(folder, 'manifest.jsonl'), manifest.join('\n'), 'latin1')
  await writeFile(join(folder, 'answers.jsonl'), answers.join('\n'))
  const schema = {
    ...{ name: 'voice-queries', version: 1, kind: 'text' },
    labels: [...labels].map((name) => ({ name })),
  }
  await writeFile(join(folder, 'schema.json'), JSON.stringify(schema))
  return written
}
