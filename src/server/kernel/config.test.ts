import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { readConfig, Secret } from './config.ts'

const files: Record<string, string> = {
  '/etc/cloister/passphrase': 'correct horse\n',
  '/etc/cloister/pin': '123456\n',
  '/etc/cloister/db': 'postgres://inside:s3cret@db.example/cloister\n',
  '/run/credentials/root': 'from systemd\n',
}
const readFile = (path: string): string => {
  const text = files[path]
  if (text === undefined) throw new Error('ENOENT')
  return text
}
const withFile = (text: string) => (path: string) => (path === '/c.yaml' ? text : readFile(path))

const real = `
directory: /srv/cloister
doors:
  inside: { host: 10.1.0.2, port: 8443, certificate: /etc/cloister/in.pem, key: /etc/cloister/in.key, origin: "https://cloister.example" }
root_key: { file: /srv/keys/root, passphrase_file: /etc/cloister/passphrase }
clamav: /run/clamav/clamd.ctl
security_keys: /etc/cloister/security-keys
log: { origin: log.example/madrid }
witness: { url: "https://witness.example/", key: "witness.example+0a1b2c3d+AQ==" }
`
function faultsOf(env: Record<string, string>, text = real): readonly string[] {
  const answer = readConfig({ CLOISTER_CONFIG: '/c.yaml', ...env }, withFile(text))
  return 'faults' in answer ? answer.faults : []
}

test('KE50 a file gives one frozen configuration', () => {
  const answer = readConfig({ CLOISTER_CONFIG: '/c.yaml', PATH: '/bin' }, withFile(real))
  assert.ok('config' in answer, inspect(answer))
  assert.deepEqual(JSON.parse(JSON.stringify(answer.config)), {
    demonstration: false,
    parts: ['inside', 'operator', 'sequencer', 'jobs'],
    alone: true,
    directory: '/srv/cloister',
    doors: {
      inside: {
        host: '10.1.0.2',
        port: 8443,
        certificate: '/etc/cloister/in.pem',
        key: '/etc/cloister/in.key',
        origin: 'https://cloister.example',
      },
      building: null,
      outside: null,
      operator: { socket: '/srv/cloister/operator.sock' },
    },
    databases: {},
    rootKey: {
      kind: 'sealed-file',
      path: '/srv/keys/root',
      secret: { kind: 'passphrase', file: '/etc/cloister/passphrase' },
    },
    serviceKey: null,
    keys: '/srv/cloister/keys',
    keyModels: '/etc/cloister/security-keys',
    scanner: { kind: 'socket', path: '/run/clamav/clamd.ctl' },
    witness: { url: 'https://witness.example/', key: 'witness.example+0a1b2c3d+AQ==' },
    objects: '/srv/cloister/objects',
    logOrigin: 'log.example/madrid',
    epochDays: 30,
    workers: { jobs: 2, connections: 8 },
    strangers: { burst: 120, perSecond: 2 },
  })
  assert.ok(Object.isFrozen(answer.config) && Object.isFrozen(answer.config.doors.inside))
})

test('KE51 the environment wins over the file, key by key', () => {
  const answer = readConfig(
    {
      CLOISTER_CONFIG: '/c.yaml',
      CLOISTER_DOORS_INSIDE_PORT: '9443',
      CLOISTER_CLAMAV: '[::1]:3310',
      ...Object.fromEntries(
        ['INSIDE', 'OPERATOR', 'SEQUENCER', 'JOBS'].map((user) => [
          `DATABASE_URL_${user}`,
          `postgres://${user.toLowerCase()}@db.example/cloister`,
        ]),
      ),
    },
    withFile(real),
  )
  assert.ok('config' in answer, inspect(answer))
  assert.equal(answer.config.doors.inside?.port, 9443)
  assert.deepEqual(answer.config.scanner, { kind: 'tcp', host: '::1', port: 3310 })
  assert.equal(answer.config.databases.inside?.reveal(), 'postgres://inside@db.example/cloister')
})

test('KE52 all faults come at once, each with its place', () => {
  const text = `directory: here
doors:
  inside: { host: "a b", port: 70000 }
  insid: { port: 1 }
clamav: maybe
workers: { jobs: 1.5 }
`
  assert.deepEqual(
    faultsOf({ CLOISTER_KEY_FOLDER: 'relative', CLOISTER_SITE: '/x', DATABASE_URL: 'x' }, text),
    [
      '/c.yaml:1: directory must be an absolute path',
      '/c.yaml:3: doors.inside.host must be a host name or an address',
      '/c.yaml:3: doors.inside.port must be a whole number from 0 to 65535',
      'unknown variable DATABASE_URL; known are DATABASE_URL_INSIDE, DATABASE_URL_BUILDING, DATABASE_URL_OUTSIDE, DATABASE_URL_OPERATOR, DATABASE_URL_OWNER, DATABASE_URL_SEQUENCER, DATABASE_URL_JOBS',
      'CLOISTER_KEY_FOLDER must be an absolute path',
      "/c.yaml:5: clamav must be 'none', the path of clamd's socket, or host:port",
      '/c.yaml:6: workers.jobs must be a whole number from 1 to 32',
      'at least one of doors.inside, doors.building and doors.outside must be said',
      'root_key (this process opens data) must be said',
      'log.origin must be said',
      "/c.yaml:4: unknown key 'doors.insid.port'",
      'unknown variable CLOISTER_SITE',
    ],
  )
})

test('KE52 a file that is missing, too long or no YAML table is a fault', () => {
  assert.match(faultsOf({ CLOISTER_CONFIG: '/none.yaml' }).join(), /\/none.yaml cannot be read/)
  assert.match(faultsOf({}, `a: ${'x'.repeat(300_000)}`).join(), /longer than/)
  assert.match(faultsOf({}, 'a: [1').join(), /^\/c.yaml:1: /)
  assert.match(faultsOf({}, 'a: 1\na: 2').join(), /^\/c.yaml:2: Map keys must be unique/)
  assert.match(faultsOf({}, 'directory: [/a, /b]').join(), /'directory' must be a value or a table/)
  assert.match(faultsOf({}, 'directory: &d /a\nobjects: *d').join(), /'objects' must be a value/)
})

test('KE53 what belongs together is wanted together', () => {
  const without = (key: string) => real.replace(new RegExp(`^${key}:.*$`, 'm'), '')
  assert.deepEqual(faultsOf({}, without('clamav')), [
    "clamav must be said: 'none', the path of clamd's socket, or host:port",
  ])
  assert.deepEqual(faultsOf({}, without('root_key')), [
    'root_key (this process opens data) must be said',
  ])
  assert.deepEqual(faultsOf({}, without('directory')), [
    'directory must be said: where does Cloister keep its state?',
  ])
  assert.match(faultsOf({ CLOISTER_DOORS_OUTSIDE_PORT: '1' }).join(), /doors.outside needs all of/)
  assert.match(faultsOf({ CLOISTER_ROOT_KEY_PKCS11_TOKEN: 'cloister' }).join(), /not both/)
  assert.match(
    faultsOf({ CLOISTER_ROOT_KEY_CREDENTIAL: 'root' }).join(),
    /either passphrase_file or/,
  )
  assert.match(
    faultsOf({ CLOISTER_DOORS_OPERATOR_SOCKET: `/${'x'.repeat(107)}` }).join(),
    /longer than the 107 bytes/,
  )
})

test('KE57 each network door of people has the name that their browsers show, and keys are issued by model', () => {
  const named = (origin: string) => real.replace('https://cloister.example', origin)
  for (const good of ['https://cloister.example:8443', 'http://cloister.localhost:8080'])
    assert.deepEqual(faultsOf({}, named(good)), [], good)
  for (const bad of [
    'http://cloister.example',
    'https://10.1.0.2',
    'https://A.example/',
    'https://x',
  ])
    assert.match(faultsOf({}, named(bad)).join(), /doors.inside.origin must be https/, bad)
  assert.match(
    faultsOf({ CLOISTER_DOORS_OUTSIDE_ORIGIN: 'http://a.localhost:1' }).join(),
    /DOORS_OUTSIDE_ORIGIN must be https/,
  )
  assert.match(
    faultsOf({}, real.replace(', origin: "https://cloister.example"', '')).join(),
    /doors.inside needs all of host, port, certificate, key and origin/,
  )
  assert.deepEqual(faultsOf({}, real.replace(/^security_keys:.*$/m, '')), [
    'security_keys (which models of security key the site issues) must be said',
  ])
})

test('KE58 a process that is a part of an installation is told so, and asks for what that part needs', () => {
  const bare = real.replace(/^(root_key|security_keys|log|witness):.*$/gm, '')
  const faults = (part: string, env: Record<string, string> = {}) =>
    faultsOf({ CLOISTER_PARTS: part, ...env }, bare)
  assert.deepEqual(faults('inside'), [
    'root_key (this process opens data) must be said',
    'security_keys (which models of security key the site issues) must be said',
    'DATABASE_URL_INSIDE must be said (parts has inside)',
  ])
  assert.deepEqual(faults('sequencer', { DATABASE_URL_SEQUENCER: 'postgres://db/c' }), [
    'service_key or root_key (this process uses keys of the installation) must be said',
    'log.origin must be said',
  ])
  assert.deepEqual(
    faults('outside', {
      CLOISTER_SECURITY_KEYS: '/etc/keys',
      DATABASE_URL_OUTSIDE: 'postgres://db/c',
    }),
    ['doors.outside (parts names it) must be said'],
  )
  assert.match(faults('inside,inside').join(), /CLOISTER_PARTS must be some of inside, building/)
  assert.match(faults('everything').join(), /CLOISTER_PARTS must be some of/)
  const whole = readConfig({ CLOISTER_CONFIG: '/c.yaml' }, withFile(real))
  assert.ok('config' in whole && whole.config.alone)
  assert.match(
    faultsOf({
      CLOISTER_DEMONSTRATION: 'true',
      CLOISTER_DIRECTORY: '/d',
      CLOISTER_PARTS: 'jobs',
    }).join(),
    /a demonstration is one process/,
  )
})

test('KE54 root keys come from a systemd credential or a token as well', () => {
  const bare = real.replace(/^root_key:.*$/m, '')
  const read = (env: Record<string, string>) => {
    const answer = readConfig({ CLOISTER_CONFIG: '/c.yaml', ...env }, withFile(bare))
    assert.ok('config' in answer, inspect(answer))
    return answer.config.rootKey
  }
  const sealed = read({
    CREDENTIALS_DIRECTORY: '/run/credentials',
    CLOISTER_ROOT_KEY_FILE: '/srv/keys/root',
    CLOISTER_ROOT_KEY_CREDENTIAL: 'root',
  })
  assert.deepEqual(sealed?.kind === 'sealed-file' && sealed.secret, {
    kind: 'credential',
    file: '/run/credentials/root',
  })
  const token = read({
    CLOISTER_ROOT_KEY_PKCS11_MODULE: '/usr/lib/softhsm/libsofthsm2.so',
    CLOISTER_ROOT_KEY_PKCS11_TOKEN: 'cloister',
    CLOISTER_ROOT_KEY_PKCS11_PIN_FILE: '/etc/cloister/pin',
  })
  assert.equal(token?.kind === 'pkcs11' && token.pinFile, '/etc/cloister/pin')
})

test('KE55 a demonstration needs only a directory, listens on loopback and takes no other database', () => {
  const demonstration = { CLOISTER_DEMONSTRATION: 'true', CLOISTER_DIRECTORY: '/tmp/demo' }
  const answer = readConfig(demonstration, readFile)
  assert.ok('config' in answer, inspect(answer))
  assert.deepEqual(answer.config.doors.outside, {
    host: '127.0.0.1',
    port: 8445,
    certificate: null,
    key: null,
    origin: null,
  })
  const refused = readConfig(
    {
      ...demonstration,
      CLOISTER_DOORS_INSIDE_HOST: '0.0.0.0',
      DATABASE_URL_INSIDE: 'postgres://x/y',
    },
    readFile,
  )
  assert.ok('faults' in refused)
  assert.equal(refused.faults.length, 2)
})

test('KE56 a secret shows itself to nobody who does not ask for it', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 3 }), (word) => {
      const secret = new Secret(word)
      const shown = [
        String(secret),
        secret.toString(),
        JSON.stringify({ secret }),
        inspect({ secret }, { depth: 9, showHidden: true }),
        Object.keys(secret).join(),
      ]
      return (
        secret.reveal() === word &&
        shown.every((text) => text.replaceAll(/\[secret\]|secret/g, '').length < 8)
      )
    }),
  )
  const faults = faultsOf({ DATABASE_URL_INSIDE: 'mysql://u:hunter2@h/d' })
  assert.ok(faults.length > 0 && !faults.join().includes('hunter2'))
})
