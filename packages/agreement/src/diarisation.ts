import { assignCheapest } from './assignment.ts'
import { bootstrapInterval, type Resampling } from './bootstrap.ts'
import { type Estimate } from './estimate.ts'
import { checkSpan, type Span } from './marked.ts'
import { Refusal } from './refusal.ts'

export interface DiarisationOptions {
  /**
   * Width left out around each reference boundary, in all, half on either side: 0.5 leaves out a
   * quarter of a second before and after. (NIST's md-eval names the width of one side: its 0.25 is
   * 0.5 here.) 0 unless said.
   */
  readonly collar?: number | undefined
  /** Whether to leave out where two reference speakers talk at once. */
  readonly skipOverlap?: boolean | undefined
}

/** Durations of one recording, in the unit of the spans. */
export interface DiarisationParts {
  /** Reference speech, overlapping speakers counted each. */
  readonly total: number
  readonly correct: number
  readonly confusion: number
  readonly falseAlarm: number
  readonly missed: number
  /** Share of each found speaker's time that belongs to their main reference speaker. */
  readonly purity: number | null
  /** Share of each reference speaker's time that their main found speaker covers. */
  readonly coverage: number | null
  /** Found speaker for each reference speaker. */
  readonly mapping: ReadonlyMap<string, string>
}

export interface DiarisationScore extends Estimate {
  readonly parts: Omit<DiarisationParts, 'mapping' | 'purity' | 'coverage'>
}

/** A stretch in which nobody starts or stops, and who is speaking. */
interface Stretch {
  readonly duration: number
  readonly reference: readonly string[]
  readonly found: readonly string[]
}

/**
 * Compares who spoke when (NIST RT evaluation; Bredin 2017, Interspeech, pyannote.metrics). Labels of
 * the two sides need not be alike: speakers are matched so that most time agrees. Refuses empty or
 * reversed spans and a negative collar.
 */
export function compareSpeakers(
  reference: readonly Span[],
  found: readonly Span[],
  options: DiarisationOptions = {},
): DiarisationParts {
  for (const span of [...reference, ...found]) checkSpan(span)
  const stretches = stretchesOf(reference, found, options)
  const shared = new Map<string, Map<string, number>>()
  const totals = { reference: new Map<string, number>(), found: new Map<string, number>() }
  for (const { duration, reference: mine, found: theirs } of stretches) {
    for (const speaker of mine) add(totals.reference, speaker, duration)
    for (const speaker of theirs) add(totals.found, speaker, duration)
    for (const one of mine) for (const other of theirs) addPair(shared, one, other, duration)
  }
  const mapping = matchSpeakers([...totals.reference.keys()], [...totals.found.keys()], shared)
  let [total, correct, confusion, falseAlarm, missed] = [0, 0, 0, 0, 0]
  for (const { duration, reference: mine, found: theirs } of stretches) {
    const right = mine.filter((speaker) => theirs.includes(mapping.get(speaker) ?? '\0')).length
    total += duration * mine.length
    correct += duration * right
    confusion += duration * (Math.min(mine.length, theirs.length) - right)
    falseAlarm += duration * Math.max(0, theirs.length - mine.length)
    missed += duration * Math.max(0, mine.length - theirs.length)
  }
  return {
    ...{ total, correct, confusion, falseAlarm, missed, mapping },
    purity: mainShare(
      [...totals.found],
      (other, one) => shared.get(one)?.get(other),
      totals.reference,
    ),
    coverage: mainShare(
      [...totals.reference],
      (one, other) => shared.get(one)?.get(other),
      totals.found,
    ),
  }
}

function add(sums: Map<string, number>, key: string, duration: number): void {
  sums.set(key, (sums.get(key) ?? 0) + duration)
}

function addPair(
  shared: Map<string, Map<string, number>>,
  one: string,
  other: string,
  duration: number,
): void {
  const row = shared.get(one) ?? new Map<string, number>()
  add(row, other, duration)
  shared.set(one, row)
}

function matchSpeakers(
  mine: readonly string[],
  theirs: readonly string[],
  shared: ReadonlyMap<string, ReadonlyMap<string, number>>,
): Map<string, string> {
  if (mine.length > 500 || theirs.length > 500)
    throw new Refusal('a recording with more than 500 speakers cannot be matched.')
  const costs = mine.map((one) => theirs.map((other) => -(shared.get(one)?.get(other) ?? 0)))
  const mapping = new Map<string, string>()
  assignCheapest(costs).forEach((column, row) => {
    if (column >= 0 && costs[row][column] < 0) mapping.set(mine[row], theirs[column])
  })
  return mapping
}

function mainShare(
  speakers: readonly (readonly [string, number])[],
  time: (speaker: string, other: string) => number | undefined,
  others: ReadonlyMap<string, number>,
): number | null {
  const total = speakers.reduce((sum, [, duration]) => sum + duration, 0)
  if (total === 0) return null
  const main = speakers.reduce(
    (sum, [speaker]) =>
      sum +
      [...others.keys()].reduce((most, other) => Math.max(most, time(speaker, other) ?? 0), 0),
    0,
  )
  return main / total
}

function stretchesOf(
  reference: readonly Span[],
  found: readonly Span[],
  { collar = 0, skipOverlap = false }: DiarisationOptions,
): Stretch[] {
  if (!(collar >= 0)) throw new Refusal(`the collar must be 0 or more, not ${collar}.`)
  const events: { at: number; list: 0 | 1 | 2; label: string; step: 1 | -1 }[] = []
  const mark = (list: 0 | 1 | 2, { start, end, label }: Span) => {
    events.push({ at: start, list, label, step: 1 }, { at: end, list, label, step: -1 })
  }
  for (const span of reference) mark(0, span)
  for (const span of found) mark(1, span)
  if (collar > 0)
    for (const edge of reference.flatMap(({ start, end }) => [start, end]))
      mark(2, { start: edge - collar / 2, end: edge + collar / 2, label: '' })
  events.sort((a, b) => a.at - b.at)

  const active = [new Map<string, number>(), new Map<string, number>(), new Map<string, number>()]
  const stretches: Stretch[] = []
  let before = 0
  for (const { at, list, label, step } of events) {
    const [mine, theirs, out] = active
    const kept = out.size === 0 && !(skipOverlap && mine.size > 1)
    if (at > before && kept && mine.size + theirs.size > 0)
      stretches.push({
        duration: at - before,
        reference: [...mine.keys()],
        found: [...theirs.keys()],
      })
    before = at
    const speaking = (active[list].get(label) ?? 0) + step
    if (speaking === 0) active[list].delete(label)
    else active[list].set(label, speaking)
  }
  return stretches
}

/**
 * Diarisation error rate, pooled over recordings: (confusion + false alarm + missed) / reference
 * speech. 0 best; above 1 with many false alarms. The interval resamples recordings. Undefined where
 * the reference has no speech.
 */
export function diarisationErrorRate(
  recordings: readonly DiarisationParts[],
  raters: number,
  resampling: Resampling = {},
): DiarisationScore {
  const sum = (weights: Float64Array) => {
    const parts = { total: 0, correct: 0, confusion: 0, falseAlarm: 0, missed: 0 }
    weights.forEach((weight, k) => {
      parts.total += weight * recordings[k].total
      parts.correct += weight * recordings[k].correct
      parts.confusion += weight * recordings[k].confusion
      parts.falseAlarm += weight * recordings[k].falseAlarm
      parts.missed += weight * recordings[k].missed
    })
    const errors = parts.confusion + parts.falseAlarm + parts.missed
    return { parts, value: parts.total > 0 ? errors / parts.total : null }
  }
  const once = new Float64Array(recordings.length).fill(1)
  const { parts, value } = sum(once)
  const base = { value, n: recordings.length, raters, parts }
  if (value !== null)
    return { ...base, interval: bootstrapInterval(once, (w) => sum(w).value, resampling) }
  return {
    ...base,
    interval: null,
    undefined:
      recordings.length === 0 ? 'No recording has two raters.' : 'The reference has no speech.',
  }
}
