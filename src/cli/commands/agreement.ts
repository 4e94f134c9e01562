import { type FileAnswer, type MeasureOptions, type TableFormat } from '@cloister/agreement'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { writePlot } from '../plot.ts'
import { answer, Fault } from '../terminal.ts'

interface Flags extends MeasureOptions {
  readonly format?: TableFormat
  readonly plot?: string
  readonly json?: boolean
}

function number(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value))
    throw new InvalidArgumentError('Give a number.')
  return value
}

function share(text: string): number {
  const value = number(text)
  if (value <= 0 || value >= 1) throw new InvalidArgumentError('Give a number between 0 and 1.')
  return value
}

function count(text: string): number {
  const value = number(text)
  if (!Number.isInteger(value) || value < 0)
    throw new InvalidArgumentError('Give a whole number from 0.')
  return value
}

const list = (text: string) => text.split(',').map((part) => part.trim())

const help = `
The file has a header line (csv) or one object a line (jsonl). Columns:
  categories and scores   item, rater, value
  spans and segments      item, rater, start, end, label  (an item without spans: leave the three empty)
  transcripts             item, rater, text  (cpwer: also speaker)

Example:
  cloister agreement ratings.csv --metric krippendorff-alpha --level ordinal --explain
  cloister agreement spans.jsonl --metric gamma --alpha 1 --beta 1 --seed 7 --json`

/** Registers \`cloister agreement FILE --metric NAME\`. */
export function addAgreementCommands(program: Command): void {
  program
    .command('agreement')
    .description('Measure how far annotators agree, and estimate the labels behind their work.')
    .argument('<file>', 'ratings, spans or transcripts as CSV or JSONL; - reads standard input')
    .requiredOption('--metric <name>', 'the statistic; an unknown name lists them all')
    .addOption(new Option('--format <format>', 'instead of by file name').choices(['csv', 'jsonl']))
    .option('--level <level>', 'krippendorff-alpha: nominal, ordinal, interval, ratio, masi')
    .option('--weights <name>', 'kappas, pi, AC2: linear, quadratic, ordinal, radical, ratio')
    .option('--order <names>', 'the ordinal categories, lowest first, separated by commas', list)
    .option('--reference <rater>', 'the rater taken as the truth, for error rates')
    .option('--group-by <columns>', 'measure each combination of these columns too', list)
    .option('--pairwise', 'measure each two raters too')
    .option('--explain', 'show what is confused with what and which items weigh most')
    .option('--keep-going', 'leave out lines at fault and list them')
    .option('--confidence <share>', 'coverage of intervals (default: 0.95)', share)
    .option('--replicates <count>', 'bootstrap replicates; 0 for no interval', count)
    .option('--seed <number>', 'seed of everything drawn by chance (default: 1)', count)
    .option('--alpha <weight>', 'gamma: weight of position (default: 1)', number)
    .option('--beta <weight>', 'gamma: weight of category (default: 1)', number)
    .option('--delta <cost>', 'gamma: cost of a missing unit (default: 1)', number)
    .option('--precision <share>', 'gamma: sample until the expected disorder is this exact', share)
    .option('--match <kind>', 'span-f1: strict, exact, partial, type (default: strict)')
    .option('--window <units>', 'window-diff, pk: window length (default: half a segment)', count)
    .option('--collar <seconds>', 'der: width left out around reference boundaries, in all', number)
    .option('--skip-overlap', 'der: leave out where reference speakers overlap')
    .option('--profile <name>', 'transcripts: normalisation, such as en@1 (default: none@1)')
    .option('--form <form>', 'icc: 1,1  2,1  3,1  1,k  2,k  3,k (default: 2,1)')
    .option('--ties <rule>', 'majority: undefined, first or random (default: undefined)')
    .option('--plot <file.svg>', 'draw the answer; its table goes beside it as .table.csv')
    .option('--json', 'answer for programs')
    .addHelpText('after', help)
    .action(async (file: string, flags: Flags) => {
      const measured = await measureFile(file, flags)
      answer(measured, flags.json === true, () => linesFor(measured))
    })
}

async function measureFile(file: string, flags: Flags): Promise<FileAnswer> {
  const { answerPlot, measureTable, Refusal } = await import('@cloister/agreement')
  const format = flags.format ?? formatOf(file)
  try {
    const explain = flags.explain === true || flags.plot !== undefined
    const measured = await measureTable(await bytesOf(file), format, { ...flags, explain })
    if (flags.plot !== undefined) writePlot(flags.plot, answerPlot(measured))
    return measured
  } catch (error) {
    if (error instanceof Refusal) throw new Fault(`${file}: ${error.message}`)
    throw error
  }
}

function formatOf(file: string): TableFormat {
  if (/[.](jsonl|ndjson)$/i.test(file)) return 'jsonl'
  if (/[.](csv|tsv|txt)$/i.test(file) || file === '-') return 'csv'
  throw new Fault(`${file}: name it .csv or .jsonl, or say --format.`, 2)
}

/** The file's bytes, with a progress bar on a terminal once it is large. */
async function bytesOf(file: string): Promise<AsyncIterable<Uint8Array>> {
  if (file === '-') return process.stdin
  let size: number
  try {
    const found = await stat(file)
    if (!found.isFile()) throw new Fault(`${file} is not a file.`)
    size = found.size
  } catch (error) {
    if (error instanceof Fault) throw error
    throw new Fault(`${file} cannot be read. Check the name and your rights.`)
  }
  const stream: AsyncIterable<Uint8Array> = createReadStream(file, { highWaterMark: 1 << 18 })
  return size > 50_000_000 && process.stderr.isTTY ? withProgress(stream, size) : stream
}

async function* withProgress(
  stream: AsyncIterable<Uint8Array>,
  size: number,
): AsyncIterable<Uint8Array> {
  const { default: progress } = await import('cli-progress')
  const bar = new progress.SingleBar({ stream: process.stderr, clearOnComplete: true })
  bar.start(size, 0)
  try {
    for await (const chunk of stream) {
      bar.increment(chunk.length)
      yield chunk
    }
  } finally {
    bar.stop()
  }
}

function linesFor(measured: FileAnswer): string[] {
  const lines = [`${measured.metric}: ${inWords(measured)}`]
  if (measured.explanation !== undefined) lines.push(measured.explanation.sentence)
  for (const { group, ...part } of measured.groups ?? [])
    lines.push(`  ${Object.values(group).join(', ')}: ${inWords(part)}`)
  for (const { pair, ...part } of measured.pairs ?? [])
    lines.push(`  ${pair.join(' and ')}: ${inWords(part)}`)
  if (measured.faults !== undefined) {
    lines.push(`Lines left out: ${measured.faults.count}`)
    for (const { line, message } of measured.faults.first) lines.push(`  line ${line}: ${message}`)
  }
  return lines
}

function inWords(
  part: Pick<FileAnswer, 'value' | 'undefined' | 'interval' | 'n' | 'raters'>,
): string {
  const counted = `${part.n} items, ${part.raters} raters`
  if (part.value === null) return `undefined (${counted}). ${part.undefined ?? ''}`.trim()
  const value = part.value.toFixed(4)
  if (part.interval === null) return `${value} (${counted})`
  const { low, high, confidence } = part.interval
  const percent = `${+(confidence * 100).toFixed(2)} %`
  return `${value}, ${percent} interval ${low.toFixed(4)} to ${high.toFixed(4)} (${counted})`
}
