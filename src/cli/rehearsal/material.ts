import { createHash } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  type Annotation,
  type LabelSchema,
  parseAnnotation,
  parseLabelSchema,
} from '@cloister/annotation-formats'
import { Check } from 'typebox/value'
import { type Encoding, languageOf } from '#shared/imports.ts'
import { LanguageTag } from '#shared/workforce.ts'
import { Fault } from '../terminal.ts'

/** The right annotation of an item, and the SHA-256 of its exact text or decoded samples. */
export interface Answer {
  readonly annotation: Annotation
  readonly content: string
}

/** What a rehearsal wants: the right annotation of each item. */
export interface Material {
  readonly schema: LabelSchema
  readonly items: number
  readonly kind: 'text' | 'audio'
  /** Of the rows whose tag is one; the import rejects the others. */
  readonly languages: readonly string[]
  /** By the item's reference. */
  readonly answers: ReadonlyMap<string, Answer>
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
  const given = new Map<string, Annotation>()
  for await (const [line, value] of jsonLines(answersFile)) {
    const parsed = parseAnnotation(memberOf(value, 'annotation'))
    if (!parsed.ok)
      throw new Fault(
        `${answersFile}, line ${line}: ${parsed.findings[0]?.message ?? 'no annotation'}`,
      )
    given.set(String(memberOf(value, 'item_ref')), parsed.value)
  }
  const answers = new Map<string, Answer>()
  const languages = new Set<string>()
  let items = 0
  let kind: 'text' | 'audio' = 'text'
  for await (const [, value] of jsonLines(manifest, encoding)) {
    items += 1
    kind = memberOf(value, 'kind') === 'audio' ? 'audio' : 'text'
    // What the import rejects is in no language that anybody is certified for.
    const tag = memberOf(value, 'language')
    const language = Check(LanguageTag, tag) ? languageOf(tag) : undefined
    const reference = String(memberOf(value, 'item_ref'))
    const annotation = given.get(reference)
    const content = await contentHash(value, dirname(manifest)).catch(() => null)
    if (language !== undefined) languages.add(language)
    if (annotation !== undefined && content !== null)
      answers.set(reference, { annotation, content })
  }
  return { schema, items, kind, languages: [...languages], answers }
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
