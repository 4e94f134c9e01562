/**
 * Import through the real operator door, into a database of its own: texts per second, and an hour of
 * audio against its own length. The reference of the same run: the same
 * texts inserted as plain rows, in the same batches, without sealing, keys, references or tasks.
 * Memory is the server process's own count of resident bytes, watched all along; CPU is for each text.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { sql } from 'kysely'
import { importManifest } from '../src/cli/manifest/import.ts'
import { operatorAt } from '../src/cli/operator.ts'
import { openDb, transact } from '../src/server/kernel/db.ts'
import { prepareDatabase } from '../src/server/kernel/migrate.ts'
import { adminRole } from '../src/server/kernel/roles.ts'
import { startTestCluster } from '../test/support/cluster.ts'
import { beginProject } from '../test/support/operator-door.ts'
import { cpuSeconds, cpuSecondsBelow } from './hall/hall.ts'
import { option, profiling } from './hall/options.ts'
import { writeTone } from './hall/sound.ts'

const root = new URL('..', import.meta.url).pathname
const seconds = 60 * option('minutes', 60)

export async function run(json: boolean): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'cloister-bench-'))
  const cluster = await startTestCluster()
  const at = { socketDirectory: cluster.socketDirectory, role: adminRole, database: 'bench' }
  await prepareDatabase(at)
  const db = openDb(at, { pool: 2 })
  const server = spawn(
    process.execPath,
    [
      ...[...profiling(), '-C', 'source', '--import', 'tsx', 'test/crash/import-server.ts'],
      ...[at.socketDirectory, at.database, folder],
    ],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  try {
    await once(server.stdout, 'data')
    const rows = option('rows', 100_000)
    const plain = await insertPlainly(db, rows)
    const texts = await transact(db, (tx) => beginProject(tx, 'texts', 'text'))
    const sounds = await transact(db, (tx) => beginProject(tx, 'sounds', 'audio'))
    const operator = operatorAt(join(folder, 'operator.sock'))
    const postmaster = await postmasterOf(cluster.socketDirectory)
    const cpu = () => ({
      command: process.cpuUsage(),
      server: cpuSeconds(server.pid ?? 0),
      database: cpuSecondsBelow(postmaster),
    })
    const take = async (project: string, manifest: string) => {
      const memory = watch(server)
      const spent = cpu()
      const before = performance.now()
      await importManifest(operator, project, manifest, 'utf-8', () => undefined)
      const seconds = (performance.now() - before) / 1000
      const { user, system } = process.cpuUsage(spent.command)
      const after = cpu()
      return {
        ...{ seconds, commandCpu: (user + system) / 1e6, ...(await memory.stop()) },
        ...{ serverCpu: after.server - spent.server, databaseCpu: after.database - spent.database },
      }
    }
    const text = await take(texts, await writeTexts(folder, rows))
    const sound = await take(sounds, await writeHour(folder))
    const found = {
      rows,
      itemsPerSecond: Math.round(rows / text.seconds),
      plainRowsPerSecond: Math.round(rows / plain),
      serverCpuMicroseconds: Math.round((1e6 * text.serverCpu) / rows),
      databaseCpuMicroseconds: Math.round((1e6 * text.databaseCpu) / rows),
      commandCpuMicroseconds: Math.round((1e6 * text.commandCpu) / rows),
      textPeakMegabytes: text.peak,
      textLateGrowth: text.growth,
      audioSeconds: seconds,
      audioTimesRealTime: Math.round(seconds / sound.seconds),
      audioPeakMegabytes: sound.peak,
    }
    if (json) console.log(JSON.stringify({ bench: 'import', ...found }))
    else console.table(found)
  } finally {
    const gone = once(server, 'exit')
    server.kill('SIGKILL')
    await gone
    await db.destroy()
    await cluster.stop()
    await rm(folder, { recursive: true })
  }
}

/** PostgreSQL names its process in the lock beside its socket. */
async function postmasterOf(socketDirectory: string): Promise<number> {
  return Number(
    (await readFile(join(socketDirectory, '.s.PGSQL.5432.lock'), 'utf8')).split('\n')[0],
  )
}

const textOf = (i: number) =>
  `play the song number ${i} by somebody whose name is written here `.repeat(2)

async function writeTexts(folder: string, rows: number): Promise<string> {
  const manifest = join(folder, 'texts.jsonl')
  function* lines() {
    for (let i = 0; i < rows; i++) {
      const named = {
        item_ref: `q-${i}`,
        subject_refs: [`s-${i % 5000}`],
        language: 'en',
        kind: 'text',
      }
      yield `${JSON.stringify({ ...named, text: textOf(i) })}\n`
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(manifest))
  return manifest
}

/** An hour of a tone, and the manifest that names it. */
async function writeHour(folder: string): Promise<string> {
  await writeTone(join(folder, 'hour.wav'), seconds)
  const manifest = join(folder, 'hour.jsonl')
  const row = {
    item_ref: 'hour',
    subject_refs: ['s'],
    language: 'en',
    kind: 'audio',
    file: 'hour.wav',
  }
  await writeFile(manifest, `${JSON.stringify(row)}\n`)
  return manifest
}

async function insertPlainly(db: ReturnType<typeof openDb>, rows: number): Promise<number> {
  await sql`create table plain (id text primary key, text text not null)`.execute(db)
  const before = performance.now()
  for (let from = 0; from < rows; from += 1000) {
    const places = Array.from({ length: Math.min(1000, rows - from) }, (_, i) => from + i)
    await transact(db, (tx) =>
      sql`insert into plain select * from unnest(${places.map(String)}::text[], ${places.map(textOf)}::text[])`.execute(
        tx,
      ),
    )
  }
  return (performance.now() - before) / 1000
}

/** Resident megabytes of a process: the peak, and how much the last half's peak passes the first half's. */
function watch(program: ChildProcess) {
  const seen: number[] = []
  const look = async () => {
    const status = await readFile(`/proc/${program.pid ?? 0}/status`, 'utf8')
    seen.push(Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1000))
  }
  const timer = setInterval(() => void look(), 100)
  return {
    async stop() {
      clearInterval(timer)
      await look()
      const half = Math.floor(seen.length / 2)
      const [first, last] = [Math.max(...seen.slice(0, half), 0), Math.max(...seen.slice(half))]
      return {
        peak: Math.max(first, last),
        growth: Math.round((100 * (last - first)) / (first || 1)) / 100,
      }
    },
  }
}
