import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { codeOf, StartFault } from './fault.ts'

export interface DirectoryLock {
  release(): Promise<void>
}

/**
 * Takes the one lock that a state directory has, for this process and until it ends, however it ends:
 * the lock is a name in the kernel's abstract socket space, which needs no file and no cleaning up.
 * Refuses with a `StartFault` while another process holds it. Linux only; processes in different
 * network namespaces do not see each other's locks.
 */
export async function lockDirectory(dir: string): Promise<DirectoryLock> {
  if (process.platform !== 'linux')
    throw new StartFault('One directory per process is held by a Linux lock; this is not Linux.')
  const path = realpathSync(dir)
  const server = createServer((socket) => socket.destroy())
  try {
    await listen(server, `\0cloister-${createHash('sha256').update(path).digest('hex')}`)
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE') throw error
    throw new StartFault(`${path} is in use by another Cloister process; stop that one first.`)
  }
  server.unref()
  return {
    release: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
      }),
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
