/** A stretch of the local week in minutes, Monday 00:00 being 0: `from` inclusive, `to` exclusive. */
export interface Span {
  readonly from: number
  readonly to: number
}

export const minutesOfDay = 1440
export const minutesOfWeek = 7 * minutesOfDay
const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

/** Reads `06:00-14:00` as minutes of the day; an end at or before the start lies on the next day. */
export function parseSpan(text: string): Span {
  const [from = 0, to = 0] = text.split('-').map((time) => {
    const [hours = 0, minutes = 0] = time.split(':').map(Number)
    return hours * 60 + minutes
  })
  return { from, to: to <= from ? to + minutesOfDay : to }
}

/** Reads opening hours (`mon-fri: "06:00-22:00"`) as ordered spans of the week that do not touch. */
export function parseWeek(hours: Readonly<Record<string, string>>): Span[] {
  const spans = Object.entries(hours).flatMap(([run, text]) => {
    const { from, to } = parseSpan(text)
    return daysOf(run).map((day) => ({
      from: day * minutesOfDay + from,
      to: day * minutesOfDay + to,
    }))
  })
  return union(spans)
}

/** The week's numbers (0 is Monday) of `wed` or of a run such as `sat-mon`. */
export function daysOf(run: string): number[] {
  const [first = '', last = first] = run.split('-')
  const start = days.indexOf(first)
  const length = ((days.indexOf(last) - start + 7) % 7) + 1
  return Array.from({ length }, (_, step) => (start + step) % 7)
}

/** Orders and joins spans; what runs past Sunday midnight continues on Monday. */
export function union(spans: readonly Span[]): Span[] {
  const within = spans
    .flatMap((span) =>
      span.to <= minutesOfWeek
        ? [span]
        : [
            { from: span.from, to: minutesOfWeek },
            { from: 0, to: Math.min(span.to - minutesOfWeek, minutesOfWeek) },
          ],
    )
    .filter((span) => span.from < span.to)
    .sort((a, b) => a.from - b.from)
  const joined: Span[] = []
  for (const span of within) {
    const last = joined.at(-1)
    if (last !== undefined && span.from <= last.to)
      joined[joined.length - 1] = { from: last.from, to: Math.max(last.to, span.to) }
    else joined.push(span)
  }
  return joined
}

/** The rest of the week. */
export function complement(spans: readonly Span[]): Span[] {
  const rest: Span[] = []
  let at = 0
  for (const span of union(spans)) {
    if (span.from > at) rest.push({ from: at, to: span.from })
    at = span.to
  }
  if (at < minutesOfWeek) rest.push({ from: at, to: minutesOfWeek })
  return rest
}

export function contains(spans: readonly Span[], minute: number): boolean {
  return spans.some((span) => span.from <= minute && minute < span.to)
}

/** What the first spans hold that the second do not. */
export function subtract(spans: readonly Span[], taken: readonly Span[]): Span[] {
  return complement([...complement(spans), ...taken])
}

export function minutesIn(spans: readonly Span[]): number {
  return union(spans).reduce((sum, span) => sum + span.to - span.from, 0)
}

/** The week's spans of a daily shift, on every day on which it meets the opening hours. */
export function shiftSpans(shift: Span, hours: readonly Span[]): Span[] {
  const daily = days.map((_, day) => ({
    from: day * minutesOfDay + shift.from,
    to: day * minutesOfDay + shift.to,
  }))
  return union(
    daily.filter((span) =>
      union([span]).some((part) =>
        hours.some((open) => part.from < open.to && open.from < part.to),
      ),
    ),
  )
}

/** `Mon 06:00` for a minute of the week. */
export function sayMinute(minute: number): string {
  const day = days[Math.floor(minute / minutesOfDay) % 7] ?? ''
  const hours = String(Math.floor((minute % minutesOfDay) / 60)).padStart(2, '0')
  return `${day[0]?.toUpperCase() ?? ''}${day.slice(1)} ${hours}:${String(minute % 60).padStart(2, '0')}`
}
