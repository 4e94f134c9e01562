import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { people, TextBench } from '../../../../test/support/bench-driver.ts'
import { CodePoints } from '../core/code-points.ts'
import { cutRows, rowAt } from './rows.ts'
import { findAll } from './search.ts'
import { inOrder, layLanes, segmentRow, type Span } from './segments.ts'

const family = '👩‍👩‍👧‍👦'

test('BENCH1 places are kept in code points, whatever the text', () => {
  new TextBench(`${family} Ana`)
    .press('Ctrl+End', 'Ctrl+Shift+ArrowLeft', '1')
    .expectRegions(['person', [8, 11]])
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      const points = new CodePoints(text)
      const characters = Array.from(text)
      let units = 0
      for (const [index, character] of characters.entries()) {
        assert.equal(points.fromUnits(units), index)
        assert.equal(points.toUnits(index), units)
        units += character.length
      }
      assert.equal(points.fromUnits(units), characters.length)
    }),
  )
})

test('BENCH2 the caret never stands inside what a reader sees as one character', () => {
  new TextBench(`a${family}क्षि\r\nb`)
    .press('ArrowRight')
    .expectCursorAt(1)
    .press('ArrowRight')
    .expectCursorAt(8)
    .press('ArrowRight')
    .expectCursorAt(12)
    .press('ArrowRight')
    .expectCursorAt(14)
    .press('ArrowLeft')
    .expectCursorAt(12)
    .times(2, 'ArrowLeft')
    .expectCursorAt(1)
})

test('BENCH3 words, sentences, rows and the whole text have their keys', () => {
  const bench = new TextBench('Ana lives here. Ben left.\nThen Mara came.')
  bench.press('Ctrl+ArrowRight').expectCursorAt(3).press('Ctrl+ArrowRight').expectCursorAt(9)
  bench.press('Ctrl+ArrowLeft').expectCursorAt(4)
  bench.press('Ctrl+ArrowDown').expectCursorAt(15).press('Ctrl+ArrowDown').expectCursorAt(25)
  bench.press('Ctrl+ArrowUp').expectCursorAt(16).press('Home').expectCursorAt(0)
  bench.press('End').expectCursorAt(25).press('Ctrl+End').expectCursorAt(41)
  bench.press('ArrowUp').expectCursorAt(15).press('ArrowDown').expectCursorAt(41)
  bench.press('Ctrl+Home').expectCursorAt(0)
  bench.press('Shift+End').expectSelected('Ana lives here. Ben left.')
})

test('BENCH4 the space bar selects the word, then the sentence, then the row', () => {
  new TextBench('Hm. Ana lives here. Ben left.')
    .press('Ctrl+ArrowRight', 'Ctrl+ArrowRight', 'Ctrl+ArrowLeft', 'Space')
    .expectSelected('Ana')
    .press('Space')
    .expectSelected('Ana lives here.')
    .press('Space')
    .expectSelected('Hm. Ana lives here. Ben left.')
})

test('BENCH5 a label key marks the selection without its outer white space', () => {
  const bench = new TextBench('Ana lives in Oslo')
  bench.press('Ctrl+Shift+ArrowRight', 'Shift+ArrowRight').expectSelected('Ana ').press('1')
  bench.press('Ctrl+End', 'Space', '2').expectRegions(['person', [0, 3]], ['place', [13, 17]])
  bench.press('3').expectRegions(['person', [0, 3]], ['date', [13, 17]])
})

test('BENCH6 spans may nest, cross and have several parts', () => {
  const bench = new TextBench('left and right wing of the house')
  bench.press('Space', '1', 'End', 'Ctrl+ArrowLeft', 'Ctrl+ArrowLeft', 'Ctrl+ArrowLeft')
  bench.press('Ctrl+ArrowLeft', 'Space').expectSelected('wing').press('a')
  bench.expectRegions(['person', [0, 4], [15, 19]])
  bench.press('Home', 'Shift+End', '2')
  bench.expectRegions(['person', [0, 4], [15, 19]], ['place', [0, 32]])
})

test('BENCH7 next and previous span go round, and back to where the caret is', () => {
  const bench = new TextBench('Ana Ben Cem')
  bench.press('Space', '1', 'End', 'Space', '2', 'Home', 'Escape')
  bench.press('j').expectCursorAt(0).press('j').expectCursorAt(8).press('j').expectCursorAt(0)
  bench
    .press('k')
    .expectCursorAt(8)
    .press('Delete')
    .expectRegions(['person', [0, 3]])
})

test('BENCH8 edges move by character and by word, and never empty a span', () => {
  const bench = new TextBench('Dr. Ana Lima left')
  bench.press('Ctrl+ArrowRight', 'Ctrl+ArrowRight', 'Space').expectSelected('Ana').press('1')
  bench.press('Ctrl+Alt+ArrowRight').expectRegions(['person', [4, 12]])
  bench.press('Alt+ArrowLeft', 'Ctrl+Alt+Shift+ArrowLeft').expectRegions(['person', [0, 11]])
  bench.times(20, 'Alt+ArrowLeft').expectRegions(['person', [0, 1]])
  bench.press('Ctrl+z').expectRegions(['person', [4, 7]])
})

test('BENCH9 in a row written right to left, left is forward', () => {
  const bench = new TextBench('سكنت آنا في أوسلو\nAna')
  bench.press('Ctrl+ArrowLeft').expectCursorAt(4).press('ArrowRight').expectCursorAt(3)
  bench.press('Ctrl+ArrowLeft', 'Ctrl+ArrowLeft', 'Space').expectSelected('آنا').press('1')
  bench.press('Alt+ArrowLeft').expectRegions(['person', [5, 9]])
})

test('BENCH10 every step can be undone and redone', () => {
  const bench = new TextBench('Ana lives in Oslo')
  bench.press('Space', '1', 'End', 'Space', '2').press('Delete')
  const after = bench.document.annotation
  bench.press('Ctrl+z', 'Ctrl+z', 'Ctrl+z').expectRegions()
  bench.press('Ctrl+Shift+z', 'Ctrl+y', 'Ctrl+y')
  assert.deepEqual(bench.document.annotation, after)
  fc.assert(
    fc.property(
      fc.array(
        fc.constantFrom('Space', '1', '2', 'a', 'j', 'k', 'Delete', 'End', 'Home', 'Alt+ArrowLeft'),
        { maxLength: 30 },
      ),
      (keys) => {
        const other = new TextBench('Ana and Ben live in Oslo. Mara left.').press(...keys)
        const last = other.document.annotation
        let steps = 0
        for (; other.document.canUndo; steps++) other.document.undo()
        assert.deepEqual(other.document.annotation.regions, [])
        for (; steps > 0; steps--) other.document.redo()
        assert.deepEqual(other.document.annotation, last)
      },
    ),
    { numRuns: 50 },
  )
})

test('BENCH11 a relation joins two spans and leaves with either', () => {
  const bench = new TextBench('Ana Oslo').press('Space', '1', 'End', 'Space', '2')
  bench.press('k', 'r', 'j', 'r')
  assert.deepEqual(bench.document.annotation.relations, [
    { type: 'lives in', from: 'r1', to: 'r2' },
  ])
  bench.press('Delete')
  assert.deepEqual(bench.document.annotation.relations, [])
})

test('BENCH12 search ignores case, crosses line ends and steps through all finds', () => {
  const bench = new TextBench('New York, NEW\r\nyork, new (york')
  assert.equal(bench.engine.search('new york'), 2)
  bench.expectSelected('New York').press('F3').expectSelected('NEW\r\nyork')
  bench.press('F3').expectSelected('New York').press('Shift+F3').expectSelected('NEW\r\nyork')
  bench.press('2').expectRegions(['place', [10, 19]])
  assert.deepEqual(findAll('a (york b', '(york'), [[2, 7]])
  assert.deepEqual(findAll('anything', '  '), [])
})

test('BENCH13 a pointer chooses the innermost span first, then the next one out', () => {
  const bench = new TextBench('Ana lives in Oslo').press('Space', '1', 'Home', 'Shift+End', '2')
  bench.engine.chooseAt(1)
  const chosen = () => bench.document.selected?.label
  assert.equal(chosen(), 'person')
  bench.engine.chooseAt(1)
  assert.equal(chosen(), 'place')
  bench.engine.chooseAt(8)
  assert.equal(chosen(), 'place')
})

test('BENCH14 rows hold every unit of the text exactly once', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.constantFrom('a', ' ', '\r', '\n', '\r\n', '\u2028', 'ש', '😀', 'x'.repeat(1500)),
      ),
      (pieces) => {
        const text = pieces.join('')
        const rows = cutRows(text)
        assert.equal(rows.map(({ from, to }) => text.slice(from, to)).join(''), text)
        for (const [index, row] of rows.entries()) {
          assert.ok(row.shownTo - row.from <= 2000)
          assert.doesNotMatch(text.slice(row.from, row.shownTo), /[\n\u2028]|\r$/)
          if (row.from < row.to) assert.equal(rowAt(rows, row.from), index)
          assert.doesNotMatch(text.slice(row.from, row.to), /^[\udc00-\udfff]|[\ud800-\udbff]$/)
        }
      },
    ),
  )
})

test('BENCH15 segments cover a row once and carry exactly the spans that lie over them', () => {
  const span = fc
    .tuple(fc.nat(30), fc.nat(30), fc.nat(3))
    .filter(([a, b]) => a !== b)
    .map(([a, b, label]) => ({ label, from: Math.min(a, b), to: Math.max(a, b) }))
  fc.assert(
    fc.property(fc.array(span, { maxLength: 12 }), (raw) => {
      const spans: Span[] = raw.map((one, n) => ({ ...one, id: `r${n}`, name: '', first: true }))
      const laid = layLanes(spans.sort(inOrder))
      const row = { from: 5, shownTo: 25, to: 26, direction: 'ltr' } as const
      const segments = segmentRow(
        row,
        laid.filter(({ from, to }) => from < 25 && to > 5),
      )
      let at: number = row.from
      for (const { from, to, spans: over } of segments) {
        assert.equal(from, at)
        at = to
        const expected = laid.filter((one) => one.from <= from && one.to >= to).map(({ id }) => id)
        assert.deepEqual(over.map(({ id }) => id).sort(), expected.sort())
        assert.equal(new Set(over.map(({ lane }) => lane)).size, over.length)
      }
      assert.equal(at, row.shownTo)
    }),
  )
})

test('BENCH46 a mark that is chosen elsewhere brings the caret along, unless it stands in it', () => {
  const bench = new TextBench('Ada met Ben in Porto.').press('Ctrl+Shift+ArrowRight', '1')
  bench.press('Ctrl+ArrowRight', 'Ctrl+Shift+ArrowRight', '1', 'Ctrl+End')
  bench.document.select('r1')
  bench.expectCursorAt(0).press('ArrowRight', 'Escape')
  bench.document.select('r1')
  bench.expectCursorAt(1)
})

test('BENCH11 a relation is of the first type that the schema allows between its ends', () => {
  const bench = new TextBench('Ada Porto', {
    ...people,
    relations: [
      { name: 'knows', from: ['person'], to: ['person'] },
      { name: 'lives in', from: ['person'], to: ['place'] },
      { name: 'left', from: ['person'], to: ['place'] },
    ],
  })
  bench.press('Ctrl+Shift+ArrowRight', '1', 'Ctrl+Shift+ArrowRight', '2')
  bench.press('Ctrl+Home', 'k', 'r', 'j', 'r')
  const relations = () => bench.document.annotation.relations
  assert.deepEqual(relations(), [{ type: 'lives in', from: 'r1', to: 'r2' }])
  const [relation] = relations() ?? []
  assert.ok(relation !== undefined)
  bench.document.setRelationType(relation, 'left')
  assert.deepEqual(relations(), [{ type: 'left', from: 'r1', to: 'r2' }])
  bench.press('k', 'r', 'j', 'r')
  assert.deepEqual(relations(), [])
})
