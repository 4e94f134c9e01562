import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmod, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { readFileSync } from 'node:fs'
import {
  allowModel,
  keysFor,
  removeAll,
  writeInstallation,
} from '../../../test/support/installation.ts'
import { sampleKeys } from '../../../test/support/sample-log.ts'
import { startWitness } from '../../witness/witness.ts'
import { createAttestationBatch } from '../../workstation/attestation-batch.ts'
import { type Config, readConfig } from '../kernel/config.ts'
import { openKeys } from '../keys.ts'
import { stampDirectory } from '../stamp.ts'
import { lookAtFiles } from './files.ts'
import type { Finding } from './finding.ts'
import { lookAtNeighbours } from './neighbours.ts'

const scratches: string[] = []
after(() => removeAll(scratches))
const now = new Date()

/** A real installation's files as the first start leaves them, without its database. */
async function installed(more: Record<string, string> = {}) {
  const written = await writeInstallation(scratches)
  await allowModel(written.models, (await createAttestationBatch(now)).root)
  const env = { CLOISTER_CONFIG: written.config, ...keysFor(written, 'root'), ...more }
  const read = readConfig(env, (path) => readFileSync(path, 'utf8'))
  assert.ok('config' in read, JSON.stringify(read))
  const { config } = read
  const stamp = await stampDirectory(config.directory, { demonstration: false, make: true })
  await (await openKeys(config, stamp, now)).close()
  return { written, config }
}

const about = (findings: readonly Finding[], check: string) => {
  const found = findings.filter((one) => one.check === check)
  assert.equal(found.length, 1, JSON.stringify(findings))
  return found[0]
}

test('IN3 files that are as they should be are good, and a certificate that ends soon is named', async () => {
  const { config } = await installed()
  const findings = await lookAtFiles(config, now)
  assert.deepEqual(
    findings.filter(({ state }) => state === 'bad'),
    [],
  )
  assert.equal(about(findings, 'security keys')?.words, '1 model is allowed')
  assert.match(about(findings, 'authority')?.words ?? '', /^good until 20/)
  const ending = about(findings, 'certificate inside')
  assert.equal(ending?.state, 'warning')
  assert.match(ending.words, /^ends on .*: renew it/)
})

test('IN3 of a token only the PIN is a secret: its module is a library that everybody may read', async () => {
  const { written, config } = await installed()
  const [module, pinFile] = [join(written.models, '..', 'token.so'), join(config.keys, 'pin')]
  await writeFile(module, '', { mode: 0o644 })
  await writeFile(pinFile, '0000', { mode: 0o600 })
  const rootKey = { kind: 'pkcs11', module, token: 'cloister', pinFile } as const
  const look = async () => about(await lookAtFiles({ ...config, rootKey }, now), 'keys')
  assert.equal((await look())?.state, 'good')
  await chmod(pinFile, 0o644)
  assert.match((await look())?.words ?? '', /pin is open to every user/)
})

test('IN3 every file that is wrong is found at once, each with what to do', async () => {
  const { written, config } = await installed()
  await chmod(join(config.directory, 'keys', 'log.sealed'), 0o644)
  await chmod(config.directory, 0o777)
  await rm(join(config.directory, 'published.json'))
  await writeFile(join(written.models, 'yubikey.pem'), '')
  const later = new Date(now.getTime() + 2 * 3_600_000)
  const findings = await lookAtFiles(config, later)
  const bad = findings.filter(({ state }) => state === 'bad')
  assert.deepEqual(
    bad.map(({ check }) => check),
    [
      ...['state', 'security keys', 'keys', 'authority'],
      ...['certificate inside', 'certificate building', 'certificate outside'],
    ],
  )
  assert.match(about(bad, 'state')?.words ?? '', /chmod go-w/)
  assert.match(about(bad, 'keys')?.words ?? '', /log\.sealed is open to every user: chmod o=/)
  assert.match(about(bad, 'security keys')?.words ?? '', /yubikey\.pem is not named <AAGUID>/)
  assert.match(about(bad, 'authority')?.words ?? '', /start the operator part/)
  assert.match(about(bad, 'certificate building')?.words ?? '', /^ended on/)
})

test('IN3 a certificate that does not name the door is bad before a browser says so', async () => {
  const { config } = await installed({
    CLOISTER_DOORS_INSIDE_ORIGIN: 'https://cloister.example',
  })
  const found = about(await lookAtFiles(config, now), 'certificate inside')
  assert.match(found?.words ?? '', /does not name cloister\.example/)
})

/** A clamd that answers one question and knows nothing else; see clamd(8). */
async function clamd(t: TestContext, says: string): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', (asked) => {
      socket.end(asked.toString() === 'zVERSION\0' ? `${says}\0` : 'UNKNOWN COMMAND\0')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return `127.0.0.1:${address.port}`
}

test('IN3 a scanner is asked for its signatures and their age', async (t) => {
  const scanner = async (clamav: string) => {
    const { config } = await installed({ CLOISTER_CLAMAV: clamav })
    return about(await lookAtNeighbours(config, new Date('2026-11-21T12:00:00Z')), 'scanner')
  }
  const fresh = await scanner(await clamd(t, 'ClamAV 1.4.3/27800/Fri Nov 20 09:31:05 2026'))
  assert.deepEqual(fresh, {
    ...{ check: 'scanner', state: 'good' },
    words: 'ClamAV 1.4.3, signatures 27800 of Fri Nov 20 09:31:05 2026',
  })
  const old = await scanner(await clamd(t, 'ClamAV 1.4.3/27700/Mon Nov 10 09:31:05 2026'))
  assert.equal(old?.state, 'warning')
  assert.equal((await scanner(await clamd(t, 'ClamAV 1.4.3')))?.state, 'bad')
  assert.equal((await scanner(await clamd(t, 'SSH-2.0')))?.state, 'bad')
  assert.equal((await scanner('127.0.0.1:1'))?.state, 'bad')
  assert.equal((await scanner('none'))?.state, 'warning')
})

test('IN3 a witness is asked for the log that is meant, and is missed where there is none', async (t) => {
  const keys = sampleKeys()
  const { config } = await installed()
  const witness = await startWitness({
    ...{ dir: join(config.directory, 'witness'), name: 'example.org/witness' },
    ...{ logs: [keys.log.verifierKey], host: '127.0.0.1', port: 0, now: () => Date.now() },
    onFault: (error: unknown) => {
      throw error
    },
  })
  let open = true
  const close = async () => {
    if (open) await witness.close()
    open = false
  }
  t.after(close)
  const asked = async (one: Config['witness']) =>
    about(await lookAtNeighbours({ ...config, witness: one }, now), 'witness')
  const named = { url: witness.url, key: witness.vkey }
  assert.match((await asked(named))?.words ?? '', /knows this log not yet/)
  assert.match((await asked(null))?.words ?? '', /none is named/)
  await close()
  assert.equal((await asked(named))?.state, 'bad')
})
