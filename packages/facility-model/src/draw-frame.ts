import type { Finding } from './finding.ts'
import { palette, zoneLook } from './palette.ts'
import type { Site } from './site.ts'
import { element, path, text, widthOf, wrap } from './svg.ts'

/** Title, facts and verdict above the plan. */
export function drawHead(site: Site, findings: readonly Finding[]): string {
  const seats = site.zones.reduce((sum, zone) => sum + zone.seats, 0)
  const facts = [
    site.jurisdiction,
    count(site.zones.filter(({ kind }) => kind === 'secure').length, 'secure zone'),
    count(seats, 'seat'),
    count(site.portals.length, 'portal'),
    count(site.cameras.length, 'camera'),
  ].join('  ·  ')
  const verdict =
    findings.length === 0
      ? ''
      : text({ x: 0, y: 78 }, `${count(findings.length, 'finding')}, in red`, {
          'font-size': 13,
          'font-weight': 600,
          fill: palette.broken,
        })
  return [
    text({ x: 0, y: 40 }, site.title, { 'font-size': 26, 'font-weight': 700, fill: palette.ink }),
    text({ x: 0, y: 60 }, facts, { 'font-size': 13, fill: palette.muted }),
    verdict,
  ].join('')
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`
}

interface Block {
  readonly svg: string
  readonly height: number
}

/** What the colours and lines mean, as many to a row as fit. */
export function drawLegend(width: number, toScale: boolean, broken: boolean): Block {
  const kinds = (['public', 'controlled', 'secure', 'technical'] as const).map((kind) => {
    const { fill, stroke, weight, words } = zoneLook[kind]
    const swatch = {
      x: 0,
      y: -9,
      width: 20,
      height: 12,
      rx: 2,
      fill,
      stroke,
      'stroke-width': weight,
    }
    return { words: `${words} zone`, mark: element('rect', swatch) }
  })
  const line = (stroke: string, dash?: string, weight = 2.2) =>
    path(
      [
        { x: 0, y: -4 },
        { x: 22, y: -4 },
      ],
      { stroke, 'stroke-width': weight, 'stroke-dasharray': dash },
    )
  const camera = element('circle', { cx: 10, cy: -4, r: 6, fill: palette.camera })
  const entries = [
    ...kinds,
    ...(toScale
      ? [
          { words: 'way in', mark: line(palette.in) },
          { words: 'way out', mark: line(palette.out, '7 4') },
        ]
      : [{ words: 'portal', mark: line(palette.line) }]),
    { words: 'emergency exit', mark: line(palette.exit, '2 4') },
    { words: 'camera and its view', mark: camera },
    { words: '⧉ interlocked: one open at a time', mark: '' },
    ...(broken ? [{ words: 'breaks a rule', mark: line(palette.broken, undefined, 4.5) }] : []),
  ]
  let x = 0
  let row = 0
  const drawn = entries.map(({ words, mark }) => {
    const wide = (mark === '' ? 0 : 28) + widthOf(words, 11) + 26
    if (x + wide > width && x > 0) {
      x = 0
      row++
    }
    const at = { x, y: 14 + row * 22 }
    x += wide
    const label = text({ x: mark === '' ? 0 : 28, y: 0 }, words, {
      'font-size': 11,
      fill: palette.muted,
    })
    return element('g', { transform: `translate(${at.x.toFixed(1)} ${at.y})` }, mark, label)
  })
  return { svg: drawn.join(''), height: 14 + (row + 1) * 22 }
}

const mostListed = 12

/** The findings in words under the plan. */
export function drawFindings(findings: readonly Finding[], width: number): Block {
  if (findings.length === 0) return { svg: '', height: 0 }
  const lines = findings
    .slice(0, mostListed)
    .flatMap(({ id, evidence }) =>
      wrap(evidence, 12, width - 50).map((words, index) => ({ id: index === 0 ? id : '', words })),
    )
  const more = findings.length - mostListed
  const all = more > 0 ? [...lines, { id: '', words: `and ${more} more` }] : lines
  const drawn = all.flatMap(({ id, words }, index) => [
    text({ x: 0, y: 22 + index * 18 }, id, {
      'font-size': 12,
      'font-weight': 700,
      fill: palette.broken,
    }),
    text({ x: 44, y: 22 + index * 18 }, words, { 'font-size': 12, fill: palette.ink }),
  ])
  return { svg: drawn.join(''), height: 22 + all.length * 18 }
}
