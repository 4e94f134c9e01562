import type { Value } from './model.ts'

/** True for several options or paths, false for one thing and for buckets. */
export function isList(value: Value): value is readonly string[] | readonly (readonly string[])[] {
  return Array.isArray(value)
}

/** True for a ranking into buckets. */
export function isBuckets(value: Value): value is { readonly [bucket: string]: readonly string[] } {
  return typeof value === 'object' && !isList(value)
}

/** What was chosen, as paths through options: one thing is a path of one step. */
export function pathsOf(value: Value): string[][] {
  if (isList(value)) return value.map((each) => (typeof each === 'string' ? [each] : [...each]))
  if (isBuckets(value)) return Object.entries(value).map(([name, each]) => [name, ...each])
  return [[String(value)]]
}

/** What was chosen, as texts; the steps of a path are joined by ` / `. */
export function textsOf(value: Value): string[] {
  return pathsOf(value).map((path) => path.join(' / '))
}

/** The value as one text: several are joined by `; `. */
export function textOf(value: Value): string {
  return textsOf(value).join('; ')
}
