import type { Item, Region } from '../model.ts'
import { addTo } from '../groups.ts'
import { itemRefOf } from '../names.ts'
import { documentReader } from '../documents.ts'
import { InputFault, type Reader, type ReadOptions } from '../reading.ts'
import { isBetweenSamples } from '../seconds.ts'
import { annotationFrom } from '../spans-json.ts'
import { attribute, childrenNamed, parseXml, type XmlElement } from '../xml.ts'
import { layerOf, rateFor } from './segments.ts'

/*
 * How our model lies in tiers. A tier named `agent` with time holds what `agent` says in the
 * schema's first transcript layer; a tier below it, one annotation for each of its annotations,
 * holds the labels (`agent/label`) or another layer (`agent/german`).
 */

/**
 * Reads ELAN's EAF (2.7 to 3.0): tiers with times, and tiers that refer to others: one to one, or in
 * parts that get equal shares of the time (symbolic subdivision). Time slots without a value stand
 * evenly between their neighbours. Paths of media, authors and
 * everything else in the header are left behind.
 */
export const readEaf: Reader = documentReader((text, file, options) =>
  new EafReader(parseXml(text, file), file, options).item(),
)

interface Said {
  readonly id: string
  readonly value: string
}

/** An annotation that refers to another, and the one before it where several do. */
interface Part extends Said {
  readonly previous: string | undefined
}

type HeardRegion = Region & { readonly transcripts: Readonly<Record<string, string>> }

class EafReader {
  readonly #root: XmlElement
  readonly #file: string
  readonly #options: ReadOptions
  readonly #ref: string
  readonly #rate: number
  readonly #times = new Map<string, number>()
  readonly #regions = new Map<string, HeardRegion>()
  readonly #ids = new Set<string>()
  /** The types of tiers that divide an annotation into parts without times. */
  readonly #divided = new Set<string>()

  constructor(root: XmlElement, file: string, options: ReadOptions) {
    this.#root = root
    this.#file = file
    this.#options = options
    this.#ref = itemRefOf(file)
    this.#rate = rateFor(options, this.#ref)
  }

  #fault({ line }: XmlElement, reason: string): InputFault {
    return new InputFault(this.#file, `line ${line}`, reason)
  }

  item(): Item {
    if (this.#root.name !== 'ANNOTATION_DOCUMENT')
      throw this.#fault(this.#root, 'is no ELAN document')
    const [header] = childrenNamed(this.#root, 'HEADER')
    const units = header === undefined ? undefined : attribute(header, 'TIME_UNITS')
    if (header !== undefined && units !== undefined && units !== 'milliseconds')
      throw this.#fault(header, 'does not count milliseconds')
    this.#readTimes()
    for (const type of childrenNamed(this.#root, 'LINGUISTIC_TYPE'))
      if (attribute(type, 'CONSTRAINTS') === 'Symbolic_Subdivision')
        this.#divided.add(attribute(type, 'LINGUISTIC_TYPE_ID') ?? '')
    const tiers = childrenNamed(this.#root, 'TIER')
    const byName = new Map<string, XmlElement>()
    for (const tier of tiers) {
      const id = attribute(tier, 'TIER_ID') ?? ''
      if (byName.has(id)) throw this.#fault(tier, 'has the id of an earlier tier')
      byName.set(id, tier)
    }
    const fromTop = tiers
      .map((tier) => ({ tier, depth: depthOf(tier, byName) }))
      .sort((a, b) => a.depth - b.depth)
    for (const { tier } of fromTop) if (hasTimes(tier)) this.#timed(tier)
    for (const { tier } of fromTop) this.#referring(tier)
    const regions = [...this.#regions.values()].map(({ transcripts, ...region }) =>
      Object.keys(transcripts).length === 0 ? region : { ...region, transcripts },
    )
    const source = { kind: 'audio', rate: this.#rate } as const
    const annotation = annotationFrom(source, this.#options, { regions })
    return { item_ref: this.#ref, source, annotation }
  }

  /** Milliseconds of every slot; runs without a value are spread between their neighbours. */
  #readTimes(): void {
    const [order] = childrenNamed(this.#root, 'TIME_ORDER')
    const ids = new Set<string>()
    const slots = (order?.children ?? []).map((slot) => {
      const [id = '', at] = ['TIME_SLOT_ID', 'TIME_VALUE'].map((name) => attribute(slot, name))
      if (ids.has(id)) throw this.#fault(slot, 'has the id of an earlier time slot')
      if (at !== undefined && !/^\d{1,12}$/.test(at))
        throw this.#fault(slot, 'has a time that is no whole number')
      ids.add(id)
      return { id, at }
    })
    let before = 0
    for (let place = 0; place < slots.length; place++) {
      let next = place
      while (next < slots.length && slots[next]?.at === undefined) next++
      const value = slots[next]?.at
      const end = value === undefined ? before : Number(value)
      const steps = next - place + 1
      for (let step = 0; place + step < next; step++)
        this.#times.set(
          slots[place + step]?.id ?? '',
          Math.round(before + ((end - before) * (step + 1)) / steps),
        )
      if (next > place) this.#options.losses.note('times', this.#ref)
      const slot = slots[next]
      if (slot !== undefined) this.#times.set(slot.id, end)
      before = end
      place = next
    }
  }

  #sample(aligned: XmlElement, end: 1 | 2): number {
    const milliseconds = this.#times.get(attribute(aligned, `TIME_SLOT_REF${end}`) ?? '')
    if (milliseconds === undefined)
      throw this.#fault(aligned, 'names a time slot that is not there')
    if (isBetweenSamples(milliseconds / 1000, this.#rate))
      this.#options.losses.note('times', this.#ref)
    return Math.round((milliseconds * this.#rate) / 1000)
  }

  #timed(tier: XmlElement): void {
    const name = attribute(tier, 'TIER_ID') ?? ''
    for (const annotation of childrenNamed(tier, 'ANNOTATION'))
      for (const aligned of childrenNamed(annotation, 'ALIGNABLE_ANNOTATION')) {
        const { id, value } = this.#said(aligned)
        const [from, to] = [this.#sample(aligned, 1), this.#sample(aligned, 2)]
        if (to < from) throw this.#fault(aligned, 'has an annotation that ends before it begins')
        this.#put(id, name.replace(/#\d+$/, ''), { from, to }, value)
      }
  }

  #put(id: string, tier: string, audio: { from: number; to: number }, value: string): void {
    const anchor = { audio, ...(tier === '' || tier === '-' ? {} : { tier }) }
    const transcripts = value === '' ? {} : { [layerOf(this.#options.schema)]: value }
    this.#regions.set(id, { id, anchor, transcripts })
  }

  #said(element: XmlElement): Said {
    const id = attribute(element, 'ANNOTATION_ID')
    if (id === undefined || id === '') throw this.#fault(element, 'has an annotation without an id')
    if (this.#ids.has(id)) throw this.#fault(element, 'has the id of an earlier annotation')
    this.#ids.add(id)
    return {
      id,
      value: childrenNamed(element, 'ANNOTATION_VALUE')
        .map(({ text }) => text)
        .join(''),
    }
  }

  /** A tier below another: its annotations say more of the regions that they refer to. */
  #referring(tier: XmlElement): void {
    const name = attribute(tier, 'TIER_ID') ?? ''
    const isDivided = this.#divided.has(attribute(tier, 'LINGUISTIC_TYPE_REF') ?? '')
    const groups = new Map<string, Part[]>()
    for (const annotation of childrenNamed(tier, 'ANNOTATION'))
      for (const referring of childrenNamed(annotation, 'REF_ANNOTATION')) {
        const previous = attribute(referring, 'PREVIOUS_ANNOTATION')
        const part = { ...this.#said(referring), previous }
        addTo(groups, attribute(referring, 'ANNOTATION_REF') ?? '', part)
      }
    for (const [at, parts] of groups) {
      const region = this.#regions.get(at)
      const [only] = parts
      if (region === undefined) this.#options.losses.note('unknown', `${this.#ref}/${name}`)
      else if (isDivided || parts.length > 1) this.#divide(region, name, inOrder(parts))
      else if (only !== undefined && only.value !== '') this.#add(region, name, only.value)
    }
  }

  /** What a tier says of a region that it has one annotation for. */
  #add(region: HeardRegion, tier: string, value: string): void {
    const said = tier.includes('/') ? tier.slice(tier.lastIndexOf('/') + 1) : tier
    const more =
      said === 'label'
        ? { label: value }
        : { transcripts: { ...region.transcripts, [said]: value } }
    this.#regions.set(region.id, { ...region, ...more })
  }

  /** The parts of a region that have no times of their own: regions with equal shares of its time. */
  #divide({ anchor }: HeardRegion, tier: string, parts: readonly Part[]): void {
    const { from, to } = 'audio' in anchor ? anchor.audio : { from: 0, to: 0 }
    const at = (place: number) => Math.round(from + ((to - from) * place) / parts.length)
    this.#options.losses.note('words', `${this.#ref}/${tier}`)
    for (const [place, { id, value }] of parts.entries())
      this.#put(id, tier, { from: at(place), to: at(place + 1) }, value)
  }
}

/** The parts of a region in the order of their chain; those out of it follow as they stand. */
function inOrder(parts: readonly Part[]): Part[] {
  const next = new Map(parts.map((part) => [part.previous, part]))
  const ordered = new Set<Part>()
  for (const first of parts.filter(({ previous }) => previous === undefined))
    for (let part: Part | undefined = first; part !== undefined && !ordered.has(part);) {
      ordered.add(part)
      part = next.get(part.id)
    }
  return [...ordered, ...parts.filter((part) => !ordered.has(part))]
}

const deepestTier = 50

/** How many tiers a tier stands below. */
function depthOf(tier: XmlElement, byName: ReadonlyMap<string, XmlElement>): number {
  let depth = 0
  let at: XmlElement | undefined = tier
  while (at !== undefined && depth < deepestTier) {
    const parent: string | undefined = attribute(at, 'PARENT_REF')
    at = parent === undefined ? undefined : byName.get(parent)
    depth++
  }
  return depth
}

function hasTimes(tier: XmlElement): boolean {
  return childrenNamed(tier, 'ANNOTATION').some(
    (annotation) => childrenNamed(annotation, 'ALIGNABLE_ANNOTATION').length > 0,
  )
}
