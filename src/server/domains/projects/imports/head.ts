import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { longestHead } from '#shared/imports.ts'
import { Problem } from '#shared/problems.ts'

/**
 * Takes the first line of an upload, which is JSON of this shape, from the bytes that follow it.
 * @throws Problem `invalid-input` for another head, `too-large` for one that does not end
 */
export async function splitHead<S extends TSchema>(
  shape: S,
  bytes: AsyncIterable<Uint8Array>,
): Promise<{ head: Static<S>; rest: AsyncGenerator<Uint8Array> }> {
  const source = bytes[Symbol.asyncIterator]()
  let head = Buffer.alloc(0)
  for (;;) {
    const next = await source.next()
    if (next.done === true) throw new Problem('invalid-input', { where: 'body/head' })
    head = Buffer.concat([head, next.value])
    const end = head.indexOf(10)
    if (end > longestHead || (end === -1 && head.length > longestHead))
      throw new Problem('too-large', { where: 'body/head' })
    if (end !== -1)
      return { head: parsed(shape, head.subarray(0, end)), rest: from(head.subarray(end + 1)) }
  }
  async function* from(first: Uint8Array): AsyncGenerator<Uint8Array> {
    if (first.length > 0) yield first
    for (let next = await source.next(); next.done !== true; next = await source.next())
      yield next.value
  }
}

function parsed<S extends TSchema>(shape: S, line: Buffer): Static<S> {
  let value: unknown
  try {
    value = JSON.parse(line.toString('utf8'))
  } catch {
    throw new Problem('invalid-input', { where: 'body/head' })
  }
  if (!Value.Check(shape, value)) throw new Problem('invalid-input', { where: 'body/head' })
  return value
}
