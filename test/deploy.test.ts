import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parts, readConfig } from '../src/server/kernel/config.ts'
import { roles } from '../src/server/kernel/roles.ts'

const deploy = new URL('../deploy', import.meta.url).pathname
const units = join(deploy, 'systemd')
const unitOf = (part: string) => readFileSync(join(units, `cloister-${part}.service`), 'utf8')

/** What systemd would put into the environment of a unit's process. */
function environmentOf(unit: string): Record<string, string> {
  const pairs = [...unit.matchAll(/^Environment=([^=\n]+)=(.*)$/gm)].map(([, name, value]) => [
    name,
    value?.replaceAll('%d', '/run/credentials/unit').replaceAll('%%', '%'),
  ])
  const given = Object.fromEntries(pairs) as Record<string, string>
  return { ...given, CREDENTIALS_DIRECTORY: '/run/credentials/unit' }
}

test('IN4 the units and the example configuration are ones that the program takes, each with its part’s keys and no more', () => {
  for (const part of parts) {
    const unit = unitOf(part)
    const command = /^ExecStart=\S+ \S+main\.js (.+)$/m.exec(unit)?.[1]
    assert.equal(command, `start --config /etc/cloister/config.yaml --only ${part}`)
    const answer = readConfig(
      {
        CLOISTER_CONFIG: '/etc/cloister/config.yaml',
        CLOISTER_PARTS: part,
        ...environmentOf(unit),
      },
      () => readFileSync(join(deploy, 'config.example.yaml'), 'utf8'),
    )
    assert.ok('config' in answer, `${part}: ${JSON.stringify(answer)}`)
    const { rootKey, serviceKey, databases } = answer.config
    assert.deepEqual(Object.keys(databases), [part])
    assert.equal(rootKey !== null, ['operator', 'inside', 'jobs'].includes(part), part)
    assert.equal(serviceKey !== null, part !== 'outside', part)
    assert.match(unit, new RegExp(`^User=cloister-${part}$`, 'm'))
    const sealed = [...unit.matchAll(/^LoadCredential=(\w+)\.sealed:/gm)].map(([, name]) => name)
    const wanted: Partial<Record<string, string[]>> = {
      ...{ inside: ['authority'], building: ['authority'] },
      ...{ sequencer: ['log'], jobs: ['delivery'] },
    }
    assert.deepEqual(sealed, wanted[part] ?? [], part)
  }
})

test('IN4 every user of a unit exists, owns its folders and has one database role', () => {
  const users = readFileSync(join(deploy, 'sysusers.conf'), 'utf8')
  const map = readFileSync(join(deploy, 'pg_ident.conf'), 'utf8')
  for (const part of parts) {
    assert.match(users, new RegExp(`^u cloister-${part} `, 'm'))
    const role = `cloister_${part}`
    assert.ok(roles.some((known) => known === role))
    const lines = map.split('\n').filter((line) => line.startsWith(`cloister  cloister-${part} `))
    assert.deepEqual(
      lines.map((line) => line.split(/\s+/)[2]),
      [role],
    )
  }
})

test('IN4 systemd finds no fault with the units, and hardens each of them', (t) => {
  const names = readdirSync(units).filter((name) => /\.(service|target)$/.test(name))
  assert.ok(names.length >= parts.length + 2)
  const { error, status, stderr } = spawnSync(
    'systemd-analyze',
    ['verify', '--man=no', ...names.map((name) => join(units, name))],
    { encoding: 'utf8', env: { ...process.env, SYSTEMD_UNIT_PATH: `${units}:` } },
  )
  if (error !== undefined) {
    t.skip('systemd-analyze is not installed here')
    return
  }
  // A machine that only tests has no program at the places of an installation.
  const faults = stderr
    .split('\n')
    .filter((line) => /cloister/.test(line) && !/is not executable/.test(line))
  assert.deepEqual(faults, [], `status ${String(status)}`)
  const hardening = readFileSync(join(units, 'cloister-.service.d', 'hardening.conf'), 'utf8')
  for (const line of ['NoNewPrivileges=yes', 'ProtectSystem=strict', 'CapabilityBoundingSet='])
    assert.ok(hardening.split('\n').includes(line), line)
})
