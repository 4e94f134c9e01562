import type { Label } from '@cloister/annotation-formats'

/** The ground that text is read on, by theme, as the style sheet's `--surface` has it. */
export const grounds = { light: '#fffefc', dark: '#1c2024' } as const

/** WCAG 2.2, success criterion 1.4.3: text against its ground, or the ground as text on a colour. */
export const leastContrast = 4.5

/** How many colours the style sheet holds for labels that name none. */
const paletteSize = 8

export interface LabelColour {
  /** A CSS colour that follows the theme. */
  readonly css: string
  /** Whether an earlier label has this colour already; lines in it are drawn dashed. */
  readonly dashed: boolean
}

const unlabelled: LabelColour = { css: 'var(--line-strong)', dashed: false }

/** The colour of each label: the schema's own, made readable in both themes, or one of the palette. */
export class LabelColours {
  readonly #places: ReadonlyMap<string, number>
  readonly #colours: readonly LabelColour[]

  constructor(labels: readonly Label[]) {
    this.#places = new Map(labels.map(({ name }, place) => [name, place]))
    const used = new Set<string>()
    this.#colours = labels.map(({ color }, place) => {
      const css =
        color === undefined || !/^#[0-9a-f]{6}$/i.test(color)
          ? `var(--label-${(place % paletteSize) + 1})`
          : `light-dark(${readable(color, grounds.light)}, ${readable(color, grounds.dark)})`
      const dashed = used.has(css)
      used.add(css)
      return { css, dashed }
    })
  }

  /** The colour of a label by its name; one without meaning for what has no label. */
  of(label: string | undefined): LabelColour {
    return this.#colours[this.#places.get(label ?? '') ?? -1] ?? unlabelled
  }
}

/**
 * The colour nearest to `colour` between it and black or white that has `leastContrast` against
 * `ground`. Both are `#rrggbb`.
 */
export function readable(colour: string, ground: string): string {
  const end = luminance(parts(ground)) > 0.5 ? 0 : 255
  const own = parts(colour)
  for (let step = 0; step < 64; step++) {
    const mixed = own.map((part) => Math.round(part + ((end - part) * step) / 64))
    const spelled = `#${mixed.map((part) => part.toString(16).padStart(2, '0')).join('')}`
    if (contrast(spelled, ground) >= leastContrast) return spelled
  }
  return end === 0 ? '#000000' : '#ffffff'
}

/** Contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio"). */
export function contrast(one: string, other: string): number {
  const [a, b] = [luminance(parts(one)), luminance(parts(other))]
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
}

function parts(colour: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16))
}

/** WCAG 2.2, "relative luminance", of sRGB parts from 0 to 255. */
function luminance(rgb: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = rgb.map((part) => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
