import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Form, type ManifestRecord, readRecords } from './records.ts'

const mebibyte = 1 << 20
const piece = Buffer.alloc(mebibyte, 'a')

/** A manifest whose second row is a gigabyte long, an opened quote where it is CSV. */
async function* gigabyte(form: Form): AsyncGenerator<Buffer> {
  await Promise.resolve()
  yield Buffer.from(form === 'csv' ? 'item_ref\n"' : '{"first":1}\n')
  for (let n = 0; n < 1024; n += 1) yield piece
  yield Buffer.from(form === 'csv' ? '"\nlast\n' : '\n{"last":1}\n')
}

test('PR33 a row of a gigabyte is refused by its line in bounded memory, and the rows around it are read', async () => {
  for (const form of ['jsonl', 'csv'] as const) {
    const before = process.memoryUsage().rss
    const found: ManifestRecord[] = []
    for await (const record of readRecords(gigabyte(form), form, 'utf-8')) found.push(record)
    const grown = process.memoryUsage().rss - before
    const [first, long, last] = found
    assert.deepEqual(
      [first && 'text' in first, last && 'text' in last, found.length],
      [true, true, 3],
    )
    assert.ok(long !== undefined && 'refused' in long)
    assert.equal(long.line, 2)
    assert.match(long.refused, /^row: is longer than \d+ bytes$/)
    assert.ok(grown < 200e6, `${form}: ${(grown / 1e6).toFixed(0)} MB`)
  }
})
