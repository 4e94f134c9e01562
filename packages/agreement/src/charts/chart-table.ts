import { Refusal } from '../refusal.ts'
import { refusalAt, type TableFormat } from '../table/row.ts'
import { readRows } from '../table/rows.ts'
import { cChart, type ControlChart, pChart, type RuleSet, xbarChart } from './control.ts'

/** A control chart of a file, with the names of its samples. */
export interface NamedChart extends ControlChart {
  readonly names: readonly string[]
}

const mostRows = 1_000_000
const needed: Readonly<Record<ControlChart['kind'], readonly string[]>> = {
  p: ['sample', 'count', 'size'],
  c: ['sample', 'count'],
  xbar: ['sample', 'value'],
}

/**
 * Charts a table: for p the columns sample, count and size, for c sample and count, one row a sample;
 * for xbar sample and value, one row a measurement, samples in the order of their first row. Refuses
 * faults with their line, and more than a million rows.
 */
export async function chartTable(
  source: AsyncIterable<Uint8Array>,
  format: TableFormat,
  kind: ControlChart['kind'],
  rules: RuleSet = 'western-electric',
): Promise<NamedChart> {
  const places = new Map<string, number>()
  const lines: number[] = []
  const values: number[][] = []
  let rows = 0
  await readRows(source, { format, required: needed[kind] }, (row) => {
    if (++rows > mostRows) throw new Refusal(`more than ${mostRows} rows do not make a chart.`)
    const name = row.text(0)
    if (name === '') throw new Refusal('the sample has no name.')
    const place = places.get(name) ?? places.size
    if (kind === 'xbar' && values.length > place) {
      values[place].push(row.number(1))
      return
    }
    if (places.has(name)) throw new Refusal('this sample stands here for the second time.')
    places.set(name, place)
    lines.push(row.line)
    values.push(kind === 'p' ? [row.number(1), row.number(2)] : [row.number(1)])
  })
  const counts = values.map(([count]) => count)
  try {
    const chart =
      kind === 'p'
        ? pChart(
            counts,
            values.map(([, size]) => size),
            rules,
          )
        : kind === 'c'
          ? cChart(counts, rules)
          : xbarChart(values, rules)
    return { ...chart, names: [...places.keys()] }
  } catch (error) {
    if (error instanceof Refusal && error.row !== undefined)
      throw refusalAt(lines[error.row], error.message)
    throw error
  }
}
