import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { MediaOpened } from '#shared/annotation.ts'
import { plainSeal } from '../../../../test/support/log-doors.ts'
import {
  good,
  nextIn,
  openRoom,
  refusal,
  type Room,
  taskIn,
} from '../../../../test/support/room.ts'
import { transactOverAll } from '../access/index.ts'
import { keepDetails } from '../audit/index.ts'
import { closeLeftListening, closeRecorder } from './index.ts'

const wave = randomBytes(400_000)

function peaksOf(channels: number): Buffer {
  const peaks = Buffer.alloc(2000)
  peaks.write('CPK1')
  peaks.writeUInt32LE(16_000, 4)
  peaks.writeUInt32LE(channels, 8)
  return peaks
}

/** A recording with the head of a real peaks file, of which this domain reads the channels only. */
async function withRecording(room: Room) {
  const peaks = peaksOf(2)
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

test('AN51 what was sent of a recording is recorded when its task is submitted', async (t) => {
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
  const closing = room.sealedWords.filter((words) => 'sent' in words)
  assert.deepEqual(closing, [{ openedAt: opened, sent }])
})

/** The job that closes what nobody holds any more, as its process enters the database; answers how many. */
function closeLeft(room: Room): Promise<number> {
  const recordClose = closeRecorder((tx, words, project) => {
    room.sealedWords.push({ ...words })
    return keepDetails(tx, plainSeal, words, project)
  })
  return transactOverAll(room.database.db('cloister_jobs'), (tx) =>
    closeLeftListening({ recordClose }, tx, room.now.at),
  )
}

test('AN51 what was sent of a recording is recorded once, however its task is left', async (t) => {
  const room = await openRoom(t, 'audio')
  const { ana, payload } = await withRecording(room)
  const ben = await room.hire({ roles: ['annotator'] })
  const mara = await room.hire({ site: ['manager'] })
  const admin = room.database.db('cloister_admin')
  const later = () => {
    room.now.at = new Date(room.now.at.getTime() + 121_000)
  }
  const held = async (task: string) => (await ana.post(`/tasks/${task}/renew`)).status === 200
  async function lapse(task: string): Promise<void> {
    assert.equal(await closeLeft(room), 0, 'not while it is held')
    later()
    assert.equal(await held(task), false)
    assert.equal(await closeLeft(room), 1)
  }
  const ways: Record<string, (task: string) => Promise<unknown>> = {
    async 'another needed it after the lease was over'(task) {
      later()
      assert.equal(taskIn(await ben.post(`/projects/${room.project}/next`)).task, task)
      return ben.post(`/tasks/${task}/release`)
    },
    'handed back': (task) => ana.post(`/tasks/${task}/release`),
    'taken away, inside': (task) => mara.post(`/tasks/${task}/reassign`, { person: null }),
    'taken away, outside': (task) =>
      room.outside(mara).post(`/tasks/${task}/reassign`, { person: null }),
    'the screen was closed': lapse,
    async 'signed out'(task) {
      const { session } = room.building
      assert.ok(session)
      delete room.building.session
      assert.equal(await held(task), false)
      await lapse(task)
      room.building.session = session
    },
    skipped: (task) => ana.post(`/tasks/${task}/skip`, { reason: 'inaudible', next: false }),
  }
  const leaving = async (task: string) => {
    await admin.deleteFrom('projects.team').where('person', '=', ana.id).execute()
    assert.equal(await held(task), false)
    await lapse(task)
  }
  await ana.post(`/tasks/${payload.task}/release`)
  for (const [way, leave] of [...Object.entries(ways), ['left the company', leaving] as const]) {
    if (way === 'left the company') await room.addSound(wave, peaksOf(2), 99_989, 16_000)
    const { task } = taskIn(await ana.post(`/projects/${room.project}/next`))
    const before = (await closings(room)).length
    const words = room.sealedWords.length
    good(MediaOpened, await ana.post(`/tasks/${task}/media`))
    await ana.get(`/tasks/${task}/media/audio`, { range: 'bytes=100-299' })
    await leave(task)
    const made = (await closings(room)).slice(before)
    assert.deepEqual(made, [[ana.id, `Task::${task}`, room.now.at.toISOString()]], way)
    const sent = room.sealedWords
      .slice(words)
      .flatMap((said) => ('sent' in said ? [said['sent']] : []))
    assert.deepEqual(sent, [[[100, 300]]], way)
    const open = admin.selectFrom('annotation.listening').where('closed_at', 'is', null)
    assert.deepEqual(await open.select('id').execute(), [], way)
    assert.equal(await closeLeft(room), 0)
  }
})

async function closings(room: Room): Promise<unknown[][]> {
  return (await room.log())
    .filter((line) => line['action'] === 'annotation.media.close')
    .map(({ actor, resource, time }) => [actor, resource, time])
}
