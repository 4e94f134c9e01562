import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, open, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Decrypter } from 'age-encryption'
import type { Manifest } from '../shared/package/manifest.ts'
import { readTar } from '../shared/package/tar.ts'
import { type Finding, finding, readNamed, unsound } from './offline.ts'
import { readDeliveryPolicy, verifyPackage } from './package.ts'
import { Fault } from './terminal.ts'

/**
 * Verifies a package, decrypts its payload and writes the files inside to a new directory. The
 * directory takes its name only when every file was checked; otherwise nothing stays, also when
 * SIGINT or SIGTERM ends it.
 * @throws Fault where `out` exists, a file cannot be read, or a signal came
 */
export async function openPackage(
  path: string,
  options: { policy: string; identity: string; out: string },
): Promise<Finding> {
  const policy = await readDeliveryPolicy(options.policy)
  const identity = await readIdentity(options.identity)
  const out = resolve(options.out)
  if ((await stat(out).catch(() => null)) !== null)
    throw new Fault(`${out} exists already; name a directory to be made`, 2)
  return finding(async () => {
    const manifest = await verifyPackage(path, policy)
    await inDraft(out, async (draft, stopped) => {
      await unpack(path, manifest, identity, { out: draft, stopped })
      stopped.throwIfAborted()
      await rename(draft, out)
    })
    const { delivery, items, contents } = manifest
    return {
      report: { sound: true, delivery, items, files: contents.length },
      lines: [`Opened: ${items} items in ${contents.length} files under ${options.out}.`],
    }
  })
}

/**
 * A new folder beside `out` for what nobody has checked yet. It is gone when the work ends, unless
 * the work has given it another name; a signal ends the work first, and the process with it after.
 */
async function inDraft(
  out: string,
  work: (draft: string, stopped: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController()
  const by = (signal: string, exitCode: number) => () => {
    stop.abort(new Fault(`ended by ${signal}; nothing of the package was left behind`, exitCode))
  }
  const [onInterrupt, onTerminate] = [by('SIGINT', 130), by('SIGTERM', 143)]
  process.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate)
  try {
    await mkdir(dirname(out), { mode: 0o700, recursive: true })
    const draft = await mkdtemp(`${out}.opening-`)
    try {
      await work(draft, stop.signal)
    } finally {
      await rm(draft, { recursive: true, force: true })
    }
  } finally {
    process.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate)
  }
}

async function readIdentity(file: string): Promise<string> {
  const text = Buffer.from(await readNamed(file, 'the identity', 65_536)).toString('utf8')
  const line = text.split('\n').find((one) => one.startsWith('AGE-SECRET-KEY-1'))
  if (line === undefined)
    throw new Fault(`${file} holds no age identity (a line AGE-SECRET-KEY-1…)`, 2)
  return line.trim()
}

/** Where files are written, and what says that it is over. */
interface Place {
  readonly out: string
  readonly stopped: AbortSignal
}

async function unpack(
  path: string,
  manifest: Manifest,
  identity: string,
  to: Place,
): Promise<void> {
  const decrypter = new Decrypter()
  decrypter.addIdentity(identity)
  for await (const { name, content } of readTar(
    createReadStream(path, { highWaterMark: 1 << 20 }),
  )) {
    if (name !== 'payload.age') continue
    const plain = await decrypter.decrypt(ReadableStream.from(content)).catch((error: unknown) => {
      throw unsound(
        `your key does not open it (${error instanceof Error ? error.message : 'unknown reason'})`,
        name,
      )
    })
    await writeContents(plain, manifest, to)
  }
}

async function writeContents(
  plain: ReadableStream<Uint8Array>,
  manifest: Manifest,
  { out, stopped }: Place,
): Promise<void> {
  const whole = createHash('sha256')
  const missing = new Map(manifest.contents.map((file) => [file.name, file]))
  for await (const { name, size, content } of readTar(hashing(plain, whole, stopped))) {
    const stated = missing.get(name)
    if (stated === undefined || stated.size !== size)
      throw unsound('this is not in the manifest, or not of that size', `payload.age/${name}`)
    missing.delete(name)
    const target = join(out, name)
    await mkdir(dirname(target), { recursive: true, mode: 0o700 })
    const hash = createHash('sha256')
    const file = await open(target, 'wx', 0o600)
    try {
      // Not `write`, which on a disk that runs full writes a part and says so to nobody.
      await writeFile(file, hashing(content, hash, stopped))
    } finally {
      await file.close()
    }
    if (hash.digest('hex') !== stated.sha256)
      throw unsound('the content is not the one in the manifest', `payload.age/${name}`)
  }
  const [absent] = missing.keys()
  if (absent !== undefined) throw unsound('this file is missing', `payload.age/${absent}`)
  if (whole.digest('hex') !== manifest.payload.plainSha256)
    throw unsound('the decrypted payload is not the one in the manifest', 'payload.age')
}

async function* hashing(
  source: AsyncIterable<Uint8Array>,
  hash: ReturnType<typeof createHash>,
  stopped: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for await (const piece of source) {
    stopped.throwIfAborted()
    hash.update(piece)
    yield piece
  }
}
