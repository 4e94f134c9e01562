/** SVG by hand: elements as strings, every text escaped, numbers to a tenth. */

export interface Point {
  readonly x: number
  readonly y: number
}

type Attributes = Readonly<Record<string, string | number | undefined>>

export function element(name: string, attributes: Attributes, ...inside: string[]): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) =>
        ` ${key}="${typeof value === 'number' ? round(value) : escape(value ?? '')}"`,
    )
    .join('')
  return inside.length === 0
    ? `<${name}${written}/>`
    : `<${name}${written}>${inside.join('')}</${name}>`
}

export function text(at: Point, words: string, attributes: Attributes = {}): string {
  return element('text', { x: at.x, y: at.y, ...attributes }, escape(words))
}

export function path(points: readonly Point[], attributes: Attributes): string {
  const d = points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`)
  return element('path', { d: d.join(''), fill: 'none', ...attributes })
}

export function round(value: number): string {
  return String(Math.round(value * 10) / 10)
}

function escape(words: string): string {
  return words
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
}

/** About how wide words are in the drawing's sans-serif; narrower by a tenth would cut long ones. */
export function widthOf(words: string, size: number): number {
  return words.length * size * 0.56
}

/** Breaks words into lines of at most so many pixels; a single long word stays whole. */
export function wrap(words: string, size: number, width: number): string[] {
  const lines: string[] = []
  for (const word of words.split(' ')) {
    const longer = `${lines.at(-1) ?? ''} ${word}`.trim()
    if (lines.length > 0 && widthOf(longer, size) <= width) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines
}

export const sans = "Inter, 'Segoe UI', 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif"
