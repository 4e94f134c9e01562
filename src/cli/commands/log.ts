import { writeFile } from 'node:fs/promises'
import cliProgress from 'cli-progress'
import type { Command } from 'commander'
import { answer, Fault } from '../terminal.ts'

/** `cloister log`: export a log, and what anyone who holds an exported one can do with it. */
export function addLogCommands(program: Command): void {
  const log = program.command('log').description('Export, check and use a log.')
  log
    .command('verify')
    .description('Check an exported log offline and name the first fault.')
    .argument('<dir>', 'the exported log: checkpoint and tile/ of C2SP tlog-tiles')
    .requiredOption(
      '--policy <file>',
      'whom you trust: log, witnesses and quorum (C2SP tlog-policy)',
    )
    .option('--since <checkpoint>', 'a checkpoint kept from earlier, which the log must continue')
    .option(
      '--database <socket>',
      "compare with the database too, both ways, through the server's operator socket",
    )
    .option('--json', 'answer for programs')
    .addHelpText(
      'after',
      '\nExample:\n  cloister log verify export --policy client.policy --since last-week',
    )
    .action(verify)
  log
    .command('export')
    .description(
      'Write the log as tiles, entries and checkpoint, or continue an earlier export. On the server.',
    )
    .argument('<dir>', 'a new directory, or that of an earlier export')
    .requiredOption('--from <socket>', "the server's operator socket")
    .option('--json', 'answer for programs')
    .addHelpText(
      'after',
      `
The file policy in it says what the log says of itself. Whoever checks the log compares its keys with
those they were given, or writes a policy of their own.

Example:
  cloister log export export --from /var/lib/cloister/operator.sock`,
    )
    .action(write)
  log
    .command('prove')
    .description(
      'Write the proof of one entry, with the entry in it, that needs no log to be checked.',
    )
    .argument('<dir>', 'the exported log')
    .argument('<index>', 'the index of the entry, from 0')
    .requiredOption('--out <file>', 'the proof file to write; must not exist')
    .option('--json', 'answer for programs')
    .addHelpText(
      'after',
      '\nExample:\n  cloister log prove export 73894 --out opened-door.tlog-proof',
    )
    .action(prove)
}

async function verify(
  dir: string,
  options: { policy: string; since?: string; database?: string; json?: true },
): Promise<void> {
  const { checkLog, directoryReader, readLogPolicy } = await import('../offline.ts')
  const asJson = options.json === true
  const found = await withBar('checking', (tell) => checkLog(dir, options, tell))
  if (!found.report.sound && !asJson) throw new Fault(found.lines.join(' '))
  if (!found.report.sound || options.database === undefined) {
    answer(found.report, asJson, () => [...found.lines])
    if (!found.report.sound) process.exitCode = 1
    return
  }
  const { compareWithDatabase } = await import('../reconcile.ts')
  const { isSigned } = await import('../export.ts')
  const { operatorAt } = await import('../operator.ts')
  const door = operatorAt(options.database)
  const policy = await readLogPolicy(options.policy)
  const signed = (index: number) => isSigned(door, policy, index)
  const size = Number(found.report['size'])
  const compared = await withBar('comparing', (tell) =>
    compareWithDatabase(door, directoryReader(dir), size, signed, tell),
  )
  const { faults, more, rows, newer } = compared
  const sound = faults.length === 0
  answer({ ...found.report, sound, database: compared }, asJson, () => [
    ...found.lines,
    ...faults.map(({ kind, id, fault }) => `${kind} ${id} ${fault}`),
    ...(more > 0 ? [`and ${more} more`] : []),
    ...(newer > 0
      ? [
          `${newer} rows changed after the export and were not compared; export again to compare them`,
        ]
      : []),
    sound
      ? `The database agrees: ${rows} rows, each as the log says.`
      : `The database does not agree with the log in ${faults.length + more} places.`,
  ])
  if (!sound) process.exitCode = 1
}

async function write(dir: string, options: { from: string; json?: true }): Promise<void> {
  const { exportLog } = await import('../export.ts')
  const { operatorAt } = await import('../operator.ts')
  const { LogFault } = await import('@cloister/transparency-log')
  const done = await withBar('writing', (tell) =>
    exportLog(operatorAt(options.from), dir, tell),
  ).catch((error: unknown) => {
    if (error instanceof LogFault) throw new Fault(`${dir} cannot be continued: ${error.message}`)
    throw error
  })
  answer(done, options.json === true, () => [
    `${dir} holds ${done.origin} with ${done.size} entries` +
      (done.continued > 0 ? `, ${done.continued} of them from an earlier export.` : '.'),
  ])
}

/** Shows a bar on standard error while something works, where that is a terminal. */
async function withBar<T>(
  word: string,
  work: (tell: (done: number, size: number) => void) => Promise<T>,
): Promise<T> {
  if (!process.stderr.isTTY) return work(() => undefined)
  const bar = new cliProgress.SingleBar({
    format: `${word} {bar} {value}/{total} entries, {eta_formatted} left`,
    stream: process.stderr,
  })
  return work((done, size) => {
    if (bar.isActive) bar.update(done)
    else bar.start(size, done)
  }).finally(() => {
    bar.stop()
  })
}

async function prove(
  dir: string,
  indexText: string,
  { out, json }: { out: string; json?: true },
): Promise<void> {
  const { LogFault, longestCheckpoint, proveEntry } = await import('@cloister/transparency-log')
  const { directoryReader, readNamed } = await import('../offline.ts')
  const index = /^[0-9]{1,15}$/.test(indexText) ? Number(indexText) : NaN
  if (Number.isNaN(index)) throw new Fault('the index is a whole number, from 0', 2)
  const checkpoint = await readNamed(`${dir}/checkpoint`, 'the checkpoint', longestCheckpoint)
  try {
    await writeFile(out, await proveEntry(directoryReader(dir), checkpoint, index), { flag: 'wx' })
  } catch (error) {
    if (error instanceof LogFault) throw new Fault(error.message)
    if (error instanceof Error && 'code' in error)
      throw new Fault(
        error.code === 'EEXIST'
          ? `${out} exists already`
          : `${out} cannot be written: ${error.message}`,
        2,
      )
    throw error
  }
  answer({ index, out }, json === true, () => [`${out} proves entry ${index}.`])
}
