import { createHash } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  type Annotation,
  type LabelSchema,
  parseAnnotation,
  parseLabelSchema,
  sameAnnotation,
} from '@cloister/annotation-formats'
import { languageOf } from '#shared/imports.ts'
import type { Encoding } from '../manifest/records.ts'
import { Fault } from '../terminal.ts'

/** What a simulated annotator knows: the right annotation of an item, found by what it sees or hears. */
export interface Material {
  readonly schema: LabelSchema
  readonly items: number
  readonly kind: 'text' | 'audio'
  /** Of the rows whose tag is one; the import rejects the others. */
  readonly languages: readonly string[]
  /** By SHA-256 of the exact text, or of the decoded samples. */
  readonly byContent: ReadonlyMap<string, Annotation>
  readonly byReference: ReadonlyMap<string, Annotation>
}

export interface MaterialFiles {
  readonly manifest: string
  readonly schema: string
  readonly answers: string
  readonly encoding: Encoding
}

/**
 * Reads a manifest (JSON Lines, in the encoding named), the answers to it and their label schema
 * (both UTF-8). Recordings are matched by their samples, so
 * they have to be WAV files of 16 bits.
 * @throws Fault that names the file, and the line or the place in it
 */
export async function readMaterial({
  manifest,
  schema: schemaFile,
  answers: answersFile,
  encoding,
}: MaterialFiles): Promise<Material> {
  const schema = await readSchema(schemaFile)
  const byReference = new Map<string, Annotation>()
  for await (const [line, value] of jsonLines(answersFile)) {
    const parsed = parseAnnotation(memberOf(value, 'annotation'))
    if (!parsed.ok)
      throw new Fault(
        `${answersFile}, line ${line}: ${parsed.findings[0]?.message ?? 'no annotation'}`,
      )
    byReference.set(String(memberOf(value, 'item_ref')), parsed.value)
  }
  const byContent = new Map<string, Annotation>()
  const languages = new Set<string>()
  let items = 0
  let kind: 'text' | 'audio' = 'text'
  for await (const [line, value] of jsonLines(manifest, encoding)) {
    items += 1
    kind = memberOf(value, 'kind') === 'audio' ? 'audio' : 'text'
    const language = languageOf(String(memberOf(value, 'language')))
    if (language !== undefined) languages.add(language)
    const known = byReference.get(String(memberOf(value, 'item_ref')))
    const hash = await contentHash(value, dirname(manifest)).catch(() => null)
    if (known === undefined || hash === null) continue
    const before = byContent.get(hash)
    if (before !== undefined && !sameAnnotation(before, known))
      throw new Fault(
        `${manifest}, line ${line}: an item like an earlier one has another answer; nobody who sees them could tell which is wanted`,
      )
    byContent.set(hash, known)
  }
  return { schema, items, kind, languages: [...languages], byContent, byReference }
}

async function readSchema(path: string): Promise<LabelSchema> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new Fault(`${path} cannot be read`)
  })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Fault(`${path} is not JSON`)
  }
  const parsed = parseLabelSchema(value)
  if (parsed.ok) return parsed.value
  const [first] = parsed.findings
  throw new Fault(`${path}, ${first?.path === '' ? '/' : first?.path}: ${first?.message}`)
}

async function contentHash(row: unknown, folder: string): Promise<string | null> {
  const text = memberOf(row, 'text')
  if (typeof text === 'string') return createHash('sha256').update(text, 'utf8').digest('hex')
  const file = memberOf(row, 'file')
  return typeof file === 'string' ? samplesHash(join(folder, file)) : null
}

/** SHA-256 of the `data` chunk of a WAV file: the samples as they stand, interleaved, little-endian. */
async function samplesHash(path: string): Promise<string | null> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const head = Buffer.alloc(8)
    for (let at = 12; at + 8 <= size;) {
      await file.read(head, 0, 8, at)
      const length = Math.min(head.readUInt32LE(4), size - at - 8)
      if (head.toString('latin1', 0, 4) === 'data') {
        const samples = Buffer.alloc(length)
        await file.read(samples, 0, length, at + 8)
        return createHash('sha256').update(samples).digest('hex')
      }
      at += 8 + length + (length % 2)
    }
    return null
  } finally {
    await file.close()
  }
}

/** A member of something that was JSON; undefined when it is not there. */
export function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.entries(value).find(([key]) => key === name)?.[1]
}

/** Each line of a JSON Lines file that is JSON, with its number; others are for the import to reject. */
export async function* jsonLines(
  path: string,
  encoding: Encoding = 'utf-8',
): AsyncGenerator<[number, unknown]> {
  const file = await open(path, 'r').catch(() => {
    throw new Fault(`${path} cannot be read`)
  })
  let number = 0
  for await (const line of file.readLines({ encoding })) {
    number += 1
    if (line.trim() === '') continue
    try {
      yield [number, JSON.parse(line)]
    } catch {
      // The import names the row and says why.
    }
  }
}
