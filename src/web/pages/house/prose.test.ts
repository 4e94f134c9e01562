import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { proseOf, piecesOf, type Block } from './prose.ts'

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

/** As the marks are defined, whatever time it takes. */
function piecesByPattern(line: string): { text: string; as: string }[] {
  const marks = /\*\*(?=\S)(.+?)(?<=\S)\*\*|\*(?=\S)(.+?)(?<=\S)\*|`([^`]+)`/g
  const pieces: { text: string; as: string }[] = []
  let from = 0
  for (const found of line.matchAll(marks)) {
    const [whole, strong, emphasis, code] = found
    if (found.index > from) pieces.push(plain(line.slice(from, found.index)))
    if (strong !== undefined) pieces.push({ text: strong, as: 'strong' })
    else if (emphasis !== undefined) pieces.push({ text: emphasis, as: 'emphasis' })
    else if (code !== undefined) pieces.push({ text: code, as: 'code' })
    from = found.index + whole.length
  }
  if (from < line.length) pieces.push(plain(line.slice(from)))
  return pieces
}

test('WEB12 marks are paired as their definition says', () => {
  const lines = fc.array(fc.constantFrom('a', ' ', '*', '**', '`', 'b c'), { maxLength: 40 })
  fc.assert(
    fc.property(lines, (parts) => {
      const line = parts.join('')
      assert.deepEqual(piecesOf(line), piecesByPattern(line))
    }),
    { numRuns: 2_000 },
  )
})

test('WEB12 twice the guideline takes twice the looks at its characters, whatever stands in it', () => {
  const looks = (line: string) => {
    let count = 0
    const charAt = (at: number) => ((count += 1), line.charAt(at))
    piecesOf({ length: line.length, charAt, slice: (from, to) => line.slice(from, to) })
    return count
  }
  for (const part of [
    '**a ',
    '*a ',
    '`',
    '``',
    '** ',
    '*',
    '* a* ',
    '**a*',
    '`a` **b** *c* ',
    'a ',
  ]) {
    const [once, twice] = [looks(part.repeat(2_000)), looks(part.repeat(4_000))]
    assert.ok(once <= 40 * part.length * 2_000, `${part}: ${once}`)
    assert.ok(twice <= 2.01 * once, `${part}: ${once}, then ${twice}`)
  }
})
