import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { type Annotation, parseAnnotation, parseLabelSchema } from '@cloister/annotation-formats'
import { marked, type Member, openRoom, spans } from '../../../test/support/room.ts'
import { RefusedByServer } from '../stage/browser.ts'
import { annotate, Answers, chance } from './work.ts'

/** A person of a room, asking as from a page. */
function workerOf(member: Member, asked: (path: string) => void) {
  return {
    browser: {
      async post(path: string, body: object = {}) {
        asked(path)
        const answer = await member.post(path, body)
        if (answer.status === 200) return answer.body
        throw new RefusedByServer(answer.status, answer.body as Record<string, unknown>)
      },
    },
  }
}

const parsed = parseAnnotation(marked(4))
assert.ok(parsed.ok)
const right: Annotation = parsed.value
const schema = parseLabelSchema(spans)
assert.ok(schema.ok)

test('RE7 whom the gate for a moment shows no next item asks again; whom it goes on refusing ends with the conditions', async (t) => {
  const room = await openRoom(t)
  const texts = ['play Ada', 'play Ben', 'play Ada', 'play Eve']
  await room.addTexts(texts)
  const answers = new Answers(
    texts.map((text) => ({
      annotation: right,
      content: createHash('sha256').update(text).digest('hex'),
    })),
  )
  // The gate is asked twice for each item: about the submission, and about showing the next.
  let [asked, refusing] = [0, 4]
  Object.defineProperty(room.building, 'log', {
    enumerable: true,
    get: () => ({ witnessed: ++asked !== refusing }),
  })
  const paths: string[] = []
  const ana = await room.hire({ roles: ['annotator'] })
  const worker = workerOf(ana, (path) => paths.push(path.split('/').at(-1) ?? ''))
  const work = () =>
    annotate(worker, room.project, { schema: schema.value, answers }, 0, chance(1), () => undefined)
  assert.deepEqual(await work(), { done: 4, mistakes: 0 })
  assert.ok(paths.filter((one) => one === 'next').length > 2, paths.join())
  const outcomes = (await room.log()).map(({ outcome, policies }) => [outcome, policies])
  assert.deepEqual(
    outcomes.filter(([outcome]) => outcome === 'refused'),
    [['refused', ['witness']]],
  )
  await room.addTexts(['play on'])
  room.building.zone = { secure: true, serves: true, open: false, calm: true }
  refusing = 0
  await assert.rejects(work(), { status: 403, message: /hours/ })
})
