import { writeFile } from 'node:fs/promises'
import cliProgress from 'cli-progress'
import type { Command } from 'commander'
import { answer, Fault } from '../terminal.ts'

/** `cloister log`: what anyone who holds an exported log can do with it. */
export function addLogCommands(program: Command): void {
  const log = program.command('log').description('Check and use an exported log.')
  log
    .command('verify')
    .description('Check an exported log offline and name the first fault.')
    .argument('<dir>', 'the exported log: checkpoint and tile/ of C2SP tlog-tiles')
    .requiredOption(
      '--policy <file>',
      'whom you trust: log, witnesses and quorum (C2SP tlog-policy)',
    )
    .option('--since <checkpoint>', 'a checkpoint kept from earlier, which the log must continue')
    .option('--json', 'answer for programs')
    .addHelpText(
      'after',
      '\nExample:\n  cloister log verify export --policy client.policy --since last-week',
    )
    .action(verify)
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
  options: { policy: string; since?: string; json?: true },
): Promise<void> {
  const { checkLog } = await import('../offline.ts')
  const bar = process.stderr.isTTY
    ? new cliProgress.SingleBar({
        format: 'checking {bar} {value}/{total} entries, {eta_formatted} left',
        stream: process.stderr,
      })
    : null
  const found = await checkLog(dir, options, (done, size) => {
    if (bar === null) return
    if (bar.isActive) bar.update(done)
    else bar.start(size, done)
  }).finally(() => bar?.stop())
  if (!found.report.sound && options.json !== true) throw new Fault(found.lines.join(' '))
  answer(found.report, options.json === true, () => [...found.lines])
  if (!found.report.sound) process.exitCode = 1
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
