import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { toPem } from '../../src/server/authority/index.ts'
import type { Door } from '../../src/workstation/door.ts'
import { softwareKeyAaguid } from '../../src/workstation/software-key.ts'
import { openSoftwareKey } from '../../src/workstation/software-key-door.ts'
import { doorCertificate, minutes, testAuthority } from './certificates.ts'
import { scratchDirectory } from './cluster.ts'

const root = new URL('../..', import.meta.url).pathname
/** The built product: `npm test` builds it first. */
const program = ['dist/cli/main.js']

/** A configuration on disk, as an operator would write it, for a real installation on loopback. */
export interface Written {
  readonly folder: string
  readonly config: string
  readonly socket: string
  /** What its doors' certificates come from: the operator's own authority. */
  readonly ca: string
  /** The browsers' origin at the inside door, and its port. */
  readonly origin: string
  readonly port: number
  readonly models: string
}

/** A process of the product that is open. */
export interface Running {
  readonly ports: Readonly<Partial<Record<string, number>>>
  /** All that it has said so far. */
  said(): string
  stop(): Promise<number>
}

export const outsideOrigin = 'https://outside.cloister.example'

/** Writes configuration, secrets and certificates into a scratch folder that the test removes last. */
export async function writeInstallation(scratches: string[]): Promise<Written> {
  const folder = scratchDirectory()
  scratches.push(folder)
  const own = await testAuthority('operator')
  const names = ['127.0.0.1', new URL(outsideOrigin).hostname]
  const { key, cert } = await doorCertificate(own, minutes(60), names)
  const ca = toPem('CERTIFICATE', own.certificate)
  const port = await freePort()
  const origin = `http://cloister.localhost:${port}`
  const models = join(folder, 'security-keys')
  await mkdir(models)
  for (const [name, text] of [
    ['door.pem', cert],
    ['door.key', key],
    ['ca.pem', ca],
  ] as const)
    await writeFile(join(folder, name), text, { mode: 0o600 })
  await mkdir(join(folder, 'credentials'))
  for (const name of ['root', 'service'])
    await writeFile(join(folder, 'credentials', name), Buffer.alloc(64, name), { mode: 0o600 })
  const door = (name: string, at: string | null) =>
    `  ${name}: { host: 127.0.0.1, port: 0, certificate: ${folder}/door.pem, key: ${folder}/door.key${at === null ? '' : `, origin: "${at}"`} }`
  const config = join(folder, 'config.yaml')
  const text = [
    `directory: ${folder}/state`,
    'doors:',
    door('inside', origin),
    door('building', null),
    door('outside', outsideOrigin),
    `security_keys: ${models}`,
    'log: { origin: log.example/installation }',
    'clamav: none',
    '',
  ].join('\n')
  await writeFile(config, text)
  const socket = join(folder, 'state', 'operator.sock')
  return { folder, config, socket, ca, origin, port, models }
}

/** Lists the software key as a model that the site issues, with these roots (DER) of its makers. */
export async function allowModel(models: string, ...roots: Uint8Array[]): Promise<void> {
  const text = roots.map((root) => toPem('CERTIFICATE', root)).join('')
  await writeFile(join(models, `${softwareKeyAaguid}.pem`), text)
}

/** The root of the batch that the software key of this workstation will come from. */
export async function rootOfSoftwareKey({ folder, origin }: Written, id: string) {
  const dir = join(folder, id)
  await mkdir(dir, { recursive: true, mode: 0o700 })
  return (await openSoftwareKey(dir, origin, new Date())).attestationRoot
}

/** The environment in which a process may open the keys that are named. */
export function keysFor(
  { folder }: Written,
  ...names: readonly ('root' | 'service')[]
): Record<string, string> {
  const env: Record<string, string> = { CREDENTIALS_DIRECTORY: join(folder, 'credentials') }
  for (const name of names) {
    env[`CLOISTER_${name.toUpperCase()}_KEY_FILE`] = join(folder, `${name}.key`)
    env[`CLOISTER_${name.toUpperCase()}_KEY_CREDENTIAL`] = name
  }
  return env
}

/** Runs a command of the product to its end. */
export async function run(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number; out: string; said: string }> {
  const child = begin(args, env)
  const [out, said] = [textOf(child.stdout), textOf(child.stderr)]
  const [code] = (await once(child, 'close')) as [number | null]
  return { code: code ?? -1, out: out(), said: said() }
}

/** Starts a process of the product and waits until it is open; it is stopped when the test ends. */
export async function startProcess(
  t: TestContext,
  args: readonly string[],
  env: Record<string, string>,
): Promise<Running> {
  const child = begin(['start', ...args], env)
  textOf(child.stdout)
  const said = textOf(child.stderr)
  const ended = once(child, 'close')
  const stop = async () => {
    child.kill('SIGTERM')
    const [code] = (await ended) as [number | null]
    return code ?? -1
  }
  t.after(stop)
  for (;;) {
    const open = /^Cloister is open: (.+)$/m.exec(said())?.[1]
    if (open !== undefined) {
      const { ports } = JSON.parse(open) as Pick<Running, 'ports'>
      return { ports, said, stop }
    }
    if (child.exitCode !== null) throw new Error(said())
    await new Promise((wait) => setTimeout(wait, 20))
  }
}

/** A door of a running process, for whoever trusts the operator's authority. */
export function doorOf({ ca }: Written, { ports }: Running, name: string): Door {
  return { host: '127.0.0.1', port: ports[name] ?? 0, ca }
}

function begin(args: readonly string[], env: Record<string, string>) {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('CLOISTER_') && !name.startsWith('NODE_TEST'),
  )
  return spawn(process.execPath, [...program, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...Object.fromEntries(inherited), ...env },
  })
}

function textOf(stream: ChildProcess['stdout']): () => string {
  let text = ''
  stream?.on('data', (piece: Buffer) => (text += piece.toString()))
  return () => text
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

export async function removeAll(scratches: readonly string[]): Promise<void> {
  for (const folder of scratches) await rm(folder, { recursive: true, force: true })
}
