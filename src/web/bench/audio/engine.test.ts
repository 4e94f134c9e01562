import assert from 'node:assert/strict'
import { test } from 'node:test'
import { finestPeaks, makeVoice, peaksFile } from '../../../../test/support/sound.ts'
import type { LabelSchema } from '@cloister/annotation-formats'
import { emptyAnnotation } from '../core/annotation.ts'
import { AnnotationDocument } from '../core/document.ts'
import { AudioEngine } from './engine.ts'
import type { Player } from './playback.ts'
import { Peaks } from './peaks.ts'
import { clockTime, rulerStep } from './ruler.ts'

const schema: LabelSchema = {
  name: 'calls',
  version: 2,
  kind: 'audio',
  labels: [{ name: 'speech' }, { name: 'noise' }],
  tiers: ['agent', 'caller'],
  transcripts: [{ name: 'verbatim' }],
}

/** A player that only writes down what it was told. */
class Recorder implements Player {
  readonly told: unknown[] = []
  playing = false
  loop = false

  play(...order: unknown[]): void {
    this.playing = true
    this.told.push(['play', ...order])
  }

  playExactly(...order: unknown[]): void {
    this.playing = true
    this.told.push(['exactly', ...order])
  }

  pause(): void {
    this.playing = false
    this.told.push(['pause'])
  }
}

function bench() {
  const document = new AnnotationDocument(emptyAnnotation(schema))
  const engine = new AudioEngine({ rate: 8000, samples: 80_000, schema, document })
  const player = new Recorder()
  engine.connect(player, (what) => player.told.push([what]))
  const press = (...keys: string[]) => {
    for (const key of keys) {
      const parts = key.split('+')
      const code = parts.pop() ?? ''
      const known = engine.press({
        code,
        control: parts.includes('Ctrl'),
        alt: parts.includes('Alt'),
        shift: parts.includes('Shift'),
      })
      assert.ok(known, `${key} means nothing here`)
    }
  }
  const spans = () =>
    engine.segments.map(({ from, to, tier, region }) => [
      from,
      to,
      tier,
      region.transcripts?.['verbatim'],
    ])
  return { document, engine, player, press, spans }
}

test('BENCH30 a stretch set by keys becomes a segment in whole samples of the source', () => {
  const { engine, press, document } = bench()
  press('ArrowRight', 'KeyI', 'ArrowRight', 'Shift+ArrowRight', 'KeyO', 'Digit1')
  assert.deepEqual(document.annotation.regions, [
    { id: 'r1', anchor: { audio: { from: 8000, to: 16_800 }, tier: 'agent' }, label: 'speech' },
  ])
  engine.select(20_000.4, 19_000.2)
  assert.deepEqual(engine.selection, [19_000, 20_000])
})

test('BENCH31 edges move by a hundredth and a tenth of a second and never cross', () => {
  const { engine, press, spans } = bench()
  engine.select(8000, 9000)
  press('Digit1', 'Alt+ArrowRight', 'Ctrl+Alt+ArrowRight', 'Alt+Shift+ArrowLeft')
  assert.deepEqual(spans(), [[7920, 9880, 'agent', undefined]])
  for (let n = 0; n < 200; n++) press('Alt+Shift+ArrowRight')
  assert.deepEqual(spans(), [[9879, 9880, 'agent', undefined]])
  press('Ctrl+KeyZ')
  assert.deepEqual(spans(), [[8000, 9000, 'agent', undefined]])
})

test('BENCH32 splitting and joining keep every sample and every word', () => {
  const { engine, document, press, spans } = bench()
  engine.select(8000, 16_000)
  press('Digit1')
  document.setTranscript('r1', 'verbatim', 'good morning')
  engine.seek(12_000)
  press('KeyS')
  assert.deepEqual(spans(), [
    [8000, 12_000, 'agent', 'good morning'],
    [12_000, 16_000, 'agent', undefined],
  ])
  document.setTranscript('r2', 'verbatim', 'Rana')
  press('KeyK', 'KeyM')
  assert.deepEqual(spans(), [[8000, 16_000, 'agent', 'good morning Rana']])
  press('Ctrl+KeyZ', 'Ctrl+KeyZ', 'Ctrl+KeyZ')
  assert.deepEqual(spans(), [[8000, 16_000, 'agent', 'good morning']])
})

test('BENCH33 a segment joins with the next of the same speaker only', () => {
  const { engine, press, spans } = bench()
  for (const [from, to] of [
    [0, 1000],
    [1000, 2000],
    [2000, 3000],
  ] as const) {
    engine.document.select(null)
    engine.select(from, to)
    press('Digit1')
  }
  engine.choose('r2')
  press('KeyT')
  engine.choose('r1')
  press('KeyM')
  assert.deepEqual(spans(), [
    [0, 3000, 'agent', undefined],
    [1000, 2000, 'caller', undefined],
  ])
})

test('BENCH34 play, speed, loop and a segment alone have their keys', () => {
  const { engine, player, press } = bench()
  engine.select(8000, 16_000)
  press('Digit1', 'Space', 'Period', 'Space', 'KeyL', 'KeyP', 'Enter')
  assert.deepEqual(player.told, [
    ['play', 8000, 1],
    ['play', 8000, 1.25],
    ['pause'],
    ['exactly', 8000, 16_000, 1.25],
    ['transcript'],
  ])
})

test('BENCH34 a new speed goes on with the segment, and the loop may end while it plays', () => {
  const { engine, player, press } = bench()
  engine.select(8000, 16_000)
  press('Digit1', 'KeyL', 'KeyP', 'Period')
  assert.equal(player.loop, true)
  press('KeyL')
  assert.equal(player.loop, false)
  assert.deepEqual(player.told, [
    ['exactly', 8000, 16_000, 1],
    ['exactly', 8000, 16_000, 1.25],
  ])
})

test('BENCH34 what is selected plays before it is marked', () => {
  const { engine, player, press } = bench()
  engine.select(8000, 16_000)
  press('KeyP')
  assert.deepEqual(player.told, [['exactly', 8000, 16_000, 1]])
})

test('BENCH44 an order that fails is said to have failed until the next', () => {
  const { engine, player, press } = bench()
  press('Space')
  player.playing = false
  engine.stop(true)
  assert.equal(engine.mute, true)
  press('Space')
  assert.equal(engine.mute, false)
})

test('BENCH46 a segment that is chosen elsewhere brings the playhead along, unless it plays', () => {
  const { engine, document, player, press } = bench()
  engine.select(8000, 16_000)
  press('Digit1', 'Escape', 'End')
  document.select('r1')
  assert.equal(engine.position, 8000)
  engine.arrive(12_000)
  document.select(null)
  document.select('r1')
  assert.equal(engine.position, 12_000)
  document.select(null)
  engine.seek(40_000)
  player.playing = true
  document.select('r1')
  assert.equal(engine.position, 40_000)
})

test('BENCH35 next and previous segment go round and bring the playhead along', () => {
  const { engine, press } = bench()
  for (const from of [4000, 12_000]) {
    engine.select(from, from + 1000)
    press('Digit1')
  }
  press('Escape', 'Home', 'KeyJ')
  assert.equal(engine.position, 4000)
  press('KeyJ')
  assert.equal(engine.position, 12_000)
  press('KeyJ')
  assert.equal(engine.position, 4000)
  press('KeyK')
  assert.equal(engine.position, 12_000)
})

test('BENCH36 the waveform shows the loudest of every stretch, coarse at once and fine when it came', async () => {
  const voice = makeVoice(60, 8000)
  const file = peaksFile(finestPeaks(voice), 8000, voice.length)
  const asked: [number, number][] = []
  const peaks = await Peaks.open((from, to) => {
    asked.push([from, to])
    return Promise.resolve(file.subarray(from, Math.min(to, file.length)))
  })
  assert.deepEqual([peaks.rate, peaks.channels, peaks.samples], [8000, 1, 480_000])
  assert.deepEqual(asked, [[0, 65_536]])
  for (const perColumn of [64, 640, 4800]) {
    const columns = peaks.columns(0, perColumn, 90, 0)
    for (let column = 0; column < 90; column++) {
      const part = voice.subarray(column * perColumn, (column + 1) * perColumn)
      const loudest = part.reduce((most, value) => Math.max(most, value), -32_768)
      // A column is never quieter than its samples; its neighbours' pairs may make it louder.
      assert.ok((columns[column * 2 + 1] ?? 0) * 256 >= Math.min(loudest, 127 * 256))
    }
  }
})

test('BENCH36 of a long recording only what is looked at is fetched', async () => {
  const finest = Int8Array.from({ length: 2 * 450_000 }, (_, n) =>
    n % 2 === 0 ? -(n % 100) : n % 100,
  )
  const file = peaksFile(finest, 16_000, 450_000 * 64)
  let fetched = 0
  const peaks = await Peaks.open((from, to) => {
    fetched += to - from
    return Promise.resolve(file.subarray(from, to))
  })
  peaks.columns(0, (450_000 * 64) / 1400, 1400, 0)
  peaks.columns(200_000 * 64, 64, 1400, 0)
  await new Promise((resolve) => setImmediate(resolve))
  assert.ok(fetched < 300_000, `${fetched} bytes of ${file.length}`)
  const fine = peaks.columns(200_000 * 64, 64, 8, 0)
  assert.deepEqual(fine, finest.slice(400_000, 400_016))
})

test('BENCH37 a damaged waveform is refused', async () => {
  const good = peaksFile(finestPeaks(makeVoice(1, 8000)), 8000, 8000)
  const damaged = (change: (file: Buffer) => void) => {
    const copy = Buffer.from(good)
    change(copy)
    return Peaks.open(() => Promise.resolve(copy))
  }
  await assert.rejects(
    damaged((file) => file.write('RIFF', 0)),
    /not in the layout CPK1/,
  )
  await assert.rejects(
    damaged((file) => file.writeUInt32LE(1e6, 12)),
    /head of the waveform/,
  )
  await assert.rejects(
    damaged((file) => file.writeDoubleLE(NaN, 16)),
    /head of the waveform/,
  )
  await assert.rejects(
    Peaks.open(() => Promise.resolve(new Uint8Array(7))),
    /CPK1/,
  )
})

test('BENCH38 moments are written as a clock, and ruler marks never crowd', () => {
  assert.deepEqual(
    [clockTime(0), clockTime(59.999, 1), clockTime(3599.996, 2), clockTime(7384.5, 1)],
    ['0:00', '1:00.0', '1:00:00.00', '2:03:04.5'],
  )
  for (const zoom of [0.0001, 0.001, 0.01, 0.5, 5, 20]) assert.ok(rulerStep(zoom) / zoom >= 90)
})
