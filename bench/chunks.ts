/**
 * Chunked encryption against what it is made of: AES-256-GCM of node:crypto over the same bytes in
 * one piece per mebibyte. Each figure is the best of five rounds that take turns.
 */
import { createCipheriv, randomBytes } from 'node:crypto'
import { open, openSource, seal, sealStream } from '@cloister/chunked-encryption'

const size = 64 * 1024 * 1024
const key = randomBytes(32)
const context = randomBytes(60)

function plainGcm(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += 1 << 20) {
    const cipher = createCipheriv('aes-256-gcm', key, randomBytes(12))
    cipher.update(bytes.subarray(at, at + (1 << 20)))
    cipher.final()
  }
}

export async function run(json: boolean): Promise<void> {
  const plaintext = randomBytes(size)
  const sealed = seal(key, context, plaintext)
  const source = await openSource(key, context, {
    size: sealed.length,
    read: (from, to) => Promise.resolve(sealed.subarray(from, to)),
  })
  const ranges = Array.from({ length: 2000 }, (_, i) => (i * 7_919_771) % (size - 65_536))
  const works: Record<string, { bytes: number; work: () => unknown }> = {
    'AES-256-GCM alone': {
      bytes: size,
      work: () => {
        plainGcm(plaintext)
      },
    },
    'seal whole': { bytes: size, work: () => seal(key, context, plaintext) },
    'open whole': { bytes: size, work: () => open(key, context, sealed) },
    'seal stream': { bytes: size, work: () => drain(sealStream(key, context, [plaintext])) },
    'open as one range': { bytes: size, work: () => drain(source.range(0, size)) },
    'open 64 KiB ranges': {
      bytes: ranges.length * 65_536,
      work: async () => {
        for (const from of ranges) await drain(source.range(from, from + 65_536))
      },
    },
  }
  const best: Record<string, number> = {}
  for (let round = 0; round < 5; round++)
    for (const [name, { bytes, work }] of Object.entries(works)) {
      const before = process.hrtime.bigint()
      await work()
      const seconds = Number(process.hrtime.bigint() - before) / 1e9
      best[name] = Math.max(best[name] ?? 0, bytes / 1e6 / seconds)
    }
  if (json) console.log(JSON.stringify({ bench: 'chunks', megabytesPerSecond: best }))
  else
    console.table(Object.entries(best).map(([what, rate]) => ({ what, 'MB/s': Math.round(rate) })))
}

async function drain(pieces: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0
  for await (const piece of pieces) bytes += piece.length
  return bytes
}
