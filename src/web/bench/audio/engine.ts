import type { LabelSchema } from '@cloister/annotation-formats'
import { LabelColours } from '../core/colours.ts'
import type { AnnotationDocument } from '../core/document.ts'
import { labelKeys, spellPress, type KeyPress } from '../core/keys.ts'
import { Listeners } from '../core/listeners.ts'
import { commands, reservedCodes, type Command } from './keymap.ts'
import { Playback, type Player, type Stretch } from './playback.ts'
import { anchorOf, halves, merged, segmentsOf, type Segment } from './segments.ts'

export interface AudioEngineOptions {
  readonly rate: number
  readonly samples: number
  readonly schema: LabelSchema
  readonly document: AnnotationDocument
}

/** Annotating a recording by keyboard and pointer, without any screen or sound of its own. */
export class AudioEngine {
  readonly rate: number
  readonly samples: number
  readonly document: AnnotationDocument
  readonly schema: LabelSchema
  readonly keys: ReadonlyMap<string, string>
  readonly colours: LabelColours
  readonly #labelOfKey: ReadonlyMap<string, string>
  readonly #playback = new Playback()
  #onAsk: (what: 'transcript' | 'answers') => void = () => undefined
  #chosenId: string | undefined
  readonly #listeners = new Listeners()
  readonly #unsubscribe: () => void
  #position = 0
  #selection: Stretch = [0, 0]
  #segments: readonly Segment[] = []
  #segmentsOf: unknown = null

  constructor({ rate, samples, schema, document }: AudioEngineOptions) {
    this.rate = rate
    this.samples = samples
    this.schema = schema
    this.document = document
    this.keys = labelKeys(schema.labels, reservedCodes)
    this.colours = new LabelColours(schema.labels)
    this.#labelOfKey = new Map([...this.keys].map(([name, code]) => [code, name]))
    this.#unsubscribe = document.subscribe(() => {
      this.#goToChosen()
      this.#listeners.tell()
    })
  }

  /** Where the playhead stands. */
  get position(): number {
    return this.#position
  }

  /** The stretch that a label key would mark; empty when its ends meet. */
  get selection(): Stretch {
    return this.#selection
  }

  get playing(): boolean {
    return this.#playback.playing
  }

  /** Joins what plays, and who shows the fields that a key asks for. */
  connect(player: Player, onAsk: (what: 'transcript' | 'answers') => void): void {
    this.#playback.connect(player)
    this.#onAsk = onAsk
  }

  get loop(): boolean {
    return this.#playback.loop
  }

  /** Whether the last order to play failed. */
  get mute(): boolean {
    return this.#playback.mute
  }

  get speed(): number {
    return this.#playback.speed
  }

  /** All segments by their beginning, then by tier. */
  get segments(): readonly Segment[] {
    const { regions } = this.document.annotation
    if (this.#segmentsOf !== regions) {
      this.#segments = segmentsOf(regions)
      this.#segmentsOf = regions
    }
    return this.#segments
  }

  get chosen(): Segment | undefined {
    return this.segments.find(({ region }) => region.id === this.document.selected?.id)
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener)
  }

  destroy(): void {
    this.#playback.pause()
    this.#unsubscribe()
    this.#listeners.clear()
  }

  /** Does what a key asks for and says whether it meant anything. */
  press(press: KeyPress): boolean {
    const command = commands[spellPress(press)]
    if (command !== undefined) this.#run(command)
    else if (press.code === 'ArrowLeft' || press.code === 'ArrowRight') this.#arrow(press)
    else {
      const label = this.#labelOfKey.get(press.code.replace(/^Numpad(\d)$/, 'Digit$1'))
      if (label === undefined || press.control || press.alt || press.shift) return false
      this.label(label)
    }
    this.#listeners.tell()
    return true
  }

  /** Puts the playhead somewhere; playing goes on from there. */
  seek(place: number): void {
    this.#position = this.#within(place)
    this.#playback.goOnFrom(this.#position)
    this.#listeners.tell()
  }

  /** The player has come this far. */
  arrive(place: number): void {
    this.#position = this.#within(place)
    this.#listeners.tell()
  }

  /** The player stopped by itself: at the end, or for a `fault`. */
  stop(fault: boolean): void {
    this.#playback.mute = fault
    this.#listeners.tell()
  }

  select(from: number, to: number): void {
    const [low, high] = [this.#within(from), this.#within(to)]
    this.#selection = low < high ? [low, high] : [high, low]
    this.#listeners.tell()
  }

  /** Chooses a segment and brings the playhead to its beginning. */
  choose(id: string): void {
    this.document.select(id)
    if (this.chosen !== undefined) this.seek(this.chosen.from)
  }

  setSpeed(speed: number): void {
    this.#playback.setSpeed(speed, this.#position)
    this.#listeners.tell()
  }

  /** Marks the selected stretch with a label, or gives it to the chosen segment. */
  label(name: string): void {
    const [from, to] = this.#selection
    const { chosen } = this
    if (from < to) {
      const tier = chosen?.tier ?? this.schema.tiers?.[0]
      this.document.add({ anchor: anchorOf(from, to, tier), label: name })
      this.#selection = [to, to]
    } else if (chosen !== undefined) this.document.setLabel(chosen.region.id, name)
  }

  setTier(id: string, tier: string): void {
    const segment = this.segments.find(({ region }) => region.id === id)
    if (segment !== undefined) this.document.setAnchor(id, anchorOf(segment.from, segment.to, tier))
  }

  /** Moves one edge of a segment; it keeps at least one sample. */
  dragEdge(id: string, edge: 'start' | 'end', place: number): void {
    const segment = this.segments.find(({ region }) => region.id === id)
    if (segment === undefined) return
    const at = this.#within(place)
    const from = edge === 'start' ? Math.min(at, segment.to - 1) : segment.from
    const to = edge === 'end' ? Math.max(at, segment.from + 1) : segment.to
    this.document.setAnchor(id, anchorOf(from, to, segment.tier))
  }

  #run(command: Command): void {
    const { chosen } = this
    switch (command) {
      case 'playPause':
        this.#playback.toggle(this.#position)
        break
      case 'playSegment':
        this.#playStretch()
        break
      case 'loop':
        this.#playback.toggleLoop()
        break
      case 'next':
        this.#step(1)
        break
      case 'previous':
        this.#step(-1)
        break
      case 'split':
        if (chosen !== undefined) this.#split(chosen)
        break
      case 'merge':
        if (chosen !== undefined) this.#merge(chosen)
        break
      case 'remove':
        if (chosen !== undefined) this.document.remove(chosen.region.id)
        break
      case 'undo':
        this.document.undo()
        break
      case 'redo':
        this.document.redo()
        break
      case 'clear':
        if (this.#selection[0] < this.#selection[1]) this.#selection = [0, 0]
        else this.document.select(null)
        break
      case 'write':
        if (chosen !== undefined) this.#onAsk('transcript')
        break
      case 'answer':
        this.#onAsk('answers')
        break
      case 'tier':
        if (chosen !== undefined) this.#nextTier(chosen)
        break
      case 'slower':
      case 'faster':
        this.setSpeed(this.#playback.nextSpeed(command === 'faster' ? 1 : -1))
        break
      case 'markIn':
        this.select(this.#position, Math.max(this.#position, this.#selection[1]))
        break
      case 'markOut':
        this.select(Math.min(this.#selection[0], this.#position), this.#position)
        break
      case 'start':
      case 'end':
        this.seek(command === 'start' ? 0 : this.samples)
    }
  }

  /** What is selected, or else the chosen segment. */
  #playStretch(): void {
    const { chosen } = this
    const [from, to] = this.#selection
    if (from < to) this.#playback.playStretch([from, to])
    else if (chosen !== undefined) this.#playback.playStretch([chosen.from, chosen.to])
  }

  /** Chosen from elsewhere, a segment brings the playhead along, unless it stands in it already. */
  #goToChosen(): void {
    const { chosen } = this
    if (chosen?.region.id === this.#chosenId) return
    this.#chosenId = chosen?.region.id
    if (chosen === undefined || this.playing) return
    const { from, to } = chosen
    if (this.#position < from || this.#position > to) this.#position = from
  }

  /** Alone: the playhead by a second, with Shift by a tenth. With Alt: an edge, by a hundredth. */
  #arrow({ code, alt, shift, control }: KeyPress): void {
    const sign = code === 'ArrowRight' ? 1 : -1
    const { chosen } = this
    if (!alt)
      this.seek(this.#position + sign * Math.round(this.rate * (shift ? 0.1 : control ? 10 : 1)))
    else if (chosen !== undefined) {
      const by = sign * Math.round(this.rate * (control ? 0.1 : 0.01))
      const edge = shift ? 'start' : 'end'
      this.dragEdge(chosen.region.id, edge, (shift ? chosen.from : chosen.to) + by)
    }
  }

  #step(step: -1 | 1): void {
    const { segments } = this
    const at = segments.findIndex(({ region }) => region.id === this.document.selected?.id)
    const after = segments.findIndex(({ from }) => from >= this.#position)
    const ahead = after < 0 ? 0 : after
    const target =
      segments[
        (at >= 0 ? at + step : step > 0 ? ahead : ahead - 1 + segments.length) %
          Math.max(1, segments.length)
      ] ?? segments.at(-1)
    if (target !== undefined) this.choose(target.region.id)
  }

  /** At the playhead. */
  #split(segment: Segment): void {
    const at = this.#position
    if (at <= segment.from || at >= segment.to) return
    this.document.replaceWith(segment.region.id, halves(segment, at))
  }

  /** With the next segment of the same speaker. */
  #merge(segment: Segment): void {
    const at = this.segments.indexOf(segment)
    const next = this.segments.slice(at + 1).find(({ tier }) => tier === segment.tier)
    if (next === undefined) return
    this.document.replaceWith(segment.region.id, [merged(segment, next)], [next.region.id])
  }

  #nextTier({ region, tier }: Segment): void {
    const tiers = this.schema.tiers ?? []
    const next = tiers[(tiers.indexOf(tier ?? '') + 1) % Math.max(1, tiers.length)]
    if (next !== undefined) this.setTier(region.id, next)
  }

  #within(place: number): number {
    return Math.min(this.samples, Math.max(0, Math.round(place)))
  }
}
