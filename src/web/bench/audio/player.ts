import type { AudioContent } from '../../api/bench-api.ts'
import type { Player } from './engine.ts'

/** Longer stretches are not held in memory; they play through `<audio>`, to within a frame. */
const longestExact = 60

/**
 * Plays a recording: on and on through `<audio>`, whose pitch stays at any speed, and a segment at
 * normal speed sample for sample from its own PCM.
 */
export class WebPlayer implements Player {
  readonly #content: AudioContent
  readonly #audio = new Audio()
  readonly #onMove: (place: number) => void
  #context: AudioContext | null = null
  #source: AudioBufferSourceNode | null = null
  #frame = 0
  /** Counts orders, so that PCM which comes late does not play. */
  #order = 0

  constructor(content: AudioContent, onMove: (place: number) => void) {
    this.#content = content
    this.#onMove = onMove
    this.#audio.preload = 'metadata'
    this.#audio.preservesPitch = true
    this.#audio.src = content.address
  }

  get playing(): boolean {
    return this.#source !== null || !this.#audio.paused
  }

  play(from: number, speed: number): void {
    this.pause()
    this.#start(from, speed)
    this.#watch(() => {
      this.#onMove(this.#audio.currentTime * this.#content.rate)
      return !this.#audio.ended
    })
  }

  playExactly(from: number, to: number, loop: boolean, speed: number): void {
    this.pause()
    const { rate } = this.#content
    if (speed === 1 && to - from <= longestExact * rate) void this.#playSamples(from, to, loop)
    else {
      this.#start(from, speed)
      this.#watch(() => {
        const place = this.#audio.currentTime * rate
        this.#onMove(Math.min(place, to))
        if (place < to) return true
        if (loop) this.#audio.currentTime = from / rate
        else this.#audio.pause()
        return loop
      })
    }
  }

  pause(): void {
    this.#order++
    cancelAnimationFrame(this.#frame)
    this.#audio.pause()
    this.#source?.stop()
    this.#source = null
  }

  /** Stops and lets go of the recording. */
  destroy(): void {
    this.pause()
    this.#audio.removeAttribute('src')
    this.#audio.load()
    void this.#context?.close()
  }

  #start(from: number, speed: number): void {
    this.#audio.playbackRate = speed
    this.#audio.currentTime = from / this.#content.rate
    // Refused or interrupted playing shows as a playhead that stands still.
    this.#audio.play().catch(() => undefined)
  }

  #watch(step: () => boolean): void {
    const frame = () => {
      if (step()) this.#frame = requestAnimationFrame(frame)
    }
    this.#frame = requestAnimationFrame(frame)
  }

  async #playSamples(from: number, to: number, loop: boolean): Promise<void> {
    const order = this.#order
    const { rate } = this.#content
    const pcm = await this.#content.pcm(from, to)
    if (order !== this.#order || pcm.length === 0) return
    this.#context ??= new AudioContext({ sampleRate: rate })
    const context = this.#context
    await context.resume()
    if (order !== this.#order) return
    const buffer = context.createBuffer(1, pcm.length, rate)
    buffer.copyToChannel(
      Float32Array.from(pcm, (value) => value / 32768),
      0,
    )
    const source = new AudioBufferSourceNode(context, { buffer, loop })
    source.connect(context.destination)
    source.onended = () => {
      if (this.#source === source) this.#source = null
    }
    const began = context.currentTime
    source.start()
    this.#source = source
    this.#watch(() => {
      const played = (context.currentTime - began) * rate
      this.#onMove(from + (loop ? played % pcm.length : Math.min(played, pcm.length)))
      return this.#source === source
    })
  }
}
