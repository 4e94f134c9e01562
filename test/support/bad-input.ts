/**
 * Every fault that input may have, against every format: the table's shape and what tests each cell.
 * Dangers of one kind of format have rules of their own: archives AF28, paths of media AF50, pipes
 * AF52, formulas AF53, names and links AF63, markup AF67.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Encoding,
  type Format,
  formats,
  InputFault,
  type InputFiles,
  Losses,
  parseLabelSchema,
  toUtf8,
} from '@cloister/annotation-formats'
import { collect, type Files } from './conversion.ts'

/** A damaged input: what the fault must say after `file, place: `, and the items that are kept. */
export interface Bad {
  readonly files: Files
  readonly says: RegExp
  /** References of what is kept; `ends` where nothing can be told apart any more. */
  readonly kept: readonly string[] | 'ends'
}
export type Cell = Bad | string

export const faults = [
  'cut off',
  'an id twice',
  'one name in two folders',
  'an offset past the end',
  'an offset inside a surrogate pair',
  'a reversed span',
  'an overlap in a tier',
  'an entity',
] as const
export type Fault = (typeof faults)[number]

/** A format's good input, in which the first of two items says `Zoë😊`. */
export interface Subject {
  readonly good: Files
  /** The file in which a wrong encoding is planted. */
  readonly damaged: string
  /** What is kept when `Zoë😊` is in another encoding. */
  readonly kept: Bad['kept']
  readonly cells: Readonly<Record<Fault, Cell>>
}

/** A cell with a fault. */
export function bad(files: Files, says: RegExp, kept: Bad['kept']): Bad {
  return { files, says, kept }
}

/** A cell for each fault. */
function eachFault(cell: (fault: Fault) => Cell): Record<Fault, Cell> {
  // Object.fromEntries does not tell that every fault has its cell.
  return Object.fromEntries(faults.map((fault) => [fault, cell(fault)])) as Record<Fault, Cell>
}

/** Why a fault cannot be in a format. */
export const because = {
  noText: 'it counts no text: its anchors are times or pixels',
  noTier: 'its regions may overlap',
  noXml: 'it is no XML',
  noLength: 'nothing in it says how long its recording is',
  oneFile: 'its files are not named after items',
  codePoints: 'it counts code points, which no offset splits',
}

/** A document with an entity. */
export const entity =
  '<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'

/**
 * A format of one document a file: `b` is good, and kept whenever `a` is not. A cell is the document and
 * what is said of it, and what else is kept where the fault is one of a part of it.
 */
export function documents(
  ending: string,
  good: string,
  other: string,
  cells: Readonly<
    Record<Exclude<Fault, 'one name in two folders'>, readonly [string, RegExp, string[]?] | string>
  >,
): Subject {
  const [a, b] = [`a${ending}`, `b${ending}`]
  const again = `x/${a}`
  const twice = bad(
    { [a]: good, [b]: other, [again]: other },
    /^x\/a[.]\w+: has the id of an earlier item/,
    ['a', 'b'],
  )
  return {
    good: { [a]: good, [b]: other },
    damaged: a,
    kept: ['b'],
    cells: {
      ...eachFault((fault) => {
        if (fault === 'one name in two folders') return twice
        const cell = cells[fault]
        if (typeof cell === 'string') return cell
        const [document, says, kept = ['b']] = cell
        return bad({ [a]: document, [b]: other }, says, kept)
      }),
    },
  }
}

const parsed = parseLabelSchema({ name: 's', version: 1, kind: 'text', labels: [{ name: 'x' }] })
assert.ok(parsed.ok)
const { value: schema } = parsed
const options = { rate: 8000 }

/** Tests that input is refused as a cell says, and what is kept of it. */
export async function refused(name: string, { files, says, kept }: Bad): Promise<void> {
  const { read } = formats.find((each) => each.name === name) ?? assert.fail(name)
  const more = name === 'label-studio-min' ? { ...options, schema } : options
  await assert.rejects(collect(read, files, more), (error) => {
    assert.ok(error instanceof InputFault, String(error))
    assert.match(error.message, says)
    assert.ok(Object.keys(files).includes(error.file), error.message)
    assert.doesNotMatch(error.message, /Zoë|sings/, 'no content in a fault')
    return true
  })
  if (kept === 'ends') {
    await assert.rejects(collect(read, files, { ...more, keepGoing: true }), InputFault)
    return
  }
  const { items, faults: said } = await collect(read, files, { ...more, keepGoing: true })
  assert.deepEqual(
    items.map(({ item_ref }) => item_ref),
    kept,
  )
  assert.match(said.join('\n'), says)
}

/** Tests every cell of some formats, and every encoding of each. */
export function testBadInput(
  of: readonly Format[],
  subjects: Readonly<Record<string, Subject>>,
): void {
  test('AF27 the table has a row for every format, and in each cell a fault or the reason why there is none', () => {
    assert.deepEqual(Object.keys(subjects).sort(), of.map(({ name }) => name).sort())
    for (const { cells } of Object.values(subjects)) {
      assert.deepEqual(Object.keys(cells).sort(), [...faults].sort())
      for (const cell of Object.values(cells)) assert.ok(typeof cell !== 'string' || cell !== '')
    }
  })

  for (const [name, { good, damaged, kept, cells }] of Object.entries(subjects)) {
    for (const fault of faults) {
      const cell = cells[fault]
      if (typeof cell !== 'string')
        test(`AF27 ${name}: ${fault} is refused with its place, and the rest is kept or not as the table says`, () =>
          refused(name, cell))
    }
    if (damaged === '') continue

    const text = good[damaged]
    assert.ok(typeof text === 'string' && text.includes('Zoë😊'), name)
    const [before = '', after = ''] = text.split('Zoë😊')
    const planted = (bytes: readonly number[]): Files => ({
      ...good,
      [damaged]: Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]),
    })
    const place = /, byte \d+: is not UTF-8; .*--encoding/

    test(`AF27 ${name}: Latin-1 and CESU-8 are refused with their place`, async () => {
      for (const bytes of [
        [0x5a, 0x6f, 0xeb],
        [0x5a, 0x6f, 0xc3, 0xab, 0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x8a],
      ])
        await refused(name, bad(planted(bytes), place, kept))
    })

    test(`AF27 ${name}: UTF-16 is refused by its mark or without, and read where it is named`, async () => {
      const { read } = formats.find((each) => each.name === name) ?? assert.fail(name)
      const more = name === 'label-studio-min' ? { ...options, schema } : options
      const right = await collect(read, good, more)
      const little = (mark: string, of: string) => Buffer.from(mark + of, 'utf16le')
      for (const encoding of ['utf-16le', 'utf-16be'] as const)
        for (const mark of ['\ufeff', '']) {
          const encode = (of: string): Uint8Array =>
            encoding === 'utf-16le' ? little(mark, of) : little(mark, of).swap16()
          if (name === 'textgrid' && mark !== '') {
            const marked: Files = { ...good, [damaged]: encode(text) }
            assert.deepEqual((await collect(read, marked, more)).items, right.items)
          } else {
            const says = new RegExp(`byte 0: is UTF-16; say so with --encoding ${encoding}`)
            const files: Files = { ...good, [damaged]: encode(text) }
            await assert.rejects(collect(read, files, more), says)
          }
          const all: Record<string, Uint8Array> = {}
          for (const [file, of] of Object.entries(good)) all[file] = encode(String(of))
          const named = await everything(read, all, encoding, more)
          assert.deepEqual(named, right.items)
        }
    })
  }
}

/** What is read of files in a named encoding. */
async function everything(
  read: (typeof formats)[number]['read'],
  files: Readonly<Record<string, Uint8Array>>,
  encoding: Encoding,
  more: object,
) {
  const input: InputFiles = {
    names: Object.keys(files),
    open: (file) => toUtf8(once(files[file] ?? new Uint8Array()), encoding, file),
  }
  const refuse = (fault: InputFault) => {
    throw fault
  }
  const items = []
  for await (const each of read(input, { losses: new Losses(), refuse, ...more })) items.push(each)
  return items
}

// eslint-disable-next-line @typescript-eslint/require-await
async function* once(bytes: Uint8Array) {
  yield bytes
}
