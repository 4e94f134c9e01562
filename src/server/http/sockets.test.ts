import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import type { Caller } from '../domains/access/index.ts'
import { openSignalSockets } from './sockets.ts'

const ada: Caller = {
  ...{ door: 'inside', kind: 'person', id: 'per_ada', session: 'ses_ada', signedInAt: null },
  ...{ workstation: 'ws-1', certificate: null, address: '127.0.0.1' },
}

test('DOOR18 what was signalled while a line was being opened is not lost: its first word is that something changed', async (t) => {
  const sockets = openSignalSockets(async () => {
    // The session has been read; before the line stands, the person is revoked.
    await new Promise((resolve) => setImmediate(resolve))
    sockets.onSignal('person:per_ada')
    return ada
  })
  const server = createServer().on('upgrade', sockets.upgrade)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    sockets.close()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  for (const time of ['first', 'again']) {
    const line = new WebSocket(`ws://127.0.0.1:${port}/signals`)
    const [word] = (await once(line, 'message')) as [Buffer]
    assert.equal(word.toString(), 'changed', time)
    line.terminate()
  }
})
