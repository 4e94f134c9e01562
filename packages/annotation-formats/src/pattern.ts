/**
 * Patterns of label schemas: a small regular-expression language whose matching takes time
 * proportional to text times pattern, whatever either says (Thompson's construction: K. Thompson,
 * "Regular Expression Search Algorithm", CACM 11(6), 1968). It knows literals, `.`, classes such as
 * `[a-z]`, `\d`, `\w`, `\s`, `\p{L}`, groups, `|`, `*`, `+`, `?` and `{m,n}`; no back references,
 * no look-around, no lazy forms. The whole text must match.
 */
export interface Pattern {
  matches(text: string): boolean
}

type Node =
  | { readonly kind: 'one'; readonly test: (character: string) => boolean }
  | { readonly kind: 'sequence' | 'choice'; readonly of: readonly Node[] }
  | { readonly kind: 'repeat'; readonly of: Node; readonly least: number; readonly most: number }

const longestPattern = 500
const mostStates = 5000

/** Compiles a pattern. Throws a RangeError that says what is wrong with it. */
export function compilePattern(source: string): Pattern {
  if (source.length > longestPattern)
    throw new RangeError(`is longer than ${longestPattern} characters`)
  const reader = new PatternReader(source)
  const states: State[] = []
  const start = build(reader.all(), addState(states, { accept: true }), states)
  return { matches: (text) => run(states, start, text) }
}

interface State {
  readonly accept?: true
  readonly test?: (character: string) => boolean
  /** States that are entered with this one without reading (no test) or after it has matched. */
  next?: readonly number[]
}

function addState(states: State[], state: State): number {
  if (states.length >= mostStates) throw new RangeError('repeats too much')
  return states.push(state) - 1
}

/** Adds the states of a node that go on to `after`; the number of the first of them. */
function build(node: Node, after: number, states: State[]): number {
  switch (node.kind) {
    case 'one':
      return addState(states, { test: node.test, next: [after] })
    case 'sequence':
      return node.of.reduceRight((then, part) => build(part, then, states), after)
    case 'choice':
      return addState(states, { next: node.of.map((part) => build(part, after, states)) })
    case 'repeat':
      return buildRepeat(node, after, states)
  }
}

function buildRepeat(
  { of, least, most }: Node & { kind: 'repeat' },
  after: number,
  states: State[],
): number {
  let then = after
  if (most === Infinity) {
    const loop: State = {}
    then = addState(states, loop)
    loop.next = [build(of, then, states), after]
  } else
    for (let more = most - least; more > 0; more--)
      then = addState(states, { next: [build(of, then, states), after] })
  for (let times = 0; times < least; times++) {
    const first = build(of, then, states)
    if (first === then) break // nothing to repeat, however often
    then = first
  }
  return then
}

function run(states: readonly State[], start: number, text: string): boolean {
  let now = new Set<number>()
  enter(states, start, now)
  for (const character of text) {
    const following = new Set<number>()
    for (const at of now) {
      const state = states[at]
      if (state?.test?.(character) === true)
        for (const next of state.next ?? []) enter(states, next, following)
    }
    if (following.size === 0) return false
    now = following
  }
  return [...now].some((at) => states[at]?.accept === true)
}

/** Adds a state and all that are entered with it. */
function enter(states: readonly State[], first: number, entered: Set<number>): void {
  const waiting = [first]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (entered.has(at)) continue
    entered.add(at)
    const state = states[at]
    if (state !== undefined && state.test === undefined) waiting.push(...(state.next ?? []))
  }
}

class PatternReader {
  readonly #source: string
  #at = 0
  #depth = 0

  constructor(source: string) {
    this.#source = source
  }

  all(): Node {
    const node = this.#choice()
    if (this.#at < this.#source.length) throw new RangeError('has a ) without its (')
    return node
  }

  #choice(): Node {
    const parts = [this.#sequence()]
    while (this.#take('|')) parts.push(this.#sequence())
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'choice', of: parts }
  }

  #sequence(): Node {
    const parts: Node[] = []
    while (this.#at < this.#source.length && !/[|)]/.test(this.#source[this.#at] ?? ''))
      parts.push(this.#repeated(this.#atom()))
    return { kind: 'sequence', of: parts }
  }

  #repeated(of: Node): Node {
    const [found, sign, least, comma, most] =
      this.#match(/([*+?])|\{(\d{1,4})(,?)(\d{0,4})\}/y) ?? []
    if (found === undefined) return of
    if (/[*+?{]/.test(this.#source[this.#at] ?? ''))
      throw new RangeError('repeats a repetition; use a group')
    if (sign !== undefined)
      return { kind: 'repeat', of, least: sign === '+' ? 1 : 0, most: sign === '?' ? 1 : Infinity }
    const low = Number(least)
    const high = comma === '' ? low : most === '' || most === undefined ? Infinity : Number(most)
    if (high < low) throw new RangeError(`asks for ${low} to ${high} repetitions`)
    return { kind: 'repeat', of, least: low, most: high }
  }

  #atom(): Node {
    if (this.#take('(')) {
      if (++this.#depth > 50) throw new RangeError('is nested too deeply')
      this.#match(/\?:/y)
      const inside = this.#choice()
      if (!this.#take(')')) throw new RangeError('has a ( without its )')
      this.#depth--
      return inside
    }
    const one = this.#match(
      /\[\^?(?:[^\]\\[]|\\.)+\]|\\[dDwWsS]|\\[pP]\{[A-Za-z_=]{1,40}\}|\\u\{[0-9a-fA-F]{1,6}\}|\\[^A-Za-z0-9]|\\[nrt]|[^\\[\](){}*+?|]/uy,
    )?.[0]
    if (one === undefined)
      throw new RangeError(
        `says '${this.#source.slice(this.#at, this.#at + 10)}', which is not known`,
      )
    return { kind: 'one', test: characterTest(one) }
  }

  #take(sign: string): boolean {
    const here = this.#source[this.#at] === sign
    if (here) this.#at++
    return here
  }

  #match(sticky: RegExp): RegExpExecArray | undefined {
    sticky.lastIndex = this.#at
    const found = sticky.exec(this.#source)
    if (found !== null) this.#at += found[0].length
    return found ?? undefined
  }
}

/** One character is tested by the engine of the language, which cannot run away on one character. */
function characterTest(source: string): (character: string) => boolean {
  if (source === '^' || source === '$') throw new RangeError('need not say ^ or $; escape them')
  let test: RegExp
  try {
    test = new RegExp(`^${source}$`, 'us')
  } catch {
    throw new RangeError(`says '${source}', which is no class of characters`)
  }
  return (character) => test.test(character)
}
