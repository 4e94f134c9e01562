import type { Item } from './model.ts'
import { check, dictionary, json } from './checked.ts'
import type { ObjectRecord } from './records.ts'

/**
 * These members of a record as further details of its item. What our own format could not hold again
 * (deeper than 16 levels, 1,000 members or 10,000 elements) is a fault of the record.
 */
export function metaFrom(
  names: readonly string[],
  object: Readonly<Record<string, unknown>>,
  { fault }: Pick<ObjectRecord, 'fault'>,
): NonNullable<Item['meta']> {
  // Object.fromEntries defines own members, so a member called __proto__ stays a member.
  const rest = Object.fromEntries(names.map((name) => [name, object[name]]))
  const checked = check(rest, (spot) => dictionary(spot, 1000, (each) => json(each)))
  if (checked.ok) return checked.value
  const [{ path, message } = { path: '', message: 'are not JSON' }] = checked.findings
  throw fault(`has further details that cannot be kept: ${path} ${message}`)
}
