import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { anyItem } from '../../../test/support/annotations.ts'
import { converted, inputOf } from '../../../test/support/conversion.ts'
import { convert, type Converted, type Format, formatNamed, formats, InputFault } from './index.ts'
import type * as Built from './node.ts'
import { sha256 } from './node.ts'

// As it was built: its threads start in a moment then.
const { convertFiles } = (await import(
  new URL('../dist/node.js', import.meta.url).href
)) as typeof Built

function format(name: string): Format {
  const found = formatNamed(name)
  assert.ok(found !== undefined)
  return found
}

type Outcome = { bytes: string } & ({ done: Converted } | { fault: string })

/** What a conversion leaves behind: its bytes and what it did, or its fault. */
async function outcome(
  run: (output: Parameters<typeof convert>[3]) => Promise<Converted>,
): Promise<Outcome> {
  const parts: Uint8Array[] = []
  const output = {
    append: (_: string, data: string | Uint8Array) => parts.push(Buffer.from(data)),
    isFull: true,
    drain: () => Promise.resolve(),
  }
  try {
    const done = await run(output)
    return { bytes: Buffer.concat(parts).toString('utf8'), done }
  } catch (error) {
    // The one that was built has a class of its own of the same name.
    assert.ok(error instanceof Error && error.name === InputFault.name, String(error))
    return { bytes: '', fault: error.message }
  }
}

/** One conversion in one thread and in two, of an input that arrives in these chunks. */
async function both(
  from: string,
  to: string,
  files: Record<string, string | Uint8Array>,
  { chunk, keepGoing = false }: { chunk: number; keepGoing?: boolean },
): Promise<[Outcome, Outcome]> {
  const input = { ...inputOf(files, chunk), size: 1e9 }
  const [source, target] = [format(from), format(to)]
  return [
    await outcome((out) => convert(source, target, input, out, { keepGoing, sha256 })),
    await outcome((out) => convertFiles(source, target, input, out, { keepGoing, threads: 2 })),
  ]
}

const apart = formats.filter(({ apart }) => apart === true).map(({ name }) => name)

test('AF66 threads convert to the same bytes and losses as one, between all formats that allow it', async () => {
  const items = fc.sample(anyItem, 60).map((item, place) => ({ ...item, item_ref: `q-${place}` }))
  const sources = formats.filter(({ records }) => records !== undefined)
  assert.deepEqual(
    sources.map(({ name }) => name),
    ['cloister', 'label-studio', 'doccano', 'spacy', 'prodigy'],
  )
  for (const { name, write } of sources) {
    const { files } = converted(write, items)
    for (const to of apart) {
      const [one, two] = await both(name, to, files, { chunk: 2000 })
      assert.deepEqual(two, one, `${name} to ${to}`)
      assert.ok('done' in one && one.done.items > 5)
    }
  }
})

const task = (id: number, end = 3) =>
  JSON.stringify({
    id,
    data: { text: 'Ada 😊 sings' },
    annotations: [
      {
        result: [
          { id: 'r', from_name: 'l', type: 'labels', value: { start: 0, end, labels: ['who'] } },
        ],
      },
    ],
  })

test('AF24 threads find a task that stands twice, near, far or in another file, as one does', async () => {
  const ids = Array.from({ length: 200 }, (_, id) => id + 1)
  const tasks = (all: readonly number[]) => `[${all.map((id) => task(id)).join(',\n')}]`
  const first = tasks([...ids.slice(0, 100), 3, ...ids.slice(100), 200])
  const files = { 'a.json': first, 'b.json': tasks([201, 150, 202]) }
  for (const chunk of [300, 5000]) {
    const [one, two] = await both('label-studio', 'cloister', files, { chunk, keepGoing: true })
    assert.deepEqual(two, one)
    assert.ok('done' in one)
    assert.equal(one.done.items, 202)
    assert.deepEqual(
      one.done.refused.first.map((fault) => fault.replace(/: .*/, '')),
      ['a.json, record 101', 'a.json, record 202', 'b.json, record 2'],
    )
    const [stopped, also] = await both('label-studio', 'cloister', files, { chunk })
    assert.deepEqual(also, stopped)
    assert.match('fault' in stopped ? stopped.fault : '', /a[.]json, record 101: has the id of an/)
  }
})

test('AF24 threads keep annotations of one item that follow each other, and refuse another text of its id', async () => {
  const line = (text: string, item_ref = 'q-1') =>
    `${JSON.stringify({ item_ref, source: { kind: 'text', text } })}\n`
  const files = {
    'a.jsonl': line('one').repeat(40) + line('other') + line('x', 'q-2') + line('one'),
  }
  for (const chunk of [70, 100, 5000]) {
    const [one, two] = await both('cloister', 'cloister', files, { chunk, keepGoing: true })
    assert.deepEqual(two, one)
    assert.ok('done' in one)
    assert.deepEqual([one.done.items, one.done.refused.count], [41, 2])
    assert.match(one.done.refused.first.join('; '), /line 41: .*line 43: /)
  }
})

test('AF66 threads name the first fault of the input, and leave out the same records', async () => {
  const tasks = Array.from({ length: 90 }, (_, id) => task(id + 1, id % 20 === 17 ? 99 : 3))
  const whole = `[${tasks.join(',\n')}]`
  const inputs = {
    whole,
    'cut off': whole.slice(0, -9),
    'a stray word': `[${tasks.slice(0, 70).join(',')}, x]`,
    'a second array': `${whole}[]`,
    'a byte of Latin-1': Buffer.from(whole.replace('😊', '\xe9'), 'latin1'),
    'too deep': `[${task(1)},${'['.repeat(200)}]`,
  }
  for (const [what, input] of Object.entries(inputs))
    for (const chunk of [100, 2000])
      for (const keepGoing of [false, true]) {
        const files = { 'a.json': input, 'b.json': `[${task(7)}]` }
        const [one, two] = await both('label-studio', 'cloister', files, { chunk, keepGoing })
        assert.deepEqual(two, one, what)
        if (what === 'whole' && !keepGoing)
          assert.match('fault' in one ? one.fault : '', /a[.]json, record 18: has a region/)
      }
})
