import { type LabelSchema, optionName, type Option, type Question } from '../label-schema.ts'
import type { Losses } from '../losses.ts'
import { xmlTag } from '../xml.ts'
import { type Control, controlsOf } from './controls.ts'

/**
 * Writes the Label Studio configuration that stands for a label schema; its controls have the names
 * that `writeLabelStudio` uses. Rules that a configuration cannot hold (parents, nesting, patterns,
 * least counts, ends of relations) are noted as lost.
 */
export function writeLabelConfig(schema: LabelSchema, losses: Losses): string {
  const { objects, controls } = controlsOf(schema)
  const shown = objects.map(({ name }) => name)
  const lines = objects.map(({ tag, name, field }) => xmlTag(tag, { name, value: `$${field}` }))
  const writer = new ConfigWriter(schema, losses, shown)
  for (const control of controls) lines.push(writer.control(control))
  if (schema.relations !== undefined) {
    const types = schema.relations.map(({ name }) => xmlTag('Relation', { value: name }))
    lines.push(xmlTag('Relations', {}, types.join('')))
  }
  noteRules(schema, losses)
  return `<View>\n${lines.map((line) => `  ${line}\n`).join('')}</View>\n`
}

function noteRules(schema: LabelSchema, losses: Losses): void {
  const { overlap = 'any', discontinuous = true, title } = schema
  if (overlap !== 'any' || !discontinuous || title !== undefined) losses.note('rules', schema.name)
  for (const { name, parent, inside, count } of schema.labels)
    if (parent !== undefined || inside !== undefined || count?.min !== undefined)
      losses.note('rules', name)
  for (const { name, title, from, to, count } of schema.relations ?? [])
    if ((title ?? from ?? to ?? count) !== undefined) losses.note('rules', name)
  for (const { name, title, pattern } of schema.transcripts ?? [])
    if ((title ?? pattern) !== undefined) losses.note('rules', name)
}

class ConfigWriter {
  readonly #schema: LabelSchema
  readonly #losses: Losses
  readonly #shown: readonly string[]

  constructor(schema: LabelSchema, losses: Losses, shown: readonly string[]) {
    this.#schema = schema
    this.#losses = losses
    this.#shown = shown
  }

  control(control: Control): string {
    const { name, tag, role, fills, label } = control
    const base = { name, toName: this.#shown[0] ?? '' }
    if (role === 'label') return xmlTag(tag, base, this.#labels())
    if (role === 'tier')
      return xmlTag(
        tag,
        base,
        (this.#schema.tiers ?? []).map((value) => xmlTag('Label', { value })).join(''),
      )
    if (role === 'transcript') {
      const layer = this.#schema.transcripts?.find((each) => each.name === fills)
      const required = layer?.required === true ? 'true' : undefined
      return xmlTag(tag, {
        ...base,
        perRegion: 'true',
        transcription: 'true',
        required,
        editable: 'true',
        maxSubmissions: 1,
      })
    }
    const question = this.#question(control)
    return question === undefined
      ? ''
      : this.#asked(control, question, {
          ...base,
          ...(role === 'attribute' ? { perRegion: 'true' } : {}),
          ...(label === undefined ? {} : { visibleWhen: 'region-selected', whenLabelValue: label }),
        })
  }

  #labels(): string {
    return this.#schema.labels
      .map(({ name, title, hint, color, shortcut, count }) =>
        xmlTag('Label', {
          value: title ?? name,
          alias: title === undefined ? undefined : name,
          hotkey: shortcut,
          background: color,
          hint,
          maxUsages: count?.max,
        }),
      )
      .join('')
  }

  #question({ role, fills, label }: Control): Question | undefined {
    const asked =
      role === 'answer'
        ? this.#schema.answers
        : label === undefined
          ? this.#schema.attributes
          : this.#schema.labels.find(({ name }) => name === label)?.attributes
    return asked?.find(({ name }) => name === fills)
  }

  #asked({ tag }: Control, question: Question, base: Record<string, string>): string {
    const { title, pattern, when, multiple = false, min, max, step, options = [] } = question
    if (title !== undefined || pattern !== undefined) this.#losses.note('rules', question.name)
    const attributes = {
      ...base,
      required: question.required === true ? 'true' : undefined,
      ...(when === undefined
        ? {}
        : {
            visibleWhen: 'choice-selected',
            whenTagName: when.question,
            whenChoiceValue: when.is.join(','),
          }),
    }
    switch (tag) {
      case 'Choices':
        return xmlTag(
          tag,
          { ...attributes, choice: multiple ? 'multiple' : 'single' },
          choices(options),
        )
      case 'Taxonomy':
        return xmlTag(tag, { ...attributes, maxUsages: multiple ? undefined : 1 }, choices(options))
      case 'TextArea':
        return xmlTag(tag, { ...attributes, maxSubmissions: multiple ? undefined : 1 })
      case 'Rating':
        return xmlTag(tag, { ...attributes, maxRating: max ?? 5 })
      case 'Number':
        return xmlTag(tag, { ...attributes, min, max, step })
      case 'Pairwise':
        return xmlTag(tag, { ...attributes, toName: this.#shown.join(',') })
      case 'Ranker':
        return xmlTag(
          tag,
          attributes,
          (question.buckets ?? []).map((name) => xmlTag('Bucket', { name })).join(''),
        )
      default:
        return xmlTag(tag, attributes)
    }
  }
}

function choices(options: readonly Option[]): string {
  return options
    .map((option) => {
      const name = optionName(option)
      if (typeof option === 'string') return xmlTag('Choice', { value: name })
      const { title, shortcut, options: inside = [] } = option
      const attributes = {
        value: title ?? name,
        alias: title === undefined ? undefined : name,
        hotkey: shortcut,
      }
      return inside.length === 0
        ? xmlTag('Choice', attributes)
        : xmlTag('Choice', attributes, choices(inside))
    })
    .join('')
}
