import { pressOf } from '../core/keys.ts'
import type { AudioEngine } from './engine.ts'
import type { Segment } from './segments.ts'
import type { Peaks } from './peaks.ts'
import { clockTime, rulerStep } from './ruler.ts'
import css from './wave.module.css'

const rulerHeight = 22
const overviewHeight = 34
const tierHeight = 20
/** How near, in pixels, the pointer must be to take an edge. */
const grasp = 5
const finestZoom = 2

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

/**
 * Draws an audio engine: ruler, waveform, a lane of segments per speaker and the whole recording
 * below. Time runs from left to right in every language. `destroy` frees everything.
 */
export class WaveView {
  readonly #engine: AudioEngine
  readonly #peaks: Peaks
  readonly #host = document.createElement('div')
  readonly #canvas = document.createElement('canvas')
  readonly #head = document.createElement('div')
  readonly #headBelow = document.createElement('div')
  readonly #end = new AbortController()
  readonly #resize: ResizeObserver
  readonly #theme: MutationObserver
  #frame = 0
  #from = 0
  #perPixel: number
  #width = 1
  #height = 1
  #shownPosition = 0
  /** What the picture shows; while it is the same, only the playhead moves. */
  #pictured: readonly unknown[] = []
  #palette: Palette
  /** The wave is drawn as tall as this value, so that a quiet recording can be read too. */
  readonly #loudest: number

  constructor(parent: HTMLElement, engine: AudioEngine, peaks: Peaks, name: string) {
    this.#engine = engine
    this.#peaks = peaks
    this.#host.className = css['wave'] ?? ''
    this.#head.className = css['head'] ?? ''
    this.#headBelow.className = css['headBelow'] ?? ''
    this.#perPixel = engine.samples
    this.#host.tabIndex = 0
    this.#host.setAttribute('role', 'application')
    this.#host.setAttribute('aria-label', name)
    this.#host.append(this.#canvas, this.#head, this.#headBelow)
    parent.append(this.#host)
    this.#palette = this.#readPalette()
    const all = peaks.columns(0, engine.samples / 1000, 1000, 0)
    this.#loudest = all.reduce((most, value) => Math.max(most, Math.abs(value)), 24)
    this.#listen()
    engine.subscribe(() => {
      this.#follow()
    })
    peaks.whenMore(() => {
      this.#soon()
    })
    this.#resize = new ResizeObserver(() => {
      this.#measure()
    })
    this.#resize.observe(this.#host)
    this.#theme = new MutationObserver(() => {
      this.#palette = this.#readPalette()
      this.#soon()
    })
    this.#theme.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  }

  focus(): void {
    this.#host.focus()
  }

  /** Shows a stretch of the recording over the whole width. */
  zoomTo(from: number, to: number): void {
    this.#perPixel = Math.max(finestZoom, (to - from) / Math.max(1, this.#width))
    this.#from = from
    this.#clamp()
    this.#draw()
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame)
    this.#end.abort()
    this.#resize.disconnect()
    this.#theme.disconnect()
    this.#peaks.whenMore(() => undefined)
    this.#host.remove()
    // A canvas keeps its picture until it is collected; this one must not.
    this.#canvas.width = 0
  }

  #listen(): void {
    const { signal } = this.#end
    this.#host.addEventListener(
      'keydown',
      (event) => {
        const zoom = { Equal: 0.5, NumpadAdd: 0.5, Minus: 2, NumpadSubtract: 2 }[event.code]
        if (zoom !== undefined && !event.ctrlKey) this.#zoom(zoom, this.#engine.position)
        else if (event.code === 'Digit0' && event.altKey) this.zoomTo(0, this.#engine.samples)
        else if (!this.#engine.press(pressOf(event))) return
        event.preventDefault()
        event.stopPropagation()
      },
      { signal },
    )
    this.#host.addEventListener(
      'wheel',
      (event) => {
        event.preventDefault()
        if (event.ctrlKey || event.metaKey)
          this.#zoom(event.deltaY > 0 ? 1.25 : 0.8, this.#placeAt(event))
        else this.#from += (event.deltaX + event.deltaY) * this.#perPixel
        this.#clamp()
        this.#soon()
      },
      { signal, passive: false },
    )
    this.#host.addEventListener(
      'pointerdown',
      (event) => {
        this.#point(event)
      },
      { signal },
    )
    this.#host.addEventListener(
      'pointermove',
      (event) => {
        this.#host.style.cursor = this.#edgeAt(event) === undefined ? 'text' : 'ew-resize'
      },
      { signal },
    )
  }

  #point(event: PointerEvent): void {
    if (event.button !== 0) return
    event.preventDefault()
    this.#host.focus()
    this.#host.setPointerCapture(event.pointerId)
    const { y } = this.#inside(event)
    if (y > this.#height - overviewHeight) {
      this.#drag(event, (move) => {
        this.#centre((this.#inside(move).x / this.#width) * this.#engine.samples)
      })
      return
    }
    const edge = this.#edgeAt(event)
    const start = this.#placeAt(event)
    if (edge !== undefined) {
      this.#engine.document.select(edge.id)
      this.#drag(event, (move) => {
        this.#engine.dragEdge(edge.id, edge.edge, this.#placeAt(move))
      })
      return
    }
    const under = this.#segmentAt(event)
    this.#drag(
      event,
      (move) => {
        if (Math.abs(move.clientX - event.clientX) > 3)
          this.#engine.select(start, this.#placeAt(move))
      },
      (last) => {
        if (Math.abs(last.clientX - event.clientX) > 3) return
        this.#engine.select(start, start)
        if (under === undefined) this.#engine.seek(start)
        else this.#engine.choose(under.region.id)
      },
    )
  }

  #drag(
    start: PointerEvent,
    onMove: (event: PointerEvent) => void,
    onEnd?: (event: PointerEvent) => void,
  ): void {
    const until = new AbortController()
    const signal = AbortSignal.any([until.signal, this.#end.signal])
    onMove(start)
    this.#host.addEventListener('pointermove', onMove, { signal })
    for (const name of ['pointerup', 'pointercancel'] as const)
      this.#host.addEventListener(
        name,
        (event) => {
          until.abort()
          onEnd?.(event)
        },
        { signal },
      )
  }

  #inside(event: MouseEvent): { x: number; y: number } {
    const box = this.#host.getBoundingClientRect()
    return { x: event.clientX - box.left, y: event.clientY - box.top }
  }

  #placeAt(event: MouseEvent): number {
    return this.#from + this.#inside(event).x * this.#perPixel
  }

  #xOf(place: number): number {
    return (place - this.#from) / this.#perPixel
  }

  #edgeAt(event: MouseEvent): { id: string; edge: 'start' | 'end' } | undefined {
    const { x, y } = this.#inside(event)
    if (y < rulerHeight || y > this.#height - overviewHeight) return undefined
    // The chosen segment first: its edges are the ones in hand.
    const { chosen } = this.#engine
    const candidates = chosen === undefined ? this.#visible() : [chosen, ...this.#visible()]
    for (const { region, from, to, tier } of candidates) {
      const lane = this.#laneTop(tier)
      if (region.id !== chosen?.region.id && (y < lane || y > lane + tierHeight)) continue
      if (Math.abs(this.#xOf(to) - x) <= grasp) return { id: region.id, edge: 'end' }
      if (Math.abs(this.#xOf(from) - x) <= grasp) return { id: region.id, edge: 'start' }
    }
    return undefined
  }

  #segmentAt(event: MouseEvent): Segment | undefined {
    const place = this.#placeAt(event)
    const { y } = this.#inside(event)
    return this.#visible().find(({ from, to, tier }) => {
      const lane = this.#laneTop(tier)
      return from <= place && place < to && y >= lane && y <= lane + tierHeight
    })
  }

  #visible(): readonly Segment[] {
    const until = this.#from + this.#width * this.#perPixel
    return this.#engine.segments.filter(({ from, to }) => to > this.#from && from < until)
  }

  #zoom(factor: number, around: number): void {
    const widest = this.#engine.samples / Math.max(1, this.#width)
    const next = Math.min(widest, Math.max(finestZoom, this.#perPixel * factor))
    this.#from = around - (around - this.#from) * (next / this.#perPixel)
    this.#perPixel = next
    this.#clamp()
    this.#soon()
  }

  #centre(place: number): void {
    this.#from = place - (this.#width * this.#perPixel) / 2
    this.#clamp()
    this.#soon()
  }

  #clamp(): void {
    const most = this.#engine.samples - this.#width * this.#perPixel
    this.#from = Math.max(0, Math.min(most, this.#from))
  }

  /** Turns the page when the playhead has left it. */
  #follow(): void {
    const { position } = this.#engine
    if (position !== this.#shownPosition) {
      const x = this.#xOf(position)
      if (x < 0 || x > this.#width) {
        this.#from = position - this.#width * this.#perPixel * 0.1
        this.#clamp()
      }
      this.#shownPosition = position
    }
    const picture = this.#picture()
    if (picture.every((one, n) => one === this.#pictured[n])) this.#placeHead()
    else this.#soon()
  }

  #picture(): readonly unknown[] {
    const { segments, selection, document: held } = this.#engine
    return [segments, selection, held.selected, this.#from, this.#perPixel]
  }

  #placeHead(): void {
    const { position, samples } = this.#engine
    this.#head.style.transform = `translateX(${this.#xOf(position)}px)`
    this.#headBelow.style.transform = `translateX(${(position / samples) * this.#width}px)`
  }

  #soon(): void {
    if (this.#frame !== 0) return
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0
      this.#draw()
    })
  }

  #measure(): void {
    const whole = this.#perPixel * this.#width >= this.#engine.samples
    const box = this.#host.getBoundingClientRect()
    this.#width = Math.max(1, Math.floor(box.width))
    this.#height = Math.max(1, Math.floor(box.height))
    const scale = window.devicePixelRatio
    this.#canvas.width = Math.round(this.#width * scale)
    this.#canvas.height = Math.round(this.#height * scale)
    this.#canvas.getContext('2d')?.setTransform(scale, 0, 0, scale, 0, 0)
    if (whole) this.#perPixel = Math.max(finestZoom, this.#engine.samples / this.#width)
    this.#clamp()
    this.#draw()
  }

  #laneTop(tier: string | undefined): number {
    const lane = Math.max(0, this.#engine.schema.tiers?.indexOf(tier ?? '') ?? 0)
    return rulerHeight + lane * tierHeight
  }

  #draw(): void {
    const context = this.#canvas.getContext('2d')
    if (context === null) return
    const lanes = Math.max(1, this.#engine.schema.tiers?.length ?? 1)
    const top = rulerHeight + lanes * tierHeight
    const bottom = this.#height - overviewHeight
    context.fillStyle = this.#palette.surface
    context.fillRect(0, 0, this.#width, this.#height)
    this.#drawRuler(context, bottom)
    this.#drawSelection(context, bottom)
    this.#drawWave(context, { from: this.#from, perPixel: this.#perPixel, top, bottom })
    for (const segment of this.#visible()) this.#drawSegment(context, segment, bottom)
    this.#drawOverview(context, bottom)
    this.#head.style.blockSize = `${bottom}px`
    this.#placeHead()
    this.#pictured = this.#picture()
  }

  #drawRuler(context: CanvasRenderingContext2D, bottom: number): void {
    const { rate } = this.#engine
    const step = rulerStep(this.#perPixel / rate)
    const digits = step < 0.1 ? 2 : step < 1 ? 1 : 0
    context.font = '11px "Noto Sans", sans-serif'
    context.textBaseline = 'middle'
    const first = Math.floor(this.#from / rate / step)
    const last = Math.ceil((this.#from + this.#width * this.#perPixel) / rate / step)
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
      const pairs = this.#peaks.columns(area.from, area.perPixel, this.#width, channel)
      for (let x = 0; x < this.#width; x++) {
        const low = pairs[x * 2] ?? 0
        const high = pairs[x * 2 + 1] ?? 0
        context.fillRect(x, middle - high * scale, 1, Math.max(1, (high - low) * scale))
      }
    }
  }

  #drawSegment(context: CanvasRenderingContext2D, segment: Segment, bottom: number): void {
    const { region, from, to, tier } = segment
    const x = Math.max(-2, this.#xOf(from))
    const width = Math.max(2, Math.min(this.#width + 2, this.#xOf(to)) - x)
    const top = this.#laneTop(tier)
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
    const perPixel = samples / this.#width
    context.fillStyle = this.#palette.sunken
    context.fillRect(0, top, this.#width, overviewHeight)
    for (const { region, from, to } of this.#engine.segments) {
      context.fillStyle = this.#palette.labels.get(region.label) ?? this.#palette.ink
      context.globalAlpha = region.id === held.selected?.id ? 1 : 0.6
      context.fillRect(from / perPixel, top, Math.max(1, (to - from) / perPixel), 4)
    }
    context.globalAlpha = 0.6
    this.#drawWave(context, { from: 0, perPixel, top: top + 4, bottom: this.#height })
    context.globalAlpha = 1
    context.strokeStyle = this.#palette.ink
    context.lineWidth = 1.5
    const x = this.#from / perPixel
    const width = (this.#width * this.#perPixel) / perPixel
    context.strokeRect(x + 1, top + 1, Math.max(3, width - 2), overviewHeight - 2)
  }

  #readPalette(): Palette {
    const style = getComputedStyle(document.documentElement)
    const colour = (name: string) => style.getPropertyValue(`--${name}`)
    // A canvas knows no variables and no theme: an element in the page works the colours out.
    const inPage = getComputedStyle(this.#head)
    const labels = new Map(
      this.#engine.schema.labels.map(({ name }) => {
        this.#head.style.color = this.#engine.colours.of(name).css
        return [name, inPage.color]
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
