import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test, type TestContext } from 'node:test'
import { skipWithout } from '../../../../test/support/tools.ts'
import { openRootFile, type RootFileOptions } from './root-file.ts'
import { openRootToken, type RootTokenOptions } from './root-token.ts'

const context = Buffer.from('tenant, project, epoch')

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'root-'))
  t.after(() => {
    rmSync(folder, { recursive: true })
  })
  return folder
}

function secretFile(folder: string, name: string, bytes: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, bytes, { mode: 0o600 })
  return path
}

/** A file root under a credential: quick, because no passphrase is stretched. */
function byCredential(t: TestContext): RootFileOptions {
  const folder = folderFor(t)
  const file = secretFile(folder, 'credential', randomBytes(48))
  return {
    file: join(folder, 'keys', 'root.json'),
    secret: { kind: 'credential', file },
    demonstration: false,
    create: true,
  }
}

test('VA1 a root key is made on first use, mode 0600 in a folder of mode 0700, and is the same at the next start', async (t) => {
  const options = byCredential(t)
  const first = await openRootFile(options)
  const key = randomBytes(32)
  const wrapped = await first.wrap(key, context)
  await first.close()
  assert.equal(statSync(options.file).mode & 0o777, 0o600)
  assert.equal(statSync(join(options.file, '..')).mode & 0o777, 0o700)
  assert.deepEqual(readdirSync(join(options.file, '..')), ['root.json'])
  const second = await openRootFile({ ...options, create: false })
  assert.equal(second.id, first.id)
  assert.deepEqual(Buffer.from(await second.unwrap(wrapped, context)), key)
})

test('VA1 of two first starts at once one makes the key and both use it', async (t) => {
  const options = byCredential(t)
  const roots = await Promise.all([1, 2, 3, 4].map(() => openRootFile(options)))
  assert.equal(new Set(roots.map((root) => root.id)).size, 1)
})

test('VA2 a missing root key is not made unless told so', async (t) => {
  const options = byCredential(t)
  await assert.rejects(openRootFile({ ...options, create: false }), { kind: 'root-key-missing' })
  assert.equal(existsSync(options.file), false)
})

test('VA3 a passphrase opens the file, its line end aside, and a wrong one is said to be wrong', async (t) => {
  const folder = folderFor(t)
  const file = join(folder, 'root.json')
  const at = (name: string, text: string): RootFileOptions => ({
    file,
    secret: { kind: 'passphrase', file: secretFile(folder, name, text) },
    demonstration: false,
    create: true,
  })
  await assert.rejects(openRootFile(at('short', 'only 14 chars!\n')), { kind: 'wrong-secret' })
  const made = await openRootFile(at('right', 'correct horse battery staple\n'))
  const again = await openRootFile(at('no line end', 'correct horse battery staple'))
  assert.equal(again.id, made.id)
  await assert.rejects(openRootFile(at('wrong', 'correct horse battery stapler\n')), {
    kind: 'wrong-secret',
  })
  const credential = { kind: 'credential', file: secretFile(folder, 'c', randomBytes(32)) } as const
  await assert.rejects(openRootFile({ ...at('right', ''), secret: credential }), {
    kind: 'root-key-refused',
    message: /sealed with a passphrase/,
  })
})

test('VA4 any change of the file is refused as tampering or a wrong secret, never opened', async (t) => {
  const options = byCredential(t)
  await openRootFile(options)
  const text = readFileSync(options.file, 'utf8')
  const hexDigits = [...text.matchAll(/"(id|salt|check|sealed)": "([0-9a-f]+)"/g)]
  assert.equal(hexDigits.length, 4)
  const damaged = hexDigits.flatMap(({ index, 0: field }) =>
    [field.length - 2, field.length - 20].map((back) => {
      const at = index + back
      return text.slice(0, at) + (text[at] === '0' ? '1' : '0') + text.slice(at + 1)
    }),
  )
  damaged.push(
    text.replace('"demonstration": false', '"demonstration": true'),
    text.replace('hkdf-sha512', 'scrypt N=131072 r=8 p=1'),
    text.replace('cloister-root-key@1', 'cloister-root-key@2'),
    text.slice(0, -20),
    '',
    '{}',
    `{"more": 1, ${text.slice(1)}`,
  )
  for (const file of damaged) {
    assert.notEqual(file, text)
    writeFileSync(options.file, file)
    await assert.rejects(openRootFile(options), (error: Error & { kind?: string }) => {
      assert.match(error.kind ?? '', /^(root-key-refused|wrong-secret)$/, file)
      return true
    })
    assert.equal(readFileSync(options.file, 'utf8'), file, 'a refused file is left as it is')
  }
})

test('VA5 a demonstration key is refused by a real installation, and the other way round', async (t) => {
  for (const demonstration of [true, false]) {
    const options = { ...byCredential(t), demonstration }
    assert.equal((await openRootFile(options)).demonstration, demonstration)
    await assert.rejects(openRootFile({ ...options, demonstration: !demonstration }), {
      kind: 'root-key-refused',
      message: /demonstration/,
    })
  }
})

test('VA6 key files and secrets that others may read are refused, with what to do', async (t) => {
  const options = byCredential(t)
  await openRootFile(options)
  chmodSync(options.file, 0o644)
  await assert.rejects(openRootFile(options), { kind: 'root-key-refused', message: /chmod 600/ })
  chmodSync(options.file, 0o600)
  chmodSync(options.secret.file, 0o644)
  await assert.rejects(openRootFile(options), { kind: 'wrong-secret', message: /chmod o=/ })
  chmodSync(options.secret.file, 0o600)
  writeFileSync(options.secret.file, randomBytes(31))
  await assert.rejects(openRootFile(options), { kind: 'wrong-secret', message: /32 bytes/ })
  rmSync(options.secret.file)
  await assert.rejects(openRootFile(options), { kind: 'wrong-secret', message: /cannot be read/ })
})

test('VA7 a wrap opens with its own context only, and not after closing', async (t) => {
  const root = await openRootFile(byCredential(t))
  await wrapsBindContexts(root)
})

async function wrapsBindContexts(root: Awaited<ReturnType<typeof openRootFile>>): Promise<void> {
  const key = randomBytes(32)
  const wrapped = Buffer.from(await root.wrap(key, context))
  assert.deepEqual(Buffer.from(await root.unwrap(wrapped, context)), key)
  const refused = { kind: 'key-refused' }
  await assert.rejects(root.unwrap(wrapped, Buffer.from('another')), refused)
  for (const at of [0, 1, 13, 40, wrapped.length - 1]) {
    const altered = Buffer.from(wrapped)
    altered[at] = (altered[at] ?? 0) ^ 1
    await assert.rejects(root.unwrap(altered, context), refused)
  }
  await assert.rejects(root.unwrap(wrapped.subarray(1), context), refused)
  await assert.rejects(root.wrap(randomBytes(31), context), RangeError)
  assert.notDeepEqual(await root.wrap(key, context), wrapped)
  await root.close()
  await assert.rejects(root.wrap(key, context), { kind: 'root-key-missing' })
  await assert.rejects(root.unwrap(wrapped, context), { kind: 'root-key-missing' })
}

const softhsm = '/usr/lib/softhsm/libsofthsm2.so'

function skipToken(): string | false {
  const missing = skipWithout('softhsm2-util')
  if (missing !== false) return missing
  try {
    createRequire(import.meta.url).resolve('pkcs11js')
    return existsSync(softhsm) ? false : `${softhsm} is not there`
  } catch {
    return 'pkcs11js is not installed: npm run pkcs11'
  }
}

suite('with a SoftHSM token', { skip: skipToken() }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'token-'))
  after(() => {
    rmSync(folder, { recursive: true })
  })

  function newToken(label: string): RootTokenOptions {
    mkdirSync(join(folder, 'tokens'), { recursive: true })
    writeFileSync(join(folder, 'softhsm.conf'), `directories.tokendir = ${folder}/tokens\n`)
    process.env['SOFTHSM2_CONF'] = join(folder, 'softhsm.conf')
    const words = ['--init-token', '--free', '--label', label, '--so-pin', '9999', '--pin', '1234']
    execFileSync('softhsm2-util', words, { stdio: 'ignore' })
    return {
      module: softhsm,
      token: label,
      pinFile: secretFile(folder, 'pin', '1234\n'),
      demonstration: false,
      create: true,
    }
  }

  test('VA8 a token keeps the same root key from one opening to the next, and wraps bind contexts there too', async () => {
    const options = newToken('wraps')
    const first = await openRootToken(options)
    assert.match(first.id, /^[0-9a-f]{32}$/)
    const key = randomBytes(32)
    const wrapped = await first.wrap(key, context)
    await first.close()
    const second = await openRootToken({ ...options, create: false })
    assert.equal(second.id, first.id)
    assert.deepEqual(Buffer.from(await second.unwrap(wrapped, context)), key)
    await wrapsBindContexts(second)
  })

  test('VA9 the key cannot be read out of the token', async () => {
    const options = newToken('unreadable')
    await (await openRootToken(options)).close()
    const words = [
      ...['-e', readOutScript],
      ...[options.module, options.token, '1234', 'cloister root'],
    ]
    const said = execFileSync(process.execPath, words, { encoding: 'utf8' })
    assert.equal(said.trim(), 'CKR_ATTRIBUTE_SENSITIVE')
  })

  test('VA10 a wrong PIN, a missing token, key or module and a key of the other sort are told apart', async () => {
    const options = newToken('refusals')
    await assert.rejects(openRootToken({ ...options, create: false }), { kind: 'root-key-missing' })
    await (await openRootToken(options)).close()
    await assert.rejects(openRootToken({ ...options, demonstration: true }), {
      kind: 'root-key-refused',
    })
    await assert.rejects(openRootToken({ ...options, token: 'none' }), { kind: 'root-key-missing' })
    await assert.rejects(openRootToken({ ...options, module: '/nonexistent.so' }), {
      kind: 'root-key-missing',
    })
    const pinFile = secretFile(folder, 'wrong-pin', '4321\n')
    await assert.rejects(openRootToken({ ...options, pinFile }), { kind: 'wrong-secret' })
    await (await openRootToken(options)).close()
  })
})

/** Asks the token for the value of the key, in a process of its own, and prints the refusal. */
const readOutScript = `
const pkcs11js = require('pkcs11js')
const [module, label, pin, name] = process.argv.slice(1)
const token = new pkcs11js.PKCS11()
token.load(module)
token.C_Initialize({ flags: pkcs11js.CKF_OS_LOCKING_OK })
const slot = token.C_GetSlotList(true).find((s) => token.C_GetTokenInfo(s).label.trim() === label)
const session = token.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION)
token.C_Login(session, pkcs11js.CKU_USER, pin)
token.C_FindObjectsInit(session, [{ type: pkcs11js.CKA_LABEL, value: name }])
const key = token.C_FindObjects(session)
token.C_FindObjectsFinal(session)
try {
  token.C_GetAttributeValue(session, key, [{ type: pkcs11js.CKA_VALUE }])
  console.log('read')
} catch (error) {
  console.log(error.message.split(':')[0])
}
`
