import type {
  Annotation,
  AudioAnchor,
  Region,
  Relation,
  TextAnchor,
  Value,
} from '@cloister/annotation-formats'
import { Listeners } from './listeners.ts'

/** More steps than a person takes on one item; the oldest are forgotten first. */
const deepestUndo = 500

/**
 * The annotation that is being worked on, which of its regions is chosen, and the way back.
 * Annotations are never changed in place, so whoever holds one holds it unharmed.
 */
export class AnnotationDocument {
  #annotation: Annotation
  #selected: string | null = null
  #past: Annotation[] = []
  #future: Annotation[] = []
  /** Changes of the same name that follow each other are one step back: typing, nudging. */
  #lastChange = ''
  #byId: ReadonlyMap<string, Region> = new Map()
  #byIdOf: Annotation['regions'] | null = null
  readonly #listeners = new Listeners()

  constructor(annotation: Annotation) {
    this.#annotation = annotation
  }

  get annotation(): Annotation {
    return this.#annotation
  }

  get selected(): Region | undefined {
    return this.region(this.#selected)
  }

  get canUndo(): boolean {
    return this.#past.length > 0
  }

  get canRedo(): boolean {
    return this.#future.length > 0
  }

  region(id: string | null): Region | undefined {
    if (id === null) return undefined
    const { regions } = this.#annotation
    if (this.#byIdOf !== regions) {
      this.#byId = new Map(regions.map((region) => [region.id, region]))
      this.#byIdOf = regions
    }
    return this.#byId.get(id)
  }

  /** Calls back after every change and choice. Returns the function that ends it. */
  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener)
  }

  /** Begins anew with another annotation; there is no way back before it. */
  load(annotation: Annotation): void {
    this.#annotation = annotation
    this.#selected = null
    this.#past = []
    this.#future = []
    this.#lastChange = ''
    this.#listeners.tell()
  }

  select(id: string | null): void {
    if (this.#selected === id) return
    this.#selected = id
    this.#lastChange = ''
    this.#listeners.tell()
  }

  /** Adds a region, chooses it and answers its id. */
  add(region: Omit<Region, 'id'>): string {
    const id = this.#freshId()
    this.#selected = id
    this.#change('', { regions: [...this.#annotation.regions, { id, ...region }] })
    return id
  }

  remove(id: string): void {
    const { regions, relations = [] } = this.#annotation
    if (this.region(id) === undefined) return
    if (this.#selected === id) this.#selected = null
    this.#change('', {
      regions: regions.filter((region) => region.id !== id),
      relations: relations.filter(({ from, to }) => from !== id && to !== id),
    })
  }

  setLabel(id: string, label: string): void {
    // The attributes belong to the label that they were answered for.
    this.#replace(id, '', (region) => {
      const renamed: { -readonly [Key in keyof Region]: Region[Key] } = { ...region, label }
      delete renamed.attributes
      return renamed
    })
  }

  setAnchor(id: string, anchor: TextAnchor | AudioAnchor): void {
    this.#replace(id, `anchor ${id}`, (region) => ({ ...region, anchor }))
  }

  setAttribute(id: string, name: string, value: Value | undefined): void {
    this.#replace(id, `attribute ${id} ${name}`, (region) => ({
      ...region,
      attributes: said(region.attributes, name, value),
    }))
  }

  setTranscript(id: string, layer: string, text: string): void {
    this.#replace(id, `transcript ${id} ${layer}`, (region) => ({
      ...region,
      transcripts: { ...region.transcripts, [layer]: text },
    }))
  }

  setAnswer(name: string, value: Value | undefined): void {
    this.#change(`answer ${name}`, { answers: said(this.#annotation.answers, name, value) })
  }

  /** Joins two regions, or parts them where they are joined so already. */
  relate(type: string, from: string, to: string): void {
    const { relations = [] } = this.#annotation
    const others = relations.filter(
      (one) => one.type !== type || one.from !== from || one.to !== to,
    )
    const parted = others.length < relations.length
    this.#change('', { relations: parted ? others : [...relations, { type, from, to }] })
  }

  /** Gives a relation another type. */
  setRelationType(relation: Relation, type: string): void {
    const { relations = [] } = this.#annotation
    this.#change('', {
      relations: relations.map((one) => (one === relation ? { ...one, type } : one)),
    })
  }

  /** Puts several regions in the place of one, as one step; chooses the last of them. */
  replaceWith(
    id: string,
    pieces: readonly Omit<Region, 'id'>[],
    alsoRemove: readonly string[] = [],
  ): void {
    const { regions, relations = [] } = this.#annotation
    const gone = new Set([id, ...alsoRemove])
    const at = regions.findIndex((region) => region.id === id)
    if (at < 0) return
    const first = this.#freshNumber()
    // The first piece keeps the id, so that relations keep their end.
    const made = pieces.map((piece, n) => ({ ...piece, id: n === 0 ? id : `r${first + n - 1}` }))
    const kept = regions.filter((region) => !gone.has(region.id))
    this.#selected = made.at(-1)?.id ?? null
    this.#change('', {
      regions: [...kept.slice(0, at), ...made, ...kept.slice(at)],
      relations: relations.filter(
        ({ from, to }) => !alsoRemove.includes(from) && !alsoRemove.includes(to),
      ),
    })
  }

  undo(): void {
    const before = this.#past.pop()
    if (before === undefined) return
    this.#future.push(this.#annotation)
    this.#step(before)
  }

  redo(): void {
    const after = this.#future.pop()
    if (after === undefined) return
    this.#past.push(this.#annotation)
    this.#step(after)
  }

  #step(annotation: Annotation): void {
    this.#annotation = annotation
    this.#lastChange = ''
    if (this.selected === undefined) this.#selected = null
    this.#listeners.tell()
  }

  #replace(id: string, name: string, make: (region: Region) => Region): void {
    if (this.region(id) === undefined) return
    const regions = this.#annotation.regions.map((region) =>
      region.id === id ? make(region) : region,
    )
    this.#change(name, { regions })
  }

  #change(name: string, changed: Partial<Annotation>): void {
    if (name === '' || name !== this.#lastChange) this.#past.push(this.#annotation)
    if (this.#past.length > deepestUndo) this.#past.shift()
    this.#future = []
    this.#lastChange = name
    this.#annotation = { ...this.#annotation, ...changed }
    this.#listeners.tell()
  }

  #freshId(): string {
    return `r${this.#freshNumber()}`
  }

  /** One past the highest number in use, so that an id is not given twice within one undo line. */
  #freshNumber(): number {
    let highest = 0
    for (const { id } of this.#annotation.regions) {
      const number = /^r(\d{1,9})$/.exec(id)?.[1]
      if (number !== undefined) highest = Math.max(highest, Number(number))
    }
    return highest + 1
  }
}

/** Values with one of them changed, or taken away where it is undefined. */
function said(
  before: Readonly<Record<string, Value>> | undefined,
  name: string,
  value: Value | undefined,
): Record<string, Value> {
  const others = Object.entries(before ?? {}).filter(([other]) => other !== name)
  return Object.fromEntries(value === undefined ? others : [...others, [name, value]])
}
