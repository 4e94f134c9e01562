import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { answer, Fault } from '../terminal.ts'
import type { BeginServer } from '../stage/stage.ts'

interface Options {
  demo?: true
  config?: string
  directory?: string
  port: string
  checkConfig?: true
  only?: string
}

/** `cloister start`: an installation by its configuration, or the demonstration on this machine alone. */
export function addStartCommands(program: Command): void {
  program
    .command('start')
    .description('Start an installation, or with --demo the demonstration on this machine alone.')
    .option(
      '--demo',
      'the demonstration: everything on loopback, an embedded database, a simulated building',
    )
    .option('--config <file>', 'the configuration (YAML); environment variables win over it')
    .option('--directory <dir>', 'where the demonstration keeps its state', '.cloister')
    .option(
      '--port <first>',
      'the first of the 21 ports on loopback that the demonstration takes',
      '7300',
    )
    .option(
      '--only <parts>',
      'be these parts of it: inside, building, outside, operator, sequencer, jobs',
    )
    .option('--check-config', 'print the configuration without its secrets, and stop')
    .addHelpText(
      'after',
      '\nExamples:\n  cloister start --demo\n  cloister start --config /etc/cloister/config.yaml\n  cloister start --config /etc/cloister/config.yaml --only inside',
    )
    .action(start)
  program
    .command('migrate')
    .description('Bring a database of your own to what this version of Cloister expects.')
    .argument(
      '[url]',
      'the database, entered as a role that may create roles; without a password, which others would see here',
    )
    .option('--url-file <file>', 'a file that holds the URL; else DATABASE_URL_OWNER does')
    .option('--json', 'answer as JSON', false)
    .addHelpText(
      'after',
      '\nExamples:\n  sudo -u postgres cloister migrate "postgres://postgres@%2Fvar%2Frun%2Fpostgresql/cloister"\n  cloister migrate --url-file /etc/cloister/owner.url',
    )
    .action(migrateDatabase)
}

async function start(options: Options): Promise<void> {
  const { demo, config, directory, port, checkConfig, only } = options
  if (demo === true) {
    const { runDemonstration } = await import('../stage/demonstration.ts')
    await runDemonstration(resolve(directory ?? '.cloister'), Number(port), beginServer, alone)
    return
  }
  const read = await configOf({
    ...process.env,
    ...(config && { CLOISTER_CONFIG: resolve(config) }),
    ...(only !== undefined && { CLOISTER_PARTS: only }),
  })
  if (checkConfig === true) {
    answer(read, true, () => [])
    return
  }
  const { startInstallation } = await import('../../server/start.ts')
  const around = { now: () => new Date(), onFault: report, onDeath: end }
  const started = await startInstallation(read, around)
  const open = { parts: read.parts, ports: started.server.ports }
  process.stderr.write(`Cloister is open: ${JSON.stringify(open)}\n`)
  await untilStopped()
  await started.close()
}

interface MigrateFlags {
  readonly urlFile?: string
  readonly json: boolean
}

async function migrateDatabase(named: string | undefined, flags: MigrateFlags): Promise<void> {
  const url = urlOf(named, flags.urlFile)
  const { prepareDatabase } = await import('../../server/kernel/migrate.ts')
  const applied = await prepareDatabase({ url }).catch((error: unknown) => {
    throw new Fault(error instanceof Error ? error.message : 'the database refused')
  })
  answer({ applied }, flags.json, () => [
    applied.length === 0 ? 'The database is current' : `Applied ${applied.join(', ')}`,
  ])
}

/** The URL as it is named, or in a file, or in the environment. No fault repeats it: it may hold a password. */
function urlOf(named: string | undefined, file: string | undefined): string {
  if (named !== undefined && file !== undefined) throw new Fault('name a URL or --url-file', 2)
  if (named !== undefined && holdsPassword(named))
    throw new Fault(
      'whoever lists processes sees a password that stands here: put the URL into a file and name it with --url-file, or set DATABASE_URL_OWNER; and change that password',
      2,
    )
  const url = named ?? (file === undefined ? process.env['DATABASE_URL_OWNER'] : lineIn(file))
  if (url === undefined)
    throw new Fault('name the database: a URL, --url-file, or DATABASE_URL_OWNER', 2)
  if (!/^postgres(ql)?:\/\/[^\s]+$/.test(url))
    throw new Fault('write the database as postgres://…', 2)
  return url
}

function lineIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
    throw new Fault(`${file} cannot be read: ${reason}`, 2)
  }
}

/** Rather once too often: behind a colon before the last @, or as a parameter. */
function holdsPassword(url: string): boolean {
  const rest = url.replace(/^[^:]*:\/\//, '')
  return rest.slice(0, rest.lastIndexOf('@') + 1).includes(':') || /[?&]password=/i.test(rest)
}

/** Does work while no server uses the directory. @throws StartFault where one does */
async function alone(directory: string, work: () => Promise<void>): Promise<void> {
  const { lockDirectory } = await import('../../server/kernel/lock.ts')
  const lock = await lockDirectory(directory)
  try {
    await work()
  } finally {
    await lock.release()
  }
}

/** Starts a demonstration's server in a directory; doors take free ports. Used by `rehearse` as well. */
export const beginServer: BeginServer = async (directory, witness) => {
  const { startInstallation } = await import('../../server/start.ts')
  const config = await configOf({
    CLOISTER_DEMONSTRATION: 'true',
    CLOISTER_DIRECTORY: directory,
    CLOISTER_DOORS_INSIDE_PORT: '0',
    CLOISTER_DOORS_BUILDING_PORT: '0',
    CLOISTER_DOORS_OUTSIDE_PORT: '0',
    // Everybody who plays in it comes from this one machine.
    CLOISTER_STRANGERS_BURST: '100000',
  })
  const around = { now: () => new Date(), onFault: report, onDeath: end, witness }
  const started = await startInstallation(config, around)
  return { ...started, ports: started.server.ports, close: () => started.close() }
}

/** The configuration that an environment and its file say. @throws Fault with all that is wrong with it */
export async function configOf(env: Readonly<Record<string, string | undefined>>) {
  const { readConfig } = await import('../../server/kernel/config.ts')
  const read = readConfig(env, (path) => readFileSync(path, 'utf8'))
  if ('faults' in read)
    throw new Fault(`the configuration cannot be used:\n  ${read.faults.join('\n  ')}`, 2)
  return read.config
}

function report(error: unknown, where: string): void {
  const words = error instanceof Error ? (error.stack ?? error.message) : 'fault'
  const cause =
    error instanceof Error && error.cause instanceof Error
      ? `\n  because: ${error.cause.message}`
      : ''
  process.stderr.write(`cloister: ${where}: ${words}${cause}\n`)
}

function end(reason: Error): void {
  process.stderr.write(`cloister: the database has ended: ${reason.message}\n`)
  process.exit(1)
}

/** Resolves at the first Ctrl-C or SIGTERM. */
export function untilStopped(): Promise<void> {
  return new Promise((done) => {
    process.once('SIGINT', () => {
      done()
    })
    process.once('SIGTERM', () => {
      done()
    })
  })
}
