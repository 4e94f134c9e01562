import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { Browser } from '../../src/cli/stage/browser.ts'
import { keepDetails } from '../../src/server/domains/audit/index.ts'
import { toPem, type Authority } from '../../src/server/authority/index.ts'
import {
  arrivalAt,
  facilityFacts,
  facilityRoutes,
  workstationSource,
} from '../../src/server/domains/facility/index.ts'
import { keysSource, type Vault, vaultRoutes } from '../../src/server/domains/vault/index.ts'
import type { Db } from '../../src/server/kernel/db.ts'
import { openServer, type Installation } from '../../src/server/open.ts'
import { demonstrationKeyRules } from '../../src/server/parties.ts'
import type { PostureChecks } from '../../src/shared/facility.ts'
import type { Door } from '../../src/workstation/door.ts'
import { startWorkstation, type Workstation } from '../../src/workstation/workstation.ts'
import { doorCertificate, testAuthority } from './certificates.ts'
import { testDatabase, type TestDatabase } from './database.ts'
import { openVaultIn } from './operator-door.ts'
import { shippedText } from './sites.ts'

/** The product behind real doors on free ports, with a database of its own and the demonstration's site in force. */
export interface TestServer {
  readonly database: TestDatabase
  readonly vault: Vault
  readonly authority: Authority
  readonly folder: string
  readonly inside: Door
  readonly building: Door
  readonly outside: Door
  readonly operatorSocket: string
  /** What leaves nowhere: faults that were answered with 500. */
  readonly faults: Error[]
  /** Moves the clock of the server from now on; machines keep their own. */
  advance(ms: number): void
  now(): Date
  /** A request at the operator's socket. */
  operator(method: 'GET' | 'POST', path: string, body?: object): Promise<Answer>
  /** A workstation of the site, enrolled, with a software key and a good posture report. */
  workstation(id: string): Promise<{ program: Workstation; browser: Browser }>
}

export interface Answer {
  readonly status: number
  readonly body: unknown
}

const goodPosture: PostureChecks = {
  ...{ malware: 'ok', diskEncryption: 'ok', usb: 'ok' },
  ...{ network: 'ok', browserPolicy: 'ok', patches: 'ok' },
}

export type More = Partial<Pick<Installation, 'sources' | 'resources' | 'routes' | 'strangers'>>

/** Opens a server and closes all of it when the test ends; `more` adds domains of the test. */
export async function testServer(t: TestContext, more: More = {}): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'cloister-server-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'web'))
  await writeFile(join(folder, 'web', 'index.html'), '<!doctype html><title>test</title>')
  const database = await testDatabase(t)
  const authority = await testAuthority()
  const { key, cert } = await doorCertificate(authority)
  const ca = toPem('CERTIFICATE', authority.certificate)
  const place = { host: '127.0.0.1', port: 0, tls: { key, cert, clientAuthority: ca } }
  const socket = join(folder, 'operator', 'door')
  const faults: Error[] = []
  let ahead = 0
  const now = () => new Date(Date.now() + ahead)
  const vault = await openVaultIn(folder, now)
  t.after(() => {
    vault.close()
  })
  const server = await openServer({
    ...{ demonstration: true, now, connect: (role) => database.connection(role), poolSize: 4 },
    strangers: more.strangers ?? { burst: 1000, perSecond: 100 },
    ...{ policies: 'policies', webApp: join(folder, 'web') },
    rules: demonstrationKeyRules,
    arrivalOf: arrivalAt(authority.certificate),
    sealDetails: () => (tx, words, project) =>
      keepDetails(tx, (...at) => vault.sealDetailBytes(...at), words, project),
    sources: [facilityFacts, ...(more.sources ?? [])],
    resources: [workstationSource, keysSource, ...(more.resources ?? [])],
    routes(operate, streamOut, gate, upload) {
      facilityRoutes(operate, authority)
      vaultRoutes(operate, vault.epochs)
      more.routes?.(operate, streamOut, gate, upload)
    },
    doors: { inside: place, building: place, outside: place, operator: { socket } },
    onFault: (error) => faults.push(error),
  })
  t.after(() => server.close())
  const operator = (method: 'GET' | 'POST', path: string, body?: object) =>
    ask(socket, method, path, body)
  const door = (port = 0) => ({ host: '127.0.0.1', port, ca })
  const inside = door(server.ports.inside)
  const building = door(server.ports.building)
  const outside = door(server.ports.outside)
  await expectDone(operator('POST', '/site', { file: shippedText('demonstration') }))
  return {
    ...{ database, vault, authority, folder, inside, building, outside, faults, operator, now },
    operatorSocket: socket,
    advance(ms) {
      ahead += ms
    },
    async workstation(id) {
      const { code } = await codeOf(operator('POST', `/workstations/${id}/code`))
      const program = await startWorkstation({
        ...{ id, listen: { host: '127.0.0.1', port: 0 }, server: inside, building, code },
        ...{ dir: join(folder, id), clock: now, softwareKey: true },
        onFault: (words) => faults.push(new Error(words)),
      })
      t.after(() => program.close())
      await program.simulatePosture(goodPosture)
      const browser = new Browser(program.url)
      t.after(() => {
        browser.close()
      })
      return { program, browser }
    },
  }
}

/** The one-time code in an answer. */
export async function codeOf(answer: Promise<Answer>): Promise<{ code: string; person?: string }> {
  return (await expectDone(answer)) as { code: string; person?: string }
}

/** The body of an answer that must be good. */
export async function expectDone(answer: Promise<Answer>): Promise<unknown> {
  const { status, body } = await answer
  if (status !== 200) throw new Error(`${String(status)} ${JSON.stringify(body)}`)
  return body
}

function ask(socketPath: string, method: string, path: string, body?: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    const out = request({ socketPath, path, method, ...(body && { headers }) }, (answer) => {
      const pieces: Buffer[] = []
      answer.on('data', (piece: Buffer) => pieces.push(piece))
      answer.on('end', () => {
        const text = Buffer.concat(pieces).toString('utf8')
        resolve({ status: answer.statusCode ?? 0, body: text === '' ? null : JSON.parse(text) })
      })
    })
    out.on('error', reject)
    out.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** Runs work as the given door's database role. */
export function dbOf({ database }: TestServer, role: 'inside' | 'building' | 'operator'): Db {
  return database.db(`cloister_${role}`)
}
