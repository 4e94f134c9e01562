import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { FastifyInstance } from 'fastify'
import type { Static, TSchema } from 'typebox'
import { Check } from 'typebox/value'
import {
  type Caller,
  type Facts,
  type FactSource,
  type Gate,
  openGate,
  readPolicies,
  type ResourceSource,
} from '../../src/server/domains/access/index.ts'
import {
  addTasks,
  annotationFacts,
  annotationRoutes,
  taskSource,
} from '../../src/server/domains/annotation/index.ts'
import { keepDetails, openRecorder } from '../../src/server/domains/audit/index.ts'
import { projectsFacts, projectsSources } from '../../src/server/domains/projects/index.ts'
import {
  openDirectory,
  openRootFile,
  openVault,
  type Vault,
} from '../../src/server/domains/vault/index.ts'
import { workforceFacts } from '../../src/server/domains/workforce/index.ts'
import { buildDoor } from '../../src/server/http/door.ts'
import { type Ground, type Operate, operateOn } from '../../src/server/http/operate.ts'
import { openSignalSockets } from '../../src/server/http/sockets.ts'
import { type StreamOut, streamOn } from '../../src/server/http/stream.ts'
import { type Db, transact, type Tx } from '../../src/server/kernel/db.ts'
import { newId } from '../../src/server/kernel/random.ts'
import { NextTask, TaskPayload } from '../../src/shared/annotation.ts'
import { testDatabase, type TestDatabase } from './database.ts'
import { plainSeal } from './log-doors.ts'

/** What a door answered: the status, and the body as it was parsed. */
export interface Answered {
  readonly status: number
  readonly body: unknown
  readonly bytes: Buffer
}

export interface Member {
  readonly id: string
  get(url: string, headers?: Record<string, string>): Promise<Answered>
  post(url: string, body?: object): Promise<Answered>
  put(url: string, body: object): Promise<Answered>
}

/**
 * The inside and the outside door of the domain annotation over a real database, vault and gate
 * with the product's policies. People are named by a header instead of a cookie, and the building
 * is told to say what `building` holds: both have tests of their own.
 */
export interface Room {
  readonly database: TestDatabase
  readonly db: Db
  /** As the import and its undoing enter the database. */
  readonly operator: Db
  readonly vault: Vault
  readonly gate: Gate
  readonly project: string
  readonly client: string
  readonly now: { at: Date }
  /** What the doors, the workstation and the session say of everybody; tests change it. */
  readonly building: Partial<Facts>
  hire(member: {
    roles?: ('annotator' | 'reviewer')[]
    languages?: string[]
    site?: string[]
  }): Promise<Member>
  readonly nobody: Member
  /** The same person at the outside door. */
  outside(member: Member): Member
  addTexts(texts: readonly string[], language?: string): Promise<string[]>
  addSound(wave: Uint8Array, peaks: Uint8Array, samples: number, rate: number): Promise<string>
  /** Every log entry so far, in order. */
  log(): Promise<Record<string, unknown>[]>
  /** Ids of log entries' sealed words, opened. */
  readonly sealedWords: Record<string, unknown>[]
}

/** The answer's body, which must be a good one of this shape. */
export function good<S extends TSchema>(shape: S, { status, body }: Answered): Static<S> {
  assert.equal(status, 200, JSON.stringify(body))
  assert.ok(Check(shape, body), JSON.stringify(body))
  return body
}
export const taskIn = (answer: Answered) => good(TaskPayload, answer)
export const nextIn = (answer: Answered) => good(NextTask, answer).next

/** What a refusal says: its kind, and its members beyond those that every refusal has. */
export function refusal({ status, body }: Answered): Record<string, unknown> {
  assert.ok(status >= 400 && typeof body === 'object' && body !== null, JSON.stringify(body))
  const { type, title, status: repeated, instance, ...rest } = body as Record<string, unknown>
  assert.deepEqual([typeof title, typeof instance, repeated], ['string', 'string', status])
  return { kind: String(type).replace('/problems/', ''), ...rest }
}

export const spans = {
  ...{ name: 'spans', version: 1, kind: 'text' },
  labels: [{ name: 'artist' }, { name: 'track' }],
}
export const segments = {
  ...{ name: 'segments', version: 1, kind: 'audio' },
  labels: [{ name: 'speech' }],
  transcripts: [{ name: 'verbatim', required: true }],
}

/** An annotation that marks the first `length` code points as an artist. */
export function marked(length: number, label = 'artist'): object {
  return { schema: 'spans@1', regions: [{ id: 'r1', anchor: { text: [[0, length]] }, label }] }
}

/** A domain that stands above annotation, to be opened in the same room. */
export interface More {
  readonly sources: readonly FactSource[]
  readonly resources: readonly ResourceSource[]
  routes(operate: Operate, streamOut: StreamOut): void
}

export async function openRoom(
  t: TestContext,
  kind: 'text' | 'audio' = 'text',
  more?: More,
): Promise<Room> {
  const database = await testDatabase(t)
  const db = database.db('cloister_inside')
  const now = { at: new Date() }
  const vault = await openTestVault(t, () => now.at)
  const building: Partial<Facts> = {
    workstation: {
      ...{ zone: 'floor-1', enrolled: true, soleAddress: true },
      ...{ postureFresh: true, postureGood: true },
    },
    zone: { secure: true, serves: true, open: true, calm: true },
    presence: { zone: 'floor-1', factors: ['badge', 'biometric'], asSignedIn: true },
    session: { userVerified: true, keyAllowed: true, sameWorkstation: true, steppedUp: true },
    log: { witnessed: true },
  }
  const siteRoles = new Map<string, string[]>()
  const told: FactSource = {
    fills: ['actor', 'workstation', 'zone', 'presence', 'session', 'log'],
    read: (_, { caller }) =>
      Promise.resolve({
        facts: {
          ...building,
          actor: {
            ...{ kind: caller.kind, active: caller.kind !== 'nobody' },
            roles: siteRoles.get(caller.id ?? '') ?? [],
          },
        },
      }),
  }
  const gate = openGate(
    readPolicies(new URL('../../policies', import.meta.url).pathname),
    [told, workforceFacts, projectsFacts, annotationFacts, ...(more?.sources ?? [])],
    [taskSource, ...projectsSources, personSource, ...(more?.resources ?? [])],
    () => now.at,
  )
  const sealedWords: Record<string, unknown>[] = []
  const faults: Error[] = []
  const open = (door: 'inside' | 'outside'): FastifyInstance => {
    const own = door === 'inside' ? db : database.db('cloister_outside')
    const recorder = openRecorder(database.connection(`cloister_${door}`))
    const ground: Ground = {
      ...{ door, db: own, gate, now: () => now.at, recorder },
      identify: (_, request) =>
        Promise.resolve(callerNamed(door, request.headers['x-person'], now.at)),
      sealDetails: (tx, details, of) => {
        sealedWords.push({ ...details })
        return keepDetails(tx, plainSeal, details, of)
      },
    }
    const app = buildDoor({ onFault: (error) => faults.push(error) })
    const sockets = openSignalSockets(() => Promise.resolve(null))
    const [operate, streamOut] = [operateOn(app, ground), streamOn(app, ground, sockets)]
    annotationRoutes(operate, streamOut, {
      ...{ gate, seals: vault, sealDetails: ground.sealDetails },
      apart: (work) => transact(own, work),
    })
    more?.routes(operate, streamOut)
    t.after(async () => {
      sockets.close()
      await app.close()
      await recorder.close()
    })
    return app
  }
  const doors = { inside: open('inside'), outside: open('outside') }

  const speaker = (id: string, door: 'inside' | 'outside'): Member => {
    const ask = async (
      method: 'GET' | 'POST' | 'PUT',
      url: string,
      payload?: object,
      headers = {},
    ) => {
      const answer = await doors[door].inject({
        ...{ method, url, headers: { 'x-person': id, ...headers } },
        ...(payload !== undefined && { payload }),
      })
      const fault = faults.pop()
      if (fault !== undefined) throw fault
      const json = String(answer.headers['content-type']).includes('json')
      return {
        status: answer.statusCode,
        body: json ? answer.json<unknown>() : null,
        bytes: answer.rawPayload,
      }
    }
    return {
      id,
      get: (url, headers) => ask('GET', url, undefined, headers),
      post: (url, body) => ask('POST', url, body),
      put: (url, body) => ask('PUT', url, body),
    }
  }

  const admin = database.db('cloister_admin')
  const { client, project, batch } = await beginProject(admin, kind, now.at)
  return {
    ...{ database, db, operator: database.db('cloister_operator'), vault, gate },
    ...{ client, project, now, building, sealedWords },
    nobody: speaker('', 'inside'),
    outside: (member) => speaker(member.id, 'outside'),
    async hire({ roles = [], languages = ['en'], site = [] }) {
      const id = newId('per')
      siteRoles.set(id, site)
      await transact(admin, (tx) => admit(tx, { id, project, roles, languages, kind, now: now.at }))
      return speaker(id, 'inside')
    },
    addTexts: (texts, language = 'en') =>
      transact(db, async (tx) => {
        const items: string[] = []
        for (const text of texts) {
          const item = newId('itm')
          const { length } = Array.from(text)
          const sha256 = createHash('sha256').update(text, 'utf8').digest()
          await insertItem(tx, { item, project, batch, kind, language, length, rate: null, sha256 })
          const owner = { kind: 'item', item } as const
          const place = { project, owner, version: 1 }
          const names = JSON.stringify({ item_ref: `ref-${item}`, subject_refs: [] })
          await vault.seal(tx, { ...place, asset: 'content' }, Buffer.from(text, 'utf8'))
          await vault.seal(tx, { ...place, asset: 'reference' }, Buffer.from(names, 'utf8'))
          items.push(item)
        }
        await addTasks(
          tx,
          items.map((item) => ({ item, project, batch, language })),
          now.at,
        )
        return items
      }),
    addSound: (wave, peaks, samples, rate) =>
      transact(db, async (tx) => {
        const item = newId('itm')
        const sha256 = createHash('sha256').update(wave).digest()
        const row = { item, project, batch, kind, language: 'en', length: samples, rate, sha256 }
        await insertItem(tx, row)
        const owner = { kind: 'item', item } as const
        const place = { project, owner, version: 1 }
        await vault.seal(tx, { ...place, asset: 'content' }, wave)
        await vault.seal(tx, { ...place, asset: 'peaks' }, peaks)
        await addTasks(tx, [{ item, project, batch, language: 'en' }], now.at)
        return item
      }),
    log: () =>
      transact(
        admin,
        async (tx) => {
          const placed = await tx.selectFrom('audit.leaf').select('body').orderBy('index').execute()
          const pending = await tx
            .selectFrom('audit.pending')
            .select('body')
            .orderBy('id')
            .execute()
          return [...placed, ...pending].map(
            ({ body }) => JSON.parse(body.toString('utf8')) as Record<string, unknown>,
          )
        },
        // One moment for both: an entry that moves from the one to the other is neither lost nor doubled.
        { isolation: 'repeatable read' },
      ),
  }
}

const personSource = {
  type: 'Person',
  locate: (_: Tx, id: string) => Promise.resolve({ project: null, item: null, person: id }),
} as const

function callerNamed(
  door: 'inside' | 'outside',
  header: string | string[] | undefined,
  now: Date,
): Caller {
  const id = typeof header === 'string' && header !== '' ? header : null
  return {
    ...{ door, kind: id === null ? 'nobody' : 'person', id, address: '127.0.0.1' },
    ...{ session: id === null ? null : 'ses_test', signedInAt: now, certificate: null },
    workstation: door === 'inside' ? 'ws-1' : null,
  }
}

async function openTestVault(t: TestContext, now: () => Date): Promise<Vault> {
  const folder = await mkdtemp(join(tmpdir(), 'cloister-room-'))
  const secret = join(folder, 'credential')
  await writeFile(secret, Buffer.alloc(32, 7), { mode: 0o600 })
  const root = await openRootFile({
    ...{ file: join(folder, 'root.key'), secret: { kind: 'credential', file: secret } },
    ...{ demonstration: true, create: true },
  })
  const objects = await openDirectory(join(folder, 'objects'))
  const keys = await openDirectory(join(folder, 'keys'))
  const vault = openVault({ root, tenant: 'test', objects, keys, now })
  t.after(async () => {
    vault.close()
    await rm(folder, { recursive: true })
  })
  return vault
}

async function beginProject(admin: Db, kind: 'text' | 'audio', now: Date) {
  const [client, project, batch] = [newId('cli'), newId('prj'), newId('bat')]
  await transact(admin, async (tx) => {
    await tx
      .insertInto('projects.client')
      .values({ id: client, name: 'Client', created_at: now })
      .execute()
    await tx
      .insertInto('projects.terms')
      .values({ client, version: 1, body: '{}', complete: true, set_by: 'x', set_at: now })
      .execute()
    const code = project.slice(4, 14)
    await tx
      .insertInto('projects.project')
      .values({ id: project, client, code, kind, state: 'open', created_by: 'x', created_at: now })
      .execute()
    await tx
      .insertInto('projects.instruction')
      .values({
        ...{ id: newId('ins'), project, subject: 'all', recorded_by: 'x' },
        ...{ begins: new Date(now.getTime() - 86_400_000), ends: null },
      })
      .execute()
    const body = JSON.stringify(kind === 'text' ? spans : segments)
    await tx
      .insertInto('projects.label_schema')
      .values({ project, version: 1, body, published_by: 'x', published_at: now })
      .execute()
    await tx
      .insertInto('projects.batch')
      .values({
        ...{ id: batch, project, name: 'first', manifest: Buffer.alloc(32), state: 'ready' },
        ...{ next_row: 0, accepted: 0, rejected: 0, ordered_by: 'x', began_at: now, ended_at: now },
      })
      .execute()
  })
  return { client, project, batch }
}

async function admit(
  tx: Tx,
  who: {
    id: string
    project: string
    roles: ('annotator' | 'reviewer')[]
    languages: string[]
    kind: string
    now: Date
  },
): Promise<void> {
  const { id: person, project, now } = who
  const expires = '2999-12-31'
  await tx
    .insertInto('identity.person')
    .values({ id: person, created_at: now, revoked_at: null, revoked_by: null })
    .execute()
  await tx
    .insertInto('workforce.vetting')
    .values({
      ...{ person, kind: 'record', jurisdiction: 'ES', result: 'cleared', expires },
      ...{ recorded_by: 'x', recorded_at: now },
    })
    .execute()
  for (const language of who.languages)
    await tx
      .insertInto('workforce.certificate')
      .values({ person, language, kind: who.kind, expires })
      .execute()
  const begins = new Date(now.getTime() - 3_600_000)
  await tx
    .insertInto('workforce.shift')
    .values({ person, begins, ends: new Date(begins.getTime() + 12 * 3_600_000) })
    .execute()
  for (const role of who.roles)
    await tx
      .insertInto('projects.team')
      .values({ project, person, role, set_by: 'x', set_at: now })
      .execute()
}

async function insertItem(
  tx: Tx,
  row: {
    item: string
    project: string
    batch: string
    kind: 'text' | 'audio'
    language: string
    length: number
    rate: number | null
    sha256: Buffer
  },
): Promise<void> {
  const { item: id, project, batch, kind, language, length, rate, sha256 } = row
  const before = await tx.selectFrom('projects.item').select('id').execute()
  await tx
    .insertInto('projects.item')
    .values({
      ...{ id, project, batch, kind, language, length, rate, state: 'free' },
      ...{ row: before.length, content_sha256: sha256, created_at: new Date() },
      ref_mac: createHash('sha256').update(id).digest(),
    })
    .execute()
}
