/** A picture and the numbers it shows, for those who cannot or would rather not see it. */
export interface Plot {
  /** A whole SVG document; text and axes take the colour of their surroundings. */
  readonly svg: string
  readonly table: PlotTable
}

export interface PlotTable {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | number)[])[]
}

/** Blue for what is measured, red for what is out of order: apart in brightness too. */
export const measured = '#2b6cb0'
export const outOfOrder = '#c53030'

/** Text as it may stand in SVG. */
export function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, ' ')
}

/** A length or place with at most two decimals. */
export function place(value: number): string {
  return String(Math.round(value * 100) / 100)
}

/** A whole document; `title` is what a screen reader says. */
export function svgDocument(
  width: number,
  height: number,
  title: string,
  parts: readonly string[],
): string {
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${place(width)} ${place(height)}" width="${place(width)}" height="${place(height)}" role="img" aria-label="${escapeText(title)}" font-family="system-ui, sans-serif" font-size="12" fill="currentColor">`
  return `${head}\n<title>${escapeText(title)}</title>\n${parts.join('\n')}\n</svg>\n`
}

export function text(
  x: number,
  y: number,
  words: string,
  anchor: 'start' | 'middle' | 'end' = 'start',
  more = '',
): string {
  return `<text x="${place(x)}" y="${place(y)}" text-anchor="${anchor}"${more}>${escapeText(words)}</text>`
}

export function line(x1: number, y1: number, x2: number, y2: number, more = ''): string {
  return `<line x1="${place(x1)}" y1="${place(y1)}" x2="${place(x2)}" y2="${place(y2)}" stroke="currentColor"${more}/>`
}

export function path(points: readonly (readonly [number, number])[], more = ''): string {
  const d = points.map(([x, y], k) => `${k === 0 ? 'M' : 'L'}${place(x)} ${place(y)}`).join('')
  return `<path d="${d}" fill="none"${more}/>`
}

/** Round numbers that divide a range, about `count` of them. */
export function ticks(low: number, high: number, count = 5): number[] {
  const rough = (high - low) / count
  if (!(rough > 0)) return [low]
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= rough) ?? rough
  const found: number[] = []
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++)
    found.push(+(k * step + 0).toPrecision(12))
  return found
}

/** A number with as many decimals as its step needs. */
export function label(value: number): string {
  return String(+value.toPrecision(6))
}

/** Shortens a name to fit. */
export function shorten(name: string, most: number): string {
  const letters = Array.from(name)
  return letters.length <= most ? name : `${letters.slice(0, most - 1).join('')}…`
}

/** A frame for a chart with a vertical axis at the left and a horizontal one below. */
export interface Frame {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
  x(value: number): number
  y(value: number): number
}

export function frameOf(
  box: { left: number; right: number; top: number; bottom: number },
  xs: readonly [number, number],
  ys: readonly [number, number],
): Frame {
  const across = xs[1] - xs[0] || 1
  const up = ys[1] - ys[0] || 1
  return {
    ...box,
    x: (value) => box.left + ((value - xs[0]) / across) * (box.right - box.left),
    y: (value) => box.bottom - ((value - ys[0]) / up) * (box.bottom - box.top),
  }
}

/** The vertical axis with faint lines across, and its name. */
export function verticalAxis(frame: Frame, values: readonly number[], name: string): string[] {
  return [
    ...values.flatMap((value) => [
      line(frame.left, frame.y(value), frame.right, frame.y(value), ' stroke-opacity="0.15"'),
      text(frame.left - 8, frame.y(value) + 4, label(value), 'end'),
    ]),
    text(frame.left, frame.top - 12, name, 'start', ' font-weight="600"'),
  ]
}
