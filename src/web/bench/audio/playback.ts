/** Samples, `to` exclusive; empty when its ends meet. */
export type Stretch = readonly [from: number, to: number]

/** What plays. Places are samples. */
export interface Player {
  /** From the moment of an order until it ends, even while no sound has come yet. */
  readonly playing: boolean
  /** Plays on from a place. */
  play(from: number, speed: number): void
  /** Plays exactly these samples, again and again for as long as `loop` says so. */
  playExactly(from: number, to: number, speed: number): void
  loop: boolean
  pause(): void
}

export const speeds = [0.5, 0.75, 1, 1.25, 1.5, 2] as const

/** What plays and how: on from a place or one stretch exactly, at a speed, once or again and again. */
export class Playback {
  #player: Player | undefined
  /** What plays, when it is a stretch. */
  #stretch: Stretch | null = null
  #loop = false
  #speed = 1
  /** Whether the last order to play failed. */
  mute = false

  get playing(): boolean {
    return this.#player?.playing ?? false
  }

  get loop(): boolean {
    return this.#loop
  }

  get speed(): number {
    return this.#speed
  }

  connect(player: Player): void {
    this.#player = player
    player.loop = this.#loop
  }

  pause(): void {
    this.#player?.pause()
  }

  /** Plays on from a place, or stops where something plays. */
  toggle(place: number): void {
    this.#stretch = null
    if (this.playing) this.pause()
    else this.#play(place)
  }

  playStretch(stretch: Stretch): void {
    this.#stretch = stretch
    this.#play(stretch[0])
  }

  /** The playhead was put elsewhere: what plays goes on from there. */
  goOnFrom(place: number): void {
    this.#stretch = null
    if (this.playing) this.#play(place)
  }

  toggleLoop(): void {
    this.#loop = !this.#loop
    if (this.#player !== undefined) this.#player.loop = this.#loop
  }

  /** What plays begins anew at this speed. */
  setSpeed(speed: number, place: number): void {
    this.#speed = speed
    if (this.playing) this.#play(place)
  }

  /** The next speed of the list, or the one before; at its ends the same. */
  nextSpeed(step: -1 | 1): number {
    const at = speeds.findIndex((speed) => speed === this.#speed)
    return speeds[Math.min(speeds.length - 1, Math.max(0, at + step))] ?? this.#speed
  }

  #play(place: number): void {
    this.mute = false
    if (this.#stretch === null) this.#player?.play(place, this.#speed)
    else this.#player?.playExactly(...this.#stretch, this.#speed)
  }
}
