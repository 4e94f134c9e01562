import { resolve } from 'node:path'
import { Readable } from 'node:stream'
import type { Command } from 'commander'
import { Check } from 'typebox/value'
import { BackupMade, type BackupOrder } from '#shared/backup.ts'
import { operatorAt } from '../operator.ts'
import { answer, Fault } from '../terminal.ts'
import { configOf } from './start.ts'

interface Options {
  readonly config?: string
  readonly directory?: string
  readonly keys?: string
  readonly json?: true
}

/** `cloister backup` and `cloister restore`: an installation with the embedded database, as files. */
export function addBackupCommands(program: Command): void {
  addWhere(
    program
      .command('backup')
      .description('Copy an installation, running or stopped, into a new directory.')
      .argument('<dir>', 'a new directory, best on another disk')
      .option('--keys <dir>', 'copy the sealed keys too, into a directory of their own'),
  )
    .addHelpText(
      'after',
      `
Without its keys a backup opens nothing: keep the two apart, and the root key's secret apart from both.
With its keys go the people and the building that play around a demonstration.

Examples:
  cloister backup /mnt/backup/2026-11-21 --keys /mnt/safe/2026-11-21 --config /etc/cloister/config.yaml
  cloister backup copy --keys copy-keys --directory .cloister`,
    )
    .action(backup)
  addWhere(
    program
      .command('restore')
      .description(
        'Put a backup where the configuration wants the installation; it is empty there.',
      )
      .argument('<dir>', 'the backup')
      .option('--keys <dir>', 'put the sealed keys back too, from this directory'),
  )
    .addHelpText(
      'after',
      `
Every file is compared with the backup's list before anything is written.

Examples:
  cloister restore copy --keys copy-keys --directory elsewhere && cloister start --demo --directory elsewhere
  cloister restore /mnt/backup/2026-11-21 --keys /mnt/safe/2026-11-21 --config /etc/cloister/config.yaml`,
    )
    .action(restore)
}

function addWhere(command: Command): Command {
  return command
    .option('--config <file>', 'the configuration (YAML); environment variables win over it')
    .option('--directory <dir>', "a demonstration's state, instead of a configuration")
    .option('--json', 'answer for programs')
}

async function backup(dir: string, options: Options): Promise<void> {
  const config = await configuration(options)
  const order: BackupOrder = {
    to: resolve(dir),
    keys: options.keys === undefined ? null : resolve(options.keys),
  }
  const { backUpStopped } = await import('../../server/backup.ts')
  const running = await isRunning(config.directory)
  const made = running
    ? await orderBackup(config.doors.operator.socket, order)
    : await backUpStopped(config, order)
  answer({ directory: order.to, running, ...made }, options.json === true, () => [
    `${order.to} holds ${words(made.backup)}; SHA-256 of its list ${made.backup.sha256}`,
    made.keys === null || order.keys === null
      ? 'The keys are not in it: without them it opens nothing.'
      : `${order.keys} holds the sealed keys, ${words(made.keys)}.`,
  ])
}

async function restore(dir: string, options: Options): Promise<void> {
  const config = await configuration(options)
  const { restoreInstallation } = await import('../../server/backup.ts')
  const from = resolve(dir)
  const keys = options.keys === undefined ? null : resolve(options.keys)
  const { files } = await restoreInstallation(config, { from, keys })
  answer({ directory: config.directory, files, keys: keys !== null }, options.json === true, () => [
    `${config.directory} holds the installation again, ${files} files.`,
    ...(keys === null ? ['Put its keys back before you start it.'] : []),
  ])
}

async function configuration({ config, directory }: Options) {
  if (config !== undefined && directory !== undefined)
    throw new Fault('name --config, or the --directory of a demonstration', 2)
  if (directory !== undefined)
    return configOf({ CLOISTER_DEMONSTRATION: 'true', CLOISTER_DIRECTORY: resolve(directory) })
  return configOf({ ...process.env, ...(config && { CLOISTER_CONFIG: resolve(config) }) })
}

/** Whoever runs an installation holds the lock of its directory. */
async function isRunning(directory: string): Promise<boolean> {
  const { lockDirectory } = await import('../../server/kernel/lock.ts')
  const { StartFault } = await import('../../server/kernel/fault.ts')
  try {
    await (await lockDirectory(directory)).release()
    return false
  } catch (error) {
    if (error instanceof StartFault) return true
    // No such directory: what is said of an installation that does not run says it better.
    return false
  }
}

async function orderBackup(socket: string, order: BackupOrder): Promise<BackupMade> {
  const body = Readable.from([Buffer.from(JSON.stringify(order))])
  const made = await operatorAt(socket).send('/backup', body, 'application/octet-stream')
  if (!Check(BackupMade, made)) throw new Fault('the server answered something that is no backup')
  return made
}

function words({ files, bytes }: { files: number; bytes: number }): string {
  return `${files} files, ${(bytes / 1e6).toFixed(1)} MB`
}
