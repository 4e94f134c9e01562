import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { skipWithout } from '../../../../test/support/tools.ts'
import { clamav, withoutScanner, type Scanner } from './scan.ts'

// Written in two parts, so that this file is not taken for the test virus itself.
const eicar = Buffer.from(
  'X5O!P%@AP[4\\PZX54(P^)7CC)7}$' + 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*',
)

async function gather(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(Uint8Array.from(piece))
  return Buffer.concat(all)
}

suite('with a real clamd', { skip: skipWithout('clamd') }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'clamd-'))
  const path = join(folder, 'socket')
  const scanner = clamav({ address: { path }, patience: 20_000 })
  let daemon: ReturnType<typeof spawn>

  before(async () => {
    const eicarHex = eicar.toString('hex')
    writeFileSync(join(folder, 'local.ndb'), `Test.Eicar:0:*:${eicarHex}\n`)
    writeFileSync(
      join(folder, 'clamd.conf'),
      [
        `DatabaseDirectory ${folder}`,
        `LocalSocket ${path}`,
        'Foreground yes',
        'StreamMaxLength 40M',
        'MaxScanSize 500M',
        'MaxFileSize 500M',
        'SelfCheck 0',
        'ConcurrentDatabaseReload no',
        '',
      ].join('\n'),
    )
    daemon = spawn('clamd', ['--config-file', join(folder, 'clamd.conf')], { stdio: 'ignore' })
    for (let turn = 0; !existsSync(path); turn++) {
      assert.ok(turn < 300 && daemon.exitCode === null, 'clamd did not start')
      await wait(100)
    }
  })
  after(async () => {
    if (daemon.exitCode === null) {
      daemon.kill()
      await once(daemon, 'exit')
    }
    rmSync(folder, { recursive: true })
  })

  test('VA30 a clean stream is said to be clean and passes unchanged', async () => {
    const pieces = [Buffer.from('one '), new Uint8Array(0), Buffer.alloc(3_000_000, 7)]
    assert.deepEqual(await scanner.scan(pieces), { kind: 'clean' })
    assert.deepEqual(await gather(scanner.through(pieces)), Buffer.concat(pieces))
    assert.deepEqual(await scanner.scan([]), { kind: 'clean' })
  })

  test('VA31 the test virus is found plain, behind other bytes, cut into pieces and in a zip', async () => {
    const infected = { kind: 'infected', signature: 'Test.Eicar.UNOFFICIAL' }
    assert.deepEqual(await scanner.scan([eicar]), infected)
    assert.deepEqual(await scanner.scan([Buffer.alloc(5000, 9), eicar]), infected)
    assert.deepEqual(await scanner.scan([...eicar].map((byte) => Uint8Array.of(byte))), infected)
    assert.deepEqual(await scanner.scan([zipped(folder)]), infected)
  })

  test('VA32 an infected stream never ends well, so what it fed is not kept', async () => {
    await assert.rejects(gather(scanner.through([eicar])), {
      kind: 'infected',
      message: /Test[.]Eicar/,
    })
  })

  test('VA33 a stream longer than clamd takes has no verdict', async () => {
    const long = function* () {
      for (let i = 0; i < 60; i++) yield Buffer.alloc(1 << 20, i)
    }
    await assert.rejects(scanner.scan(long()), {
      kind: 'scanner-unavailable',
      message: /StreamMaxLength|connection failed|hung up/,
    })
  })
})

/** The test virus in a zip, made by Python's zipfile: the smallest tool that is everywhere. */
function zipped(folder: string): Buffer {
  const script =
    'import sys,zipfile,io\nb=io.BytesIO()\nz=zipfile.ZipFile(b,"w",zipfile.ZIP_DEFLATED)\n' +
    'z.writestr("a.txt",sys.stdin.buffer.read())\nz.close()\nsys.stdout.buffer.write(b.getvalue())'
  return execFileSync('python3', ['-c', script], { input: eicar, cwd: folder })
}

/** A scanner that answers as a broken or hostile one might. */
async function withAnswers(
  behave: (socket: Socket) => void,
  work: (scanner: Scanner) => Promise<void>,
): Promise<void> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    behave(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  try {
    await work(clamav({ address: { host: '127.0.0.1', port: address.port }, patience: 300 }))
  } finally {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
}

test('VA34 whatever is not a verdict refuses the stream: silence, hanging up, noise, errors', async () => {
  const behaviours: ((socket: Socket) => void)[] = [
    (socket) => socket.resume(),
    (socket) => socket.end(),
    (socket) => socket.write('stream: OK, more or less\0'),
    (socket) => socket.write('stream: OK'),
    (socket) => socket.write('x'.repeat(10_000)),
    (socket) => socket.write('stream: FOUND\0'),
    (socket) => socket.write('INSTREAM size limit exceeded. ERROR\0'),
    (socket) => socket.pause(),
  ]
  for (const behave of behaviours)
    await withAnswers(behave, async (scanner) => {
      const pieces = function* () {
        for (let i = 0; i < 20; i++) yield Buffer.alloc(1 << 20)
      }
      await assert.rejects(scanner.scan(pieces()), { kind: 'scanner-unavailable' })
      await assert.rejects(gather(scanner.through(pieces())), { kind: 'scanner-unavailable' })
    })
})

test('VA34 a scanner that is not there refuses the stream', async () => {
  const scanner = clamav({ address: { path: '/nonexistent/clamd' }, patience: 1000 })
  await assert.rejects(scanner.scan([Buffer.from('x')]), { kind: 'scanner-unavailable' })
})

test('VA35 clean said before the end of the stream is not believed', async () => {
  await withAnswers(
    (socket) => socket.write('stream: OK\0'),
    async (scanner) => {
      const pieces = async function* () {
        yield Buffer.from('a')
        await wait(100)
        yield Buffer.from('b')
      }
      await assert.rejects(scanner.scan(pieces()), { kind: 'scanner-unavailable' })
    },
  )
})

test('VA36 going without a scanner is a verdict of its own', async () => {
  assert.deepEqual(await withoutScanner.scan([eicar]), { kind: 'not-scanned' })
  assert.deepEqual(await gather(withoutScanner.through([eicar])), eicar)
})
