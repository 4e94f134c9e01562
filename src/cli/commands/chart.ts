import {
  type ControlChart,
  type NamedChart,
  type RuleSet,
  type TableFormat,
} from '@cloister/agreement'
import { type Command, Option } from 'commander'
import { createReadStream } from 'node:fs'
import { writePlot } from '../plot.ts'
import { answer, Fault } from '../terminal.ts'

interface Flags {
  readonly kind: ControlChart['kind']
  readonly rules: RuleSet
  readonly format?: TableFormat
  readonly plot?: string
  readonly json?: boolean
}

const help = `
Columns: p: sample, count, size. c: sample, count. xbar: sample, value (one row a measurement).

Example:
  cloister chart weeks.csv --kind p --plot weeks.svg`

/** Registers \`cloister chart FILE\`: whether a process is in control. */
export function addChartCommands(program: Command): void {
  program
    .command('chart')
    .description('Chart a process over time and mark what is out of control.')
    .argument('<file>', 'samples as CSV or JSONL, in the order of time; - reads standard input')
    .addOption(
      new Option('--kind <kind>', 'what is charted').choices(['p', 'c', 'xbar']).default('p'),
    )
    .addOption(
      new Option('--rules <set>', 'run rules')
        .choices(['western-electric', 'nelson'])
        .default('western-electric'),
    )
    .addOption(new Option('--format <format>', 'instead of by file name').choices(['csv', 'jsonl']))
    .option('--plot <file.svg>', 'draw the chart; its table goes beside it as .table.csv')
    .option('--json', 'answer for programs')
    .addHelpText('after', help)
    .action(chartFile)
}

async function chartFile(file: string, flags: Flags): Promise<void> {
  const agreement = await import('@cloister/agreement')
  const format = flags.format ?? (/[.](jsonl|ndjson)$/i.test(file) ? 'jsonl' : 'csv')
  try {
    const source = file === '-' ? process.stdin : createReadStream(file)
    const chart = await agreement.chartTable(source, format, flags.kind, flags.rules)
    if (flags.plot !== undefined) writePlot(flags.plot, agreement.controlPlot(chart, chart.names))
    answer(chart, flags.json === true, () => linesFor(chart))
  } catch (error) {
    if (error instanceof agreement.Refusal) throw new Fault(`${file}: ${error.message}`)
    if (error instanceof Error && 'code' in error && 'syscall' in error)
      throw new Fault(`${file} cannot be read. Check the name and your rights.`)
    throw error
  }
}

function linesFor({ centre, points, names, rules }: NamedChart): string[] {
  const round = (value: number) => String(+value.toPrecision(7))
  const [first] = points
  const alike =
    first !== undefined && points.every(({ low, high }) => low === first.low && high === first.high)
  const limits = alike ? `, limits ${round(first.low)} to ${round(first.high)}` : ''
  const signalled = points.flatMap(({ signals, value }, k) =>
    signals.length === 0
      ? []
      : [`  ${names[k] ?? String(k + 1)}: ${round(value)}, rule ${signals.join(' and ')}`],
  )
  return [
    `Centre ${round(centre)}${limits}, ${points.length} samples, rules ${rules}.`,
    signalled.length === 0 ? 'In control: no signal.' : 'Out of control:',
    ...signalled,
  ]
}
