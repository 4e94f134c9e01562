import { isMap, isScalar, LineCounter, parseDocument, type ParsedNode } from 'yaml'
import { isAbsolute } from 'node:path'
import { Secret } from './secret.ts'

/** Reads a file to its end, as UTF-8; throws when it cannot. */
export type ReadFile = (path: string) => string
export type Environment = Readonly<Record<string, string | undefined>>

interface Given {
  readonly value: unknown
  /** Where a person finds it: a variable's name, or file and line. */
  readonly from: string
}

/** A configuration is a page or two. */
const longestFile = 256 * 1024

/**
 * Settings as given by a YAML file and by the environment, which wins. The key `log.key_file` is
 * the variable `CLOISTER_LOG_KEY_FILE`. Each method takes one key, answers its value when it was
 * given and is right, and otherwise adds a line to `faults`. After the last one, `finish` adds
 * every key and `CLOISTER_` variable that nobody has taken.
 */
export class Settings {
  readonly faults: string[] = []
  readonly #env: Environment
  readonly #readFile: ReadFile
  readonly #file = new Map<string, Given>()
  readonly #taken = new Set<string>(['CLOISTER_CONFIG'])

  constructor(env: Environment, readFile: ReadFile) {
    this.#env = env
    this.#readFile = readFile
    const path = env['CLOISTER_CONFIG']
    if (path === undefined) return
    const text = this.#read(path, 'CLOISTER_CONFIG')
    if (text !== undefined) this.#parse(path, text)
  }

  /** Whether the key was given at all, rightly or not. */
  given(key: string): boolean {
    return this.#take(key) !== undefined
  }

  text(key: string, pattern = /./, wanted = 'text'): string | undefined {
    const given = this.#take(key)
    if (given === undefined) return undefined
    const { value } = given
    if (typeof value === 'string' && value.trim() === value && pattern.test(value)) return value
    this.#refuse(given, key, wanted)
    return undefined
  }

  path(key: string): string | undefined {
    const given = this.#take(key)
    if (given === undefined) return undefined
    const { value } = given
    if (typeof value === 'string' && isAbsolute(value) && !value.includes('\0')) return value
    this.#refuse(given, key, 'an absolute path')
    return undefined
  }

  /** Words of a given choice, each once, with commas between them: `inside,jobs`. */
  list<W extends string>(key: string, choice: readonly W[]): readonly W[] | undefined {
    const given = this.#take(key)
    if (given === undefined) return undefined
    const said = String(given.value).split(',')
    const words = choice.filter((word) => said.includes(word))
    if (words.length > 0 && words.length === said.length) return words
    this.#refuse(given, key, `some of ${choice.join(', ')}, each once, with commas between`)
    return undefined
  }

  whole(key: string, low: number, high: number): number | undefined {
    const given = this.#take(key)
    if (given === undefined) return undefined
    const text = String(given.value)
    const value = /^(0|[1-9][0-9]{0,9})$/.test(text) ? Number(text) : NaN
    if (value >= low && value <= high) return value
    this.#refuse(given, key, `a whole number from ${low} to ${high}`)
    return undefined
  }

  flag(key: string): boolean | undefined {
    const given = this.#take(key)
    if (given === undefined) return undefined
    const text = String(given.value)
    if (text === 'true' || text === 'false') return text === 'true'
    this.#refuse(given, key, 'true or false')
    return undefined
  }

  /** The first line of the file that the key names. */
  secretFile(key: string): Secret | undefined {
    const path = this.path(key)
    return path === undefined ? undefined : this.secretIn(path, key)
  }

  /** The first line of a file; `key` is what a fault will name. */
  secretIn(path: string, key: string): Secret | undefined {
    const line = this.#read(path, key)?.split(/\r?\n/)[0]
    if (line === undefined) return undefined
    if (line !== '') return new Secret(line)
    this.faults.push(`${key}: the first line of ${path} is empty`)
    return undefined
  }

  /** Adds a fault for each thing that was given and is not known. */
  finish(): void {
    for (const [key, { from }] of this.#file)
      if (!this.#taken.has(variableOf(key))) this.faults.push(`${from}: unknown key '${key}'`)
    for (const name of Object.keys(this.#env))
      if (name.startsWith('CLOISTER_') && !this.#taken.has(name))
        this.faults.push(`unknown variable ${name}`)
  }

  #take(key: string): Given | undefined {
    const variable = variableOf(key)
    this.#taken.add(variable)
    const value = this.#env[variable]
    return value === undefined ? this.#file.get(key) : { value, from: variable }
  }

  #refuse({ from }: Given, key: string, wanted: string): void {
    const name = from === variableOf(key) ? from : `${from}: ${key}`
    this.faults.push(`${name} must be ${wanted}`)
  }

  #read(path: string, name: string): string | undefined {
    try {
      const text = this.#readFile(path)
      if (text.length <= longestFile) return text
      this.faults.push(`${name}: ${path} is longer than ${longestFile} characters`)
    } catch {
      this.faults.push(`${name}: ${path} cannot be read`)
    }
    return undefined
  }

  #parse(path: string, text: string): void {
    const lines = new LineCounter()
    const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true })
    const at = (offset: number) => `${path}:${lines.linePos(offset).line}`
    for (const { pos, message } of [...document.errors, ...document.warnings])
      this.faults.push(`${at(pos[0])}: ${message.split('\n')[0] ?? ''}`)
    if (document.errors.length > 0 || document.contents === null) return
    this.#flatten(document.contents, '', at)
  }

  #flatten(node: ParsedNode, key: string, at: (offset: number) => string): void {
    if (isMap(node))
      for (const pair of node.items) {
        const name = isScalar(pair.key) ? String(pair.key.value) : '?'
        const inner = key === '' ? name : `${key}.${name}`
        if (pair.value === null) this.faults.push(`${at(node.range[0])}: '${inner}' has no value`)
        else this.#flatten(pair.value, inner, at)
      }
    else if (isScalar(node) && key !== '')
      this.#file.set(key, { value: node.value, from: at(node.range[0]) })
    else this.faults.push(`${at(node.range[0])}: '${key}' must be a value or a table of keys`)
  }
}

function variableOf(key: string): string {
  return `CLOISTER_${key.replaceAll('.', '_').toUpperCase()}`
}
