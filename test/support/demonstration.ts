import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Value } from 'typebox/value'
import { Demonstration as Shown } from '../../src/shared/demonstration.ts'
import { scratchDirectory } from './cluster.ts'

const command = new URL('../../dist/cli/main.js', import.meta.url).pathname
/** The one-file verifier that a client runs on any Node. */
export const verifier = new URL('../../dist/cloister-verify.mjs', import.meta.url).pathname
const portsTaken = 21
const patience = 180_000

/** The demonstration as a newcomer has it: `cloister start --demo`, in a directory of its own. */
export interface Demonstration {
  readonly directory: string
  /** The page of the simulated building. */
  readonly building: string
  /** What clients put into their policy. */
  readonly policy: string
  readonly operatorSocket: string
  /** Where somebody of the cast sits. @throws Error when nobody there has this name */
  seatOf(name: string): string
  /** Ends it as Ctrl-C does and removes the directory that was made for it. */
  stop(): Promise<void>
}

/**
 * Starts the built command on free ports, in a directory that is there or in a new one, and waits
 * until it says that it is open.
 */
export async function startDemonstration(there?: string): Promise<Demonstration> {
  const made = there === undefined ? scratchDirectory() : null
  const directory = there ?? join(made ?? '', 'd')
  const port = await freePorts()
  const product = spawn(
    process.execPath,
    [command, 'start', '--demo', '--directory', directory, '--port', String(port)],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const stop = async () => {
    if (product.exitCode === null && product.signalCode === null) {
      product.kill('SIGINT')
      await once(product, 'exit')
    }
    if (made !== null) await rm(made, { recursive: true, force: true })
  }
  try {
    await untilOpen(product)
    const building = `http://localhost:${port}/`
    const answer: unknown = await (await fetch(`${building}demonstration.json`)).json()
    const { places } = Value.Parse(Shown, answer)
    return {
      ...{ directory, building, stop },
      policy: join(directory, 'policy'),
      operatorSocket: join(directory, 'operator.sock'),
      seatOf(name) {
        const place = places.find((one) => one.name.startsWith(`${name} (`))
        if (place === undefined) throw new Error(`nobody of the demonstration is called ${name}`)
        return place.address
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function untilOpen(product: ChildProcess): Promise<void> {
  let said = ''
  await new Promise<void>((open, failed) => {
    const late = setTimeout(() => {
      failed(new Error(`the demonstration did not open in time: ${said}`))
    }, patience)
    product.stderr?.setEncoding('utf8').on('data', (words: string) => {
      said += words
      if (!said.includes('The demonstration is open.')) return
      clearTimeout(late)
      open()
    })
    product.once('exit', () => {
      clearTimeout(late)
      failed(new Error(`the demonstration ended: ${said}`))
    })
  })
}

/** The first of a block of ports that nobody listens on, below those that the system hands out. */
async function freePorts(): Promise<number> {
  for (let tries = 0; tries < 50; tries += 1) {
    const first = 10_240 + Math.floor(Math.random() * 20_000)
    const block = Array.from({ length: portsTaken }, (_, at) => first + at)
    if ((await Promise.all(block.map(isFree))).every(Boolean)) return first
  }
  throw new Error('no block of free ports was found')
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((answer) => {
    server.once('error', () => {
      answer(false)
    })
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        answer(true)
      })
    })
  })
}

/** What a command said, and the code it ended with. */
export interface Said {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the built `cloister` command. */
export function cloister(...args: readonly string[]): Promise<Said> {
  return runNode(command, ...args)
}

/** Runs one script with Node alone. */
export function runNode(script: string, ...args: readonly string[]): Promise<Said> {
  return new Promise((answer) => {
    execFile(
      process.execPath,
      [script, ...args],
      { maxBuffer: 1 << 24 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
        answer({ code, stdout, stderr })
      },
    )
  })
}
