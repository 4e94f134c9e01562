import { createHash, type Hash, randomBytes } from 'node:crypto'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
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
import { logSigner, signNote } from '@cloister/transparency-log'
import { Encrypter } from 'age-encryption'
import { type Manifest, manifestText } from '#shared/package/manifest.ts'
import { tarEnd, tarHeader, tarPadding } from '#shared/package/tar.ts'
import { type Db, transact, type Tx } from '../../kernel/db.ts'
import type { Caller, Gate, Pass } from '../access/index.ts'
import { acceptedAnnotations } from '../annotation/index.ts'
import { record } from '../audit/index.ts'
import { itemById, projectById, schemaVersion } from '../projects/index.ts'
import { acceptance } from '../quality/index.ts'
import type { Vault } from '../vault/index.ts'
import { moveDelivery } from './stamps.ts'
import { clearItems, deliveryById, insertItems, keyById } from './store.ts'
import type { DeliveryTables } from './tables.ts'

/** What the building of a package stands on. */
export interface Workshop {
  readonly db: Db
  readonly gate: Gate
  readonly vault: Vault
  /** Where packages lie; drafts are under `incoming/`. */
  readonly packages: string
  /** Signing key of the manifests. */
  readonly signingKey: string
  /** Keeps words sealed beside the log and answers the hash for the leaf. */
  readonly sealDetails: (
    tx: Tx,
    words: Readonly<Record<string, unknown>>,
    project: string | null,
  ) => Promise<Uint8Array | null>
  /** The proof of the newest entry of this act on this delivery, once a cosigned checkpoint covers it. */
  readonly proofOf: (
    tx: Tx,
    action: string,
    resource: string,
  ) => Promise<{ proof: string; checkpoint: string } | null>
  readonly now: () => Date
}

type Delivery = DeliveryTables['delivery.delivery']
type BuildPass = Pass<'delivery.build'>
interface Named {
  readonly name: string
  readonly size: number
  readonly sha256: string
}

/** Items opened and written at a time; bounds the memory, whatever the project's size. */
const pageSize = 500
const longestWait = 120_000

/**
 * Builds the package of an approved delivery: opens every accepted annotation under a pass of its
 * own, seals the payload for the client, signs the manifest. The package appears whole or not at
 * all; a build that was cut off is begun again from its start.
 */
export async function buildDelivery(
  shop: Workshop,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  const row = await transact(shop.db, (tx) => deliveryById(tx, id))
  if (row === undefined || row.state !== 'approved' || row.approved_by === null) return
  const incoming = join(shop.packages, 'incoming')
  await mkdir(incoming, { recursive: true, mode: 0o700 })
  const draft = join(incoming, `${id}-${randomBytes(4).toString('hex')}`)
  try {
    const payload = await writePayload(shop, row, `${draft}.age`, signal)
    const evidence = await gatherEvidence(shop, row, signal)
    const packed = await writePackage(shop, row, draft, payload, evidence)
    await finish(shop, row, draft, packed, payload.items)
  } finally {
    await rm(`${draft}.age`, { force: true })
    await rm(draft, { force: true })
  }
}

/** Removes drafts that a cut-off build left behind; only for a moment at which none is running. */
export async function sweepDrafts(packages: string): Promise<void> {
  const incoming = join(packages, 'incoming')
  for (const name of await readdir(incoming).catch(() => []))
    await rm(join(incoming, name), { force: true })
}

function admit(shop: Workshop, tx: Tx, row: Delivery): Promise<BuildPass> {
  const caller: Caller = {
    ...{ door: 'operator', kind: 'job', id: row.approved_by, session: null, signedInAt: null },
    ...{ workstation: null, certificate: null, address: 'local' },
  }
  return shop.gate.admit(tx, caller, 'delivery.build', { type: 'Delivery', id: row.id })
}

interface Payload {
  readonly size: number
  readonly sha256: string
  readonly plainSize: number
  readonly plainSha256: string
  readonly contents: readonly Named[]
  readonly batches: readonly string[]
  readonly items: number
}

async function writePayload(
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
  const found: { contents: Named[]; batches: Set<string>; items: number } = {
    contents: [],
    batches: new Set(),
    items: 0,
  }
  const source = plain.pass(archive(shop, row, found, signal))
  const sealed = await encrypter.encrypt(ReadableStream.from(source))
  const outer = new Measured()
  const file = await open(path, 'w', 0o600)
  try {
    for await (const piece of outer.pass(sealed)) await file.write(piece)
    await file.sync()
  } finally {
    await file.close()
  }
  const { size, sha256 } = outer.result()
  const inner = plain.result()
  return {
    ...{ size, sha256, plainSize: inner.size, plainSha256: inner.sha256 },
    ...{ contents: found.contents, batches: [...found.batches].sort(), items: found.items },
  }
}

/** The payload's archive, a page of items after the other. */
async function* archive(
  shop: Workshop,
  row: Delivery,
  found: { contents: Named[]; batches: Set<string>; items: number },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  await transact(shop.db, (tx) => clearItems(tx, row.id))
  function* file(name: string, text: string): Generator<Uint8Array> {
    const bytes = Buffer.from(text, 'utf8')
    found.contents.push({
      name,
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    })
    yield tarHeader(name, bytes.length)
    yield bytes
    yield tarPadding(bytes.length)
  }
  const losses = new Losses()
  const schemas = new Set<number>()
  let after = ''
  for (let part = 1; ; part += 1) {
    signal.throwIfAborted()
    const page = await transact(shop.db, (tx) => openPage(shop, tx, row, after))
    const last = page.items.at(-1)
    if (last === undefined) break
    after = page.last
    found.items += page.items.length
    for (const batch of page.batches) found.batches.add(batch)
    for (const version of page.schemas) schemas.add(version)
    const number = String(part).padStart(5, '0')
    yield* file(`annotations/${number}.jsonl`, written(writeCloister, page.items, losses))
    const schema = await schemaOf(shop, row.project, page.schemas)
    yield* file(
      `label-studio/${number}.json`,
      written(writeLabelStudio, page.items, losses, schema),
    )
  }
  for (const version of schemas) {
    const schema = await transact(shop.db, (tx) => schemaVersion(tx, row.project, version))
    yield* file(`schema/${version}.json`, `${JSON.stringify(schema?.body, null, 2)}\n`)
  }
  const quality = await transact(shop.db, (tx) => acceptance(tx, row.project))
  yield* file(
    'quality.json',
    `${JSON.stringify({ rule: 'every item reviewed', ...quality }, null, 2)}\n`,
  )
  yield* file('losses.json', `${JSON.stringify(losses.list(), null, 2)}\n`)
  yield tarEnd
}

/** The newest schema of a page, which names the controls of formats that have them. */
async function schemaOf(
  shop: Workshop,
  project: string,
  versions: ReadonlySet<number>,
): Promise<LabelSchema | undefined> {
  const found = await transact(shop.db, (tx) => schemaVersion(tx, project, Math.max(...versions)))
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

/** Opens one page of accepted items with what the client calls them, under one pass of the job. */
async function openPage(shop: Workshop, tx: Tx, row: Delivery, after: string) {
  const pass = await admit(shop, tx, row)
  const accepted = await acceptedAnnotations(tx, row.project, after, pageSize)
  const items: Item[] = []
  const batches = new Set<string>()
  const schemas = new Set<number>()
  for (const one of accepted) {
    items.push(await openItem(shop, tx, pass, one))
    batches.add(one.batch)
    schemas.add(one.schema)
  }
  await insertItems(tx, row.id, accepted)
  return { items, batches, schemas, last: accepted.at(-1)?.item ?? after }
}

async function openItem(
  shop: Workshop,
  tx: Tx,
  pass: BuildPass,
  one: Awaited<ReturnType<typeof acceptedAnnotations>>[number],
): Promise<Item> {
  const meta = await itemById(tx, one.item)
  const reference = await openAsset(shop, tx, pass, one.item, 'reference')
  const annotation: unknown = JSON.parse(
    (await shop.vault.open(tx, pass, one.object)).toString('utf8'),
  )
  const named: unknown = JSON.parse((reference ?? Buffer.from('{}')).toString('utf8'))
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
  if (!parsed.ok)
    throw new Error(`a stored annotation cannot be read: ${parsed.findings[0]?.message ?? ''}`)
  return parsed.value
}

async function openAsset(shop: Workshop, tx: Tx, pass: BuildPass, item: string, asset: string) {
  const project = pass.project ?? ''
  const place = await shop.vault.find(tx, { project, owner: { kind: 'item', item }, asset })
  return place === undefined ? undefined : shop.vault.open(tx, pass, place.id)
}

interface Evidence extends Named {
  readonly bytes: Buffer
}

/** The proofs that two people let this delivery go, once the log and its witness stand behind them. */
async function gatherEvidence(
  shop: Workshop,
  row: Delivery,
  signal: AbortSignal,
): Promise<Evidence[]> {
  const resource = `Delivery::${row.id}`
  const deadline = shop.now().getTime() + longestWait
  for (;;) {
    signal.throwIfAborted()
    const [release, approval] = await transact(shop.db, async (tx) => [
      await shop.proofOf(tx, 'delivery.release', resource),
      await shop.proofOf(tx, 'delivery.approve', resource),
    ])
    if (release != null && approval != null)
      return [
        evidence('proofs/release.tlog-proof', release.proof),
        evidence('proofs/approval.tlog-proof', approval.proof),
        evidence('checkpoint', approval.checkpoint),
      ]
    if (shop.now().getTime() > deadline)
      throw new Error(
        'no cosigned checkpoint covers the release yet; the build is tried again later',
      )
    await pause(200, undefined, { signal })
  }
}

function evidence(name: string, text: string): Evidence {
  const bytes = Buffer.from(text, 'utf8')
  return {
    name,
    bytes,
    size: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  }
}

async function writePackage(
  shop: Workshop,
  row: Delivery,
  draft: string,
  payload: Payload,
  proofs: readonly Evidence[],
): Promise<{ size: number; sha256: string; manifest: string }> {
  const project = await transact(shop.db, (tx) => projectById(tx, row.project))
  const key = await transact(shop.db, (tx) => keyById(tx, row.key))
  const { size, sha256, plainSize, plainSha256 } = payload
  const manifest: Manifest = {
    ...{ delivery: row.id, project: row.project, code: project?.code ?? '' },
    ...{ batches: [...payload.batches], items: payload.items },
    createdAt: shop.now().toISOString(),
    ...{ releasedBy: row.proposed_by, approvedBy: row.approved_by ?? '' },
    recipient: key?.fingerprint ?? '',
    payload: { size, sha256, plainSize, plainSha256 },
    contents: [...payload.contents],
    evidence: proofs.map((proof) => ({ name: proof.name, size: proof.size, sha256: proof.sha256 })),
  }
  const note = Buffer.from(signNote(manifestText(manifest), [logSigner(shop.signingKey)]), 'utf8')
  const whole = new Measured()
  // What lies here is sealed for the client; the outside door's own user reads it through its group.
  const file = await open(draft, 'w', 0o640)
  try {
    for await (const piece of whole.pass(packageOf(note, proofs, `${draft}.age`, size)))
      await file.write(piece)
    await file.sync()
  } finally {
    await file.close()
  }
  return { ...whole.result(), manifest: createHash('sha256').update(note).digest('hex') }
}

async function* packageOf(
  note: Buffer,
  proofs: readonly Evidence[],
  payload: string,
  size: number,
): AsyncGenerator<Uint8Array> {
  for (const { name, bytes } of [{ name: 'manifest.note', bytes: note }, ...proofs]) {
    yield tarHeader(name, bytes.length)
    yield bytes
    yield tarPadding(bytes.length)
  }
  yield tarHeader('payload.age', size)
  const file = await open(payload, 'r')
  try {
    // A stream of the file's own would close it; this loop does.
    for (let at = 0; at < size;) {
      const piece = Buffer.allocUnsafe(Math.min(1 << 20, size - at))
      const { bytesRead } = await file.read(piece, 0, piece.length, at)
      if (bytesRead === 0) throw new Error('the sealed payload became shorter')
      at += bytesRead
      yield piece.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
  yield tarPadding(size)
  yield tarEnd
}

/** The package takes its name before its row says so: a row never names a file that is not whole. */
async function finish(
  shop: Workshop,
  row: Delivery,
  draft: string,
  packed: { size: number; sha256: string; manifest: string },
  items: number,
): Promise<void> {
  const file = `${row.id}.tar`
  await rename(draft, join(shop.packages, file))
  const folder = await open(shop.packages, 'r')
  await folder.sync()
  await folder.close()
  await transact(shop.db, async (tx) => {
    const pass = await admit(shop, tx, row)
    const sha256 = Buffer.from(packed.sha256, 'hex')
    const built = {
      state: 'built',
      file,
      items,
      size: packed.size,
      sha256,
      built_at: pass.at,
    } as const
    if (!(await moveDelivery(tx, row.id, ['approved'], built))) return
    const words = { package: packed.sha256, manifest: packed.manifest, items }
    const details = await shop.sealDetails(tx, words, row.project)
    await record(tx, {
      ...{
        time: shop.now(),
        actor: pass.actor,
        action: pass.action,
        resource: `Delivery::${row.id}`,
      },
      ...{ project: row.project, item: null, door: pass.door, workstation: null, zone: null },
      ...{ outcome: 'done', policies: pass.policies, details },
    })
  })
}

/** Counts and hashes what passes through it. */
class Measured {
  readonly #hash: Hash = createHash('sha256')
  #size = 0

  async *pass(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of source) {
      this.#hash.update(piece)
      this.#size += piece.length
      yield piece
    }
  }

  result(): { size: number; sha256: string } {
    return { size: this.#size, sha256: this.#hash.digest('hex') }
  }
}
