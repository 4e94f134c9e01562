import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import {
  type AddressInfo,
  connect,
  createServer as createCable,
  type Socket as End,
} from 'node:net'
import { test, type TestContext } from 'node:test'
import { WebSocket } from 'ws'
import { openSignalSockets } from '../../src/server/http/sockets.ts'
import { HttpBench } from '../../src/web/api/http-bench.ts'
import { SignalLine, type Socket } from '../../src/web/api/line.ts'
import { BenchSession, type OpenStage, type Stage } from '../../src/web/bench/core/session.ts'
import { timers } from '../../src/web/timers.ts'
import { serverOf } from '../support/page-server.ts'
import { openRoom, type Member } from '../support/room.ts'

/** The cable between a page and the server: it can be cut, mended, and fall dumb without breaking. */
async function layCable(t: TestContext, port: number) {
  const ends = new Set<End>()
  let whole = true
  const cable = createCable((page) => {
    if (!whole) {
      page.destroy()
      return
    }
    const server = connect(port, '127.0.0.1')
    for (const [from, to] of [
      [page, server],
      [server, page],
    ] as const) {
      ends.add(from)
      from.on('error', () => from.destroy())
      from.on('close', () => {
        ends.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
  })
  cable.listen(0, '127.0.0.1')
  await once(cable, 'listening')
  const cut = () => {
    whole = false
    for (const end of ends) end.destroy()
  }
  t.after(() => {
    cut()
    cable.close()
  })
  return {
    port: (cable.address() as AddressInfo).port,
    cut,
    mend() {
      whole = true
    },
    /** Nothing comes through what is open now, and neither side learns of it. */
    freeze() {
      for (const end of ends) end.unpipe().pause()
    },
  }
}

/** The page's own socket, from a program. */
function socketTo(port: number): Socket {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/signals`)
  const line: Socket = {
    onmessage: null,
    onclose: null,
    close() {
      socket.close()
    },
  }
  socket.on('message', (data: Buffer) => line.onmessage?.({ data: data.toString() }))
  socket.on('close', () => line.onclose?.())
  socket.on('error', () => undefined)
  return line
}

/** Ada at the Bench with an item open, over the real routes and the real signal sockets. */
async function seatAda(t: TestContext) {
  const room = await openRoom(t)
  await room.addTexts(['play Ada Lovelace'])
  const ada: Member = await room.hire({ roles: ['annotator'] })
  const sockets = openSignalSockets(() =>
    Promise.resolve({
      ...{ door: 'inside', kind: 'person', id: ada.id, session: 'ses_ada', signedInAt: null },
      ...{ workstation: 'ws-1', certificate: null, address: '127.0.0.1' },
    } as const),
  )
  const server = createServer().on('upgrade', sockets.upgrade)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cable = await layCable(t, (server.address() as AddressInfo).port)
  const line = new SignalLine(() => socketTo(cable.port), timers)
  t.after(() => {
    line.close()
    sockets.close()
    server.close()
  })
  // The first word of a line always says that something changed: what follows is the cable's doing.
  await new Promise<void>((said) => {
    line.subscribe((word) => {
      if (word === 'changed') said()
    })
  })
  const api = new HttpBench(serverOf(ada), line, { project: room.project, mode: 'annotate' })
  const session = new BenchSession(api, timers)
  t.after(() => {
    session.destroy()
  })
  const until = async <S extends Stage>(is: (stage: Stage) => stage is S): Promise<S> => {
    for (;;) {
      const { stage } = session.moment
      if (is(stage)) return stage
      await new Promise<void>((changed) => {
        const end = session.subscribe(() => {
          end()
          changed()
        })
      })
    }
  }
  const opened = () => until((stage): stage is OpenStage => stage.is === 'open')
  const closedFor = async (condition: string) => {
    type ClosedStage = Extract<Stage, { is: 'closed' }>
    const closed = (stage: Stage): stage is ClosedStage =>
      stage.is === 'closed' && stage.conditions.includes(condition)
    return await until(closed)
  }
  await session.next()
  const item = await opened()
  return { room, ada, sockets, cable, session, item, opened, closedFor }
}

test('WEB9 a line that drops and comes back has the page ask anew, and the item returns with its draft', async (t) => {
  const { cable, session, item, opened, closedFor } = await seatAda(t)
  item.document.add({ anchor: { text: [[0, 4]] }, label: 'artist' })
  const closed = closedFor('asking')
  cable.cut()
  cable.mend()
  await closed
  const again = await opened()
  assert.notEqual(again.document, item.document)
  assert.deepEqual(again.document.annotation.regions, item.document.annotation.regions)
  assert.equal(session.moment.draft, 'saved')
})

test('WEB9 what was signalled while the line was down closes the screen when it comes back', async (t) => {
  const { room, ada, sockets, cable, session, closedFor } = await seatAda(t)
  cable.cut()
  room.building.presence = { zone: 'lobby', factors: ['badge'], asSignedIn: false }
  sockets.onSignal(`person:${ada.id}`)
  const closed = closedFor('presence')
  cable.mend()
  await closed
  assert.equal(session.moment.stage.is, 'closed')
})

test('WEB9 while the line stays away the screen is blank, also for who asks again, and it opens with the line', async (t) => {
  const { cable, session, item, opened, closedFor } = await seatAda(t)
  cable.cut()
  await closedFor('silent')
  // The server answers everything else: a page that cannot be told to close must not open.
  await session.next()
  await session.reopen(item.item.task)
  assert.deepEqual(session.moment.stage, { is: 'closed', conditions: ['silent'] })
  assert.deepEqual(session.moment.guideline, { is: 'coming' })
  const back = opened()
  cable.mend()
  assert.equal((await back).item.task, item.item.task)
})

test('WEB9 a line that falls dumb without breaking is given up, and another is opened', async (t) => {
  const { cable, item, opened, closedFor } = await seatAda(t)
  cable.freeze()
  await closedFor('silent')
  assert.equal((await opened()).item.task, item.item.task)
})
