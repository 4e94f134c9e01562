import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type YAMLMap,
} from 'yaml'

/** One thing that is wrong with a file: where, and what to do. Lines and columns count from 1. */
export interface Fault {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly message: string
}

/** A file longer than this (in UTF-16 units) is refused before it is read. */
export const longestFile = 1024 * 1024
/** Bounds on structure, checked before the YAML library sees the text; a site at all limits keeps them. */
const most = { lines: 20_000, marks: 200_000, depth: 64 }
/** Faults past this number are counted, not listed. */
const mostFaults = 50

export type Path = readonly (string | number)[]

/**
 * A YAML file as plain data, with the place of each part.
 *
 * The format has no anchors, aliases, tags or merge keys: what a reader sees is what there is, and
 * no file can grow while it is read.
 */
export class Page {
  readonly file: string
  readonly #faults: Fault[] = []
  readonly #lines = new LineCounter()
  #document: Document | null = null
  #unlisted = 0

  constructor(text: string, file: string) {
    this.file = file
    const excess = excessOf(text)
    if (excess !== null) {
      this.#add(0, excess)
      return
    }
    try {
      this.#read(text)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      this.#document = null
      this.#add(0, 'the file is nested too deeply; a site needs no more than five levels')
    }
  }

  /** The data, or undefined where the file is not YAML or has faults already. */
  get value(): unknown {
    if (this.#faults.length > 0) return undefined
    const data: unknown = this.#document?.toJS()
    return data
  }

  get faults(): readonly Fault[] {
    if (this.#unlisted === 0) return this.#faults
    const last = this.#faults.at(-1)
    const more = `${this.#unlisted} more faults are not listed; mend these first`
    return [
      ...this.#faults,
      { file: this.file, line: last?.line ?? 1, column: last?.column ?? 1, message: more },
    ]
  }

  /** Whether further faults are only counted, so that nobody need work out what they say. */
  get isFull(): boolean {
    return this.#faults.length >= mostFaults
  }

  /** Reports a fault at the value under `path`, or at its key; the nearest part above where it is missing. */
  fault(path: Path, message: string, at: 'value' | 'key' = 'value'): void {
    this.#add(this.#offsetOf(path, at), message)
  }

  #read(text: string): void {
    const document = parseDocument(text, {
      lineCounter: this.#lines,
      // Own check below: the library's compares each key with all before it.
      uniqueKeys: false,
      merge: false,
      version: '1.2',
      prettyErrors: false,
    })
    this.#document = document
    for (const error of document.errors)
      this.#add(error.pos[0], `this is not YAML: ${error.message.split('\n')[0] ?? ''}`)
    if (document.errors.length > 0) return
    if (!isMap(document.contents)) {
      this.#add(0, "a site file is a list of 'key: value' lines; begin with 'site: name'")
      return
    }
    visit(document, {
      Alias: (_, node) => {
        this.#add(node.range?.[0] ?? 0, 'aliases are not part of this format; write the value out')
      },
      Map: (_, map) => {
        this.#checkKeys(map)
      },
      Node: (_, node) => {
        if (isAlias(node)) return
        if ((isScalar(node) || isMap(node) || isSeq(node)) && node.anchor !== undefined)
          this.#add(
            node.range?.[0] ?? 0,
            'anchors are not part of this format; write the value out where it is used',
          )
        if (node.tag?.startsWith('!') === true)
          this.#add(node.range?.[0] ?? 0, 'tags are not part of this format; remove it')
      },
    })
  }

  #checkKeys(map: YAMLMap): void {
    const seen = new Map<string, number>()
    for (const { key } of map.items) {
      const offset = isNode(key) ? (key.range?.[0] ?? 0) : 0
      if (!isScalar(key) || typeof key.value !== 'string') {
        this.#add(
          offset,
          'a key is a plain word here; put quotes around it if it looks like a number',
        )
        continue
      }
      const first = seen.get(key.value)
      if (first === undefined) seen.set(key.value, offset)
      else {
        const { line } = this.#lines.linePos(first)
        this.#add(
          offset,
          `'${key.value.slice(0, 60)}' stands here twice, first on line ${line}; keep one`,
        )
      }
    }
  }

  #offsetOf(path: Path, at: 'value' | 'key'): number {
    let node: unknown = this.#document?.contents
    let offset = 0
    for (const [depth, step] of path.entries()) {
      if (isMap(node)) {
        const pair = node.items.find(({ key }) => isScalar(key) && key.value === step)
        if (pair === undefined) break
        const keyOffset = isNode(pair.key) ? pair.key.range?.[0] : undefined
        node = pair.value
        const valueOffset = isNode(node) ? node.range?.[0] : undefined
        const wanted = at === 'key' && depth === path.length - 1 ? keyOffset : valueOffset
        offset = wanted ?? keyOffset ?? offset
      } else if (isSeq(node) && typeof step === 'number') {
        node = node.items[step]
        offset = (isNode(node) ? node.range?.[0] : undefined) ?? offset
      } else break
    }
    return offset
  }

  #add(offset: number, message: string): void {
    if (this.#faults.length >= mostFaults) {
      this.#unlisted++
      return
    }
    const { line, col } = this.#lines.linePos(offset)
    this.#faults.push({
      file: this.file,
      line: Math.max(line, 1),
      column: Math.max(col, 1),
      message,
    })
  }
}

/**
 * What a text has too much of, in one pass over its characters. Brackets and marks inside quotes and
 * comments count too; a file that people wrote has far fewer of either.
 */
function excessOf(text: string): string | null {
  if (text.length > longestFile)
    return `the file is longer than ${longestFile} characters; split the site into several`
  let [lines, marks, depth] = [1, 0, 0]
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? ''
    if (character === '\n') lines++
    else if (character === '[' || character === '{') depth++
    else if (character === ']' || character === '}') depth = Math.max(0, depth - 1)
    if (':,[{&*!?'.includes(character) || (character === '-' && text[at + 1] === ' ')) marks++
    if (depth > most.depth)
      return `more than ${most.depth} brackets stand open on line ${lines}; a site nests three deep`
  }
  if (lines > most.lines) return `the file has more than ${most.lines} lines; split the site`
  if (marks > most.marks)
    return `the file has more than ${most.marks} entries; split the site into several`
  return null
}

/** `file:line:column: message`, the form in which editors jump to the place. */
export function sayFault(fault: Fault): string {
  return `${fault.file}:${fault.line}:${fault.column}: ${fault.message}`
}
