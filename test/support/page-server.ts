import { Server } from '../../src/web/api/server.ts'
import type { Member } from './room.ts'

/** The page's own way to the server, led into the real routes instead of over a network. */
export function serverOf(member: Member): Server {
  return new Server(async (address, { method, body }) => {
    const sent: unknown = typeof body === 'string' ? JSON.parse(body) : undefined
    const json = typeof sent === 'object' && sent !== null ? sent : undefined
    const answer =
      method === 'GET'
        ? await member.get(address)
        : method === 'PUT'
          ? await member.put(address, json ?? {})
          : await member.post(address, json)
    return new Response(new Uint8Array(answer.bytes), { status: answer.status })
  })
}
