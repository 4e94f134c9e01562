/**
 * Offline verification of a log of a million entries of about 450 bytes, reading included, against
 * SHA-256 alone over all bytes of the same files in the same run. The two alternate, and the CPU
 * seconds of the whole process stand beside the wall clock, for machines that have other work.
 */
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  appendEntries,
  bundlePath,
  emptyState,
  encodeBundle,
  parsePolicy,
  partialTilesOf,
  signCheckpoint,
  tilePath,
  type TileReader,
  tileWidth,
  verifyLog,
} from '@cloister/transparency-log'
import { directoryReader } from '../src/cli/offline.ts'
import { cosigned, sampleKeys } from '../test/support/sample-log.ts'

const leaves = 1_000_000
const rounds = 3
const reach = 12

export async function run(json: boolean): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'bench-verify-'))
  try {
    const { paths, policy, bytes } = await writeLog(dir)
    const reader = directoryReader(dir)
    const hashed: Cost[] = []
    const verified: Cost[] = []
    for (let round = 0; round < rounds; round++) {
      hashed.push(await hashFiles(reader, paths))
      verified.push(await costOf(() => verifyLog(reader, policy)))
    }
    const sha256 = medianOf(hashed)
    const verify = medianOf(verified)
    const ratio = verify.wall / sha256.wall
    const result = {
      ...{ bench: 'verify', leaves, bytes, reach, ratio, reached: ratio <= reach },
      ...{ cpuRatio: verify.cpu / sha256.cpu, sha256, verify, rounds: { hashed, verified } },
      peakMemoryMiB: Math.round(process.resourceUsage().maxRSS / 1024),
    }
    if (json) console.log(JSON.stringify(result, null, 2))
    else
      console.table({
        'SHA-256 of the same bytes': row(sha256, sha256),
        'verify the log': { ...row(verify, sha256), reach: `≤ ${reach}` },
      })
  } finally {
    await rm(dir, { recursive: true })
  }
}

/** Writes a log batch by batch, as a server's export would; gives the paths of its files. */
async function writeLog(
  dir: string,
): Promise<{ paths: string[]; policy: ReturnType<typeof parsePolicy>; bytes: number }> {
  const paths: string[] = []
  let bytes = 0
  const put = async (path: string, content: Uint8Array): Promise<void> => {
    const file = join(dir, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, content)
    paths.push(path)
    bytes += content.length
  }
  let state = emptyState()
  while (state.size < leaves) {
    const count = Math.min(tileWidth, leaves - state.size)
    const entries = Array.from({ length: count }, () => randomBytes(430 + (paths.length % 41)))
    await put(bundlePath(state.size / tileWidth, count), encodeBundle(entries))
    const appended = appendEntries(state, entries)
    for (const { level, index, hashes } of appended.tiles) await put(tilePath(level, index), hashes)
    state = appended.state
  }
  for (const { level, index, width, hashes } of partialTilesOf(state))
    await put(tilePath(level, index, width), hashes)
  const { log, witness } = sampleKeys()
  const { root } = appendEntries(state, [])
  await put('checkpoint', cosigned(signCheckpoint(log, state.size, root), witness))
  const policy = `log ${log.verifierKey}\nwitness hall ${witness.verifierKey}\nquorum hall\n`
  return { paths, policy: parsePolicy(Buffer.from(policy)), bytes }
}

interface Cost {
  /** Seconds on the clock. */
  readonly wall: number
  /** Seconds of all threads of this process together. */
  readonly cpu: number
}

/** What hashing costs without what reading costs: only the time inside the digest counts. */
async function hashFiles(reader: TileReader, paths: readonly string[]): Promise<Cost> {
  const digest = createHash('sha256')
  let wall = 0
  let cpu = 0
  for (const path of paths) {
    const bytes = (await reader.read(path)) ?? new Uint8Array(0)
    const cost = await costOf(() => digest.update(bytes))
    wall += cost.wall
    cpu += cost.cpu
  }
  return { wall, cpu }
}

async function costOf(work: () => unknown): Promise<Cost> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  await work()
  const wall = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { wall, cpu: (user + system) / 1e6 }
}

function medianOf(costs: readonly Cost[]): Cost {
  const middle = (values: number[]): number =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
  return { wall: middle(costs.map(({ wall }) => wall)), cpu: middle(costs.map(({ cpu }) => cpu)) }
}

function row(cost: Cost, reference: Cost): Record<string, string> {
  return {
    seconds: cost.wall.toFixed(2),
    ratio: (cost.wall / reference.wall).toFixed(1),
    'CPU seconds': cost.cpu.toFixed(2),
    'CPU ratio': (cost.cpu / reference.cpu).toFixed(1),
  }
}
