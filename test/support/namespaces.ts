import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

const root = new URL('../..', import.meta.url).pathname

/** A host of its own on this machine: a network namespace with an address and a packet filter. */
export interface Host {
  readonly name: string
  /** Its address, and that of the server on the cable between the two. */
  readonly address: string
  readonly server: string
}

/**
 * A server and hosts around it, each on a cable of its own; nothing leads out of this machine. The
 * last host is the server's way to everywhere else, and the server asks for names at 127.0.0.1,
 * where nobody answers: what it tries of either is a packet that a filter can count.
 */
export interface Net {
  readonly hosts: Readonly<Record<string, Host>>
  /** The name of the server's namespace. */
  readonly server: string
  /** Loads a packet filter (nftables) into a host, or into the server. */
  filter(host: string, rules: string): void
  /** Packets that a named counter of a host has counted. */
  counted(host: string, counter: string): number
  /** Runs a program in a host to its end, and answers what it wrote. */
  run(host: string, ...command: string[]): string
  /** Starts a program in a host; it is killed when the test ends. */
  start(host: string, ...command: string[]): ChildProcess
}

/** The reason why hosts of their own cannot be made here, or false. */
export function noNamespaces(): string | false {
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  const name = `clo${process.pid}probe`
  try {
    execFileSync('ip', ['netns', 'add', name], { stdio: 'pipe' })
    execFileSync('ip', ['netns', 'exec', name, 'nft', 'list', 'ruleset'], { stdio: 'pipe' })
    return false
  } catch (error) {
    return `network namespaces are not to be had here: ${reasonOf(error)}`
  } finally {
    try {
      execFileSync('ip', ['netns', 'del', name], { stdio: 'pipe' })
    } catch {
      // It was never made.
    }
  }
}

function reasonOf(error: unknown): string {
  const words = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : ''
  return words === '' ? String(error) : words
}

/** What `ip netns exec` lays over /etc for the programs of a namespace. */
const netnsFiles = '/etc/netns'

function askNamesAtLoopback(name: string): void {
  const folder = join(netnsFiles, name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'resolv.conf'), 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n')
  // Else a service of this machine might be asked over a unix socket.
  writeFileSync(join(folder, 'nsswitch.conf'), 'hosts: files dns\n')
}

export function openNet(t: TestContext, names: readonly string[]): Net {
  const id = `clo${process.pid}`
  const ip = (...args: string[]) => execFileSync('ip', args, { stdio: 'pipe' })
  const server = `${id}-server`
  const made: string[] = []
  const children: ChildProcess[] = []
  t.after(async () => {
    for (const child of children)
      if (child.exitCode === null && child.signalCode === null) {
        const gone = once(child, 'exit')
        child.kill('SIGKILL')
        await gone
      }
    for (const name of made.reverse()) ip('netns', 'del', name)
    rmSync(join(netnsFiles, server), { recursive: true, force: true })
  })
  const add = (name: string) => {
    ip('netns', 'add', name)
    made.push(name)
    ip('-n', name, 'link', 'set', 'lo', 'up')
  }
  add(server)
  askNamesAtLoopback(server)
  const hosts: Record<string, Host> = {}
  for (const [at, name] of names.entries()) {
    const host = `${id}-${name}`
    const [address, own] = [`10.77.${at + 1}.2`, `10.77.${at + 1}.1`]
    add(host)
    ip(
      ...['-n', server, 'link', 'add', `to-${name}`, 'type', 'veth'],
      ...['peer', 'name', 'cable', 'netns', host],
    )
    ip('-n', server, 'addr', 'add', `${own}/30`, 'dev', `to-${name}`)
    ip('-n', server, 'link', 'set', `to-${name}`, 'up')
    ip('-n', host, 'addr', 'add', `${address}/30`, 'dev', 'cable')
    ip('-n', host, 'link', 'set', 'cable', 'up')
    ip('-n', host, 'route', 'add', 'default', 'via', own)
    hosts[name] = { name: host, address, server: own }
    if (at === names.length - 1) ip('-n', server, 'route', 'add', 'default', 'via', address)
  }
  const of = (host: string) => (host === 'server' ? server : (hosts[host]?.name ?? ''))
  const within = (host: string) => ['netns', 'exec', of(host)]
  return {
    ...{ hosts, server },
    filter(host, rules) {
      execFileSync('ip', [...within(host), 'nft', '-f', '-'], { input: rules })
    },
    counted(host, counter) {
      const text = execFileSync('ip', [
        ...[...within(host), 'nft', '-j', 'list', 'counter', 'inet', 'wall', counter],
      ]).toString()
      const packets = /"packets": ?(\d+)/.exec(text)?.[1]
      if (packets === undefined) throw new Error(`no counter ${counter}: ${text}`)
      return Number(packets)
    },
    run: (host, ...command) =>
      execFileSync('ip', [...within(host), ...command], { cwd: root, encoding: 'utf8' }),
    start(host, ...command) {
      const child = spawn('ip', [...within(host), ...command], {
        ...{ cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
      })
      children.push(child)
      return child
    },
  }
}
