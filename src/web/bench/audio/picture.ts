import type { AudioEngine } from './engine.ts'
import type { Peaks } from './peaks.ts'
import { clockTime, rulerStep } from './ruler.ts'
import type { Segment } from './segments.ts'

export const rulerHeight = 22
export const overviewHeight = 34
export const tierHeight = 20

/** What of the recording is in sight: samples from `from`, so many to a pixel, in a box of pixels. */
export interface Sight {
  readonly from: number
  readonly perPixel: number
  readonly width: number
  readonly height: number
}

interface Palette {
  readonly surface: string
  readonly sunken: string
  readonly ink: string
  readonly soft: string
  readonly line: string
  readonly wave: string
  readonly selection: string
  readonly labels: ReadonlyMap<string | undefined, string>
}

/** Draws ruler, waveform, segments and the whole recording below on one canvas. */
export class WavePicture {
  readonly canvas = document.createElement('canvas')
  readonly #engine: AudioEngine
  readonly #peaks: Peaks
  /** An element in the page, by which colours are worked out. */
  readonly #inPage: HTMLElement
  #palette: Palette
  #sight: Sight = { from: 0, perPixel: 1, width: 1, height: 1 }
  /** The wave is drawn as tall as this value, so that a quiet recording can be read too. */
  readonly #loudest: number

  constructor(engine: AudioEngine, peaks: Peaks, inPage: HTMLElement) {
    this.#engine = engine
    this.#peaks = peaks
    this.#inPage = inPage
    this.#palette = this.#readPalette()
    const all = peaks.columns(0, engine.samples / 1000, 1000, 0)
    this.#loudest = all.reduce((most, value) => Math.max(most, Math.abs(value)), 24)
  }

  /** Takes the colours of the theme that holds now. */
  recolour(): void {
    this.#palette = this.#readPalette()
  }

  /** Gives the canvas the size of its box, in the pixels of this screen. */
  resize(width: number, height: number): void {
    const scale = window.devicePixelRatio
    this.canvas.width = Math.round(width * scale)
    this.canvas.height = Math.round(height * scale)
    this.canvas.getContext('2d')?.setTransform(scale, 0, 0, scale, 0, 0)
  }

  /** A canvas keeps its picture until it is collected; this one must not. */
  destroy(): void {
    this.canvas.width = 0
  }

  /** How far below the top the lane of a tier begins. */
  laneTop(tier: string | undefined): number {
    const lane = Math.max(0, this.#engine.schema.tiers?.indexOf(tier ?? '') ?? 0)
    return rulerHeight + lane * tierHeight
  }

  draw(sight: Sight, visible: readonly Segment[]): void {
    const context = this.canvas.getContext('2d')
    if (context === null) return
    this.#sight = sight
    const { from, perPixel, width, height } = sight
    const lanes = Math.max(1, this.#engine.schema.tiers?.length ?? 1)
    const top = rulerHeight + lanes * tierHeight
    const bottom = height - overviewHeight
    context.fillStyle = this.#palette.surface
    context.fillRect(0, 0, width, height)
    this.#drawRuler(context, bottom)
    this.#drawSelection(context, bottom)
    this.#drawWave(context, { from, perPixel, top, bottom })
    for (const segment of visible) this.#drawSegment(context, segment, bottom)
    this.#drawOverview(context, bottom)
  }

  #xOf(place: number): number {
    return (place - this.#sight.from) / this.#sight.perPixel
  }

  #drawRuler(context: CanvasRenderingContext2D, bottom: number): void {
    const { rate } = this.#engine
    const step = rulerStep(this.#sight.perPixel / rate)
    const digits = step < 0.1 ? 2 : step < 1 ? 1 : 0
    context.font = '11px "Noto Sans", sans-serif'
    context.textBaseline = 'middle'
    const first = Math.floor(this.#sight.from / rate / step)
    const last = Math.ceil(
      (this.#sight.from + this.#sight.width * this.#sight.perPixel) / rate / step,
    )
    for (let mark = first; mark <= last; mark++) {
      const x = Math.round(this.#xOf(mark * step * rate))
      context.fillStyle = this.#palette.line
      context.fillRect(x, 0, 1, bottom)
      context.fillStyle = this.#palette.soft
      context.fillText(clockTime(mark * step, digits), x + 4, rulerHeight / 2)
    }
  }

  #drawSelection(context: CanvasRenderingContext2D, bottom: number): void {
    const [from, to] = this.#engine.selection
    if (from >= to) return
    context.fillStyle = this.#palette.selection
    const x = this.#xOf(from)
    context.fillRect(x, rulerHeight, Math.max(1, this.#xOf(to) - x), bottom - rulerHeight)
  }

  #drawWave(
    context: CanvasRenderingContext2D,
    area: { from: number; perPixel: number; top: number; bottom: number },
  ): void {
    const { channels } = this.#peaks
    const each = (area.bottom - area.top) / channels
    context.fillStyle = this.#palette.wave
    for (let channel = 0; channel < channels; channel++) {
      const middle = area.top + each * (channel + 0.5)
      const scale = (each / 2 - 4) / this.#loudest
      const pairs = this.#peaks.columns(area.from, area.perPixel, this.#sight.width, channel)
      for (let x = 0; x < this.#sight.width; x++) {
        const low = pairs[x * 2] ?? 0
        const high = pairs[x * 2 + 1] ?? 0
        context.fillRect(x, middle - high * scale, 1, Math.max(1, (high - low) * scale))
      }
    }
  }

  #drawSegment(context: CanvasRenderingContext2D, segment: Segment, bottom: number): void {
    const { region, from, to, tier } = segment
    const x = Math.max(-2, this.#xOf(from))
    const width = Math.max(2, Math.min(this.#sight.width + 2, this.#xOf(to)) - x)
    const top = this.laneTop(tier)
    const colour = this.#palette.labels.get(region.label) ?? this.#palette.ink
    const chosen = region.id === this.#engine.document.selected?.id
    context.globalAlpha = chosen ? 0.2 : 0.07
    context.fillStyle = colour
    context.fillRect(x, top, width, bottom - top)
    context.globalAlpha = chosen ? 1 : 0.75
    context.fillRect(x, top + 1, width, tierHeight - 2)
    context.globalAlpha = 1
    context.fillRect(x, top, chosen ? 2 : 1, bottom - top)
    context.fillRect(x + width - 1, top, chosen ? 2 : 1, bottom - top)
    if (width < 24) return
    context.save()
    context.beginPath()
    context.rect(x, top, width - 3, tierHeight)
    context.clip()
    context.fillStyle = this.#palette.surface
    context.font = '600 11px "Noto Sans", "Noto Sans Arabic", sans-serif'
    const words = [tier, region.label].filter((word) => word !== undefined).join(' · ')
    context.fillText(words, x + 5, top + tierHeight / 2 + 0.5)
    context.restore()
  }

  #drawOverview(context: CanvasRenderingContext2D, top: number): void {
    const { samples, document: held } = this.#engine
    const perPixel = samples / this.#sight.width
    context.fillStyle = this.#palette.sunken
    context.fillRect(0, top, this.#sight.width, overviewHeight)
    for (const { region, from, to } of this.#engine.segments) {
      context.fillStyle = this.#palette.labels.get(region.label) ?? this.#palette.ink
      context.globalAlpha = region.id === held.selected?.id ? 1 : 0.6
      context.fillRect(from / perPixel, top, Math.max(1, (to - from) / perPixel), 4)
    }
    context.globalAlpha = 0.6
    this.#drawWave(context, { from: 0, perPixel, top: top + 4, bottom: this.#sight.height })
    context.globalAlpha = 1
    context.strokeStyle = this.#palette.ink
    context.lineWidth = 1.5
    const x = this.#sight.from / perPixel
    const width = (this.#sight.width * this.#sight.perPixel) / perPixel
    context.strokeRect(x + 1, top + 1, Math.max(3, width - 2), overviewHeight - 2)
  }

  #readPalette(): Palette {
    const style = getComputedStyle(document.documentElement)
    const colour = (name: string) => style.getPropertyValue(`--${name}`)
    // A canvas knows no variables and no theme: an element in the page works the colours out.
    const worked = getComputedStyle(this.#inPage)
    const labels = new Map(
      this.#engine.schema.labels.map(({ name }) => {
        this.#inPage.style.color = this.#engine.colours.of(name).css
        return [name, worked.color]
      }),
    )
    return {
      surface: colour('surface'),
      sunken: colour('sunken'),
      ink: colour('ink'),
      soft: colour('ink-soft'),
      line: colour('line'),
      wave: colour('accent'),
      selection: colour('selection'),
      labels,
    }
  }
}
