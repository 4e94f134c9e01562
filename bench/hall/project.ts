import { createWriteStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { importManifest } from '../../src/cli/manifest/import.ts'
import { transact } from '../../src/server/kernel/db.ts'
import { beginProject } from '../../test/support/operator-door.ts'
import type { Hall } from './hall.ts'
import { writeTone } from './sound.ts'

/** A project whose zone is open to it, with this many texts, brought in through the operator's door. */
export async function textProject(hall: Hall, texts: number): Promise<string> {
  const project = await transact(hall.admin, (tx) => beginProject(tx, 'aurora', 'text'))
  const manifest = join(hall.directory, 'texts.jsonl')
  await pipeline(Readable.from(rows(texts)), createWriteStream(manifest))
  await importManifest(hall.operator, project, manifest, 'utf-8', () => undefined)
  return project
}

/** A project with one recording of so many seconds, brought in through the operator's door; and the recording's own file. */
export async function soundProject(
  hall: Hall,
  seconds: number,
): Promise<{ project: string; file: string }> {
  const project = await transact(hall.admin, (tx) => beginProject(tx, 'aurora', 'audio'))
  const file = join(hall.directory, 'tone.wav')
  await writeTone(file, seconds)
  const manifest = join(hall.directory, 'sounds.jsonl')
  const row = { item_ref: 'tone', subject_refs: ['s'], language: 'en', kind: 'audio' }
  await writeFile(manifest, `${JSON.stringify({ ...row, file: 'tone.wav' })}\n`)
  await importManifest(hall.operator, project, manifest, 'utf-8', () => undefined)
  return { project, file }
}

function* rows(count: number): Generator<string> {
  for (let i = 0; i < count; i += 1) {
    const named = { item_ref: `q-${i}`, subject_refs: [`s-${i % 5000}`], language: 'en' }
    const text = `play the song number ${i} by somebody whose name is written here`
    yield `${JSON.stringify({ ...named, kind: 'text', text })}\n`
  }
}
