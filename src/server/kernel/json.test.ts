import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { parseConfidential } from './json.ts'

test('KE92 what cannot be parsed out of confidential bytes is not quoted, in whatever form the error is printed', () => {
  assert.deepEqual(parseConfidential('{"a":[1,"x"]}'), { a: [1, 'x'] })
  for (const text of ['play Ada by Ben', '{"item_ref":"play Ada', '["play", Ada]', 'Ada'])
    assert.throws(
      () => parseConfidential(text),
      (error) => error instanceof Error && !/Ada|play/.test(inspect(error, { depth: 9 })),
    )
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value)
      assert.deepEqual(parseConfidential(text), JSON.parse(text))
    }),
  )
})
