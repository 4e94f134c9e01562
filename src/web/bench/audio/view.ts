import { pressOf } from '../core/keys.ts'
import type { AudioEngine } from './engine.ts'
import type { Segment } from './segments.ts'
import type { Peaks } from './peaks.ts'
import { overviewHeight, rulerHeight, tierHeight, WavePicture } from './picture.ts'
import css from './wave.module.css'

/** How near, in pixels, the pointer must be to take an edge. */
const grasp = 5
const finestZoom = 2

/**
 * Draws an audio engine: ruler, waveform, a lane of segments per speaker and the whole recording
 * below. Time runs from left to right in every language. `destroy` frees everything.
 */
export class WaveView {
  readonly #engine: AudioEngine
  readonly #picture: WavePicture
  readonly #host = document.createElement('div')
  readonly #head = document.createElement('div')
  readonly #headBelow = document.createElement('div')
  readonly #end = new AbortController()
  readonly #resize: ResizeObserver
  readonly #theme: MutationObserver
  readonly #forgetPeaks: () => void
  #frame = 0
  #from = 0
  #perPixel: number
  #width = 1
  #height = 1
  #shownPosition = 0
  /** What the picture shows; while it is the same, only the playhead moves. */
  #pictured: readonly unknown[] = []

  constructor(parent: HTMLElement, engine: AudioEngine, peaks: Peaks, name: string) {
    this.#engine = engine
    this.#host.className = css['wave'] ?? ''
    this.#head.className = css['head'] ?? ''
    this.#headBelow.className = css['headBelow'] ?? ''
    this.#perPixel = engine.samples
    this.#host.tabIndex = 0
    this.#host.setAttribute('role', 'application')
    this.#host.setAttribute('aria-label', name)
    this.#host.append(this.#head, this.#headBelow)
    parent.append(this.#host)
    this.#picture = new WavePicture(engine, peaks, this.#head)
    this.#host.prepend(this.#picture.canvas)
    this.#listen()
    engine.subscribe(() => {
      this.#follow()
    })
    peaks.whenMore(() => {
      this.#soon()
    })
    this.#forgetPeaks = () => {
      peaks.whenMore(() => undefined)
    }
    this.#resize = new ResizeObserver(() => {
      this.#measure()
    })
    this.#resize.observe(this.#host)
    this.#theme = new MutationObserver(() => {
      this.#picture.recolour()
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
    this.#forgetPeaks()
    this.#host.remove()
    this.#picture.destroy()
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
      const lane = this.#picture.laneTop(tier)
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
      const lane = this.#picture.laneTop(tier)
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
    const picture = this.#shown()
    if (picture.every((one, n) => one === this.#pictured[n])) this.#placeHead()
    else this.#soon()
  }

  #shown(): readonly unknown[] {
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
    this.#picture.resize(this.#width, this.#height)
    if (whole) this.#perPixel = Math.max(finestZoom, this.#engine.samples / this.#width)
    this.#clamp()
    this.#draw()
  }

  #draw(): void {
    const sight = {
      ...{ from: this.#from, perPixel: this.#perPixel },
      ...{ width: this.#width, height: this.#height },
    }
    this.#picture.draw(sight, this.#visible())
    this.#head.style.blockSize = `${this.#height - overviewHeight}px`
    this.#placeHead()
    this.#pictured = this.#shown()
  }
}
