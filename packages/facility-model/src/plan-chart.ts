import { sayStorage, type CapacityPlan, type Shortage } from './capacity.ts'
import { palette } from './palette.ts'
import { element, path, sans, text, type Point } from './svg.ts'

const size = { width: 1120, height: 600 }
const plot = { left: 74, right: 806, top: 104, bottom: 496 }
const looks: Readonly<
  Record<Shortage['what'], { colour: string; dash: string | undefined; words: string }>
> = {
  seats: { colour: '#2c7a54', dash: undefined, words: 'seats in shifts' },
  lockers: { colour: '#7a4fa3', dash: '9 4', words: 'lockers' },
  guards: { colour: '#9a5b00', dash: '3 3', words: 'guards at the search' },
  portals: { colour: '#1c5fa6', dash: '12 3 3 3', words: 'portals at shift change' },
  storage: { colour: '#566573', dash: undefined, words: 'video storage' },
}

/**
 * Draws a plan: the head count over time, and for each thing the number of people that it serves as a
 * level, with a mark on the day on which the head count passes it. One SVG, complete in itself.
 */
export function drawPlan(plan: CapacityPlan, title: string): string {
  const days = plan.steps.map(({ date }) => Date.parse(date))
  const [first = 0, last = 0] = [days[0], days.at(-1)]
  const most = Math.max(10, ...plan.steps.map(({ people }) => people))
  const top = niceAbove(most * 1.12)
  const x = (day: number) =>
    plot.left + ((day - first) / Math.max(last - first, 1)) * (plot.right - plot.left)
  const y = (people: number) => plot.bottom - (people / top) * (plot.bottom - plot.top)
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${size.width} ${size.height}`,
      width: size.width,
      height: size.height,
      'font-family': sans,
      role: 'img',
      'aria-label': `Capacity plan of ${title}`,
    },
    element('rect', { width: '100%', height: '100%', fill: palette.paper }),
    drawTitle(plan, title),
    drawGrid(plan, top, x, y),
    ...drawLevels(plan, top, y),
    drawRamp(plan, x, y),
    ...drawMarks(plan, x, y),
    drawFoot(plan),
  )
}

function drawTitle(plan: CapacityPlan, title: string): string {
  const facts = `${plan.shifts} ${plan.shifts === 1 ? 'shift' : 'shifts'} · ${plan.languages} ${plan.languages === 1 ? 'language' : 'languages'} · waiting at most ${Math.round(plan.longestWait / 60)} minutes on the way in`
  return [
    text({ x: 40, y: 40 }, `${title}: people and what serves them`, {
      'font-size': 22,
      'font-weight': 700,
      fill: palette.ink,
    }),
    text({ x: 40, y: 62 }, facts, { 'font-size': 13, fill: palette.muted }),
  ].join('')
}

type Scale = (value: number) => number

function drawGrid(plan: CapacityPlan, top: number, x: Scale, y: Scale): string {
  const rows = Array.from({ length: 6 }, (_, nth) => (top / 5) * nth).flatMap((people) => [
    path(
      [
        { x: plot.left, y: y(people) },
        { x: plot.right, y: y(people) },
      ],
      { stroke: '#e3e7eb' },
    ),
    text({ x: plot.left - 10, y: y(people) + 4 }, String(Math.round(people)), {
      'font-size': 12,
      'text-anchor': 'end',
      fill: palette.muted,
    }),
  ])
  const columns = plan.steps.map(({ date }) =>
    text({ x: x(Date.parse(date)), y: plot.bottom + 22 }, date, {
      'font-size': 12,
      'text-anchor': 'middle',
      fill: palette.muted,
    }),
  )
  const axis = path(
    [
      { x: plot.left, y: plot.bottom },
      { x: plot.right, y: plot.bottom },
    ],
    {
      stroke: palette.line,
    },
  )
  const label = text({ x: plot.left, y: plot.top - 14 }, 'people', {
    'font-size': 12,
    fill: palette.muted,
  })
  return [...rows, axis, label, ...columns].join('')
}

/** The levels that the ramp passes, named on the right, and above them what is enough to the end. */
function drawLevels(plan: CapacityPlan, top: number, y: Scale): string[] {
  const known = plan.shortages.flatMap((one) =>
    one.enoughFor === null ? [] : [{ ...one, level: Math.min(one.enoughFor, top) }],
  )
  const short = known.filter(({ date }) => date !== null).sort((a, b) => b.level - a.level)
  const enough = known.filter(({ date }) => date === null)
  const left = plot.right + 22
  const calm = enough.map(({ what }, index) =>
    drawLabel({ x: left, y: plot.top + index * 36 }, what, 'enough to the end', palette.muted),
  )
  let above = plot.top + enough.length * 36 - 30
  const lines = short.map(({ what, date, enoughFor, level }) => {
    const { colour, dash } = looks[what]
    const at = Math.max(y(level) + 4, above + 36)
    above = at
    const line = path(
      [
        { x: plot.left, y: y(level) },
        { x: plot.right, y: y(level) },
        { x: left - 5, y: at - 4 },
      ],
      { stroke: colour, 'stroke-width': 2, 'stroke-dasharray': dash },
    )
    const state = `enough for ${enoughFor ?? 0}, short from ${date ?? ''}`
    return line + drawLabel({ x: left, y: at }, what, state, palette.broken)
  })
  return [...calm, ...lines]
}

function drawLabel(at: Point, what: Shortage['what'], state: string, colour: string): string {
  const look = looks[what]
  return (
    text(at, look.words, { 'font-size': 13, 'font-weight': 600, fill: look.colour }) +
    text({ x: at.x, y: at.y + 15 }, state, { 'font-size': 12, fill: colour })
  )
}

/** A ring where the head count passes a level. */
function drawMarks(plan: CapacityPlan, x: Scale, y: Scale): string[] {
  return plan.shortages.flatMap(({ date, enoughFor }) =>
    date === null || enoughFor === null
      ? []
      : [
          element('circle', {
            cx: x(Date.parse(date)),
            cy: y(enoughFor),
            r: 6,
            fill: palette.paper,
            stroke: palette.broken,
            'stroke-width': 2.5,
          }),
        ],
  )
}

function drawRamp(plan: CapacityPlan, x: Scale, y: Scale): string {
  const points = plan.steps.map(({ date, people }) => ({ x: x(Date.parse(date)), y: y(people) }))
  const counted = plan.steps.filter(({ people }) => people > 0)
  const dots = counted.map(({ people, date }) => {
    const at = { x: x(Date.parse(date)), y: y(people) }
    const words = `${people} people`
    const first = at.x < plot.left + 40
    return (
      element('circle', { cx: at.x, cy: at.y, r: 4.5, fill: palette.ink }) +
      text({ x: first ? at.x + 12 : at.x - 10, y: at.y - 12 }, words, {
        'text-anchor': first ? 'start' : 'end',
        'font-size': 13,
        'font-weight': 600,
        fill: palette.ink,
        'paint-order': 'stroke',
        stroke: palette.paper,
        'stroke-width': 4,
      })
    )
  })
  return (
    path(points, { stroke: palette.ink, 'stroke-width': 3, 'stroke-linejoin': 'round' }) +
    dots.join('')
  )
}

function drawFoot(plan: CapacityPlan): string {
  const storage = `${sayStorage(plan.storage, 2).replace(/^v/, 'V')}.`
  const waits = plan.steps
    .filter(({ people }) => people > 0)
    .map(({ people, entry }) => `${people} people ${Math.round(entry.wait95 / 6) / 10} min`)
  const lines = [`Waiting on the way in, nineteen of twenty people: ${waits.join(', ')}.`, storage]
  return lines
    .map((words, index) =>
      text({ x: 40, y: plot.bottom + 58 + index * 20 }, words, {
        'font-size': 12.5,
        fill: palette.ink,
      }),
    )
    .join('')
}

function niceAbove(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value))
  const steps = [1, 2, 2.5, 5, 10]
  return (steps.find((step) => step * unit >= value) ?? 10) * unit
}
