import type { Item } from './model.ts'
import { parseItem } from './annotation.ts'
import { InputFault, type Reader } from './reading.ts'
import { parseRecord, readerOf, type Records } from './records.ts'
import type { Writer } from './writing.ts'

/** Reads our own format: JSON Lines, one item with at most one annotation on each. */
export const cloisterRecords: Records = {
  cut: 'lines',
  runs: true,
  open: () => (line, file) => {
    if (line.text.trim() === '') return []
    const parsed = parseItem(parseRecord(line, file, 'line'))
    if (parsed.ok) return [parsed.value]
    const [{ path, message } = { path: '', message: 'is not an item' }] = parsed.findings
    throw new InputFault(file, `line ${line.number}`, `${path === '' ? 'it' : path} ${message}`)
  },
}

/** The reader of our own format. */
export const readCloister: Reader = readerOf(cloisterRecords)

/** Writes our own format. It loses nothing. */
export const writeCloister: Writer = ({ out }) => ({
  add(item: Item) {
    out('', `${JSON.stringify(item)}\n`)
  },
  end() {
    // Lines stand alone: there is nothing to close.
  },
})
