import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  mkdtempSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { openDirectory } from './directory.ts'

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'objects-'))
  t.after(() => {
    rmSync(folder, { recursive: true })
  })
  return folder
}

async function* pieces(...all: Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const piece of all) yield await Promise.resolve(piece)
}

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
}

async function listed(store: Awaited<ReturnType<typeof openDirectory>>): Promise<string[]> {
  const all: string[] = []
  for await (const location of store.list()) all.push(location)
  return all.sort()
}

test('VA20 an object is read back at any place, under a name that means nothing', async (t) => {
  const folder = folderFor(t)
  const store = await openDirectory(folder)
  const bytes = randomBytes(300_000)
  const put = await store.put(pieces(bytes.subarray(0, 7), bytes.subarray(7)))
  assert.equal(put.size, bytes.length)
  assert.match(put.location, /^[0-9a-f]{40}$/)
  const object = await store.open(put.location)
  assert.equal(object.size, bytes.length)
  assert.deepEqual(await object.read(123, 200_001), bytes.subarray(123, 200_001))
  assert.equal((await object.read(299_990, 300_010)).length, 10)
  await object.close()
  const path = join(folder, put.location.slice(0, 2), put.location.slice(2, 4), put.location)
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

test('VA21 a stream that fails leaves no object and no draft', async (t) => {
  const folder = folderFor(t)
  const store = await openDirectory(folder)
  const failing = async function* () {
    yield* pieces(randomBytes(100_000))
    throw new Error('infected')
  }
  await assert.rejects(store.put(failing()), /infected/)
  assert.deepEqual(files(folder), [])
})

test('VA22 a full disk is said to be full, leaves no partial object, and takes objects again when there is room', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'small-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'cloister-test', folder], {
      stdio: 'ignore',
    })
  } catch {
    rmdirSync(folder)
    t.skip('mounting a small file system needs root')
    return
  }
  t.after(() => {
    execFileSync('umount', [folder])
    rmdirSync(folder)
  })
  const store = await openDirectory(folder)
  const first = await store.put(pieces(randomBytes(600_000)))
  const half = randomBytes(300_000)
  await assert.rejects(store.put(pieces(half, half, half)), { kind: 'storage-full' })
  assert.deepEqual(files(folder), [first.location])
  await store.remove(first.location)
  assert.ok(await store.put(pieces(half, half)))
})

test('VA23 a deleted object is gone, and deleting it again says so', async (t) => {
  const folder = folderFor(t)
  const store = await openDirectory(folder)
  const { location } = await store.put(pieces(randomBytes(10)))
  assert.equal(await store.remove(location), true)
  assert.equal(await store.remove(location), false)
  await assert.rejects(store.open(location), { kind: 'object-missing' })
  assert.deepEqual(files(folder), [])
})

test('VA24 a location that no object has leads nowhere, also not out of the folder', async (t) => {
  const store = await openDirectory(folderFor(t))
  for (const location of ['', '..', '../../etc/passwd', 'A'.repeat(40), 'a'.repeat(40), '\0'])
    await assert.rejects(async () => store.open(location), { kind: 'object-missing' })
})

test('VA25 the list holds every stored object and no draft, and sweeping removes old drafts only', async (t) => {
  const folder = folderFor(t)
  const store = await openDirectory(folder)
  const stored = await Promise.all([1, 2, 3].map(() => store.put(pieces(randomBytes(10)))))
  const old = join(folder, 'incoming', 'a'.repeat(40))
  const fresh = join(folder, 'incoming', 'b'.repeat(40))
  writeFileSync(old, 'half')
  writeFileSync(fresh, 'half')
  utimesSync(old, new Date(1000), new Date(1000))
  assert.deepEqual(await listed(store), stored.map(({ location }) => location).sort())
  assert.equal(await store.sweep(new Date(2000)), 1)
  assert.deepEqual(readdirSync(join(folder, 'incoming')), ['b'.repeat(40)])
  assert.deepEqual(await listed(store), stored.map(({ location }) => location).sort())
})

test('VA87 a draft that takes its place, or is swept by another, while drafts are swept is no fault', async (t) => {
  const folder = folderFor(t)
  const store = await openDirectory(folder)
  const drafts = Array.from({ length: 300 }, (_, n) =>
    join(folder, 'incoming', `draft-${String(n)}`),
  )
  for (const draft of drafts) {
    writeFileSync(draft, 'half')
    utimesSync(draft, 1, 1)
  }
  const puts = Promise.all(
    Array.from({ length: 50 }, (_, n) => store.put(pieces(Buffer.from(String(n))))),
  )
  const swept = await Promise.all(Array.from({ length: 4 }, () => store.sweep(new Date(2000))))
  assert.equal(
    swept.reduce((sum, n) => sum + n, 0),
    300,
  )
  await puts
  assert.equal((await listed(store)).length, 50)
  assert.deepEqual(readdirSync(join(folder, 'incoming')), [])
})
