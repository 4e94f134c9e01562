import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { Type } from 'typebox'
import { signIn } from '../../cli/stage/sign-in.ts'
import type { Browser } from '../../cli/stage/browser.ts'
import { PersonId } from '#shared/identity.ts'
import { type Colleague, entriesOf, type Staffed, staffed } from '../../../test/support/staff.ts'

const params = Type.Object({ person: PersonId })
const resource = ({ person }: { person: string }) => ({ type: 'Person', id: person }) as const

/** How a session ends while something of it is under way. */
const endings: Record<string, (staff: Staffed, who: Colleague) => Promise<unknown>> = {
  'signing out': (_, { page }) => page.post('/session/end'),
  'signing in anew': (staff, { name }) => signIn(staff.page(), name),
  'its time': ({ server }) => {
    server.advance(12 * 3_600_000)
    return Promise.resolve()
  },
}

for (const [how, end] of Object.entries(endings))
  test(`ID37 a session that ends by ${how} cuts the stream that runs in it, and takes no upload`, async (t) => {
    const under = { way: (): Promise<unknown> => Promise.resolve(), pause: 0 }
    const kept: string[] = []
    const staff = await staffed(t, {
      routes(_operate, streamOut, _gate, upload) {
        streamOut('/people/:person/tape', {
          ...{ action: 'identity.standing.read', params, resource, record: 'opening' },
          run() {
            async function* read() {
              for (let piece = 0; piece < 100; piece++) {
                // The signal crosses the database: it is heard a moment after the act is done.
                if (piece > 1) await pause(under.pause)
                else if (piece === 1) await under.way()
                yield Buffer.from('.')
              }
            }
            return Promise.resolve({ length: 100, type: 'text/plain', read })
          },
        })
        upload('/people/:person/tape', {
          ...{ action: 'workforce.own.read', params, resource, limit: 100 },
          answer: Type.Object({}),
          async receive({ bytes }) {
            for await (const piece of bytes) kept.push(Buffer.from(piece).toString('utf8'))
            await under.way()
            return {}
          },
          run: () => Promise.resolve({}),
          discard() {
            kept.splice(0)
            return Promise.resolve()
          },
        })
      },
    })
    const ana = await staff.hire('Ana')
    const tape = `/people/${ana.id}/tape`
    assert.deepEqual(await whole(ana.page, tape), [200, '.'.repeat(100)])
    assert.deepEqual(await whole(ana.page, tape, 'wave'), [200, '{}'])
    assert.deepEqual(kept.splice(0), ['wave'])
    under.way = () => end(staff, ana)
    under.pause = 50
    await assert.rejects(whole(ana.page, tape), /aborted/)
    assert.deepEqual(
      (await entriesOf(staff.server, 'identity.standing.read')).map(([outcome]) => outcome),
      ['refused'],
    )
    under.way = () => Promise.resolve()
    await signIn(ana.page, ana.name)
    under.way = () => end(staff, ana)
    const [status] = await whole(ana.page, tape, 'wave')
    assert.equal(status, 403)
    assert.deepEqual(kept, [])
  })

/** The answer to a stream asked for, or sent, from this page: its status and body. */
async function whole(page: Browser, path: string, sent?: string): Promise<[number, string]> {
  const { port, host, origin } = new URL(page.url)
  const out = request({
    ...{ host: '127.0.0.1', port, path, method: sent === undefined ? 'GET' : 'POST' },
    headers: {
      ...{ host, origin, cookie: page.cookie ?? '' },
      ...(sent !== undefined && { 'content-type': 'application/octet-stream' }),
    },
  })
  out.end(sent)
  const [answer] = (await once(out, 'response')) as [IncomingMessage]
  const pieces: Buffer[] = []
  for await (const piece of answer as AsyncIterable<Buffer>) pieces.push(piece)
  return [answer.statusCode ?? 0, Buffer.concat(pieces).toString('utf8')]
}
