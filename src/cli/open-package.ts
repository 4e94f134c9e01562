import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Decrypter } from 'age-encryption'
import type { Manifest } from '../shared/package/manifest.ts'
import { readTar } from '../shared/package/tar.ts'
import { type Finding, finding, readNamed, unsound } from './offline.ts'
import { readDeliveryPolicy, verifyPackage } from './package.ts'
import { Fault } from './terminal.ts'

/**
 * Verifies a package, decrypts its payload and writes the files inside to a new directory. The
 * directory takes its name only when every file was checked; otherwise nothing stays.
 */
export async function openPackage(
  path: string,
  options: { policy: string; identity: string; out: string },
): Promise<Finding> {
  const policy = await readDeliveryPolicy(options.policy)
  const identity = await readIdentity(options.identity)
  if ((await stat(options.out).catch(() => null)) !== null)
    throw new Fault(`${options.out} exists already; name a directory to be made`, 2)
  const draft = `${options.out}.opening`
  await rm(draft, { recursive: true, force: true })
  return finding(async () => {
    try {
      const manifest = await verifyPackage(path, policy)
      await mkdir(draft, { mode: 0o700, recursive: true })
      await unpack(path, manifest, identity, draft)
      await rename(draft, options.out)
      return {
        report: {
          sound: true,
          delivery: manifest.delivery,
          items: manifest.items,
          files: manifest.contents.length,
        },
        lines: [
          `Opened: ${manifest.items} items in ${manifest.contents.length} files under ${options.out}.`,
        ],
      }
    } finally {
      await rm(draft, { recursive: true, force: true })
    }
  })
}

async function readIdentity(file: string): Promise<string> {
  const text = Buffer.from(await readNamed(file, 'the identity', 65_536)).toString('utf8')
  const line = text.split('\n').find((one) => one.startsWith('AGE-SECRET-KEY-1'))
  if (line === undefined)
    throw new Fault(`${file} holds no age identity (a line AGE-SECRET-KEY-1…)`, 2)
  return line.trim()
}

async function unpack(
  path: string,
  manifest: Manifest,
  identity: string,
  out: string,
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
    await writeContents(plain, manifest, out)
  }
}

async function writeContents(
  plain: ReadableStream<Uint8Array>,
  manifest: Manifest,
  out: string,
): Promise<void> {
  const whole = createHash('sha256')
  const missing = new Map(manifest.contents.map((file) => [file.name, file]))
  for await (const { name, size, content } of readTar(hashing(plain, whole))) {
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
      await writeFile(file, hashing(content, hash))
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
): AsyncGenerator<Uint8Array> {
  for await (const piece of source) {
    hash.update(piece)
    yield piece
  }
}
