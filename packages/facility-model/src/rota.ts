import type { Site } from './site.ts'
import { minutesOfDay, minutesOfWeek, type Span } from './week.ts'

/** A minute of the week at which shifts begin, end, or both. */
export interface Turn {
  readonly minute: number
  readonly starting: number
  readonly ending: number
}

/** How the shifts of a site share its week, as far as it is open. */
export interface Rota {
  /** Shifts that meet the opening hours; a site of which the file says none has one, all its hours. */
  readonly shifts: number
  /** Most shifts at work at once: these cannot share a seat. */
  readonly atOnce: number
  /** Most shifts whose people are in the house at once, those who come and go included. */
  readonly inHouse: number
  /** Every beginning and end of a shift in the week, in order. */
  readonly turns: readonly Turn[]
  /** The minutes around one at which people come or go while the site is open. */
  readonly around: (minute: number) => readonly number[]
}

/**
 * Lays the shifts over the week. A shift is worked on every day, as far as the site is open then;
 * people come over a `window` of seconds before it and leave over the same after it.
 */
export function rotaOf(site: Site, window: number): Rota {
  const open = new Uint8Array(minutesOfWeek)
  for (const { from, to } of site.hours) open.fill(1, from, to)
  const shifts = site.shifts.map((shift) => workOf(shift, open)).filter((work) => work.length > 0)
  if (shifts.length === 0) shifts.push(hoursOf(open))
  const margin = Math.max(1, Math.ceil(window / 60))
  return {
    shifts: shifts.length,
    atOnce: mostAtOnce(shifts, 0),
    inHouse: mostAtOnce(shifts, margin),
    turns: turnsOf(shifts),
    around: (minute) =>
      Array.from({ length: 2 * margin }, (_, step) => inWeek(minute - margin + step)).filter(
        (one) => open[one] === 1,
      ),
  }
}

const inWeek = (minute: number) => ((minute % minutesOfWeek) + minutesOfWeek) % minutesOfWeek

/** What of a daily shift lies within the hours; `to` may lie in the next week. */
function workOf(shift: Span, open: Uint8Array): Span[] {
  return Array.from({ length: 7 }, (_, day) => day * minutesOfDay).flatMap((midnight) =>
    openParts(midnight + shift.from, midnight + shift.to, open),
  )
}

/** The opening hours, with what runs over Sunday midnight in one piece. */
function hoursOf(open: Uint8Array): Span[] {
  const shut = open.indexOf(0)
  return shut === -1
    ? [{ from: 0, to: minutesOfWeek }]
    : openParts(shut, shut + minutesOfWeek, open)
}

function openParts(from: number, to: number, open: Uint8Array): Span[] {
  const parts: Span[] = []
  let start: number | null = null
  for (let minute = from; minute <= to; minute++) {
    const at = minute < to && open[inWeek(minute)] === 1
    if (at) start ??= minute
    else if (start !== null) {
      parts.push({ from: start, to: minute })
      start = null
    }
  }
  return parts
}

/** A shift counts once a minute, on whichever day its people came. */
function mostAtOnce(shifts: readonly (readonly Span[])[], margin: number): number {
  const counts = new Uint8Array(minutesOfWeek)
  for (const work of shifts) {
    const here = new Set<number>()
    for (const { from, to } of work)
      for (let minute = from - margin; minute < to + margin; minute++) here.add(inWeek(minute))
    for (const minute of here) counts[minute] = (counts[minute] ?? 0) + 1
  }
  return counts.reduce((most, count) => Math.max(most, count), 0)
}

function turnsOf(shifts: readonly (readonly Span[])[]): Turn[] {
  const starting = new Map<number, number>()
  const ending = new Map<number, number>()
  const add = (counts: Map<number, number>, minute: number) =>
    counts.set(inWeek(minute), (counts.get(inWeek(minute)) ?? 0) + 1)
  for (const { from, to } of shifts.flat()) {
    add(starting, from)
    add(ending, to)
  }
  return [...new Set([...starting.keys(), ...ending.keys()])]
    .sort((a, b) => a - b)
    .map((minute) => ({
      minute,
      starting: starting.get(minute) ?? 0,
      ending: ending.get(minute) ?? 0,
    }))
}
