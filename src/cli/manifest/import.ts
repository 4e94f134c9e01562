import { rename, stat, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import {
  type Encoding,
  fullRequest,
  ImportBegun,
  type ImportRow,
  ImportStanding,
  ImportUndone,
  mostRows,
  ProjectFound,
  RejectedRows,
} from '#shared/imports.ts'
import type { Operator } from '../operator.ts'
import { Fault } from '../terminal.ts'
import { openNamedFile } from './files.ts'
import { checkUtf8, formOf, PassingFile, readRecords } from './records.ts'
import { type ManifestRow, readRows } from './rows.ts'

export interface Imported {
  readonly batch: string
  readonly rows: number
  readonly accepted: number
  /** Rows whose item was there before, with the same content. */
  readonly present: number
  readonly rejected: number
  readonly rejectedFile: string | null
  /** False where the installation goes without a malware scanner. */
  readonly scanned: boolean
}

/** The id of the project of this code. */
export async function findProject(operator: Operator, code: string): Promise<string> {
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(code))
    throw new Fault(`${code} is no project's code: those are lowercase letters, digits and -`, 2)
  return parsed(ProjectFound, await operator.get(`/imports/projects/${code}`)).project
}

/**
 * Brings a manifest into a project: reads it for its encoding, then past the scanner, then row by
 * row. It is never held whole. Whatever stops it, the same call goes on after the last row that the
 * server has taken.
 * @throws Fault that says what to do
 */
export async function importManifest(
  operator: Operator,
  project: string,
  manifest: string,
  encoding: Encoding,
  onProgress: (done: number, all: number) => void,
): Promise<Imported> {
  const form = formOf(manifest)
  const { size } = await stat(manifest).catch(() => {
    throw new Fault(`${manifest} cannot be read`)
  })
  if (encoding === 'utf-8') await checkUtf8(manifest, new PassingFile(manifest).read())
  const url = `/projects/${project}/imports`
  const whole = Readable.from(headed({ encoding }, new PassingFile(manifest).read()), {
    objectMode: false,
  })
  const begun = parsed(ImportBegun, await operator.send(url, whole, 'application/octet-stream'))
  let standing: ImportStanding = begun
  if (begun.state === 'importing') {
    const passing = new PassingFile(manifest)
    const rows = readRows(manifest, readRecords(passing.read(), form, encoding), form)
    const sender = openSender(operator, `${url}/${begun.batch}`, { manifest, encoding }, begun)
    for await (const row of rows) {
      await sender.take(row)
      onProgress(passing.bytes, size)
    }
    const read = await sender.end()
    const end = { rows: read, sha256: passing.sha256() }
    standing = parsed(ImportStanding, await operator.post(`${url}/${begun.batch}/end`, end))
  }
  const { batch, rows, accepted, rejected } = standing
  return {
    ...{ batch, rows, accepted, present: rows - accepted - rejected, rejected },
    rejectedFile:
      rejected === 0 ? null : await writeRejected(operator, `${url}/${batch}`, manifest, encoding),
    scanned: begun.scanned,
  }
}

/** Removes a batch, some items at a time. Answers how many this call removed. */
export async function undoBatch(
  operator: Operator,
  project: string,
  batch: string,
): Promise<number> {
  if (!/^bat_[a-z2-7]{26}$/.test(batch)) throw new Fault(`${batch} is no batch's id`, 2)
  const url = `/projects/${project}/imports/${batch}/undo`
  let removed = 0
  for (let more = true; more;) {
    const step = parsed(ImportUndone, await operator.post(url, {}))
    removed += step.removed
    more = step.remaining
  }
  return removed
}

interface Sender {
  take(row: ManifestRow): Promise<void>
  /** Sends what is left; answers how many rows there were. */
  end(): Promise<number>
}

/** Sends rows in order from the first that is not done: inline ones together, one with a file by itself. */
function openSender(
  operator: Operator,
  url: string,
  { manifest, encoding }: { manifest: string; encoding: Encoding },
  begun: ImportStanding,
): Sender {
  let waiting: ImportRow[] = []
  let [bytes, next, seen] = [0, begun.rows, 0]
  // One request is under way while the next is put together.
  let underWay: Promise<unknown> = Promise.resolve()

  async function flush(): Promise<void> {
    await underWay
    if (waiting.length === 0) return
    const [from, rows] = [next, waiting]
    next += rows.length
    waiting = []
    bytes = 0
    underWay = operator.post(`${url}/rows`, { from, rows })
    // Heard by the next flush at the latest.
    underWay.catch(() => undefined)
  }

  async function sendFile(row: ManifestRow & { file: string; described: object }): Promise<void> {
    const opened = await openNamedFile(manifest, row.file)
    if ('refused' in opened) {
      waiting.push(opened)
      return
    }
    await flush()
    await underWay
    const bytes = opened.handle.createReadStream({ highWaterMark: 256 * 1024 })
    const source = Readable.from(headed({ from: next, row: row.described, encoding }, bytes), {
      objectMode: false,
    })
    await operator.send(`${url}/files`, source, 'application/octet-stream')
    next++
  }

  return {
    async take(row) {
      seen = row.row + 1
      if (row.row < begun.rows) return
      if ('file' in row) await sendFile(row)
      else if ('refused' in row) waiting.push({ refused: row.refused })
      else {
        waiting.push({ row: row.text })
        bytes += row.text.text.length
      }
      if (waiting.length >= mostRows || bytes >= fullRequest) await flush()
    },
    async end() {
      await flush()
      await underWay
      return seen
    },
  }
}

/** An upload: a line that says what it is, then its bytes. */
async function* headed(head: object, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${JSON.stringify(head)}\n`, 'utf8')
  yield* bytes
}

/** Writes the reasons beside the manifest, each with file, row and line; whole, in place of an older one. */
async function writeRejected(
  operator: Operator,
  url: string,
  manifest: string,
  encoding: Encoding,
): Promise<string> {
  const path = `${manifest}.rejected.jsonl`
  const form = formOf(manifest)
  const rows = readRows(
    manifest,
    readRecords(new PassingFile(manifest).read(), form, encoding),
    form,
  )
  async function* lines(): AsyncGenerator<string> {
    let page: { row: number; reason: string }[] = []
    let from = 0
    for await (const { row, line } of rows) {
      if (page.length === 0 && row >= from) {
        page = parsed(RejectedRows, await operator.get(`${url}/rejected/${from}`)).rejected
        if (page.length === 0) return
      }
      const [first] = page
      if (first?.row !== row) continue
      page.shift()
      from = row + 1
      const [field = 'row', ...words] = first.reason.split(': ')
      const said = { file: basename(manifest), row: row + 1, line, field, reason: words.join(': ') }
      yield `${JSON.stringify(said)}\n`
    }
  }
  await writeFile(`${path}.new`, lines(), { mode: 0o600 })
  await rename(`${path}.new`, path)
  return path
}

/** The server's answer in the shape that is due. */
function parsed<S extends TSchema>(shape: S, value: unknown): Static<S> {
  if (Value.Check(shape, value)) return value
  throw new Fault(
    'the server answered in another form than this command knows; are both of one version?',
  )
}
