import { pressOf } from '../core/keys.ts'
import type { Layout } from './caret.ts'
import type { TextEngine } from './engine.ts'
import { lineHeight, RowWindow } from './row-window.ts'
import css from './text.module.css'

interface TextViewWords {
  /** What the field is, for screen readers. */
  readonly name: string
}

/**
 * Shows a text engine: virtual rows, its own selection painted by the Highlight API, and no
 * native selection, so that nothing can be copied by reflex. `destroy` frees everything.
 */
export class TextView implements Layout {
  readonly #engine: TextEngine
  readonly #host = document.createElement('div')
  readonly #sizer = document.createElement('div')
  readonly #caret = document.createElement('div')
  readonly #handles = [document.createElement('div'), document.createElement('div')] as const
  readonly #spoken = document.createElement('div')
  readonly #rows: RowWindow
  readonly #end = new AbortController()
  readonly #resize: ResizeObserver
  #frame = 0
  /** The column that the caret keeps while it goes up and down. */
  #column: { place: number; x: number } | null = null
  #shownCaret = -1
  #lastPress = { count: 0, time: 0, x: 0, y: 0 }

  constructor(parent: HTMLElement, engine: TextEngine, words: TextViewWords) {
    this.#engine = engine
    engine.layout = this
    this.#rows = new RowWindow(engine, this.#host, this.#sizer)
    this.#build(words)
    parent.append(this.#host, this.#spoken)
    this.#listen()
    engine.subscribe(() => {
      this.#soon()
    })
    this.#resize = new ResizeObserver(() => {
      this.#rows.remeasure()
      this.#draw()
    })
    this.#resize.observe(this.#host)
    this.#draw()
  }

  focus(): void {
    this.#host.focus()
  }

  /** Takes everything out of the page and lets go of the engine. */
  destroy(): void {
    cancelAnimationFrame(this.#frame)
    this.#end.abort()
    this.#resize.disconnect()
    for (const name of ['bench-selection', 'bench-hit', 'bench-hit-now'])
      CSS.highlights.delete(name)
    this.#engine.destroy()
    this.#host.remove()
    this.#spoken.remove()
    this.#rows.clear()
  }

  vertical(place: number, direction: -1 | 1, by: 'line' | 'page'): number {
    this.#reveal(place)
    const here = this.#rows.rectAt(place)
    if (here === undefined) return place
    const x = this.#column?.place === place ? this.#column.x : here.left
    let y = here.top + here.height / 2 + direction * lineHeight
    if (by === 'page') {
      const before = this.#host.scrollTop
      this.#host.scrollTop += direction * this.#host.clientHeight * 0.85
      this.#draw()
      if (this.#host.scrollTop !== before) y = here.top + here.height / 2
      else return direction < 0 ? 0 : this.#engine.text.length
    }
    const bounds = this.#host.getBoundingClientRect()
    if (y < bounds.top + 4 || y > bounds.bottom - 4) {
      const before = this.#host.scrollTop
      this.#host.scrollTop += direction * lineHeight * 2
      this.#draw()
      y -= this.#host.scrollTop - before
    }
    const target = this.#rows.placeAt(x, y)
    if (target === undefined) return direction < 0 ? 0 : this.#engine.text.length
    this.#column = { place: target, x }
    return target
  }

  #build({ name }: TextViewWords): void {
    this.#host.className = css['text'] ?? ''
    this.#host.tabIndex = 0
    this.#host.setAttribute('role', 'textbox')
    this.#host.setAttribute('aria-multiline', 'true')
    this.#host.setAttribute('aria-readonly', 'true')
    this.#host.setAttribute('aria-label', name)
    this.#host.translate = false
    this.#sizer.className = css['sizer'] ?? ''
    this.#caret.className = css['caret'] ?? ''
    this.#spoken.className = 'sr-only'
    this.#spoken.setAttribute('aria-live', 'polite')
    for (const handle of this.#handles) {
      handle.className = css['handle'] ?? ''
      handle.hidden = true
    }
    this.#sizer.append(this.#caret, ...this.#handles)
    this.#host.append(this.#sizer)
  }

  #listen(): void {
    const { signal } = this.#end
    this.#host.addEventListener(
      'keydown',
      (event) => {
        if (event.isComposing || !this.#engine.press(pressOf(event))) return
        event.preventDefault()
        event.stopPropagation()
      },
      { signal },
    )
    this.#host.addEventListener(
      'scroll',
      () => {
        this.#draw()
      },
      { signal, passive: true },
    )
    this.#host.addEventListener(
      'pointerdown',
      (event) => {
        this.#point(event)
      },
      { signal },
    )
    for (const [index, handle] of this.#handles.entries())
      handle.addEventListener(
        'pointerdown',
        (event) => {
          event.stopPropagation()
          const id = this.#engine.document.selected?.id
          if (id !== undefined)
            this.#follow(event, handle, (place) => {
              this.#engine.dragEdge(id, index === 0 ? 'start' : 'end', place)
            })
        },
        { signal },
      )
  }

  #point(event: PointerEvent): void {
    if (event.button !== 0) return
    const place = this.#rows.placeAt(event.clientX, event.clientY)
    if (place === undefined) return
    this.#column = null
    const presses = this.#countPresses(event)
    if (presses === 2) this.#engine.selectAround(place, 'word')
    else if (presses >= 3) this.#engine.selectAround(place, 'row')
    else {
      this.#engine.moveTo(place, event.shiftKey)
      let dragged = false
      this.#follow(
        event,
        this.#host,
        (next) => {
          if (next === place && !dragged) return
          dragged = true
          this.#engine.moveTo(next, true)
        },
        () => {
          if (!dragged && !event.shiftKey) this.#engine.chooseAt(place)
        },
      )
    }
  }

  /** Pointer events do not say whether they are the second or third in quick succession. */
  #countPresses(event: PointerEvent): number {
    const { count, time, x, y } = this.#lastPress
    const near = Math.hypot(event.clientX - x, event.clientY - y) < 6
    const again = near && event.timeStamp - time < 450
    this.#lastPress = {
      count: again ? count + 1 : 1,
      time: event.timeStamp,
      x: event.clientX,
      y: event.clientY,
    }
    return this.#lastPress.count
  }

  /** Follows the pointer until it is let go, scrolling when it leaves by the top or bottom. */
  #follow(
    start: PointerEvent,
    target: HTMLElement,
    onMove: (place: number) => void,
    onEnd?: () => void,
  ): void {
    start.preventDefault()
    this.#host.focus()
    target.setPointerCapture(start.pointerId)
    const until = new AbortController()
    const signal = AbortSignal.any([until.signal, this.#end.signal])
    target.addEventListener(
      'pointermove',
      (event) => {
        const bounds = this.#host.getBoundingClientRect()
        if (event.clientY < bounds.top) this.#host.scrollTop -= lineHeight
        if (event.clientY > bounds.bottom) this.#host.scrollTop += lineHeight
        const y = Math.min(Math.max(event.clientY, bounds.top + 2), bounds.bottom - 2)
        const place = this.#rows.placeAt(event.clientX, y)
        if (place !== undefined) onMove(place)
      },
      { signal },
    )
    for (const name of ['pointerup', 'pointercancel'] as const)
      target.addEventListener(
        name,
        () => {
          until.abort()
          onEnd?.()
        },
        { signal },
      )
  }

  #soon(): void {
    if (this.#frame !== 0) return
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0
      if (this.#engine.caret !== this.#shownCaret) this.#reveal(this.#engine.caret)
      this.#draw()
      this.#say()
    })
  }

  /** Brings the page in line with the engine and the scroll place. */
  #draw(): void {
    this.#rows.draw()
    this.#drawMarks()
    this.#drawCaret()
  }

  #drawMarks(): void {
    const [from, to] = this.#engine.selection
    this.#mark('bench-selection', [[from, to]])
    this.#mark('bench-hit', this.#engine.hits)
    const now = this.#engine.hits[this.#engine.hit]
    this.#mark('bench-hit-now', now === undefined ? [] : [now])
  }

  /** Paints those of the ranges that are in the page. */
  #mark(name: string, ranges: readonly (readonly [number, number])[]): void {
    const [from, to] = this.#rows.shown
    const highlight = new Highlight()
    for (const range of ranges) {
      if (range[0] >= range[1] || range[1] <= from || range[0] >= to) continue
      const start = this.#rows.nodeAt(Math.max(range[0], from))
      const end = this.#rows.nodeAt(Math.min(range[1], to), true)
      if (start !== undefined && end !== undefined)
        highlight.add(
          new StaticRange({
            startContainer: start.node,
            startOffset: start.offset,
            endContainer: end.node,
            endOffset: end.offset,
          }),
        )
    }
    if (highlight.size === 0) CSS.highlights.delete(name)
    else CSS.highlights.set(name, highlight)
  }

  #drawCaret(): void {
    this.#shownCaret = this.#engine.caret
    const chosen = this.#engine.document.selected?.id
    const parts = this.#engine.spans.filter(({ id }) => id === chosen)
    const ends = [parts[0]?.from, parts.at(-1)?.to]
    // All measures before the first change, or each would lay the page out anew.
    const origin = this.#sizer.getBoundingClientRect()
    const caret = this.#rows.rectAt(this.#engine.caret)
    const rects = ends.map((place, index) =>
      place === undefined ? undefined : this.#rows.rectAt(place, index === 1),
    )
    this.#put(this.#caret, origin, caret)
    for (const [index, handle] of this.#handles.entries()) {
      handle.hidden = rects[index] === undefined
      this.#put(handle, origin, rects[index])
    }
  }

  #put(element: HTMLElement, origin: DOMRect, rect: DOMRect | undefined): void {
    if (rect === undefined) {
      element.style.blockSize = '0'
      return
    }
    element.style.transform = `translate(${rect.left - origin.left}px, ${rect.top - origin.top}px)`
    element.style.blockSize = `${rect.height}px`
  }

  /** Scrolls so that a place is in sight, with a line of room. */
  #reveal(place: number): void {
    const top = this.#rows.topUnlessShown(place)
    if (top !== null) {
      this.#host.scrollTop = top - this.#host.clientHeight / 3
      this.#draw()
    }
    const rect = this.#rows.rectAt(place)
    if (rect === undefined) return
    const bounds = this.#host.getBoundingClientRect()
    if (rect.top < bounds.top + lineHeight)
      this.#host.scrollTop -= bounds.top + lineHeight - rect.top
    else if (rect.bottom > bounds.bottom - lineHeight)
      this.#host.scrollTop += rect.bottom - bounds.bottom + lineHeight
  }

  #say(): void {
    const { document: said, selection, text } = this.#engine
    const chosen = said.selected
    const [from, to] = selection
    const words =
      from < to
        ? text.slice(from, Math.min(to, from + 200))
        : chosen === undefined
          ? text.slice(from, from + 1)
          : `${chosen.label ?? ''}: ${this.#engine.textOf(chosen).slice(0, 200)}`
    if (this.#spoken.textContent !== words) this.#spoken.textContent = words
  }
}
