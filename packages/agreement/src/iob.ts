import { type Span } from './marked.ts'
import { Refusal } from './refusal.ts'

/**
 * How a chunk's tags are read. `strict` (IOB2): a chunk must begin with B, an I without one is no
 * part of any. `lenient` (as the CoNLL evaluation script reads): an I after O, or after another type,
 * begins a chunk.
 */
export type IobMode = 'strict' | 'lenient'

/** Reads tags such as `O`, `B-PER`, `I-PER` as spans of token numbers; refuses other tags. */
export function spansFromIob(tags: readonly string[], mode: IobMode): Span[] {
  const spans: Span[] = []
  let open: { start: number; label: string } | undefined
  const close = (end: number) => {
    if (open !== undefined) spans.push({ ...open, end })
    open = undefined
  }
  tags.forEach((tag, at) => {
    if (tag === 'O') {
      close(at)
      return
    }
    const parts = /^([BI])-(.+)$/.exec(tag)
    if (parts === null) throw new Refusal(`'${tag}' is not O, B-… or I-….`, at)
    const label = parts[2]
    if (parts[1] === 'I' && open?.label === label) return
    close(at)
    if (parts[1] === 'B' || mode === 'lenient') open = { start: at, label }
  })
  close(tags.length)
  return spans
}
