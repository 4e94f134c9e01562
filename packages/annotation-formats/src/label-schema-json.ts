const name = { type: 'string', minLength: 1, maxLength: 200 } as const
const title = { type: 'string', minLength: 1, maxLength: 1000 } as const
const names = { type: 'array', maxItems: 1000, uniqueItems: true, items: name } as const
const optionText = { type: 'string', minLength: 1, maxLength: 500 } as const
const shortcut = { type: 'string', minLength: 1, maxLength: 20 } as const
const atLeastNothing = { type: 'integer', minimum: 0 } as const
const pattern = {
  type: 'string',
  minLength: 1,
  maxLength: 500,
  description:
    'The whole text must match: literals, ., [a-z], \\d \\w \\s \\p{L}, ( ), |, * + ? {m,n}.',
} as const

const object = <P extends Record<string, unknown>>(required: string[], properties: P) => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
})
const listOf = (items: unknown) => ({ type: 'array', maxItems: 1000, items })
const ref = (definition: string) => ({ $ref: `#/$defs/${definition}` })

/**
 * The JSON Schema (draft 2020-12) of label schemas, for editors and programs. `parseLabelSchema`
 * refuses everything that it refuses, and also checks what a JSON Schema cannot say: that names are
 * used once and that rules name labels and questions that are there.
 */
export const labelSchemaJsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Label schema',
  ...object(['name', 'version', 'kind'], {
    name: { type: 'string', minLength: 1, maxLength: 100, pattern: '^[^\\s@]+$' },
    version: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
    kind: { enum: ['text', 'audio', 'image', 'search', 'pair'] },
    title,
    labels: listOf(ref('label')),
    attributes: listOf(ref('question')),
    relations: listOf(ref('relation')),
    answers: listOf(ref('question')),
    tiers: names,
    transcripts: listOf(ref('transcript')),
    overlap: { enum: ['any', 'nested', 'none'] },
    discontinuous: { type: 'boolean' },
  }),
  $defs: {
    label: object(['name'], {
      name,
      title,
      hint: title,
      color: { type: 'string', pattern: '^#[0-9a-fA-F]{6}$' },
      shortcut,
      parent: name,
      attributes: listOf(ref('question')),
      count: ref('count'),
      inside: names,
    }),
    count: object([], { min: atLeastNothing, max: atLeastNothing }),
    relation: object(['name'], { name, title, from: names, to: names, count: ref('count') }),
    transcript: object(['name'], { name, title, required: { type: 'boolean' }, pattern }),
    question: object(['name'], {
      name,
      title,
      type: { enum: ['choice', 'text', 'number', 'rating', 'date', 'ranking'] },
      options: ref('options'),
      multiple: { type: 'boolean' },
      required: { type: 'boolean' },
      pattern,
      min: { type: 'number' },
      max: { type: 'number' },
      step: { type: 'number', exclusiveMinimum: 0 },
      buckets: names,
      when: object(['question', 'is'], { question: name, is: listOf(optionText) }),
    }),
    options: { type: 'array', maxItems: 10_000, items: { anyOf: [optionText, ref('option')] } },
    option: object(['name'], { name: optionText, title, shortcut, options: ref('options') }),
  },
}
