import { present } from '../checked.ts'
import type { Kind } from '../model.ts'
import {
  type Condition,
  type Label,
  type LabelSchema,
  type OptionDetails,
  type Question,
  type RelationType,
  type TranscriptLayer,
} from '../label-schema.ts'
import type { Losses } from '../losses.ts'
import { InputFault } from '../reading.ts'
import { attribute, parseXml, type XmlElement } from '../xml.ts'
import type { Control, Controls, ControlTag, Role, ShownObject } from './controls.ts'

/** A label configuration as our schema, and the names of its controls for reading its results. */
export interface LabelConfig {
  readonly schema: LabelSchema
  readonly controls: Controls
}

/**
 * Reads a Label Studio labelling configuration. Headings, styles, layout, players and templating
 * are left out and noted; a control without a name, or a configuration that shows nothing, is refused.
 * The schema takes the given name and version 1.
 */
export function parseLabelConfig(xml: string, name: string, losses: Losses): LabelConfig {
  if (xml.length > 1_000_000) throw new InputFault(name, '', 'is longer than 1,000,000 characters')
  const reader = new ConfigReader(name, losses)
  reader.visit(parseXml(xml, name), {})
  return reader.finish()
}

/** Label Studio matches names of attributes whatever their case. */
function get(element: XmlElement, wanted: string): string | undefined {
  const name = Object.keys(element.attributes).find(
    (each) => each.toLowerCase() === wanted.toLowerCase(),
  )
  return name === undefined ? undefined : attribute(element, name)
}

function isTrue(element: XmlElement, name: string): boolean {
  return get(element, name)?.toLowerCase() === 'true'
}

/** Under which circumstances the controls below an element are shown. */
interface Shown {
  readonly label?: string
  readonly when?: Condition
}

const objectKinds: Record<string, Kind> = {
  text: 'text',
  hypertext: 'text',
  paragraphs: 'text',
  audio: 'audio',
  audioplus: 'audio',
  image: 'image',
  list: 'search',
}

const labelTags: Record<string, ControlTag> = {
  labels: 'Labels',
  hypertextlabels: 'HyperTextLabels',
  paragraphlabels: 'ParagraphLabels',
  rectanglelabels: 'RectangleLabels',
  polygonlabels: 'PolygonLabels',
}

const questionTags: Record<string, ControlTag> = {
  choices: 'Choices',
  taxonomy: 'Taxonomy',
  textarea: 'TextArea',
  rating: 'Rating',
  number: 'Number',
  datetime: 'DateTime',
  pairwise: 'Pairwise',
  ranker: 'Ranker',
}

/** Names under which labels of a recording are taken for its tiers. */
const tierNames = /^(tiers?|speakers?|spk)$/i

class ConfigReader {
  readonly #name: string
  readonly #losses: Losses
  readonly #objects: ShownObject[] = []
  readonly #controls: Control[] = []
  readonly #labels = new Map<string, Label>()
  readonly #labelAttributes = new Map<string, Question[]>()
  readonly #tiers: string[] = []
  readonly #attributes: Question[] = []
  readonly #answers: Question[] = []
  readonly #transcripts: TranscriptLayer[] = []
  #relations: RelationType[] | undefined

  constructor(name: string, losses: Losses) {
    this.#name = name
    this.#losses = losses
  }

  visit(element: XmlElement, around: Shown): void {
    const tag = element.name.toLowerCase()
    const shown = this.#shown(element, around)
    const labels = labelTags[tag]
    const question = questionTags[tag]
    if (labels !== undefined) this.#labelsOf(element, labels)
    else if (question !== undefined) this.#question(element, question, shown)
    else if (objectKinds[tag] !== undefined) this.#object(element)
    else if (tag === 'relations') this.#relations = element.children.map(relationType)
    else {
      if (tag !== 'view') this.#losses.note('style', element.name)
      for (const child of element.children) this.visit(child, shown)
    }
  }

  #shown(element: XmlElement, around: Shown): Shown {
    const label = get(element, 'whenLabelValue') ?? around.label
    const question = get(element, 'whenTagName')
    const choice = get(element, 'whenChoiceValue')
    const when =
      question !== undefined && choice !== undefined
        ? { question, is: choice.split(',') }
        : around.when
    return present({ label, when })
  }

  #object(element: XmlElement): void {
    const value = get(element, 'value') ?? ''
    const field = /^\$\w/.test(value) ? value.slice(1) : undefined
    if (field === undefined) this.#losses.note('style', element.name)
    this.#objects.push({ tag: element.name, name: this.#nameOf(element), field: field ?? '' })
  }

  #nameOf(element: XmlElement): string {
    const name = get(element, 'name')
    if (name === undefined || name === '')
      throw new InputFault(this.#name, '', `has a ${element.name} without a name`)
    return name
  }

  #labelsOf(element: XmlElement, tag: ControlTag): void {
    const name = this.#nameOf(element)
    const isTier = tag === 'Labels' && tierNames.test(name)
    this.#add(name, tag, isTier ? 'tier' : 'label', isTier ? 'tier' : 'label')
    for (const child of element.children) {
      const label = this.#label(child)
      if (isTier) this.#tiers.push(label.name)
      else if (!this.#labels.has(label.name)) this.#labels.set(label.name, label)
    }
  }

  #label(element: XmlElement): Label {
    const value = get(element, 'value') ?? ''
    const alias = get(element, 'alias')
    const color = get(element, 'background')
    const isHex = color !== undefined && /^#[0-9a-f]{6}$/i.test(color)
    if (color !== undefined && !isHex) this.#losses.note('style', `label ${value}`)
    const most = Number(get(element, 'maxUsages') ?? Number.NaN)
    return present({
      name: alias ?? value,
      title: alias === undefined ? undefined : value,
      hint: get(element, 'hint'),
      color: isHex ? color : undefined,
      shortcut: get(element, 'hotkey'),
      count: Number.isInteger(most) && most >= 0 ? { max: most } : undefined,
    })
  }

  #question(element: XmlElement, tag: ControlTag, shown: Shown): void {
    const name = this.#nameOf(element)
    const perRegion = isTrue(element, 'perRegion')
    const asked = present({ ...this.#asked(element, tag), name, when: shown.when })
    const isSpoken = tag === 'TextArea' && perRegion && this.#isTranscript(element)
    if (isSpoken) {
      const required = asked.required
      this.#transcripts.push(present({ name, required }))
      this.#add(name, tag, 'transcript', name)
    } else if (perRegion) {
      const { label } = shown
      if (label === undefined) this.#attributes.push(asked)
      else
        for (const one of label.split(','))
          this.#labelAttributes.set(one, [...(this.#labelAttributes.get(one) ?? []), asked])
      this.#add(name, tag, 'attribute', name, asked.multiple)
    } else {
      this.#answers.push(asked)
      this.#add(name, tag, 'answer', name, asked.multiple)
    }
  }

  /** A text about a region is its transcript when it is said to be, or when the region is audio. */
  #isTranscript(element: XmlElement): boolean {
    const target = get(element, 'toName')
    const object = this.#objects.find((each) => each.name === target)
    return (
      isTrue(element, 'transcription') || objectKinds[object?.tag.toLowerCase() ?? ''] === 'audio'
    )
  }

  #asked(element: XmlElement, tag: ControlTag): Omit<Question, 'name'> {
    const required = isTrue(element, 'required') ? true : undefined
    const numberOf = (name: string) => {
      const value = Number(get(element, name) ?? Number.NaN)
      return Number.isFinite(value) ? value : undefined
    }
    switch (tag) {
      case 'Choices':
      case 'Taxonomy': {
        const one =
          tag === 'Choices' ? get(element, 'choice') !== 'multiple' : numberOf('maxUsages') === 1
        const options = this.#options(element)
        return present({ type: 'choice', options, multiple: one ? undefined : true, required })
      }
      case 'TextArea':
        return present({
          type: 'text',
          multiple: numberOf('maxSubmissions') === 1 ? undefined : true,
          required,
        })
      case 'Rating':
        return present({ type: 'rating', max: numberOf('maxRating') ?? 5, required })
      case 'Number':
        return present({
          type: 'number',
          min: numberOf('min'),
          max: numberOf('max'),
          step: numberOf('step'),
          required,
        })
      case 'DateTime':
        return present({ type: 'date', required })
      case 'Pairwise':
        return present({ type: 'choice', options: ['left', 'right'], required })
      default: {
        const buckets = element.children.map(
          (bucket) => get(bucket, 'name') ?? get(bucket, 'value') ?? '',
        )
        return present({
          type: 'ranking',
          buckets: buckets.length === 0 ? undefined : buckets,
          required,
        })
      }
    }
  }

  #options(element: XmlElement): (string | OptionDetails)[] {
    return element.children
      .filter((child) => child.name.toLowerCase() === 'choice')
      .map((child) => {
        const value = get(child, 'value') ?? ''
        const alias = get(child, 'alias')
        const inside = this.#options(child)
        const shortcut = get(child, 'hotkey')
        if (alias === undefined && inside.length === 0 && shortcut === undefined) return value
        return present({
          name: alias ?? value,
          title: alias === undefined ? undefined : value,
          shortcut,
          options: inside.length === 0 ? undefined : inside,
        })
      })
  }

  #add(name: string, tag: ControlTag, role: Role, fills: string, multiple = false): void {
    this.#controls.push({ name, tag, role, fills, multiple })
  }

  finish(): LabelConfig {
    const [first] = this.#objects
    if (first === undefined) throw new InputFault(this.#name, '', 'shows nothing to annotate')
    const isPair = this.#controls.some(({ tag }) => tag === 'Pairwise')
    const kind = isPair ? 'pair' : (objectKinds[first.tag.toLowerCase()] ?? 'text')
    for (const label of this.#labelAttributes.keys())
      if (!this.#labels.has(label)) this.#losses.note('rules', label)
    const labels = [...this.#labels.values()].map((label) =>
      present({ ...label, attributes: this.#labelAttributes.get(label.name) }),
    )
    const list = <T>(all: T[]) => (all.length === 0 ? undefined : all)
    const schema = present({
      ...{ name: this.#name, version: 1, kind, labels, relations: this.#relations },
      attributes: list(this.#attributes),
      answers: list(this.#answers),
      tiers: list(this.#tiers),
      transcripts: list(this.#transcripts),
    })
    return { schema, controls: { kind, objects: this.#objects, controls: this.#controls } }
  }
}

function relationType(element: XmlElement): RelationType {
  return { name: get(element, 'value') ?? '' }
}
