import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Pass, transactUnder } from '../../src/server/domains/access/index.ts'
import {
  addTasks,
  annotationFacts,
  removeTasks,
  taskSource,
} from '../../src/server/domains/annotation/index.ts'
import { guidelineRoutes, importRoutes } from '../../src/server/domains/projects/index.ts'
import {
  openDirectory,
  openRootFile,
  openVault,
  type Scanner,
  type Vault,
  withoutScanner,
} from '../../src/server/domains/vault/index.ts'
import { type Connection, openDb, type Tx } from '../../src/server/kernel/db.ts'
import { newId } from '../../src/server/kernel/random.ts'
import type { Role } from '../../src/server/kernel/roles.ts'
import { openServer } from '../../src/server/open.ts'

export interface OperatorDoor {
  readonly socket: string
  readonly vault: Vault
  close(): Promise<void>
}

/** A vault whose root key, keys and objects lie in a folder; opened again it is the same. */
export async function openVaultIn(folder: string, now = () => new Date()): Promise<Vault> {
  await mkdir(folder, { recursive: true })
  const secret = join(folder, 'credential')
  await writeFile(secret, Buffer.alloc(32, 7), { mode: 0o600 })
  const root = await openRootFile({
    ...{ file: join(folder, 'root.key'), secret: { kind: 'credential', file: secret } },
    ...{ demonstration: true, create: true },
  })
  const objects = await openDirectory(join(folder, 'objects'))
  const keys = await openDirectory(join(folder, 'keys'))
  return openVault({ root, tenant: 'test', objects, keys, now })
}

/** The product's operator door with everything behind it, and no other door. */
export async function openOperatorDoor(
  connect: (role: Role) => Connection,
  folder: string,
  scanner: Scanner = withoutScanner,
): Promise<OperatorDoor> {
  const vault = await openVaultIn(folder)
  const db = openDb(connect('cloister_operator'), { pool: 4 })
  const apart = <T>(pass: Pass, work: (tx: Tx) => Promise<T>) => transactUnder(db, pass, work)
  const socket = join(folder, 'operator.sock')
  const server = await openServer({
    ...{ demonstration: true, now: () => new Date(), connect, poolSize: 2 },
    strangers: { burst: 1000, perSecond: 100 },
    policies: new URL('../../policies', import.meta.url).pathname,
    webApp: folder,
    rules: { relyingParty: () => ({ id: 'localhost', isOrigin: () => false }), models: 'any' },
    arrivalOf: () => Promise.resolve(null),
    sealDetails: () => (_tx, details) =>
      Promise.resolve(createHash('sha256').update(JSON.stringify(details)).digest()),
    sources: [annotationFacts],
    resources: [taskSource],
    routes(operate, _streamOut, _gate, upload) {
      guidelineRoutes(operate, vault)
      importRoutes(operate, upload, { vault, scanner, apart, addTasks, removeTasks })
    },
    doors: { operator: { socket } },
    onClose: () => db.destroy(),
    onFault: (error) => {
      process.stderr.write(`${error.stack ?? error.message}\n`)
    },
  })
  return {
    ...{ socket, vault },
    async close() {
      await server.close()
      vault.close()
    },
  }
}

/** A project that may be worked on: its client, terms and instruction are in order. */
export async function beginProject(tx: Tx, code: string, kind: 'text' | 'audio'): Promise<string> {
  const [client, project] = [newId('cli'), newId('prj')]
  const now = new Date(Date.now() - 60_000)
  await tx
    .insertInto('projects.client')
    .values({ id: client, name: 'Client', created_at: now })
    .execute()
  await tx
    .insertInto('projects.terms')
    .values({ client, version: 1, body: '{}', complete: true, set_by: 'x', set_at: now })
    .execute()
  await tx
    .insertInto('projects.project')
    .values({ id: project, client, code, kind, state: 'open', created_by: 'x', created_at: now })
    .execute()
  await tx
    .insertInto('projects.instruction')
    .values({
      ...{ id: newId('ins'), project, subject: 'all', recorded_by: 'x' },
      ...{ begins: now, ends: null },
    })
    .execute()
  const body = JSON.stringify({ name: 's', version: 1, kind, labels: [{ name: 'a' }] })
  await tx
    .insertInto('projects.label_schema')
    .values({ project, version: 1, body, published_by: 'x', published_at: now })
    .execute()
  return project
}
