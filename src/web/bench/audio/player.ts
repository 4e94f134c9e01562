import type { AudioContent } from '../../api/bench-api.ts'
import type { Player } from './playback.ts'

/** Longer stretches are not held in memory; they play through `<audio>`, to within a frame. */
const longestExact = 60

/** What the owner of a player hears of it. */
export interface PlayerEvents {
  /** The playhead stands at this sample. */
  onMove(place: number): void
  /** Playing came to its end; `fault` when it could not be begun or broke off. */
  onStop(fault: boolean): void
}

/** One order to play; whoever holds an earlier one has nothing to say any more. */
interface Order {
  readonly by: 'element' | 'samples'
  source?: AudioBufferSourceNode
}

/**
 * Plays a recording: on and on through `<audio>`, whose pitch stays at any speed, and a segment at
 * normal speed sample for sample from its own PCM.
 */
export class WebPlayer implements Player {
  readonly #content: AudioContent
  readonly #audio = new Audio()
  readonly #events: PlayerEvents
  readonly #end = new AbortController()
  #context: AudioContext | null = null
  #frame = 0
  #order: Order | null = null
  #loop = false

  constructor(content: AudioContent, events: PlayerEvents) {
    this.#content = content
    this.#events = events
    this.#audio.preload = 'metadata'
    this.#audio.preservesPitch = true
    this.#audio.src = content.address
    const { signal } = this.#end
    for (const name of ['ended', 'error'])
      this.#audio.addEventListener(
        name,
        () => {
          // The event may be of an order before this one, which has moved on since.
          const { ended, error } = this.#audio
          if (this.#order?.by === 'element' && (ended || error !== null))
            this.#finish(this.#order, error !== null)
        },
        { signal },
      )
  }

  get playing(): boolean {
    return this.#order !== null
  }

  get loop(): boolean {
    return this.#loop
  }

  /** Holds for what plays already, too. */
  set loop(on: boolean) {
    this.#loop = on
    if (this.#order?.source !== undefined) this.#order.source.loop = on
  }

  play(from: number, speed: number): void {
    this.#begin(from, speed, () => {
      this.#events.onMove(this.#audio.currentTime * this.#content.rate)
    })
  }

  playExactly(from: number, to: number, speed: number): void {
    const { rate } = this.#content
    if (speed === 1 && to - from <= longestExact * rate) {
      const order = this.#take('samples')
      this.#playSamples(order, from, to).catch(() => {
        this.#finish(order, true)
      })
    } else
      this.#begin(from, speed, (order) => {
        const place = this.#audio.currentTime * rate
        this.#events.onMove(Math.min(place, to))
        if (place < to) return
        if (this.#loop) this.#audio.currentTime = from / rate
        else this.#finish(order, false)
      })
  }

  pause(): void {
    cancelAnimationFrame(this.#frame)
    this.#audio.pause()
    this.#order?.source?.stop()
    this.#order = null
  }

  /** Stops and lets go of the recording. */
  destroy(): void {
    this.pause()
    this.#end.abort()
    this.#audio.removeAttribute('src')
    this.#audio.load()
    void this.#context?.close()
  }

  /** Ends what plays and begins a new order, which stands until sound ends, fails or is paused. */
  #take(by: Order['by']): Order {
    this.pause()
    this.#order = { by }
    return this.#order
  }

  #finish(order: Order, fault: boolean): void {
    if (order !== this.#order) return
    this.pause()
    this.#events.onStop(fault)
  }

  #begin(from: number, speed: number, step: (order: Order) => void): void {
    const order = this.#take('element')
    // What failed once is fetched anew, or it would be refused for good.
    if (this.#audio.error !== null) this.#audio.load()
    this.#audio.playbackRate = speed
    this.#audio.currentTime = from / this.#content.rate
    this.#audio.play().catch(() => {
      this.#finish(order, true)
    })
    this.#watch(order, step)
  }

  /** Steps once a frame while the order stands. */
  #watch(order: Order, step: (order: Order) => void): void {
    this.#frame = requestAnimationFrame(() => {
      step(order)
      if (order === this.#order) this.#watch(order, step)
    })
  }

  async #playSamples(order: Order, from: number, to: number): Promise<void> {
    const { rate } = this.#content
    const pcm = await this.#content.pcm(from, to)
    if (order !== this.#order) return
    if (pcm.length === 0) throw new Error('The segment has no sound.')
    this.#context ??= new AudioContext({ sampleRate: rate })
    const context = this.#context
    await context.resume()
    if (order !== this.#order) return
    const buffer = context.createBuffer(1, pcm.length, rate)
    buffer.copyToChannel(
      Float32Array.from(pcm, (value) => value / 32768),
      0,
    )
    const source = new AudioBufferSourceNode(context, { buffer, loop: this.#loop })
    source.connect(context.destination)
    source.onended = () => {
      if (order === this.#order) this.#events.onMove(to)
      this.#finish(order, false)
    }
    const began = context.currentTime
    source.start()
    order.source = source
    this.#watch(order, () => {
      const played = (context.currentTime - began) * rate
      this.#events.onMove(from + (played % pcm.length))
    })
  }
}
