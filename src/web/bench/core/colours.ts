import type { Label } from '@cloister/annotation-formats'

/** How many colours of the house labels share where the schema names none. */
const houseColours = 8
/** Contrast that WCAG 2.2 (1.4.3) asks of small text on its ground. */
const legible = 4.5
const ink = { light: [0, 0, 0], dark: [255, 255, 255] } as const
/** The grounds of the themes (`--surface`), on which a label's colour is both ground and ink. */
const grounds = { light: [255, 254, 252], dark: [28, 32, 36] } as const

type Rgb = readonly [number, number, number]

/** The colour of a schema's nth label, as a value for CSS; below zero, that of no label. */
export function labelColour(index: number): string {
  if (index < 0) return 'var(--line-strong)'
  return `var(--label-${index + 1}, var(--label-${(index % houseColours) + 1}))`
}

/**
 * The custom properties that give labels the colours of their schema (`#rrggbb`), each
 * darkened or lightened as far as the theme needs for words to be read on it. Labels without a
 * colour of their own keep that of the house.
 */
export function schemaColours(labels: readonly Label[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    labels.flatMap(({ color }, index) => {
      const rgb = color === undefined ? undefined : rgbOf(color)
      if (rgb === undefined) return []
      const shades = [readable(rgb, 'light'), readable(rgb, 'dark')].map(cssOf)
      return [[`--label-${index + 1}`, `light-dark(${shades.join(', ')})`]]
    }),
  )
}

function rgbOf(color: string): Rgb | undefined {
  const [, ...parts] = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color) ?? []
  const [red, green, blue] = parts.map((part) => parseInt(part, 16))
  return red === undefined || green === undefined || blue === undefined
    ? undefined
    : [red, green, blue]
}

function cssOf(rgb: Rgb): string {
  return `rgb(${rgb.map(Math.round).join(' ')})`
}

function readable(rgb: Rgb, theme: keyof typeof grounds): Rgb {
  const steps = 20
  for (let step = 0; step < steps; step++) {
    const mixed = mix(rgb, ink[theme], step / steps)
    if (contrast(mixed, grounds[theme]) >= legible) return mixed
  }
  return ink[theme]
}

function mix(from: Rgb, to: Rgb, share: number): Rgb {
  const part = (at: 0 | 1 | 2) => from[at] + (to[at] - from[at]) * share
  return [part(0), part(1), part(2)]
}

/** Contrast ratio of two colours (WCAG 2.2, "contrast ratio" and "relative luminance"). */
export function contrast(one: Rgb, other: Rgb): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (lighter + 0.05) / (darker + 0.05)
}

function luminance([red, green, blue]: Rgb): number {
  const linear = (value: number) => {
    const share = value / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}
