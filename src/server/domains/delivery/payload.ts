import {
  type Item,
  type LabelSchema,
  Losses,
  parseItem,
  parseLabelSchema,
  writeCloister,
  writeLabelStudio,
  type Writer,
} from '@cloister/annotation-formats'
import { Encrypter } from 'age-encryption'
import { tarEnd, tarHeader, tarPadding } from '#shared/package/tar.ts'
import { transact, type Tx } from '../../kernel/db.ts'
import { parseConfidential } from '../../kernel/json.ts'
import { acceptedAnnotations } from '../annotation/index.ts'
import { itemById, schemaVersion } from '../projects/index.ts'
import { Measured, measureOf, type Named, writeMeasured } from './measured.ts'
import { SetHash } from './set.ts'
import { type DeliveredItem, itemsAfter, keyById } from './store.ts'
import { type BuildPass, type Delivery, orderOf, underPass, type Workshop } from './workshop.ts'

/** Items opened and written at a time; bounds the memory, whatever the project's size. */
const pageSize = 500

/** The payload as it lies in its file, the archive inside it, and what that holds. */
export interface Payload {
  readonly size: number
  readonly sha256: string
  readonly plainSize: number
  readonly plainSha256: string
  readonly contents: readonly Named[]
  readonly batches: readonly string[]
  readonly items: number
}

/** Something of the set is no more as it was approved; nothing else is delivered in its place. */
export class SetFallen extends Error {
  override readonly name = 'SetFallen'
}

/**
 * Writes the set of a delivery, as it was approved, into a file that the client's key alone opens.
 * @throws SetFallen
 */
export async function writePayload(
  shop: Workshop,
  row: Delivery,
  path: string,
  signal: AbortSignal,
): Promise<Payload> {
  const key = await transact(shop.db, (tx) => keyById(tx, row.key))
  if (key === undefined) throw new Error('the key of an approved delivery is gone')
  const encrypter = new Encrypter()
  encrypter.addRecipient(key.recipient)
  const plain = new Measured()
  const found: Found = { contents: [], batches: new Set(), items: 0 }
  const source = plain.pass(archive(shop, row, found, signal))
  const sealed = await encrypter.encrypt(ReadableStream.from(source))
  const outer = await writeMeasured(path, sealed)
  const inner = plain.result()
  return {
    ...{ ...outer, plainSize: inner.size, plainSha256: inner.sha256 },
    ...{ contents: found.contents, batches: [...found.batches].sort(), items: found.items },
  }
}

interface Found {
  readonly contents: Named[]
  readonly batches: Set<string>
  items: number
}

/** The payload's archive, a page of items after the other. */
async function* archive(
  shop: Workshop,
  row: Delivery,
  found: Found,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  function* file(name: string, text: string): Generator<Uint8Array> {
    const bytes = Buffer.from(text, 'utf8')
    found.contents.push({ name, ...measureOf(bytes) })
    yield tarHeader(name, bytes.length)
    yield bytes
    yield tarPadding(bytes.length)
  }
  const losses = new Losses()
  const schemas = new Set<number>()
  const set = new SetHash()
  let after = ''
  for (let part = 1; ; part += 1) {
    signal.throwIfAborted()
    const fixed = await underPass(shop, orderOf(row), (tx) =>
      itemsAfter(tx, row.id, after, pageSize),
    )
    const last = fixed.at(-1)
    if (last === undefined) break
    after = last.item
    for (const one of fixed) set.add(one)
    const page = await underPass(shop, orderOf(row), (tx, pass) =>
      openPage(shop, tx, pass, row, fixed),
    )
    found.items += page.items.length
    for (const batch of page.batches) found.batches.add(batch)
    for (const version of page.schemas) schemas.add(version)
    const number = String(part).padStart(5, '0')
    yield* file(`annotations/${number}.jsonl`, written(writeCloister, page.items, losses))
    const schema = await schemaOf(shop, row, page.schemas)
    yield* file(
      `label-studio/${number}.json`,
      written(writeLabelStudio, page.items, losses, schema),
    )
  }
  for (const version of schemas) {
    const schema = await underPass(shop, orderOf(row), (tx) =>
      schemaVersion(tx, row.project, version),
    )
    yield* file(`schema/${version}.json`, `${JSON.stringify(schema?.body, null, 2)}\n`)
  }
  if (row.set_sha256?.equals(set.result()) !== true || row.quality === null) throw new SetFallen()
  yield* file('quality.json', row.quality)
  yield* file('losses.json', `${JSON.stringify(losses.list(), null, 2)}\n`)
  yield tarEnd
}

/** The newest schema of a page, which names the controls of formats that have them. */
async function schemaOf(
  shop: Workshop,
  row: Delivery,
  versions: ReadonlySet<number>,
): Promise<LabelSchema | undefined> {
  const newest = Math.max(...versions)
  const found = await underPass(shop, orderOf(row), (tx) => schemaVersion(tx, row.project, newest))
  const parsed = parseLabelSchema(found?.body)
  return parsed.ok ? parsed.value : undefined
}

function written(
  writer: Writer,
  items: readonly Item[],
  losses: Losses,
  schema?: LabelSchema,
): string {
  const pieces: string[] = []
  const writing = writer({
    losses,
    ...(schema && { schema }),
    out: (_, data) => pieces.push(String(data)),
  })
  for (const item of items) writing.add(item)
  writing.end()
  return pieces.join('')
}

/** Opens one page of the set with what the client calls its items, under one pass of the job. */
async function openPage(
  shop: Workshop,
  tx: Tx,
  pass: BuildPass,
  row: Delivery,
  fixed: readonly DeliveredItem[],
) {
  const names = fixed.map(({ item }) => item)
  const accepted = await acceptedAnnotations(tx, row.project, names)
  const stands = fixed.every(({ annotation }, at) => accepted[at]?.annotation === annotation)
  if (!stands) throw new SetFallen()
  const items: Item[] = []
  const batches = new Set<string>()
  const schemas = new Set<number>()
  for (const one of accepted) {
    items.push(await openItem(shop, tx, pass, one))
    batches.add(one.batch)
    schemas.add(one.schema)
  }
  return { items, batches, schemas }
}

async function openItem(
  shop: Workshop,
  tx: Tx,
  pass: BuildPass,
  one: Awaited<ReturnType<typeof acceptedAnnotations>>[number],
): Promise<Item> {
  const meta = await itemById(tx, one.item)
  const reference = await openAsset(shop, tx, pass, one.item, 'reference')
  const opened = await shop.vault.open(tx, pass, one.object)
  const annotation = parseConfidential(opened.toString('utf8'))
  const named = parseConfidential(reference?.toString('utf8') ?? '{}')
  const source =
    meta?.kind === 'text'
      ? {
          kind: 'text',
          text: (await openAsset(shop, tx, pass, one.item, 'content'))?.toString('utf8') ?? '',
        }
      : { kind: meta?.kind ?? 'audio', rate: meta?.rate ?? undefined, samples: meta?.length }
  const parsed = parseItem({
    ...(typeof named === 'object' && named !== null && 'item_ref' in named
      ? { item_ref: named.item_ref }
      : {}),
    source,
    annotation,
    by: one.annotator,
  })
  // What the findings say may quote the annotation.
  if (!parsed.ok) throw new Error(`the stored annotation ${one.annotation} cannot be read`)
  return parsed.value
}

async function openAsset(shop: Workshop, tx: Tx, pass: BuildPass, item: string, asset: string) {
  const project = pass.project ?? ''
  const place = await shop.vault.find(tx, { project, owner: { kind: 'item', item }, asset })
  return place === undefined ? undefined : shop.vault.open(tx, pass, place.id)
}
