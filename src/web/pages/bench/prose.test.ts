import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { proseOf, type Block } from './prose.ts'

const plain = (text: string) => ({ text, as: 'plain' as const })

test('WEB12 a guideline’s paragraphs, lists and emphasis are shown as such', () => {
  const text = [
    'Mark **every** name, *also* of pets,',
    'as in `Dr. Okafor`.',
    '',
    '- towns',
    '- rooms of',
    '  the house',
    '1. first',
    '2) second',
  ].join('\n')
  const expected: Block[] = [
    {
      is: 'paragraph',
      pieces: [
        plain('Mark '),
        { text: 'every', as: 'strong' },
        plain(' name, '),
        { text: 'also', as: 'emphasis' },
        plain(' of pets, as in '),
        { text: 'Dr. Okafor', as: 'code' },
        plain('.'),
      ],
    },
    { is: 'list', ordered: false, items: [[plain('towns')], [plain('rooms of the house')]] },
    { is: 'list', ordered: true, items: [[plain('first')], [plain('second')]] },
  ]
  assert.deepEqual(proseOf(text), expected)
})

test('WEB12 markup, links and marks that nothing closes stay the characters that they are', () => {
  for (const line of ['<img src=x onerror=go()>', '[here](javascript:go())', '2 * 3 * 4', '**open'])
    assert.deepEqual(proseOf(line), [{ is: 'paragraph', pieces: [plain(line)] }])
})

test('WEB12 whatever a guideline holds, none of its words are lost', () => {
  const words = fc.array(fc.constantFrom('a', '-', '*b*', '**c**', '`d`', '1.', '\n', '\n\n', ' '))
  fc.assert(
    fc.property(words, (parts) => {
      const text = parts.join(' ')
      const shown = proseOf(text)
        .flatMap((block) => (block.is === 'list' ? block.items.flat() : block.pieces))
        .map((piece) => piece.text)
        .join('')
      const letters = (of: string) => of.replaceAll(/[^abcd]/g, '')
      assert.equal(letters(shown), letters(text))
    }),
  )
})
