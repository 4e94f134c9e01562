import assert from 'node:assert/strict'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { Browser, RefusedByServer } from '../../src/cli/stage/browser.ts'
import { registerKey, signIn } from '../../src/cli/stage/sign-in.ts'
import { createAttestationBatch } from '../../src/workstation/attestation-batch.ts'
import { startWorkstation } from '../../src/workstation/workstation.ts'
import {
  allowModel,
  doorOf,
  keysFor,
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

async function command(...args: string[]): Promise<Record<string, unknown>> {
  const { code, out, said } = await run([...args, '--json'])
  assert.equal(code, 0, said)
  return JSON.parse(out) as Record<string, unknown>
}

/** A workstation of the site with a software key, enrolled by the command; closed when the test ends. */
async function seat(t: TestContext, written: Written, server: Running, id: string) {
  const { code } = await command('workstation', 'enrol', id, '--socket', written.socket)
  const workstation = await startWorkstation({
    ...{ id, name: 'cloister', listen: { host: '127.0.0.1', port: written.port } },
    ...{ server: doorOf(written, server, 'inside'), dir: join(written.folder, id) },
    ...{ clock: () => new Date(), code: String(code), softwareKey: true },
  })
  const browser = new Browser(workstation.url)
  let closed: Promise<void> | undefined
  const close = () =>
    (closed ??= workstation.close().then(() => {
      browser.close()
    }))
  t.after(close)
  return { browser, close }
}

test('IN1 a real installation begins with a file, a root key, a site, an officer and a workstation', async (t) => {
  const written = await writeInstallation(scratches)
  await allowModel(written.models, await rootOfSoftwareKey(written, 'ws-1'))
  const keys = keysFor(written, 'root')
  const checked = await run(['start', '--config', written.config, '--check-config'], keys)
  assert.equal(checked.code, 0, checked.said)
  const server = await startProcess(t, ['--config', written.config], keys)

  const site = join(written.folder, 'site.yaml')
  await writeFile(site, shippedText('demonstration'))
  const at = ['--socket', written.socket]
  await command('facility', 'activate', site, ...at)
  const first = await seat(t, written, server, 'ws-1')
  const officer = await command('officer', 'Sofia', ...at)
  await registerKey(first.browser, String(officer['code']))
  await signIn(first.browser, 'Sofia')
  const standing = await first.browser.get('/standing')
  assert.deepEqual(
    { ...(standing as object) },
    {
      ...{ person: officer['person'], name: 'Sofia', roles: ['security'], door: 'inside' },
      ...{ workstation: 'ws-1', demonstration: false, steppedUp: true },
    },
  )
  await first.close()

  const second = await seat(t, written, server, 'ws-2')
  const other = await command('officer', 'Mallory', ...at)
  await assert.rejects(
    registerKey(second.browser, String(other['code'])),
    (error) =>
      error instanceof RefusedByServer &&
      error.kind === 'sign-in-failed' &&
      error.problem['reason'] === 'key-not-allowed',
    'a key of the same name whose maker the site does not know',
  )
  assert.equal(await server.stop(), 0, server.said())
})

test('IN1 a configuration that cannot be used is refused in one line that names the setting', async () => {
  const written = await writeInstallation(scratches)
  await allowModel(written.models, (await createAttestationBatch(new Date())).root)
  const keys = keysFor(written, 'root')
  const refused = async (pattern: RegExp, env: Record<string, string> = {}) => {
    const { code, said } = await run(['start', '--config', written.config], { ...keys, ...env })
    assert.notEqual(code, 0, said)
    assert.match(said, pattern)
    assert.doesNotMatch(said, /^ {4}at /m, 'no stack')
  }
  await refused(/doors\.inside needs all of .* and origin/, { CLOISTER_DOORS_INSIDE_ORIGIN: '' })
  await refused(/unknown variable CLOISTER_SITE/, { CLOISTER_SITE: '/etc/site.yaml' })
  const [model = ''] = await readdir(written.models)
  await writeFile(join(written.models, model), 'no certificate')
  await refused(/security_keys: .* holds no certificate/)
  await rm(join(written.models, model))
  await refused(/security_keys: .* names no model/)
})
