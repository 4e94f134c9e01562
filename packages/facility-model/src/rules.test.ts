import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ruleOf, rules, type RuleId } from './rules.ts'

const here = new URL('./', import.meta.url)
const paper = readFileSync(new URL('../../../docs/rules/facility-model.md', here), 'utf8')
const lines = new Map(
  [...paper.matchAll(/^- ([A-Z]+\d+) (.+)$/gm)].map(([, id = '', words = '']) => [id, words]),
)

test('FM13 the paper words each rule of the check as the check does', () => {
  const ids = Object.keys(rules) as RuleId[]
  assert.deepEqual(
    ids.map((id) => lines.get(id)),
    ids.map((id) => ruleOf(id).rule),
  )
})

test('FM13 every rule on paper has a test, and every test names a rule on paper', () => {
  const folders = [here, new URL('../../../src/cli/commands/', here)]
  const texts = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter(
        (name) => name.endsWith('.test.ts') && (folder === here || name.startsWith('facility')),
      )
      .map((name) => readFileSync(new URL(name, folder), 'utf8')),
  )
  const tested = texts.flatMap((text) =>
    [...text.matchAll(/^test\(\s*'([A-Z]+\d+) /gm)].map(([, id = '']) => id),
  )
  assert.deepEqual([...new Set(tested)].sort(), [...lines.keys()].sort())
})
