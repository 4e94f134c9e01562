import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collect, converted } from '../../../test/support/conversion.ts'
import { Held, readWhole } from './bytes.ts'
import { cocoReader, cocoWriter } from './image/coco.ts'
import { formatNamed, InputFault, type Item, Losses, type Reader } from './index.ts'
import { parquetReader } from './parquet.ts'
import { kaldiReader, kaldiWriter } from './speech/kaldi.ts'

/** What a reader refuses of an input without end, and how many bytes it took until then. */
async function endless(read: Reader, files: Readonly<Record<string, () => Iterable<string>>>) {
  let taken = 0
  const refuse = (fault: InputFault) => {
    throw fault
  }
  const input = {
    names: Object.keys(files),
    // eslint-disable-next-line @typescript-eslint/require-await
    async *open(name: string) {
      for (const text of files[name]?.() ?? []) {
        const bytes = new TextEncoder().encode(text)
        taken += bytes.length
        yield bytes
      }
    },
  }
  const items = read(input, { losses: new Losses(), refuse, rate: 8000 })
  try {
    for await (const item of items) assert.ok(item)
  } catch (error) {
    assert.ok(error instanceof InputFault, String(error))
    return { message: error.message, taken }
  }
  return assert.fail('nothing was refused')
}

function* forever(line: (number: number) => string): Generator<string> {
  for (let number = 1; ; number++) yield line(number)
}

test('AF26 a Kaldi directory without end is refused at its bound, line by line', async () => {
  const most = { utterances: 50, characters: 2000 }
  const segments = () => forever((number) => `u${number} rec 0 1\n`)
  const many = await endless(kaldiReader(most), { segments })
  assert.match(many.message, /^segments, line 51: is past the 50 ids/)
  const few = { segments: () => ['u1 rec 0 1\n'] }
  const keys = await endless(kaldiReader(most), {
    ...few,
    text: () => forever((number) => `u${number} x\n`),
  })
  assert.match(keys.message, /^text, line 51: is past the 50 lines or 2000 characters/)
  const long = await endless(kaldiReader(most), {
    ...few,
    text: () => forever((number) => `u${number} ${'x'.repeat(500)}\n`),
  })
  assert.match(long.message, /^text, line 4: is past the 50 lines or 2000 characters/)
  assert.ok(many.taken < 2000 && keys.taken < 2000 && long.taken < 4000)
})

const recording = (number: number, text: string): Item => ({
  item_ref: `rec-${number}`,
  source: { kind: 'audio', rate: 8000, file: 'a.wav' },
  annotation: {
    schema: 's@1',
    regions: [
      {
        id: 'r',
        anchor: { audio: { from: 0, to: 8000 }, tier: 'ada' },
        transcripts: { transcript: text },
      },
    ],
  },
})

test('AF26 a Kaldi directory is not written past its bound', () => {
  const most = { utterances: 50, characters: 2000 }
  const all = (count: number, text: string) =>
    Array.from({ length: count }, (_, number) => recording(number, text))
  assert.ok('segments' in converted(kaldiWriter(most), all(50, 'x')).files)
  assert.throws(() => converted(kaldiWriter(most), all(51, 'x')), /rec-50\/r: is past the 50 utter/)
  assert.throws(() => converted(kaldiWriter(most), all(9, 'x'.repeat(400))), /2000 characters/)
})

test('AF26 a COCO file without end is refused at its bound, and is not written past it', async () => {
  const image = (number: number) => `{"id":${number}},`
  const a = () => forever((number) => (number === 1 ? '{"images":[' : image(number)))
  const { message, taken } = await endless(cocoReader(1000), { a })
  assert.match(message, /^a: has more than the 1000 bytes .* divide it/)
  assert.ok(taken < 1100)
  const items = Array.from({ length: 4 }, (_, number) => ({
    item_ref: `q-${number}`,
    source: { kind: 'image' as const },
    annotation: { schema: 's@1', regions: [] },
  }))
  assert.ok(converted(cocoWriter(4), items).text.endsWith('}\n'))
  assert.throws(() => converted(cocoWriter(3), items), /q-3: is past the 3 images of one COCO file/)
})

test('AF26 a Parquet file past its bound is refused, and so is a page that would be past its own', async () => {
  const a = () => forever(() => 'PAR1'.repeat(20))
  const { message, taken } = await endless(parquetReader({ file: 1000, page: 1000 }), { a })
  assert.match(message, /^a: has more than the 1000 bytes/)
  assert.ok(taken < 1200)
  const { write } = formatNamed('parquet') ?? assert.fail()
  const long = recording(1, 'ada sings and rests '.repeat(900))
  const { files } = converted(write, [long])
  const read = (page: number) => collect(parquetReader({ file: 1e6, page }), files)
  assert.deepEqual((await read(100_000)).items, [long])
  await assert.rejects(read(5000), /has a page longer than 5000 bytes/)
})

test('AF26 a record or document without end is refused at its bound', async () => {
  const held = new Held('a', 10)
  held.add(new Uint8Array(10))
  assert.throws(() => {
    held.add(new Uint8Array(1))
  }, /a: has more than the 10 bytes/)
  // eslint-disable-next-line @typescript-eslint/require-await
  async function* bytes() {
    for (;;) yield new Uint8Array(64).fill(0x61)
  }
  await assert.rejects(readWhole(bytes(), 'a', 1000), /a: has more than the 1000 bytes/)
})
