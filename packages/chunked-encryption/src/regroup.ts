/**
 * Cuts a stream of pieces of any size anew: first `head` bytes (fewer only when the stream ends),
 * then groups that are multiples of `unit` and at most `most` bytes, last what is left, shorter
 * than `unit` and possibly empty. Holds at most one piece and one unit. A group may be a view into a
 * piece: use it before asking for the next one.
 */
export async function* regroup(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  head: number,
  unit: number,
  most: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const carry = new Uint8Array(Math.max(head, unit))
  let carried = 0
  let want = head > 0 ? head : unit
  try {
    for await (const piece of source) {
      let at = 0
      while (at < piece.length) {
        const left = piece.length - at
        if (carried === 0 && want === unit && left >= unit) {
          const take = Math.min(left - (left % unit), most)
          yield piece.subarray(at, at + take)
          at += take
          continue
        }
        const take = Math.min(want - carried, left)
        carry.set(piece.subarray(at, at + take), carried)
        at += take
        carried += take
        if (carried === want) {
          yield carry.subarray(0, want)
          carried = 0
          want = unit
        }
      }
    }
    yield carry.subarray(0, carried)
  } finally {
    carry.fill(0)
  }
}
