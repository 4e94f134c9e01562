import { once } from 'node:events'
import { createServer } from 'node:net'
import { Fault } from '../terminal.ts'
import type { StagePorts } from './stage.ts'

/** Where the pages of a demonstration are found. */
export interface Ports extends StagePorts {
  readonly page: number
}

/** How many ports after the first one a demonstration takes. */
const portsTaken = 21

/**
 * The block of ports of a demonstration: the building's page at the first, then the workstations,
 * and the client's desk at the last.
 * @throws Fault when it does not lie between 1024 and 65535, or when one of them is taken
 */
export async function portsFrom(first: number): Promise<Ports> {
  const last = 65_536 - portsTaken
  if (!Number.isInteger(first) || first < 1024 || first > last)
    throw new Fault(`--port is a whole number from 1024 to ${last}`, 2)
  for (let port = first; port < first + portsTaken; port += 1) await demandFree(port, first)
  return { page: first, workstations: first + 1, client: first + portsTaken - 1 }
}

async function demandFree(port: number, first: number): Promise<void> {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening').catch(() => {
    throw new Fault(
      `port ${port} cannot be listened on, and the demonstration takes ${first} to ${first + portsTaken - 1}; end what holds it, or name another first port with --port`,
    )
  })
  server.close()
  await once(server, 'close')
}
