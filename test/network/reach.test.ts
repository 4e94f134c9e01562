import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { toPem } from '../../src/server/authority/index.ts'
import { createAttestationBatch } from '../../src/workstation/attestation-batch.ts'
import { doorCertificate, minutes, testAuthority } from '../support/certificates.ts'
import { scratchDirectory } from '../support/cluster.ts'
import { allowModel } from '../support/installation.ts'
import { type Net, noNamespaces, openNet } from '../support/namespaces.ts'

const ports = { inside: 8443, building: 8444, outside: 8445 } as const
type DoorName = keyof typeof ports
const cloister = [process.execPath, 'dist/cli/main.js']

/** The server's own packet filter: each door from its own side, and no word to anybody else. */
const serverWall = `table inet wall {
  counter strange-in {}
  counter strange-out {}
  chain input {
    type filter hook input priority 0; policy drop;
    iif lo accept
    ct state established,related accept
    iifname to-room ip daddr 10.77.1.1 tcp dport ${ports.inside} accept
    iifname { to-room, to-doors } ip daddr 10.77.2.1 tcp dport ${ports.building} accept
    iifname to-outside ip daddr 10.77.3.1 tcp dport ${ports.outside} accept
    counter name strange-in
  }
  chain forward { type filter hook forward priority 0; policy drop; }
  chain output {
    type filter hook output priority 0; policy drop;
    oif lo accept
    ct state established,related accept
    meta l4proto { tcp, udp } counter name strange-out
  }
}`

/** A real installation's configuration: its three doors at three addresses, everything else within the machine. */
async function configure(folder: string) {
  const authority = await testAuthority()
  const address = { inside: '10.77.1.1', building: '10.77.2.1', outside: '10.77.3.1' } as const
  const { key, cert } = await doorCertificate(authority, minutes(60), Object.values(address))
  const at = (name: string) => join(folder, name)
  await writeFile(at('door.key'), key, { mode: 0o600 })
  await writeFile(at('door.crt'), cert)
  await writeFile(at('ca.pem'), toPem('CERTIFICATE', authority.certificate))
  await writeFile(at('passphrase'), 'a passphrase of this test alone, made up\n', { mode: 0o600 })
  await mkdir(at('models'))
  await allowModel(at('models'), (await createAttestationBatch(new Date())).root)
  const door = (name: DoorName) => {
    const origin = name === 'building' ? '' : `, origin: https://${name}.cloister.example`
    const files = `certificate: ${at('door.crt')}, key: ${at('door.key')}`
    return `  ${name}: { host: ${address[name]}, port: ${ports[name]}, ${files}${origin} }`
  }
  const config = [
    `directory: ${at('state')}`,
    'doors:',
    ...(['inside', 'building', 'outside'] as const).map(door),
    `  operator: { socket: ${at('operator.sock')} }`,
    `root_key: { file: ${at('root.key')}, passphrase_file: ${at('passphrase')} }`,
    'clamav: none',
    'log: { origin: example.org/log }',
    `security_keys: ${at('models')}`,
  ]
  await writeFile(at('config.yaml'), `${config.join('\n')}\n`)
  return { config: at('config.yaml'), ca: at('ca.pem'), address }
}

/** Waits until a program has said this, and answers all that it said. */
async function untilSaid(child: ChildProcess, words: RegExp): Promise<string> {
  let said = ''
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (piece: Buffer) => {
        said += piece.toString()
        if (words.test(said)) resolve(said)
      })
    child.once('exit', (code) => {
      reject(new Error(`it ended with ${String(code)}: ${said}`))
    })
  })
}

/** Tries a TCP connection from a host: open, refused, or no answer within a second and a half. */
const knock = `
const net = require('node:net')
const [host, port] = process.argv.slice(1)
const socket = net.connect({ host, port: Number(port), timeout: 1500 })
const end = (words) => { process.stdout.write(words); process.exit() }
socket.on('connect', () => end('open'))
socket.on('error', ({ code }) => end(code === 'ECONNREFUSED' ? 'refused' : 'silent'))
socket.on('timeout', () => end('silent'))
`
const reach = (net: Net, host: string, address: string, port: number) =>
  net.run(host, process.execPath, '-e', knock, address, String(port))

/** One request from a host to a door, over TLS with the door's authority; the answer's status. */
const call = `
const [url, ca] = process.argv.slice(1)
const { readFileSync } = require('node:fs')
const module = url.startsWith('https') ? require('node:https') : require('node:http')
const options = { method: 'POST', ...(ca && { ca: readFileSync(ca) }), headers: { 'content-type': 'application/json', origin: new URL(url).origin } }
const out = module.request(url, options, (answer) => { process.stdout.write(String(answer.statusCode)); process.exit() })
out.on('error', ({ message }) => { process.stdout.write(message); process.exit() })
out.end('{}')
`

async function installation(t: TestContext) {
  const folder = scratchDirectory()
  after(() => rm(folder, { recursive: true, force: true }))
  const net = openNet(t, ['room', 'doors', 'outside'])
  net.filter('server', serverWall)
  const set = await configure(folder)
  const server = net.start('server', ...cloister, 'start', '--config', set.config)
  await untilSaid(server, /Cloister is open/)
  return { net, ...set }
}

const skip = noNamespaces()

test(
  'NET1 each side reaches its own doors and no other, and the server listens on nothing else',
  { skip },
  async (t) => {
    const { net, address, ca } = await installation(t)
    const found: Record<string, Record<string, string>> = {}
    for (const host of ['room', 'doors', 'outside']) {
      const seen: Record<string, string> = {}
      for (const name of ['inside', 'building', 'outside'] as const) {
        // A door is tried at its own address and, where a host might think of it, at the server's end of its cable.
        const places = new Set([address[name], net.hosts[host]?.server ?? ''])
        const answers = [...places].map((place) => reach(net, host, place, ports[name]))
        seen[name] = answers.includes('open') ? 'open' : 'silent'
      }
      for (const port of [22, 80, 5432]) seen[port] = reach(net, host, address.inside, port)
      found[host] = seen
    }
    const nothing = { 22: 'silent', 80: 'silent', 5432: 'silent' }
    assert.deepEqual(found, {
      room: { inside: 'open', building: 'open', outside: 'silent', ...nothing },
      doors: { inside: 'silent', building: 'open', outside: 'silent', ...nothing },
      outside: { inside: 'silent', building: 'silent', outside: 'open', ...nothing },
    })
    for (const [host, door, status] of [
      ['room', 'inside', '403'],
      ['outside', 'outside', '200'],
    ] as const) {
      const url = `https://${address[door]}:${ports[door]}/session/begin`
      assert.equal(net.run(host, process.execPath, '-e', call, url, ca), status, host)
    }
    const listening = (kind: string) =>
      net
        .run('server', 'ss', '-Hln', kind)
        .trim()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.trim().split(/\s+/).at(-2))
        .sort()
    assert.deepEqual(
      listening('-t'),
      (['inside', 'building', 'outside'] as const).map((name) => `${address[name]}:${ports[name]}`),
    )
    assert.deepEqual(listening('-u'), [])
    assert.ok(net.counted('server', 'strange-in') > 0, 'what was tried in vain was counted')
    assert.equal(net.counted('server', 'strange-out'), 0)
  },
)
