import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { type Net, noNamespaces, openNet } from '../support/namespaces.ts'

const cloister = new URL('../../dist/cli/main.js', import.meta.url).pathname
const aurora = new URL('../../demonstration/aurora', import.meta.url).pathname

/** Lets everything through and counts it: lookups of names, and whatever leaves this host. */
const watch = `table inet wall {
  counter lookups {}
  counter elsewhere {}
  chain output {
    type filter hook output priority 0; policy accept;
    meta l4proto { tcp, udp } th dport { 53, 853, 5353, 5355 } counter name lookups
    oifname != lo meta l4proto != ipv6-icmp counter name elsewhere
  }
}`

const counted = (net: Net) => ({
  lookups: net.counted('server', 'lookups'),
  elsewhere: net.counted('server', 'elsewhere'),
})

/** The demonstration's texts, each with its first word marked as the right annotation. */
async function writeAnswers(folder: string): Promise<{ answers: string; items: number }> {
  const lines = (await readFile(join(aurora, 'manifest.jsonl'), 'utf8')).trim().split('\n')
  const answers = join(folder, 'answers.jsonl')
  const rows = lines.map((line) => {
    const { item_ref, text } = JSON.parse(line) as { item_ref: string; text: string }
    const anchor = { text: [[0, Array.from(text.split(' ')[0] ?? '').length]] }
    const regions = [{ id: 'r1', anchor, label: 'work' }]
    const annotation = { schema: 'voice-queries@1', regions, relations: [] }
    return JSON.stringify({ item_ref, annotation: { ...annotation, answers: { intent: 'play' } } })
  })
  await writeFile(answers, rows.join('\n'))
  return { answers, items: rows.length }
}

/** A whole day in a host: imported, annotated, reviewed, delivered, downloaded, verified. */
async function rehearse(t: TestContext, net: Net) {
  const folder = await mkdtemp(join(tmpdir(), 'outbound-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const { answers, items } = await writeAnswers(folder)
  const said = net.run(
    ...['server', process.execPath, cloister, 'rehearse', join(aurora, 'manifest.jsonl')],
    ...['--schema', join(aurora, 'schema.json'), '--answers', answers],
    ...['--out', join(folder, 'out'), '--annotators', '3', '--error-rate', '0.2', '--json'],
  )
  return { items, done: JSON.parse(said) as Record<string, unknown> }
}

/** What a program would do that calls home: one lookup of a name, one connection elsewhere. */
const callHome = {
  lookup: "require('node:dns').lookup('cloister.example', () => process.exit())",
  connection: `
    const socket = require('node:net').connect({ host: '192.0.2.1', port: 443, timeout: 500 })
    for (const end of ['connect', 'error', 'timeout']) socket.on(end, () => process.exit())`,
}

test(
  'NET2 while items are imported, people work and a delivery is built, no name is looked up and nothing leaves the machine',
  { skip: noNamespaces() },
  async (t) => {
    const net = openNet(t, ['elsewhere'])
    net.filter('server', watch)
    const { items, done } = await rehearse(t, net)
    assert.deepEqual(
      [done['annotated'], done['reviewed'], done['delivered'], done['verification']],
      [items, items, items, { log: true, package: true, opened: true }],
    )
    assert.deepEqual(counted(net), { lookups: 0, elsewhere: 0 })

    net.run('server', process.execPath, '-e', callHome.lookup)
    const { lookups, elsewhere } = counted(net)
    assert.ok(lookups > 0, 'a lookup is counted')
    assert.equal(elsewhere, 0)
    net.run('server', process.execPath, '-e', callHome.connection)
    assert.ok(counted(net).elsewhere > 0, 'a connection is counted')
  },
)
