import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { StageServer } from '../../src/cli/stage/stage.ts'
import { type Db, openDb } from '../../src/server/kernel/db.ts'

const root = new URL('../..', import.meta.url).pathname

/** A running product in a process of its own, which a test may kill and start again in the same place. */
export interface Product {
  readonly directory: string
  /** The same at every start. */
  readonly server: StageServer & { readonly policy: string }
  /** All that it wrote to standard error since its last start. */
  said(): string
  start(): Promise<void>
  /** SIGKILL, as a power cut would. */
  kill(): Promise<void>
  /** SIGTERM, and waits for its orderly end. */
  stop(): Promise<void>
  /** Waits until it ended by itself, and answers its exit code. */
  ended(): Promise<number | null>
  /** A look into its database beside its doors; closed by whoever asked. */
  look(): Db
}

/** Free ports of loopback. They are taken again a moment later, which nobody else does in a test. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  const ports: number[] = []
  for (const server of servers) {
    if (!server.listening) await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    ports.push(address.port)
  }
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}

/** Starts the product in a directory. `through` is a command that runs it, such as `ip netns exec`. */
export async function startProduct(
  directory: string,
  through: readonly string[] = [],
): Promise<Product> {
  await mkdir(directory, { recursive: true })
  const ports = await freePorts(3)
  const running: { child: ChildProcess | null; said: string; line: string } = {
    ...{ child: null, said: '', line: '' },
  }
  const end = async (signal: NodeJS.Signals) => {
    const { child } = running
    running.child = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }
  async function start(): Promise<void> {
    running.said = ''
    const [command = '', ...args] = [
      ...[...through, process.execPath, 'test/crash/product.mjs'],
      ...[directory, ...ports.map(String)],
    ]
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    running.child = child
    child.stderr.on('data', (piece: Buffer) => {
      running.said += piece.toString()
    })
    running.line = await new Promise<string>((ready, fail) => {
      createInterface({ input: child.stdout }).once('line', ready)
      child.once('exit', (code) => {
        fail(new Error(`the product ended with ${String(code)}: ${running.said}`))
      })
    })
  }
  await start()
  return {
    directory,
    server: JSON.parse(running.line) as Product['server'],
    said: () => running.said,
    start,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    async ended() {
      const { child } = running
      if (child === null) throw new Error('the product does not run')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      return child.exitCode
    },
    look() {
      const socketDirectory = join(directory, 'postgres/run')
      return openDb({ socketDirectory, role: 'cloister_admin', database: 'cloister' }, { pool: 2 })
    },
  }
}
