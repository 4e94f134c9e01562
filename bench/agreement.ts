import {
  gamma,
  krippendorffAlpha,
  manyRaterAgreement,
  identityWeights,
  measureTable,
  type MarkedItem,
  type Ratings,
  seededChance,
} from '@cloister/agreement'

/** One line of the bench: a task, its size, its time, and the time of the pass that it is held against. */
interface Line {
  readonly task: string
  readonly size: number
  readonly milliseconds: number
  readonly reference: number
  readonly ratio: number
}

/** What alpha on ten million ratings may cost, in passes that only sum them. */
const reach = 2
const raters = 4

/**
 * Krippendorff's alpha against one pass that only sums the ratings, from ten thousand to ten million
 * ratings; then other statistics, and reading a file, at one size. The best of several rounds counts,
 * task and reference in turn, because the machine has other things to do.
 */
export async function run(json: boolean): Promise<void> {
  const lines: Line[] = []
  for (const size of [10_000, 100_000, 1_000_000, 10_000_000]) {
    const ratings = simulate(size, 5)
    lines.push(against('alpha nominal, 5 categories', ratings, () => alpha(ratings)))
  }
  const held = lines[lines.length - 1]?.ratio ?? Infinity
  const large = simulate(10_000_000, 5)
  lines.push(
    against('alpha ordinal, 5 categories', large, () =>
      krippendorffAlpha(large, { name: 'ordinal' }, { replicates: 0 }),
    ),
    against(
      'alpha nominal with interval',
      large,
      () => krippendorffAlpha(large, { name: 'nominal' }),
      3,
    ),
    against('Fleiss kappa with interval', large, () =>
      manyRaterAgreement(large, 'fleiss-kappa', identityWeights(5)),
    ),
  )
  const wide = simulate(10_000_000, 1000)
  lines.push(against('alpha nominal, 1000 categories', wide, () => alpha(wide), 3))
  lines.push(await readingLine())
  lines.push(gammaLine())
  print(lines, held, json)
}

function alpha(ratings: Ratings) {
  return krippendorffAlpha(ratings, { name: 'nominal' }, { replicates: 0 })
}

/** Raters who know the answer four times in five and else guess. */
function simulate(size: number, categories: number): Ratings {
  const chance = seededChance(size + categories)
  const items = size / raters
  const values = new Int32Array(size)
  for (let item = 0; item < items; item++) {
    const right = chance.below(categories)
    for (let r = 0; r < raters; r++)
      values[item * raters + r] = chance.uniform() < 0.8 ? right : chance.below(categories)
  }
  return {
    starts: Int32Array.from({ length: items + 1 }, (_, item) => item * raters),
    raters: values.map((_, k) => k % raters),
    values,
    raterCount: raters,
    categoryCount: categories,
    most: raters,
  }
}

function sum(values: Int32Array): number {
  let total = 0
  for (let k = 0; k < values.length; k++) total += values[k]!
  return total
}

function against(task: string, ratings: Ratings, work: () => unknown, rounds = 15): Line {
  let [milliseconds, reference] = [Infinity, Infinity]
  for (let round = 0; round < rounds; round++) {
    reference = Math.min(
      reference,
      timed(() => sum(ratings.values)),
    )
    milliseconds = Math.min(milliseconds, timed(work))
  }
  return {
    task,
    size: ratings.values.length,
    milliseconds,
    reference,
    ratio: milliseconds / reference,
  }
}

function timed(work: () => unknown): number {
  const start = performance.now()
  work()
  return performance.now() - start
}

/** Reading a million ratings as CSV and measuring them, against a pass over the same bytes. */
async function readingLine(): Promise<Line> {
  const { values } = simulate(1_000_000, 5)
  const rows = ['item,rater,value']
  for (let k = 0; k < values.length; k++)
    rows.push(`item-${Math.floor(k / raters)},rater-${k % raters},${values[k]!}`)
  const bytes = new TextEncoder().encode(rows.join('\n'))
  async function* pieces(): AsyncIterable<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 1 << 18) {
      yield bytes.subarray(at, at + (1 << 18))
      await Promise.resolve()
    }
  }
  const start = performance.now()
  await measureTable(pieces(), 'csv', { metric: 'krippendorff-alpha', replicates: 0 })
  const milliseconds = performance.now() - start
  const reference = timed(() => bytes.reduce((total, byte) => total + byte, 0))
  const task = 'CSV of ratings, read and measured'
  return { task, size: values.length, milliseconds, reference, ratio: milliseconds / reference }
}

/** Gamma of three annotators with a hundred units each and thirty samples, against one alignment. */
function gammaLine(): Line {
  const chance = seededChance(8)
  const spans = new Map(
    ['a', 'b', 'c'].map((name) => [name, [] as { start: number; end: number; label: string }[]]),
  )
  for (let unit = 0, at = 0; unit < 100; unit++) {
    at += 8 + chance.below(25)
    for (const own of spans.values())
      if (chance.uniform() < 0.9)
        own.push({
          start: at + chance.below(4),
          end: at + 8 + chance.below(9),
          label: 'xyz'[chance.below(2)]!,
        })
  }
  const items: MarkedItem[] = [{ spans }]
  const milliseconds = timed(() => gamma(items, { samples: 30, precision: 0.9 }))
  const reference = timed(() => gamma(items, { samples: 2, precision: 0.9 })) / 3
  return {
    task: 'gamma, 30 samples',
    size: 300,
    milliseconds,
    reference,
    ratio: milliseconds / reference,
  }
}

function print(lines: readonly Line[], held: number, json: boolean): void {
  const met = held <= reach
  if (json) {
    console.log(JSON.stringify({ bench: 'agreement', reach, ratio: held, met, lines }, null, 2))
    return
  }
  const row = (cells: string[]) => {
    console.log(cells.map((cell, k) => (k === 0 ? cell.padEnd(36) : cell.padStart(13))).join(''))
  }
  row(['task', 'ratings', 'ms', 'reference ms', 'ratio'])
  for (const { task, size, milliseconds, reference, ratio } of lines)
    row([task, String(size), milliseconds.toFixed(2), reference.toFixed(2), ratio.toFixed(2)])
  const verdict = met ? 'reached' : 'missed'
  console.log(
    `alpha on 10 million ratings: ${held.toFixed(2)} × one summing pass; at most ${reach} ×: ${verdict}`,
  )
}
