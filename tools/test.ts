/**
 * Runs the tests under the given folders (default: all), units side by side, then those that kill
 * programs one after another, then those that start whole programs. Lists every skipped test with its reason and closes
 * with one line of counts. Under CI=true a skip is a failure.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  accessSync,
  constants,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { freemem, tmpdir } from 'node:os'
import { join } from 'node:path'
import { clusterVariable, startTestCluster } from '../test/support/cluster.ts'

/** As written by outcomes-reporter.mjs. */
interface Outcome {
  name: string
  outcome: 'passed' | 'failed' | 'skipped'
  reason?: string
}

const named = process.argv.slice(2)
const roots = named.length > 0 ? named : ['src', 'packages', 'test']
const files = roots
  .flatMap((root) =>
    statSync(root).isFile()
      ? [root]
      : readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => join(root, name)),
  )
  .filter(
    (name) => /[.]test[.]tsx?$/.test(name) && !/(^|\/)(dist|node_modules|planted)\//.test(name),
  )
if (files.length === 0) throw new Error(`no tests under ${roots.join(', ')}`)

const killed = /^test\/crash\//
const whole = /^test\/(journeys|network|installation)\//
/** Files, and how many of them side by side. What is killed and restored needs the machine for itself. */
const groups: [string[], number][] = [
  [files.filter((name) => !killed.test(name) && !whole.test(name)), 2],
  [files.filter((name) => killed.test(name)), 1],
  [files.filter((name) => whole.test(name)), 2],
]

/**
 * Scratch folders lie in memory where there is room and programs may run from it: making and
 * dropping a database waits for the disk many times, and hundreds of tests have one of their own.
 */
function scratchPlace(): string {
  const [chosen, memory] = [process.env['TMPDIR'], '/dev/shm']
  if (chosen !== undefined) return chosen
  try {
    const { bavail, bsize } = statfsSync(memory)
    if (Math.min(bavail * bsize, freemem()) < 4 * 2 ** 30) return tmpdir()
    const probe = mkdtempSync(join(memory, 'probe-'))
    try {
      writeFileSync(join(probe, 'program'), '', { mode: 0o755 })
      accessSync(join(probe, 'program'), constants.X_OK)
      return memory
    } finally {
      rmSync(probe, { recursive: true })
    }
  } catch {
    return tmpdir()
  }
}
process.env['TMPDIR'] = scratchPlace()

// Commands and programs are tried as they were built.
if (files.some((name) => /dist\/|runCommand|startProduct|[.]mjs'/.test(readFileSync(name, 'utf8'))))
  execFileSync(process.execPath, ['tools/prepare.mjs', '--quiet'], { stdio: 'inherit' })

// One database server for all files of this run; each test takes its own database from it.
const needsDatabase = files.some((name) => readFileSync(name, 'utf8').includes('testDatabase'))
const cluster = needsDatabase ? await startTestCluster() : undefined
const environment = {
  ...process.env,
  TSX_TSCONFIG_PATH: 'tsconfig.base.json',
  ...(cluster && { [clusterVariable]: cluster.socketDirectory }),
}

const scratch = mkdtempSync(join(tmpdir(), 'cloister-tests-'))
const outcomes: Outcome[] = []
let status = 0
for (const [place, [group, concurrency]] of groups.entries()) {
  if (group.length === 0) continue
  const results = join(scratch, `${place}.jsonl`)
  const run = spawn(
    process.execPath,
    [
      ...['-C', 'source', '--import', 'tsx', '--test', `--test-concurrency=${concurrency}`],
      // No test takes so long; one that hangs fails, and does not hold up the run.
      '--test-timeout=600000',
      ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
      ...[
        '--test-reporter=./tools/outcomes-reporter.mjs',
        `--test-reporter-destination=${results}`,
      ],
      ...group,
    ],
    { stdio: 'inherit', env: environment },
  )
  await once(run, 'exit')
  if (run.exitCode !== 0) status = run.exitCode ?? 1
  for (const line of readFileSync(results, 'utf8').split('\n'))
    // The reporter beside this file wrote these lines a moment ago.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion
    if (line !== '') outcomes.push(JSON.parse(line) as Outcome)
}
rmSync(scratch, { recursive: true })
await cluster?.stop()

const count = (outcome: Outcome['outcome']) => outcomes.filter((o) => o.outcome === outcome).length
const skipped = outcomes.filter((o) => o.outcome === 'skipped')
for (const { name, reason } of skipped)
  console.log(`skipped: ${name}: ${reason ?? 'no reason given'}`)
if (skipped.length > 0 && process.env['CI'] === 'true') {
  console.log('Under CI=true nothing may be skipped.')
  status = 1
}
const failed = count('failed')
console.log(`${count('passed')} passed, ${failed} failed, ${skipped.length} skipped`)
process.exitCode = failed > 0 ? 1 : status
