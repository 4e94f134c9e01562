import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { Check } from 'typebox/value'
import { WebSocket } from 'ws'
import { Browser } from '../../src/cli/stage/browser.ts'
import { registerKey, signIn } from '../../src/cli/stage/sign-in.ts'
import { openClient } from '../../src/server/kernel/db.ts'
import { Published } from '../../src/server/published.ts'
import { startWitness } from '../../src/witness/witness.ts'
import { createAttestationBatch } from '../../src/workstation/attestation-batch.ts'
import { type CreationOptions, SoftwareKey } from '../../src/workstation/software-key.ts'
import { startWorkstation } from '../../src/workstation/workstation.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import {
  allowModel,
  doorOf,
  keysFor,
  outsideOrigin,
  removeAll,
  rootOfSoftwareKey,
  run,
  type Running,
  startProcess,
  writeInstallation,
  type Written,
} from '../support/installation.ts'
import { shippedText } from '../support/sites.ts'

const scratches: string[] = []
after(() => removeAll(scratches))

const parts = ['operator', 'inside', 'building', 'outside', 'sequencer', 'jobs'] as const
type Part = (typeof parts)[number]
const opens: readonly Part[] = ['operator', 'inside', 'jobs']

/** The environment of one part: its own database role, and no key that it has no use for. */
function environmentOf(written: Written, database: TestDatabase, part: Part) {
  const connection = database.connection(`cloister_${part}`)
  assert.ok('socketDirectory' in connection)
  const { socketDirectory, role, database: name } = connection
  const url = `postgres://${role}@${encodeURIComponent(socketDirectory)}/${name}`
  const keys =
    part === 'outside'
      ? {}
      : keysFor(written, 'service', ...(opens.includes(part) ? (['root'] as const) : []))
  return { [`DATABASE_URL_${part.toUpperCase()}`]: url, ...keys }
}

/** Every part as a process of its own, the operator's first. */
async function startParts(t: TestContext, written: Written, database: TestDatabase) {
  await mkdir(join(written.folder, 'state', 'deliveries'), { recursive: true })
  const processes = new Map<Part, Running>()
  let witness: Record<string, string> = {}
  for (const part of parts) {
    const env = { ...environmentOf(written, database, part), ...witness }
    processes.set(part, await startProcess(t, ['--config', written.config, '--only', part], env))
    if (part === 'operator') witness = await startOwnWitness(t, written)
  }
  return (part: Part): Running => {
    const running = processes.get(part)
    assert.ok(running !== undefined)
    return running
  }
}

/** A witness for the log whose key the operator's part has made, as the settings that name it. */
async function startOwnWitness(t: TestContext, { folder }: Written) {
  const published: unknown = JSON.parse(
    await readFile(join(folder, 'state/published.json'), 'utf8'),
  )
  assert.ok(Check(Published, published))
  const witness = await startWitness({
    ...{ dir: join(folder, 'witness'), name: 'witness.example', logs: [published.log] },
    ...{ host: '127.0.0.1', port: 0, now: () => Date.now() },
    onFault: (error: unknown) => {
      throw error
    },
  })
  t.after(() => witness.close())
  return { CLOISTER_WITNESS_URL: witness.url, CLOISTER_WITNESS_KEY: witness.vkey }
}

/** Waits until something is so. */
async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise((wait) => setTimeout(wait, 50))
}

test('IN2 six processes are one installation: a request through each, and a signal across them', async (t) => {
  const database = await testDatabase(t)
  const written = await writeInstallation(scratches)
  const batch = await createAttestationBatch(new Date())
  await allowModel(written.models, batch.root, await rootOfSoftwareKey(written, 'ws-1'))
  const at = await startParts(t, written, database)
  const admin = database.db('cloister_admin')
  const command = async (...args: string[]) => {
    const { code, out, said } = await run([...args, '--socket', written.socket, '--json'])
    assert.equal(code, 0, said)
    return JSON.parse(out) as Record<string, unknown>
  }

  // operator
  const site = join(written.folder, 'site.yaml')
  await writeFile(site, shippedText('demonstration'))
  await command('facility', 'activate', site)

  // inside, by a workstation that enrols; building, by its posture report
  const faults: string[] = []
  const workstation = await startWorkstation({
    ...{ id: 'ws-1', name: 'cloister', listen: { host: '127.0.0.1', port: written.port } },
    ...{ server: doorOf(written, at('inside'), 'inside'), dir: join(written.folder, 'ws-1') },
    ...{ building: doorOf(written, at('building'), 'building'), clock: () => new Date() },
    ...{ code: String((await command('workstation', 'enrol', 'ws-1'))['code']), softwareKey: true },
    onFault: (words) => faults.push(words),
  })
  t.after(() => workstation.close())
  await workstation.tick()
  assert.deepEqual(faults, [])
  const posture = await admin.selectFrom('facility.posture').select('workstation').execute()
  assert.deepEqual(posture, [{ workstation: 'ws-1' }])

  // outside: a key of a listed model, and an entry with words that this process cannot open
  const key = new SoftwareKey(outsideOrigin, batch)
  await registerOutside(
    written,
    at('outside'),
    key,
    String((await command('officer', 'Rosa'))['code']),
  )
  const details = await admin.selectFrom('audit.detail').select('sealed').execute()
  assert.ok(details.some(({ sealed }) => sealed?.toString().startsWith('age-encryption.org/v1')))

  // sequencer: what was done comes into its place and is cosigned; the outside door shows it
  const size = async () =>
    Number((await ask(written, at('outside'), 'GET', '/checkpoint')).split('\n')[1])
  await until(async () => (await size()) >= 4)

  // jobs: an order that names nothing is taken, and is done
  const client = await openClient(database.connection('cloister_admin'))
  t.after(() => client.end())
  await client.query(`select jobs.enqueue('delivery.build', '{"delivery":"dlv_none"}', null, 1)`)
  await until(async () => (await client.query('select from graphile_worker.jobs')).rowCount === 0)

  // A person at the inside process is told what the operator's process did.
  const browser = new Browser(workstation.url)
  t.after(() => {
    browser.close()
  })
  await registerKey(browser, String((await command('officer', 'Sofia'))['code']))
  await signIn(browser, 'Sofia')
  const heard = await openSignals(t, workstation.url, browser.cookie ?? '')
  const changes = () => heard.filter((word) => word === 'changed').length
  // The first word on each line says so, whatever happened.
  await until(() => changes() === 1)
  await command('workstation', 'revoke', 'ws-1')
  await until(() => changes() > 1)

  for (const part of [...parts].reverse()) assert.equal(await at(part).stop(), 0, at(part).said())
})

test('IN2 a part that comes before the operator’s, or without a database of its own, makes nothing and says so', async (t) => {
  const database = await testDatabase(t)
  const written = await writeInstallation(scratches)
  const only = (part: Part, env: Record<string, string>) =>
    run(['start', '--config', written.config, '--only', part], env)
  const early = await only('outside', environmentOf(written, database, 'outside'))
  assert.equal(early.code, 1, early.said)
  assert.match(early.said, /stamp\.json is not there: start the operator part first/)
  const lone = await only('outside', {})
  assert.equal(lone.code, 2, lone.said)
  assert.match(lone.said, /DATABASE_URL_OUTSIDE must be said/)
})

/** What a page hears on its signal socket from now on. */
async function openSignals(t: TestContext, url: string, cookie: string): Promise<string[]> {
  const { host, origin, port } = new URL(url)
  const socket = new WebSocket(`ws://127.0.0.1:${port}/signals`, {
    headers: { host, origin, cookie },
  })
  t.after(() => {
    socket.terminate()
  })
  const heard: string[] = []
  socket.on('message', (data) => heard.push((data as Buffer).toString()))
  socket.on('error', () => undefined)
  await once(socket, 'message')
  return heard
}

async function registerOutside(
  written: Written,
  outside: Running,
  key: SoftwareKey,
  code: string,
): Promise<void> {
  const begun = JSON.parse(await ask(written, outside, 'POST', '/keys/begin', { code })) as {
    id: string
    options: CreationOptions
  }
  const answer = key.register(begun.options)
  const done = await ask(written, outside, 'POST', '/keys/finish', { code, id: begun.id, answer })
  assert.deepEqual(JSON.parse(done), { done: true })
}

/** A request of a browser outside, as its bytes. */
function ask(
  { ca }: Written,
  { ports }: Running,
  method: string,
  path: string,
  body?: object,
): Promise<string> {
  const headers = { origin: outsideOrigin, ...(body && { 'content-type': 'application/json' }) }
  return new Promise((resolve, reject) => {
    const out = request(
      { host: '127.0.0.1', port: ports['outside'], ca, method, path, headers },
      (answer) => {
        let text = ''
        answer.on('data', (piece: Buffer) => (text += piece.toString()))
        answer.on('end', () => {
          resolve(text)
        })
      },
    )
    out.on('error', reject)
    out.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
