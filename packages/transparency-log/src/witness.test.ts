import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import fc from 'fast-check'
import { readerOf, sampleKeys, sampleLog } from '../../../test/support/sample-log.ts'
import { parseCheckpoint, signCheckpoint } from './checkpoints.ts'
import { LogFault } from './fault.ts'
import { emptyRoot } from './hash.ts'
import { noteVerifier } from './keys.ts'
import { checkSignatures, parseNote, signNote } from './notes.ts'
import { proveConsistency } from './proofs.ts'
import {
  addCheckpoint,
  askWitness,
  judgeCheckpoint,
  parseCosignRequest,
  type Witness,
  type WitnessStore,
  writeCosignRequest,
} from './witness.ts'

const keys = sampleKeys()
const log = sampleLog(1000, keys)
const logVerifier = noteVerifier(keys.log.verifierKey)
const witnessVerifier = noteVerifier(keys.witness.verifierKey)
const sizes = [0, 1, 7, 256, 300, 1000]
const logs = new Map(sizes.map((size) => [size, sampleLog(size, keys)]))

function checkpointAt(size: number, fork = false): string {
  if (!fork) return signCheckpoint(keys.log, size, logs.get(size)!.root)
  return signCheckpoint(keys.log, size, sampleLog(size, keys, (i) => Buffer.from(`fork ${i}`)).root)
}

/** A witness that remembers in memory, as the contract of WitnessStore says. */
function memoryWitness(): Witness & { kept: Map<string, string> } {
  const kept = new Map<string, string>()
  const store: WitnessStore = {
    latest: (origin) => Promise.resolve(kept.get(origin) ?? null),
    replace(origin, from, to) {
      if ((kept.get(origin) ?? null) !== from) return Promise.resolve(false)
      kept.set(origin, to)
      return Promise.resolve(true)
    },
  }
  return { logs: [logVerifier], cosigner: keys.witness, store, kept }
}

async function ask(
  witness: Witness,
  oldSize: number,
  size: number,
  fork = false,
): Promise<[number, string]> {
  const proof = await proveConsistency(
    readerOf(logs.get(size)!.files),
    Math.min(oldSize, size),
    size,
  )
  const body = writeCosignRequest({ oldSize, proof, checkpoint: checkpointAt(size, fork) })
  const reply = await addCheckpoint(witness, Buffer.from(body))
  return [reply.status, reply.body]
}

test('TL19 a request is read as it was written, and malformed ones are answered with 400', async () => {
  const request = { oldSize: 7, proof: [emptyRoot()], checkpoint: checkpointAt(7) }
  assert.deepEqual(parseCosignRequest(Buffer.from(writeCosignRequest(request))), request)
  const good = writeCosignRequest(request)
  for (const body of [
    '',
    '\n\n',
    good.replace('old 7', 'old 07'),
    good.replace('old', 'Old'),
    good.replace('old 7\n', 'old 7\nAAAA\n'),
    good.replaceAll('\n', '\r\n'),
    'old 7\n',
    writeCosignRequest({ ...request, proof: Array.from({ length: 64 }, () => emptyRoot()) }),
    writeCosignRequest({ ...request, checkpoint: 'no note' }),
    writeCosignRequest({ ...request, checkpoint: signNote('no checkpoint\n', [keys.log]) }),
    'x'.repeat(80_000),
  ])
    assert.equal(
      (await addCheckpoint(memoryWitness(), Buffer.from(body))).status,
      400,
      body.slice(0, 80),
    )
})

test('TL19 a witness answers in the order and with the codes of the protocol', async () => {
  const witness = memoryWitness()
  const stranger = sampleKeys()
  const send = async (
    oldSize: number,
    checkpoint: string,
    proof: Uint8Array[] = [],
  ): Promise<number> =>
    (await addCheckpoint(witness, Buffer.from(writeCosignRequest({ oldSize, proof, checkpoint }))))
      .status
  const { text } = parseNote(Buffer.from(checkpointAt(7)))

  assert.equal(await send(9, signNote(text.replace('records', 'unknown'), [keys.log])), 404)
  assert.equal(await send(9, signNote(text, [stranger.log])), 403)
  const damaged = signNote(text, [{ ...keys.log, sign: () => new Uint8Array(64) }])
  assert.equal(await send(9, damaged), 403)
  assert.equal(await send(9, checkpointAt(7)), 400)
  assert.deepEqual(await ask(witness, 1, 7), [409, '0\n'])
  assert.equal(await send(0, checkpointAt(7), [emptyRoot()]), 422)
  assert.equal(await send(0, signCheckpoint(keys.log, 0, new Uint8Array(32))), 422)
  assert.equal(witness.kept.size, 0)
  assert.equal(await send(0, checkpointAt(7)), 200)
  assert.equal(await send(0, checkpointAt(300)), 409)
  assert.equal(await send(7, checkpointAt(300)), 422)
  assert.equal(await send(7, checkpointAt(7, true)), 422)
  assert.deepEqual((await ask(witness, 7, 300, true))[0], 422)
  assert.deepEqual((await ask(witness, 7, 300))[0], 200)
  assert.deepEqual(await ask(witness, 7, 1000), [409, '300\n'])
})

test('TL20 a cosignature covers the checkpoint, and the kept note bears it with that of the log', async () => {
  const witness = memoryWitness()
  const [, body] = await ask(witness, 0, 300)
  const kept = witness.kept.get(keys.log.name)!
  assert.equal(kept, checkpointAt(300) + body)
  const checked = checkSignatures(parseNote(Buffer.from(kept)), [logVerifier, witnessVerifier])
  assert.equal(checked.length, 2)
  assert.equal((await ask(witness, 300, 300))[0], 200, 'asked again after a lost answer')
})

test('TL20 nothing is signed when the store fails or what it kept is damaged', async () => {
  const witness = memoryWitness()
  await ask(witness, 0, 300)
  const full: WitnessStore = {
    ...witness.store,
    replace: () => Promise.reject(new Error('no space left')),
  }
  await assert.rejects(ask({ ...witness, store: full }, 300, 1000), /no space left/)
  const kept = witness.kept.get(keys.log.name)!
  for (const damaged of ['', checkpointAt(7), kept.slice(0, -9), kept.replace('300', '200')]) {
    witness.kept.set(keys.log.name, damaged)
    await assert.rejects(ask(witness, 0, 7), LogFault)
  }
})

test('TL21 of any requests at once, whatever is cosigned lies on one line', async () => {
  const step = fc.record({
    from: fc.constantFrom(...sizes),
    to: fc.constantFrom(...sizes),
    fork: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 12 }),
      fc.scheduler(),
      async (steps, scheduler) => {
        const memory = memoryWitness()
        const order: string[] = []
        const store: WitnessStore = {
          latest: scheduler.scheduleFunction((origin: string) => memory.store.latest(origin)),
          replace: scheduler.scheduleFunction(
            async (origin: string, from: string | null, to: string) => {
              const kept = await memory.store.replace(origin, from, to)
              if (kept) order.push(to)
              return kept
            },
          ),
        }
        const replies = steps.map(({ from, to, fork }) => ask({ ...memory, store }, from, to, fork))
        await scheduler.waitFor(Promise.all(replies))
        const line = order.map((note) => parseCheckpoint(parseNote(Buffer.from(note)).text))
        for (const [at, later] of line.entries()) {
          const earlier = line[at - 1]
          if (earlier === undefined) continue
          assert.ok(earlier.size <= later.size)
          if (earlier.size === later.size) assert.deepEqual(earlier.root, later.root)
        }
        const signed = (await Promise.all(replies)).filter(([status]) => status === 200)
        assert.equal(signed.length, order.length)
      },
    ),
    { numRuns: 60 },
  )
})

test('TL21 the decision alone: the old size must be the one seen, and the proof must hold', () => {
  const one = { size: 1, root: log.root }
  assert.equal(judgeCheckpoint(null, { oldSize: 0, proof: [] }, one), null)
  assert.equal(judgeCheckpoint(one, { oldSize: 1, proof: [] }, one), null)
  assert.equal(judgeCheckpoint(one, { oldSize: 0, proof: [] }, one)?.status, 409)
  const other = { size: 1, root: emptyRoot() }
  assert.equal(judgeCheckpoint(one, { oldSize: 1, proof: [] }, other)?.status, 422)
})

/** A witness over HTTP, as small as the protocol allows. */
async function serve(
  answer: (body: Buffer) => Promise<{ status: number; body: string }>,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      void answer(Buffer.concat(parts)).then(({ status, body }) => {
        response.writeHead(status).end(body)
      })
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  try {
    await use(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const prove = (oldSize: number, newSize: number): Promise<Uint8Array[]> =>
  proveConsistency(readerOf(logs.get(newSize)!.files), oldSize, newSize)

test('TL22 a log gets its cosignature, also when it knows less than the witness', async () => {
  const witness = memoryWitness()
  await serve(
    (body) => addCheckpoint(witness, body),
    async (url) => {
      const to = { url, verifier: witnessVerifier }
      for (const [last, size] of [
        [0, 7],
        [0, 300],
        [300, 300],
        [1, 1000],
      ] as const) {
        const line = await askWitness(
          to,
          checkpointAt(size),
          last,
          prove,
          AbortSignal.timeout(20_000),
        )
        assert.equal(witness.kept.get(keys.log.name), checkpointAt(size) + line)
      }
      await assert.rejects(
        askWitness(to, checkpointAt(300), 300, prove, AbortSignal.timeout(20_000)),
        /has seen 1000 entries of this log, which now shows 300/,
      )
    },
  )
})

test('TL22 an answer that is no cosignature of that witness is refused', async () => {
  const to = (url: string) => ({ url, verifier: witnessVerifier })
  const stranger = memoryWitness()
  const line = (await ask({ ...stranger, cosigner: sampleKeys().witness }, 0, 7))[1]
  const good = (await ask(memoryWitness(), 0, 300))[1]
  for (const [status, body, says] of [
    [200, '', /without a cosignature/],
    [200, line, /without a cosignature/],
    [200, good, /is wrong/],
    [200, 'nonsense\n', /signature line/],
    [200, 'x'.repeat(200_000), /too much/],
    [409, 'many\n', /answered 409/],
    [409, '1\n', /in between/],
    [403, 'go away\u001b[2J', /answered 403: go away  ?\[2J/],
  ] as const)
    await serve(
      () => Promise.resolve({ status, body }),
      async (url) => {
        await assert.rejects(
          askWitness(to(url), checkpointAt(7), 0, prove, AbortSignal.timeout(20_000)),
          says,
        )
      },
    )
  await assert.rejects(
    askWitness(to('http://127.0.0.1:9'), checkpointAt(7), 0, prove, AbortSignal.timeout(20_000)),
    /could not be reached/,
  )
})
