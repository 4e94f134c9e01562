import assert from 'node:assert/strict'
import { test } from 'node:test'
import { converted } from '../../../../test/support/conversion.ts'
import { type Item, parseLabelSchema, writeLabelStudio } from '../index.ts'

function written(items: Item[], schema?: unknown): { tasks: unknown; lost: string[] } {
  const parsed = schema === undefined ? undefined : parseLabelSchema(schema)
  assert.ok(parsed?.ok !== false)
  const { text, losses } = converted(
    writeLabelStudio,
    items,
    parsed === undefined ? {} : { schema: parsed.value },
  )
  return { tasks: JSON.parse(text), lost: losses.map(({ code }) => code) }
}

test('AF30 a text task counts code points and shows the piece of text', () => {
  const item: Item = {
    item_ref: '17',
    source: { kind: 'text', text: 'by 😊 Bo' },
    annotation: {
      schema: 'q@1',
      regions: [
        { id: 'r1', anchor: { text: [[5, 7]] }, label: 'artist', attributes: { sure: 'yes' } },
        { id: 'r2', anchor: { text: [[3, 4]] }, label: 'mood' },
      ],
      relations: [{ type: 'has', from: 'r1', to: 'r2' }],
      answers: { intent: 'Play' },
    },
    by: '4',
    meta: { shop: 'x' },
  }
  const at = { start: 5, end: 7, text: 'Bo' }
  const base = { to_name: 'text', origin: 'manual' }
  assert.deepEqual(written([item]), {
    tasks: [
      {
        id: 17,
        data: { shop: 'x', text: 'by 😊 Bo' },
        annotations: [
          {
            completed_by: 4,
            was_cancelled: false,
            result: [
              {
                id: 'r1',
                from_name: 'label',
                ...base,
                type: 'labels',
                value: { ...at, labels: ['artist'] },
              },
              {
                id: 'r1',
                from_name: 'sure',
                ...base,
                type: 'choices',
                value: { ...at, choices: ['yes'] },
              },
              {
                id: 'r2',
                from_name: 'label',
                ...base,
                type: 'labels',
                value: { start: 3, end: 4, text: '😊', labels: ['mood'] },
              },
              { type: 'relation', from_id: 'r1', to_id: 'r2', direction: 'right', labels: ['has'] },
              {
                id: 'answer-intent',
                from_name: 'intent',
                ...base,
                type: 'choices',
                value: { choices: ['Play'] },
              },
            ],
          },
        ],
        predictions: [],
      },
    ],
    lost: [],
  })
})

test('AF30 audio is in seconds with its tier, images in percent of their size', () => {
  const audio: Item = {
    item_ref: 'c',
    source: { kind: 'audio', file: 'a.wav', rate: 8000, samples: 76000 },
    annotation: {
      schema: 'c@1',
      regions: [
        {
          id: 'r',
          anchor: { audio: { from: 3200, to: 16800 }, tier: 'agent' },
          transcripts: { verbatim: 'good morning' },
        },
      ],
    },
  }
  const image: Item = {
    item_ref: 'i',
    source: { kind: 'image', file: 'a.png', width: 200, height: 100 },
    annotation: {
      schema: 'i@1',
      regions: [{ id: 'b', anchor: { image: { box: [20, 10, 50, 5] } }, label: 'x' }],
    },
  }
  const { tasks } = written([audio, image])
  assert.ok(Array.isArray(tasks))
  const results = tasks.map(
    (task: { annotations: { result: unknown }[] }) => task.annotations[0]?.result,
  )
  const said = { start: 0.4, end: 2.1 }
  assert.deepEqual(results, [
    [
      {
        id: 'r',
        from_name: 'tier',
        to_name: 'audio',
        type: 'labels',
        origin: 'manual',
        original_length: 9.5,
        value: { ...said, labels: ['agent'] },
      },
      {
        id: 'r',
        from_name: 'verbatim',
        to_name: 'audio',
        type: 'textarea',
        origin: 'manual',
        original_length: 9.5,
        value: { ...said, text: ['good morning'] },
      },
    ],
    [
      {
        ...{
          id: 'b',
          from_name: 'label',
          to_name: 'image',
          type: 'rectanglelabels',
          origin: 'manual',
        },
        ...{ original_width: 200, original_height: 100, image_rotation: 0 },
        value: { x: 10, y: 10, width: 25, height: 5, rotation: 0, rectanglelabels: ['x'] },
      },
    ],
  ])
})

test('AF30 several annotations of one item become one task, predictions stay apart', () => {
  const base = { item_ref: 'a', source: { kind: 'text', text: 'x' } } as const
  const annotation = { schema: 'q@1', regions: [] }
  const { tasks } = written([
    { ...base, annotation },
    { ...base, turned_down: 'skipped' },
    { ...base, annotation, prediction: { model: 'm', score: 0.5 } },
    { ...base, item_ref: 'b' },
  ])
  assert.deepEqual(tasks, [
    {
      data: { text: 'x', item_ref: 'a' },
      annotations: [
        { was_cancelled: false, result: [] },
        { was_cancelled: true, result: [] },
      ],
      predictions: [{ model_version: 'm', score: 0.5, result: [] }],
    },
    { data: { text: 'x', item_ref: 'b' }, annotations: [], predictions: [] },
  ])
  assert.deepEqual(written([]).tasks, [])
})

test('AF30 controls of one name are told apart, and what is split or unknown is said', () => {
  const schema = {
    name: 'q',
    version: 1,
    kind: 'text',
    labels: [{ name: 'a', attributes: [{ name: 'sure', multiple: true, options: ['x', 'y'] }] }],
    answers: [{ name: 'sure', type: 'number' }],
  }
  const item: Item = {
    item_ref: 'a',
    source: { kind: 'text', text: 'abcdef' },
    by: 'ada',
    annotation: {
      schema: 'q@1',
      regions: [
        {
          id: 'r',
          anchor: {
            text: [
              [0, 1],
              [2, 3],
            ],
          },
          label: 'a',
          attributes: { sure: ['x'] },
        },
      ],
      answers: { sure: 3 },
    },
  }
  const { tasks, lost } = written([item], schema)
  assert.ok(Array.isArray(tasks))
  const [task] = tasks as { annotations: { result: { id: string; from_name: string }[] }[] }[]
  assert.deepEqual(
    task?.annotations[0]?.result.map(({ id, from_name }) => [id, from_name]),
    [
      ['r', 'label'],
      ['r', 'a.sure'],
      ['r~2', 'label'],
      ['r~2', 'a.sure'],
      ['answer-sure', 'sure'],
    ],
  )
  assert.deepEqual(lost.sort(), ['annotator', 'discontinuous-split'])
})
