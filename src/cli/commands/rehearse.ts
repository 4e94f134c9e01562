import type { Command } from 'commander'
import { answer, Fault } from '../terminal.ts'
import { beginServer } from './start.ts'

interface Options {
  schema: string
  answers: string
  out: string
  annotators: string
  errorRate: string
  seed: string
  encoding: string
  json?: true
}

/** `cloister rehearse`: one project from import to a verified delivery, on a private instance. */
export function addRehearseCommands(program: Command): void {
  program
    .command('rehearse')
    .description(
      'Carry items from import to a verified delivery, with simulated people, on a private instance.',
    )
    .argument('<items>', 'a manifest (.jsonl)')
    .requiredOption('--schema <file>', 'the label schema (JSON)')
    .requiredOption('--answers <file>', 'the right annotation of each item (.jsonl)')
    .requiredOption(
      '--out <dir>',
      "a directory to be made: delivery, the client's key, policy, log, checkpoint",
    )
    .option('--annotators <n>', 'how many people annotate', '4')
    .option('--error-rate <p>', 'chance of a mistake in an annotation, 0 to 1', '0')
    .option('--seed <s>', 'makes the mistakes the same again', '1')
    .option('--encoding <name>', 'utf-8, or latin1 for ISO 8859-1', 'utf-8')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  cloister rehearse queries.jsonl --schema schema.json --answers answers.jsonl --out rehearsal --annotators 8',
    )
    .action(run)
}

async function run(items: string, options: Options): Promise<void> {
  const { rehearse } = await import('../rehearsal/rehearsal.ts')
  const { encoding } = options
  if (encoding !== 'utf-8' && encoding !== 'latin1')
    throw new Fault(`--encoding ${encoding}: known are utf-8 and latin1`, 2)
  const bar = await openBar()
  const done = await rehearse(
    {
      ...{
        manifest: items,
        schema: options.schema,
        answers: options.answers,
        out: options.out,
        encoding,
      },
      annotators: wholeOf(options.annotators, '--annotators', 1, 400),
      errorRate: numberOf(options.errorRate, '--error-rate', 0, 1),
      seed: wholeOf(options.seed, '--seed', 0, 2 ** 31),
      say: bar.say,
      onProgress: bar.show,
    },
    beginServer,
  ).finally(bar.stop)
  const { verification } = done
  const sound = verification.log && verification.package && verification.opened
  answer(done, options.json === true, () => [
    `${done.items} items in, ${done.rejected} rejected, ${done.annotated} annotated, ${done.reviewed} reviewed (${done.corrected} corrected), ${done.delivered} delivered.`,
    `${done.equal} of ${done.delivered} delivered annotations equal the answers.`,
    `${done.leaves} leaves in the log; refusals: ${JSON.stringify(done.refusals)}.`,
    `Log ${words(verification.log)}, package ${words(verification.package)}, opened ${words(verification.opened)}; ${done.seconds.toFixed(1)} s.`,
  ])
  if (!sound) process.exitCode = 1
}

function words(sound: boolean): string {
  return sound ? 'verified' : 'NOT SOUND'
}

function numberOf(text: string, name: string, low: number, high: number): number {
  const value = /^\d+([.]\d+)?$/.test(text) ? Number(text) : NaN
  if (value >= low && value <= high) return value
  throw new Fault(`${name} is a number from ${low} to ${high}`, 2)
}

function wholeOf(text: string, name: string, low: number, high: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN
  if (value >= low && value <= high) return value
  throw new Fault(`${name} is a whole number from ${low} to ${high}`, 2)
}

async function openBar() {
  const tty = process.stderr.isTTY
  const { SingleBar } = (await import('cli-progress')).default
  const bar = tty
    ? new SingleBar({ format: '{bar} {value}/{total}', stream: process.stderr })
    : null
  return {
    say: (line: string) => {
      if (bar?.isActive !== true) process.stderr.write(`${line}\n`)
    },
    show: (done: number, all: number) => {
      if (bar === null) return
      if (bar.isActive) bar.update(done)
      else bar.start(all, done)
    },
    stop: () => {
      bar?.stop()
    },
  }
}
