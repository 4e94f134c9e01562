import type { Item } from './model.ts'
import { parseItem } from './annotation.ts'
import { InputFault, parseRecord, type Reader, readLines } from './reading.ts'
import { attemptRecord } from './reading.ts'
import type { Writer } from './writing.ts'

/** Reads our own format: JSON Lines, one item with at most one annotation on each. */
export const readCloister: Reader = async function* (input, options) {
  for (const file of input.names)
    for await (const line of readLines(input.open(file), file)) {
      if (line.text.trim() === '') continue
      const item = attemptRecord(options, () => {
        const parsed = parseItem(parseRecord(line, file, 'line'))
        if (parsed.ok) return parsed.value
        const [{ path, message } = { path: '', message: 'is not an item' }] = parsed.findings
        throw new InputFault(file, `line ${line.number}`, `${path === '' ? 'it' : path} ${message}`)
      })
      if (item !== undefined) yield item
    }
}

/** Writes our own format. It loses nothing. */
export const writeCloister: Writer = ({ out }) => ({
  add(item: Item) {
    out('', `${JSON.stringify(item)}\n`)
  },
  end() {
    // Lines stand alone: there is nothing to close.
  },
})
