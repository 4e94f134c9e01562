import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { MediaOpened } from '#shared/annotation.ts'
import {
  good,
  nextIn,
  openRoom,
  refusal,
  type Room,
  taskIn,
} from '../../../../test/support/room.ts'

const wave = randomBytes(400_000)

/** A recording with the head of a real peaks file, of which this domain reads the channels only. */
async function withRecording(room: Room) {
  const peaks = Buffer.alloc(2000)
  peaks.write('CPK1')
  peaks.writeUInt32LE(16_000, 4)
  peaks.writeUInt32LE(2, 8)
  await room.addSound(wave, peaks, 99_989, 16_000)
  const ana = await room.hire({ roles: ['annotator'] })
  const payload = taskIn(await ana.post(`/projects/${room.project}/next`))
  return { ana, payload, peaks, media: `/tasks/${payload.task}/media` }
}

test('AN50 a recording is sent only after its opening was recorded, by range, exactly as it was stored', async (t) => {
  const room = await openRoom(t, 'audio')
  const { ana, payload, peaks, media } = await withRecording(room)
  assert.deepEqual(payload.audio, { rate: 16_000, samples: 99_989, channels: 2 })
  const early = await ana.get(`${media}/audio`)
  assert.deepEqual([early.status, refusal(early)], [409, { kind: 'not-ready', missing: 'opening' }])
  assert.deepEqual(good(MediaOpened, await ana.post(media)), {
    ...{ rate: 16_000, samples: 99_989, channels: 2 },
    ...{ audioBytes: wave.length, peaksBytes: peaks.length },
  })
  assert.ok((await room.log()).some((line) => line['action'] === 'annotation.media.open'))
  const part = await ana.get(`${media}/audio`, { range: 'bytes=100000-299999' })
  assert.equal(part.status, 206)
  assert.deepEqual(part.bytes, wave.subarray(100_000, 300_000))
  assert.deepEqual((await ana.get(`${media}/audio`)).bytes, wave)
  assert.deepEqual((await ana.get(`${media}/peaks`)).bytes, peaks)
  assert.equal((await ana.get(`${media}/audio`, { range: 'bytes=400000-' })).status, 416)
})

test('AN51 what was sent of a recording is recorded when its task is left', async (t) => {
  const room = await openRoom(t, 'audio')
  const { ana, payload, media } = await withRecording(room)
  await ana.post(media)
  for (const range of ['bytes=0-999', 'bytes=500-1999', 'bytes=5000-5999'])
    await ana.get(`${media}/audio`, { range })
  const wrong = { annotation: { schema: 'segments@1', regions: [] }, next: false, extra: 1 }
  assert.equal((await ana.post(`/tasks/${payload.task}/submit`, wrong)).status, 422)
  const annotation = {
    schema: 'segments@1',
    regions: [
      {
        ...{ id: 'r1', label: 'speech', transcripts: { verbatim: 'seven' } },
        anchor: { audio: { from: 0, to: 99_989 } },
      },
    ],
  }
  const opened = room.now.at.toISOString()
  room.now.at = new Date(room.now.at.getTime() + 60_000)
  assert.equal(
    nextIn(await ana.post(`/tasks/${payload.task}/submit`, { annotation, next: false })),
    null,
  )
  const closes = (await room.log()).filter((line) => line['action'] === 'annotation.media.close')
  assert.equal(closes.length, 1)
  const [{ actor, resource, time, workstation, zone, details } = {}] = closes
  assert.deepEqual(
    [actor, resource, time, workstation, zone],
    [ana.id, `Task::${payload.task}`, room.now.at.toISOString(), 'ws-1', 'floor-1'],
  )
  assert.equal(typeof details, 'string')
  const sent = [
    [0, 2000],
    [5000, 6000],
  ]
  assert.deepEqual(room.sealedWords, [{ openedAt: opened, sent }])
})
