import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startTestDoor } from '../../test/support/doors.ts'

/** Starts a program as it was built and gives its first line of output. */
async function start(t: TestContext, program: string, args: string[]) {
  const main = fileURLToPath(new URL(`../../dist/${program}/main.js`, import.meta.url))
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
  const end = async () => {
    if (child.exitCode === null) {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
    return child.exitCode
  }
  return { said: () => said, end }
}

test('SI10 the simulator and the workstation run as programs and end on a signal', async (t) => {
  const door = await startTestDoor(t)
  const dir = await mkdtemp(join(tmpdir(), 'cloister-programs-'))
  t.after(() => rm(dir, { recursive: true }))
  const caFile = join(dir, 'ca.pem')
  await writeFile(caFile, door.door.ca)
  door.codes.set('code-of-main-door', { kind: 'device', id: 'controller-main-door' })
  const settings = {
    control: { port: 0, origins: [] },
    buildingDoor: { host: door.door.host, port: door.door.port, caFile },
    ...{ dir: join(dir, 'building'), stepMs: 0 },
    site: {
      ...{ name: 'demonstration', outside: 'street', screening: [], lockers: ['lobby'] },
      portals: [
        {
          ...{ id: 'main-door', from: 'street', to: 'lobby', in: ['badge'], out: ['badge'] },
          controller: 'controller-main-door',
        },
      ],
    },
    people: [{ id: 'p_ada', credential: 'b1', zones: ['lobby'] }],
    codes: { 'controller-main-door': 'code-of-main-door' },
  }
  const file = join(dir, 'building.json')
  await writeFile(file, JSON.stringify(settings))
  const simulator = await start(t, 'simulator', [file])
  const { control } = JSON.parse(simulator.said()) as { control: string }
  const walked = await fetch(`${control}/walk`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ person: 'p_ada', zone: 'lobby' }),
  })
  assert.deepEqual(await walked.json(), { person: 'p_ada', zone: 'lobby', arrived: true })
  assert.equal(door.events.at(-1)?.kind, 'LOCKED')
  assert.equal(await simulator.end(), 0)

  door.codes.set('code-of-workstation-3', { kind: 'workstation', id: 'ws-3' })
  const codeFile = join(dir, 'code')
  await writeFile(codeFile, 'code-of-workstation-3\n')
  const server = `127.0.0.1:${door.door.port}`
  const options = ['--id', 'ws-3', '--server', server, '--building', server, '--ca', caFile]
  const place = ['--dir', join(dir, 'ws-3'), '--code-file', codeFile]
  const workstation = await start(t, 'workstation', [...options, ...place])
  assert.match(workstation.said(), /"http:\/\/ws-3[.]localhost:\d+"/)
  assert.equal(await workstation.end(), 0)
  assert.ok(door.enrolled.includes('workstation ws-3'))

  const wrong = await start(t, 'workstation', ['--id', 'ws-3'])
  assert.match(wrong.said(), /--server, --ca and --dir are needed/)
  assert.equal(await wrong.end(), 1)
})
