import assert from 'node:assert/strict'
import type { LabelSchema } from '@cloister/annotation-formats'
import { emptyAnnotation } from '../../src/web/bench/core/annotation.ts'
import { AnnotationDocument } from '../../src/web/bench/core/document.ts'
import { TextEngine } from '../../src/web/bench/text/engine.ts'

export const people: LabelSchema = {
  name: 'people',
  version: 1,
  kind: 'text',
  labels: [
    { name: 'person', shortcut: '1', attributes: [{ name: 'sure', options: ['yes', 'no'] }] },
    { name: 'place', shortcut: '2' },
    { name: 'date' },
  ],
  relations: [{ name: 'lives in' }],
}

/** Drives a text engine as fingers do. Places are code points. */
export class TextBench {
  readonly document: AnnotationDocument
  readonly engine: TextEngine
  readonly asked: string[] = []

  constructor(text: string, schema: LabelSchema = people) {
    this.document = new AnnotationDocument(emptyAnnotation(schema))
    this.engine = new TextEngine({
      text,
      schema,
      document: this.document,
      language: 'en',
      onAsk: (what) => this.asked.push(what),
    })
  }

  /** Presses keys in turn: `j`, `1`, `ArrowLeft`, `Ctrl+Shift+z`. */
  press(...keys: string[]): this {
    for (const key of keys) {
      const parts = key.split('+')
      const name = parts.pop() ?? ''
      const code = /^[a-z]$/.test(name)
        ? `Key${name.toUpperCase()}`
        : /^\d$/.test(name)
          ? `Digit${name}`
          : name
      const held = (part: string) => parts.includes(part)
      const known = this.engine.press({
        code,
        shift: held('Shift'),
        control: held('Ctrl'),
        alt: held('Alt'),
      })
      assert.ok(known, `${key} means nothing here`)
    }
    return this
  }

  times(count: number, key: string): this {
    return this.press(...Array.from({ length: count }, () => key))
  }

  expectCursorAt(point: number): this {
    assert.equal(this.engine.pointOf(this.engine.caret), point)
    return this
  }

  expectSelected(text: string): this {
    assert.equal(this.engine.text.slice(...this.engine.selection), text)
    return this
  }

  /** Whole comparison of what would be delivered: label and ranges of every region. */
  expectRegions(...regions: [label: string, ...parts: [number, number][]][]): this {
    const found = this.document.annotation.regions.map(({ label, anchor }) => [
      label,
      ...('text' in anchor ? anchor.text : []),
    ])
    assert.deepEqual(found, regions)
    return this
  }
}
