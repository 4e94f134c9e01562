import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { readTar, TarFault, tarEnd, tarHeader, tarPadding } from './tar.ts'

const file = (name: string, bytes: Uint8Array) =>
  Buffer.concat([tarHeader(name, bytes.length), bytes, tarPadding(bytes.length)])

async function* cut(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  await Promise.resolve()
}

async function read(bytes: Uint8Array, size = 1000) {
  const files: [string, string][] = []
  for await (const { name, content } of readTar(cut(bytes, size))) {
    const pieces: Uint8Array[] = []
    for await (const piece of content) pieces.push(piece)
    files.push([name, Buffer.concat(pieces).toString('hex')])
  }
  return files
}

test('PK1 what was written is read back, however the stream is cut', async () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}(\/[a-z]{1,8})?$/), {
    minLength: 1,
    maxLength: 5,
  })
  await fc.assert(
    fc.asyncProperty(
      names,
      fc.uint8Array({ maxLength: 3000 }),
      fc.integer({ min: 1, max: 2000 }),
      async (all, bytes, size) => {
        const archive = Buffer.concat([...all.map((name) => file(name, bytes)), tarEnd])
        assert.deepEqual(
          await read(archive, size),
          all.map((name) => [name, Buffer.from(bytes).toString('hex')]),
        )
      },
    ),
    { numRuns: 60 },
  )
})

test('PK2 tar of this system reads what was written', () => {
  const archive = Buffer.concat([
    file('a/b.txt', Buffer.from('hello')),
    file('c', Buffer.alloc(513, 1)),
    tarEnd,
  ])
  assert.equal(execFileSync('tar', ['-tf', '-'], { input: archive }).toString(), 'a/b.txt\nc\n')
  assert.equal(
    execFileSync('tar', ['-xOf', '-', 'a/b.txt'], { input: archive }).toString(),
    'hello',
  )
})

test('PK3 names that lead elsewhere, links, doubles, damage, a missing and a late end are refused', async () => {
  for (const name of ['/etc/passwd', '../x', 'a/../b', '.x', 'a//b', 'a\\b', '', 'a'.repeat(101)])
    assert.throws(() => tarHeader(name, 0), TarFault)
  const good = Buffer.concat([file('a', Buffer.from('x')), tarEnd])
  const forged = (change: (header: Buffer) => void) => {
    const header = Buffer.from(good)
    change(header)
    header.write('        ', 148, 'latin1')
    let sum = 0
    for (const byte of header.subarray(0, 512)) sum += byte
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
    return header
  }
  const bad = [
    forged((h) => h.write('../../up', 0, 'latin1')),
    forged((h) => h.write('2', 156, 'latin1')),
    forged((h) => h.write('target', 157, 'latin1')),
    Buffer.concat([file('a', Buffer.from('x')), file('a', Buffer.from('y')), tarEnd]),
    good.subarray(0, 600),
    good.subarray(0, 1024),
    Buffer.concat([good, Buffer.alloc(512)]),
  ]
  for (const archive of bad) await assert.rejects(read(archive), TarFault)
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 511 }), async (at) => {
      const damaged = Buffer.from(good)
      damaged[at] = (damaged[at] ?? 0) ^ 1
      await assert.rejects(read(damaged), TarFault)
    }),
  )
})

test('PK12 wherever the reading stops, the source is let go of', async () => {
  const archive = Buffer.concat([file('a', Buffer.alloc(3000)), file('b', Buffer.alloc(3)), tarEnd])
  const damaged = Buffer.from(archive).fill(1, 600, 601)
  for (const [bytes, stop] of [
    [archive, 'never'],
    [archive, 'first file'],
    [archive, 'within a file'],
    [archive.subarray(0, 700), 'never'],
    [damaged.fill(9, 3600), 'never'],
  ] as const) {
    let open = true
    const source = async function* () {
      try {
        yield* cut(bytes, 100)
      } finally {
        open = false
      }
    }
    const reading = async () => {
      for await (const { content } of readTar(source())) {
        if (stop === 'first file') return
        for await (const piece of content) if (stop === 'within a file' && piece.length > 0) return
      }
    }
    await reading().catch((error: unknown) => {
      assert.ok(error instanceof TarFault)
    })
    assert.equal(open, false, stop)
  }
})
