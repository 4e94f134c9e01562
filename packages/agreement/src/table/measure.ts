import { Refusal } from '../refusal.ts'
import { type Answer, type Collector, type MeasureOptions } from './answer.ts'
import { familyOf } from './families.ts'
import { type LineFault, type Row, type TableFormat } from './row.ts'
import { readRows } from './rows.ts'

/** The answer for a whole file: for all rows together, and for the parts asked for. */
export interface FileAnswer extends Answer {
  readonly metric: string
  /** One answer for each combination of the columns in `groupBy`. */
  readonly groups?: readonly (Answer & { readonly group: Readonly<Record<string, string>> })[]
  /** One answer for each two raters who share an item. */
  readonly pairs?: readonly (Answer & { readonly pair: readonly [string, string] })[]
  /** Lines left out under `keepGoing`: how many, and the first hundred. */
  readonly faults?: { readonly count: number; readonly first: readonly LineFault[] }
}

const mostGroups = 10_000
const mostFaultsShown = 100

/**
 * Measures a file of ratings, spans or transcripts; the metric decides which columns it needs (see
 * docs/statistics/README.md). Without `keepGoing` the first fault is thrown as a Refusal that names
 * the line; with it, lines at fault are left out, counted and listed.
 */
export async function measureTable(
  source: AsyncIterable<Uint8Array>,
  format: TableFormat,
  options: MeasureOptions,
): Promise<FileAnswer> {
  const family = familyOf(options.metric)
  const groupBy = options.groupBy ?? []
  const named = [...family.required, ...family.optional]
  const extra = groupBy.filter((column) => !named.includes(column))
  const required = [...family.required, ...extra]
  const optional = [...family.optional]
  // The family's own columns keep their places: required, then optional, then the group columns.
  const order = [...family.required, ...family.optional, ...extra]
  const places = groupBy.map((column) => order.indexOf(column))

  const faults: LineFault[] = []
  let faultCount = 0
  const onFault =
    options.keepGoing === true
      ? (fault: LineFault) => {
          faultCount++
          if (faults.length < mostFaultsShown) faults.push(fault)
        }
      : undefined

  const opened = family.open(options)
  const whole = opened.collector()
  const groups = new Map<string, { names: string[]; collector: Collector }>()
  await readRows(source, { format, required, optional, order, onFault }, (row) => {
    whole.add(row)
    if (groupBy.length === 0) return
    groupOf(row, places, groups, opened.collector).add(row)
  })

  const answer: FileAnswer = { metric: options.metric, ...whole.measure(undefined, onFault) }
  return {
    ...answer,
    ...(groupBy.length > 0 && {
      groups: [...groups.values()]
        .sort((a, b) => (a.names.join('\0') < b.names.join('\0') ? -1 : 1))
        .map(({ names, collector }) => ({
          group: Object.fromEntries(groupBy.map((column, k) => [column, names[k]])),
          ...collector.measure(undefined, () => undefined),
        })),
    }),
    ...(options.pairwise === true && {
      pairs: pairsOf(whole.raters()).flatMap((pair) => {
        const measured = whole.measure(pair, () => undefined)
        return measured.n > 0 ? [{ pair, ...measured }] : []
      }),
    }),
    ...(faultCount > 0 && { faults: { count: faultCount, first: faults } }),
  }
}

function groupOf(
  row: Row,
  places: readonly number[],
  groups: Map<string, { names: string[]; collector: Collector }>,
  open: () => Collector,
): Collector {
  const names = places.map((place) => row.text(place))
  const key = JSON.stringify(names)
  const found = groups.get(key)
  if (found !== undefined) return found.collector
  if (groups.size >= mostGroups)
    throw new Refusal(`more than ${mostGroups} groups. Group by columns with fewer values.`)
  const collector = open()
  groups.set(key, { names, collector })
  return collector
}

function pairsOf(raters: readonly string[]): [string, string][] {
  if (raters.length > 1000)
    throw new Refusal(`${raters.length} raters make too many pairs; at most 1000 can be paired.`)
  return raters.flatMap((one, k) =>
    raters.slice(k + 1).map((other): [string, string] => [one, other]),
  )
}
