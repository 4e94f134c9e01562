import { Refusal } from '../refusal.ts'

/**
 * Tables of MIL-STD-105E (1989, in the public domain), single sampling for percent nonconforming.
 * ISO 2859-1 and ANSI/ASQ Z1.4 differ in reduced inspection.
 */
export type SamplingTables = 'MIL-STD-105E'

/** General levels I to III and special levels S-1 to S-4. */
export type InspectionLevel = 'S-1' | 'S-2' | 'S-3' | 'S-4' | 'I' | 'II' | 'III'
export type Severity = 'normal' | 'tightened' | 'reduced'

export const inspectionLevels: readonly InspectionLevel[] = [
  'S-1',
  'S-2',
  'S-3',
  'S-4',
  'I',
  'II',
  'III',
]
export const severities: readonly Severity[] = ['normal', 'tightened', 'reduced']

/** Acceptable quality levels in percent nonconforming. */
export const qualityLevels: readonly number[] = [
  0.01, 0.015, 0.025, 0.04, 0.065, 0.1, 0.15, 0.25, 0.4, 0.65, 1, 1.5, 2.5, 4, 6.5, 10,
]

/** A single sampling plan. */
export interface SamplingPlan {
  readonly tables: SamplingTables
  readonly lot: number
  readonly aql: number
  readonly level: InspectionLevel
  readonly severity: Severity
  /** Code letter for this lot and level, before arrows. */
  readonly letter: string
  /** Code letter of the plan itself. */
  readonly planLetter: string
  /** Units to inspect: drawn without replacement from the lot; the whole lot where `all` is true. */
  readonly sample: number
  readonly all: boolean
  /** Accept with at most this many nonconforming units. */
  readonly accept: number
  /**
   * Reject from this many on. In reduced inspection there may be a gap between: such a lot is
   * accepted, but the next is inspected normally.
   */
  readonly reject: number
}

const letters = 'ABCDEFGHJKLMNPQR'

/** Table I: the largest lot of each row, and the letters for the levels in the order above. */
const letterRows: readonly (readonly [number, string])[] = [
  [8, 'AAAAAAB'],
  [15, 'AAAAABC'],
  [25, 'AABBBCD'],
  [50, 'ABBCCDE'],
  [90, 'BBCCCEF'],
  [150, 'BBCDDFG'],
  [280, 'BCDEEGH'],
  [500, 'BCDEFHJ'],
  [1200, 'CCEFGJK'],
  [3200, 'CDEGHKL'],
  [10_000, 'CDFGJLM'],
  [35_000, 'CDFHKMN'],
  [150_000, 'DEGJLNP'],
  [500_000, 'DEGJMPQ'],
  [Infinity, 'DEHKNQR'],
]

/** Sample sizes by letter A to R; tightened inspection has one more, S. */
const sizes: Readonly<Record<Severity, readonly number[]>> = {
  normal: [2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000],
  tightened: [2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000, 3150],
  reduced: [2, 2, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800],
}

type Cell = readonly [number, number] | 'up' | 'down'

/**
 * Tables II-A to II-C are diagonal: the numbers depend on the sum of the rows' and the columns'
 * places. The first diagonal with a plan is 14, or 15 in tightened inspection; an arrow leads from the
 * diagonals around it to the plan above or below. Beyond the last diagonal the plan above holds.
 */
const diagonals: Readonly<Record<Severity, { from: number; cells: readonly Cell[] }>> = {
  normal: {
    from: 14,
    cells: [
      [0, 1],
      'up',
      'down',
      [1, 2],
      [2, 3],
      [3, 4],
      [5, 6],
      [7, 8],
      [10, 11],
      [14, 15],
      [21, 22],
    ],
  },
  tightened: {
    from: 15,
    cells: [[0, 1], 'down', 'down', [1, 2], [2, 3], [3, 4], [5, 6], [8, 9], [12, 13], [18, 19]],
  },
  reduced: {
    from: 14,
    cells: [
      [0, 1],
      'up',
      'down',
      [0, 2],
      [1, 3],
      [1, 4],
      [2, 5],
      [3, 6],
      [5, 8],
      [7, 10],
      [10, 13],
    ],
  },
}

/**
 * The plan for a lot. `lot` is a whole number from 2, `aql` one of `qualityLevels`; anything else is
 * refused. Where the sample would be the lot or more, the whole lot is inspected.
 */
export function samplingPlan(
  lot: number,
  aql: number,
  level: InspectionLevel = 'II',
  severity: Severity = 'normal',
): SamplingPlan {
  if (!Number.isSafeInteger(lot) || lot < 2)
    throw new Refusal(`A lot has a whole number of units from 2, not ${lot}.`)
  const column = qualityLevels.indexOf(aql)
  if (column < 0)
    throw new Refusal(
      `The AQL ${aql} is not in the tables. Choose from ${qualityLevels.join(', ')}.`,
    )
  const levelPlace = inspectionLevels.indexOf(level)
  if (levelPlace < 0)
    throw new Refusal(
      `The level '${level}' is not known. Choose from ${inspectionLevels.join(', ')}.`,
    )
  if (!severities.includes(severity))
    throw new Refusal(
      `The severity '${severity}' is not known. Choose from ${severities.join(', ')}.`,
    )
  const row = letterRows.find(([largest]) => lot <= largest) ?? letterRows[letterRows.length - 1]
  const letter = row[1][levelPlace]
  const { place, numbers } = followArrows(letters.indexOf(letter), column, severity)
  const size = sizes[severity][place]
  return {
    ...{ tables: 'MIL-STD-105E', lot, aql, level, severity, letter },
    planLetter: place < letters.length ? letters[place] : 'S',
    sample: Math.min(size, lot),
    all: size >= lot,
    accept: numbers[0],
    reject: numbers[1],
  }
}

function followArrows(
  start: number,
  column: number,
  severity: Severity,
): { place: number; numbers: readonly [number, number] } {
  const { from, cells } = diagonals[severity]
  const last = sizes[severity].length - 1
  let place = start
  let way: 'up' | 'down' | undefined
  for (;;) {
    const diagonal = place + column - from
    const cell = diagonal < 0 ? 'down' : diagonal >= cells.length ? 'up' : cells[diagonal]
    if (typeof cell !== 'string') return { place, numbers: cell }
    // At the edges of the table an arrow can lead one way only; once taken, a way is kept.
    way ??=
      place === 0 ? 'down' : place === last || onlyUpFrom(place, column, severity) ? 'up' : cell
    place += way === 'up' ? -1 : 1
  }
}

/** Whether no row from here down has a plan in the column. */
function onlyUpFrom(place: number, column: number, severity: Severity): boolean {
  const { from, cells } = diagonals[severity]
  for (let row = place; row < sizes[severity].length; row++) {
    const cell = cells.at(row + column - from)
    if (row + column >= from && cell !== undefined && typeof cell !== 'string') return false
  }
  return true
}
