import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { RefusedByServer } from '../src/cli/stage/browser.ts'
import { faultOf } from '../src/cli/terminal.ts'
import { VaultFault } from '../src/server/domains/vault/index.ts'
import { StartFault } from '../src/server/kernel/fault.ts'
import { lockDirectory } from '../src/server/kernel/lock.ts'
import { runCommand } from './support/command.ts'
import { openHouse } from './support/house.ts'
import { operatorAt } from '../src/cli/operator.ts'
import { shippedText } from './support/sites.ts'

test('CM1 a command ends a fault of its input or its surroundings with one line, without a stack or a word of the input', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'cl-'))
  const at = (name: string) => join(folder, name)
  await writeFile(at('row'), JSON.stringify({ item_ref: 'a', text: 'hunter2', language: 'en' }))
  await writeFile(at('not-json'), '{"name": hunter2')
  await writeFile(at('other-json'), '{"name": "hunter2 ", "version": 1, "kind": "text"}')
  await mkdir(at('taken'))
  const lock = await lockDirectory(at('taken'))
  const holder = createServer()
  await new Promise<void>((open) => {
    holder.listen(0, '127.0.0.1', open)
  })
  t.after(async () => {
    holder.close()
    await lock.release()
    await rm(folder, { recursive: true })
  })
  const address = holder.address()
  assert.ok(address !== null && typeof address === 'object')
  const first = String(Math.min(address.port, 65_515))
  const rehearse = (schema: string, answers: string) => [
    ...['rehearse', at('row'), '--schema', at(schema), '--answers', at(answers)],
    ...['--out', at('out')],
  ]
  const demo = (directory: string, port: string) => [
    ...['start', '--demo', '--directory', at(directory), '--port', port],
  ]
  const cases: [args: readonly string[], says: RegExp][] = [
    [rehearse('not-json', 'row'), /not-json is not JSON/],
    [rehearse('other-json', 'row'), /other-json, \/.*: /],
    [demo('fresh', first), /port \d+ cannot be listened on.*--port/],
    [demo('taken', '7300'), /taken is in use by another Cloister process/],
    [demo('row/below', '7300'), /below: a part of this path is no folder/],
    [
      ['witness', '--dir', at('row/w'), '--name', 'w', '--log', 'x', '--listen', '127.0.0.1:0'],
      /a verifier key reads/,
    ],
  ]
  const run = async ([args, says]: (typeof cases)[number]) => {
    const { code, said } = await runCommand(...args)
    const words = `${args.join(' ')}: ${said}`
    assert.match(said, says, words)
    assert.notEqual(code, 0, words)
    assert.doesNotMatch(said, /hunter2|\n\s+at |node:internal/, words)
  }
  await Promise.all(cases.map(run))
})

test('CM1 a refusal, a taken address and a file that cannot be used are one line each; what nobody expected keeps its stack', () => {
  const of = (name: string, more: object) => faultOf(Object.assign(new Error(name), more))?.message
  const socket = { code: 'EADDRINUSE', port: -1, address: '/run/cloister.sock' }
  assert.match(of('listen', socket) ?? '', /^\/run\/cloister[.]sock is taken/)
  assert.match(of('listen', { code: 'EADDRINUSE', port: 7300 }) ?? '', /^port 7300 is taken/)
  assert.match(of('open', { code: 'EACCES', path: '/a' }) ?? '', /^\/a: access is denied$/)
  assert.equal(faultOf(new StartFault('in use'))?.message, 'in use')
  assert.match(faultOf(new VaultFault('storage-full'))?.message ?? '', /no room left/)
  const refused = new RefusedByServer(409, { type: '/problems/conflict', title: 'hunter2' })
  assert.equal(faultOf(refused)?.message, 'the server refused: 409 /problems/conflict')
  assert.equal(faultOf(new TypeError('a bug')), null)
})

test('CM2 a command that names a machine or project which is not there says which, and which there are', async (t) => {
  const { operatorSocket: socket } = await openHouse(t)
  const manifest = join(dirname(socket), 'rows.jsonl')
  await writeFile(manifest, '')
  const says = async (...args: string[]) => {
    const { code, said } = await runCommand(...args, '--socket', socket)
    assert.notEqual(code, 0, said)
    assert.doesNotMatch(said, /\n\s+at /)
    return said
  }
  const enrol = ['workstation', 'enrol']
  assert.match(
    await says(...enrol, 'ws-99'),
    /no workstation ws-99; there is no workstation at all/,
  )
  await operatorAt(socket).post('/site', { file: shippedText('demonstration') })
  const [workstation, device, revoked, project] = await Promise.all([
    says(...enrol, 'ws-99'),
    says(...enrol, 'ctl-99', '--device'),
    says('workstation', 'revoke', 'ws-99'),
    says('import', 'nosuch', manifest),
  ])
  assert.match(workstation, /there is no workstation ws-99; there are ws-1, ws-10, /)
  assert.match(device, /there is no device ctl-99; there are .*ctl-main/)
  assert.match(revoked, /there is no workstation ws-99 in the site in force/)
  assert.match(project, /there is no project nosuch; there is no project at all/)
})
