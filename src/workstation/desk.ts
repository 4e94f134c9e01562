import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type Door, doorAgent } from './door.ts'
import { openSoftwareKey } from './software-key-door.ts'
import { serve } from './workstation.ts'

export interface Desk {
  readonly url: string
  close(): Promise<void>
}

/**
 * Stands in for the browser of somebody who is not on site, for the demonstration: the outside door
 * under a host name of its own on this machine, `http://client.localhost:PORT`, with a software key.
 * It shows no client certificate, as a browser out there has none.
 */
export async function startDesk(options: {
  readonly id: string
  readonly listen: { readonly host: string; readonly port: number }
  readonly server: Door
  readonly dir: string
  readonly clock: () => Date
}): Promise<Desk> {
  const { id, listen, server, dir, clock } = options
  if (listen.host !== '127.0.0.1' && listen.host !== '::1')
    throw new Error('A desk listens on loopback only.')
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const http = createServer()
  http.listen(listen.port, listen.host)
  await once(http, 'listening')
  const address = http.address()
  if (address === null || typeof address === 'string') throw new Error('not listening on TCP')
  const url = `http://${id}.localhost:${address.port}`
  const agent = doorAgent(server, undefined)
  const key = await openSoftwareKey(dir, url, clock())
  const sockets = serve(http, new URL(url).host, { door: server, agent: () => agent }, key)
  return {
    url,
    async close() {
      for (const socket of sockets) socket.destroy()
      http.close()
      await once(http, 'close')
      agent.destroy()
    },
  }
}
