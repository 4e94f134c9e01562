import type { Finding, Json, Parsed } from './model.ts'

const mostFindings = 100

/** A JSON value being checked: where it stands, and the list that faults are added to. */
export interface Spot {
  readonly value: unknown
  readonly path: string
  readonly findings: Finding[]
}

/** Thrown to leave a hopeless value; the finding has been added. Never leaves `check`. */
class Refused extends Error {}

/**
 * Checks one value from outside. `read` takes it apart with the functions below; each adds a
 * finding and leaves at the first fault of its own value, lists and members go on to the next.
 */
export function check<T>(value: unknown, read: (spot: Spot) => T): Parsed<T> {
  const findings: Finding[] = []
  const result = attempt({ value, path: '', findings }, read)
  return result !== undefined && findings.length === 0
    ? { ok: true, value: result.value }
    : { ok: false, findings }
}

function attempt<T>(spot: Spot, read: (spot: Spot) => T): { value: T } | undefined {
  try {
    return { value: read(spot) }
  } catch (error) {
    if (error instanceof Refused) return undefined
    throw error
  }
}

/** Adds a finding about this value and goes on. */
export function find(spot: Spot, message: string): void {
  if (spot.findings.length < mostFindings) spot.findings.push({ path: spot.path, message })
}

/** Adds a finding about this value and gives it up. */
export function refuse(spot: Spot, message: string): never {
  find(spot, message)
  throw new Refused(message)
}

/** The JSON Pointer of a member or element (RFC 6901 section 3). */
export function below(path: string, step: string | number): string {
  return `${path}/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** A string of at most `most` UTF-16 units without lone surrogates. */
export function string(spot: Spot, most = 200, least = 1): string {
  const { value } = spot
  if (typeof value !== 'string') return refuse(spot, 'must be a string')
  if (value.length < least) return refuse(spot, 'must not be empty')
  if (value.length > most) return refuse(spot, `must not be longer than ${most} characters`)
  if (isTorn(value)) return refuse(spot, 'holds half of a surrogate pair')
  return value
}

/** True when the string holds a surrogate without its other half, which no encoding can carry. */
export function isTorn(text: string): boolean {
  // Most texts hold no surrogate at all, and this much is found out far faster.
  return /[\ud800-\udfff]/.test(text) && /\p{Surrogate}/u.test(text)
}

/** A finite number within a range. */
export function number(spot: Spot, least = -Infinity, most = Infinity): number {
  const { value } = spot
  if (typeof value !== 'number' || !Number.isFinite(value)) return refuse(spot, 'must be a number')
  if (value < least || value > most)
    return refuse(
      spot,
      most === Infinity ? `must be ${least} or more` : `must be ${least} to ${most}`,
    )
  return value
}

/** A whole number, safe in a double. */
export function whole(spot: Spot, least = 0, most = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isSafeInteger(spot.value)) return refuse(spot, 'must be a whole number')
  return number(spot, least, most)
}

export function boolean(spot: Spot): boolean {
  return typeof spot.value === 'boolean' ? spot.value : refuse(spot, 'must be true or false')
}

/** One of a few words. */
export function oneOf<const T extends string>(spot: Spot, words: readonly T[]): T {
  return words.find((word) => word === spot.value) ?? refuse(spot, `must be ${words.join(' or ')}`)
}

/** A list of at most `most` elements; bad elements are found and left out. */
export function list<T>(spot: Spot, most: number, read: (spot: Spot) => T, least = 0): T[] {
  const { value } = spot
  if (!Array.isArray(value)) return refuse(spot, 'must be a list')
  if (value.length > most) return refuse(spot, `must not have more than ${most} elements`)
  if (value.length < least) return refuse(spot, `must have at least ${least} elements`)
  const checked: T[] = []
  for (const [place, element] of value.entries()) {
    const found = attempt(
      { value: element, path: below(spot.path, place), findings: spot.findings },
      read,
    )
    if (found !== undefined) checked.push(found.value)
  }
  return checked
}

/** A list of exactly `length` elements, all of them good. */
export function exactly<T>(spot: Spot, length: number, read: (spot: Spot) => T): T[] {
  if (Array.isArray(spot.value) && spot.value.length !== length)
    return refuse(spot, `must have ${length} elements`)
  const checked = list(spot, length, read)
  // What is missing has its own finding already.
  if (checked.length < length) throw new Refused('incomplete')
  return checked
}

/** An object whose member names are free, such as attributes by name: at most `most` of them. */
export function dictionary<T>(
  spot: Spot,
  most: number,
  read: (spot: Spot) => T,
): Record<string, T> {
  const entries = Object.entries(plainObject(spot))
  if (entries.length > most) return refuse(spot, `must not have more than ${most} members`)
  const checked: [string, T][] = []
  for (const [name, value] of entries) {
    const inside = { value, path: below(spot.path, name), findings: spot.findings }
    const found = attempt(inside, (at) => {
      string({ ...at, value: name })
      return read(at)
    })
    if (found !== undefined) checked.push([name, found.value])
  }
  // Object.fromEntries defines own members, so a member called __proto__ stays a member.
  return Object.fromEntries(checked)
}

/** The members of an object, by name. */
export interface Members {
  /** The member's value, or undefined when it is absent or was found wrong. */
  optional<T>(name: string, read: (spot: Spot) => T): T | undefined
  /** The member's value; absence is refused. */
  required<T>(name: string, read: (spot: Spot) => T): T
}

/** Opens an object that may have these members and no others. */
export function members(spot: Spot, known: readonly string[]): Members {
  const object = plainObject(spot)
  for (const name of Object.keys(object))
    if (!known.includes(name)) find({ ...spot, path: below(spot.path, name) }, 'is not known here')
  const at = (name: string) => ({
    value: Object.hasOwn(object, name) ? object[name] : undefined,
    path: below(spot.path, name),
    findings: spot.findings,
  })
  return {
    optional: (name, read) =>
      at(name).value === undefined ? undefined : attempt(at(name), read)?.value,
    required: (name, read) =>
      at(name).value === undefined ? refuse(at(name), 'is missing') : read(at(name)),
  }
}

function plainObject(spot: Spot): Record<string, unknown> {
  return isObject(spot.value) ? spot.value : refuse(spot, 'must be an object')
}

/** True for what JSON calls an object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Any JSON value no deeper than `depth` and with no more than 10,000 elements in one list. */
export function json(spot: Spot, depth = 16): Json {
  const { value } = spot
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'number') return number(spot)
  if (typeof value === 'string') return string(spot, 10_000_000, 0)
  if (depth === 0) return refuse(spot, 'is nested too deeply')
  if (Array.isArray(value)) return list(spot, 10_000, (each) => json(each, depth - 1))
  return dictionary(spot, 1000, (each) => json(each, depth - 1))
}

/** An object type whose members that may be undefined may be absent instead. */
export type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

/** The object without its members that are undefined. */
export function present<const T extends object>(object: T): Present<T> {
  const kept = Object.entries(object).filter(([, value]) => value !== undefined)
  // What is left is exactly the type on the left.
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion
  return Object.fromEntries(kept) as Present<T>
}
