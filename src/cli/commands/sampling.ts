import { type InspectionLevel, type SamplingPlan, type Severity } from '@cloister/agreement'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { writePlot } from '../plot.ts'
import { answer, Fault } from '../terminal.ts'

interface Flags {
  readonly lot: number
  readonly aql: number
  readonly level: InspectionLevel
  readonly severity: Severity
  readonly draw?: boolean
  readonly seed?: number
  readonly plot?: string
  readonly json?: boolean
}

function number(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value))
    throw new InvalidArgumentError('Give a number.')
  return value
}

const help = `
Example:
  cloister sampling --lot 2000 --aql 1.0 --level II
  cloister sampling --lot 2000 --aql 1.0 --draw --seed 20261121 --json`

/** Registers \`cloister sampling\`: which part of a lot to inspect, and when to accept it. */
export function addSamplingCommands(program: Command): void {
  program
    .command('sampling')
    .description('Plan acceptance sampling of a lot by the tables of MIL-STD-105E.')
    .requiredOption('--lot <units>', 'units in the lot, from 2', number)
    .requiredOption('--aql <percent>', 'acceptable quality level: 0.01 to 10 percent', number)
    .addOption(
      new Option('--level <level>', 'inspection level')
        .choices(['S-1', 'S-2', 'S-3', 'S-4', 'I', 'II', 'III'])
        .default('II'),
    )
    .addOption(
      new Option('--severity <severity>', 'where the switching rules stand')
        .choices(['normal', 'tightened', 'reduced'])
        .default('normal'),
    )
    .option('--draw', 'draw the sample: numbers of the units to inspect, from 1')
    .option('--seed <number>', 'seed of the draw; needed with --draw, and to be kept', number)
    .option(
      '--plot <file.svg>',
      'draw the operating characteristic; its table goes beside it as .table.csv',
    )
    .option('--json', 'answer for programs')
    .addHelpText('after', help)
    .action(planAndDraw)
}

async function planAndDraw(flags: Flags): Promise<void> {
  const agreement = await import('@cloister/agreement')
  try {
    const plan = agreement.samplingPlan(flags.lot, flags.aql, flags.level, flags.severity)
    const { sample, accept } = plan
    if (flags.draw === true && flags.seed === undefined)
      throw new Fault('--draw needs --seed, so that the draw can be repeated and checked.', 2)
    const drawn =
      flags.draw === true && flags.seed !== undefined
        ? agreement.drawSample(plan.lot, sample, flags.seed).map((unit) => unit + 1)
        : undefined
    const found = {
      ...plan,
      acceptedAtAql: agreement.acceptanceProbability(sample, accept, plan.aql / 100),
      /** Percent nonconforming that is accepted with 95 and with 10 percent. */
      quality95: agreement.qualityAt(sample, accept, 0.95) * 100,
      quality10: agreement.qualityAt(sample, accept, 0.1) * 100,
      ...(drawn !== undefined && { seed: flags.seed, drawn }),
    }
    if (flags.plot !== undefined) writePlot(flags.plot, agreement.operatingPlot(plan))
    answer(found, flags.json === true, () => linesFor(found, drawn))
  } catch (error) {
    if (error instanceof agreement.Refusal) throw new Fault(error.message, 2)
    throw error
  }
}

function linesFor(
  plan: SamplingPlan & { acceptedAtAql: number; quality95: number; quality10: number },
  drawn: readonly number[] | undefined,
): string[] {
  const all = plan.all ? ' (the whole lot)' : ''
  const gap = plan.reject > plan.accept + 1
  return [
    `Inspect ${plan.sample} of ${plan.lot}${all}, code letter ${plan.planLetter}, ${plan.severity} inspection.`,
    `Accept with ${plan.accept} nonconforming or fewer, reject with ${plan.reject} or more.`,
    ...(gap ? ['In between the lot is accepted and inspection returns to normal.'] : []),
    `A lot at the AQL of ${plan.aql} % is accepted with ${(plan.acceptedAtAql * 100).toFixed(1)} %.`,
    `Accepted with 95 % at ${plan.quality95.toFixed(2)} % nonconforming, with 10 % at ${plan.quality10.toFixed(2)} %.`,
    ...(drawn === undefined ? [] : [`Units: ${drawn.join(' ')}`]),
  ]
}
