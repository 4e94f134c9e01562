import { useVirtualizer } from '@tanstack/react-virtual'
import { memo, useEffect, useMemo, useRef } from 'react'
import type { Region } from '@cloister/annotation-formats'
import type { LabelColours } from '../../bench/core/colours.ts'
import type { AnnotationDocument } from '../../bench/core/document.ts'
import { useLanguage, useMessages } from '../../kit/words.tsx'
import css from './bench.module.css'
import { Swatch } from './swatch.tsx'

interface MarkedProps {
  readonly document: AnnotationDocument
  readonly colours: LabelColours
  readonly excerpt: (region: Region) => string
  readonly regions: readonly Region[]
  readonly selected: string | undefined
}

/** The style sheet says the same. */
const rowHeight = 29

/** Every mark in the order of the text; of a long list only the rows in sight are in the page. */
export const Marked = memo(function Marked(props: MarkedProps) {
  const { document, colours, excerpt, regions, selected } = props
  const { bench } = useMessages()
  const count = new Intl.NumberFormat(useLanguage())
  const frame = useRef<HTMLUListElement>(null)
  const ordered = useMemo(() => regions.toSorted(inReadingOrder), [regions])
  const virtual = useVirtualizer({
    count: ordered.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: 3,
  })
  const at = useMemo(() => ordered.findIndex(({ id }) => id === selected), [ordered, selected])
  useEffect(() => {
    const { scrollOffset: top, scrollRect } = virtual
    if (at < 0 || top === null || scrollRect === null) return
    // Every row is as tall as the others, so that nothing needs to be measured, and a mark that is
    // in sight costs nothing: asking the page would lay it out in the middle of a key press.
    const from = at * rowHeight
    const last = from + rowHeight - scrollRect.height
    if (from < top || last > top) frame.current?.scrollTo(0, from < top ? from : last)
  }, [virtual, at])
  const shown = virtual.getVirtualItems()
  const before = shown[0]?.start ?? 0
  const after = virtual.getTotalSize() - (shown.at(-1)?.end ?? 0)
  return (
    <div>
      <h2>
        {bench.regions()} · {count.format(ordered.length)}
      </h2>
      {ordered.length === 0 ? (
        <p className={`${css['soft'] ?? ''} ${css['small'] ?? ''}`}>{bench.regionsNone()}</p>
      ) : (
        <ul ref={frame} className={css['regions']} tabIndex={0} aria-label={bench.regions()}>
          {before > 0 ? <li aria-hidden="true" style={{ blockSize: `${before}px` }} /> : null}
          {shown.map(({ index }) => {
            const region = ordered[index]
            return region === undefined ? null : (
              <li key={region.id} aria-setsize={ordered.length} aria-posinset={index + 1}>
                <button
                  type="button"
                  className={css['region']}
                  aria-current={region.id === selected}
                  onClick={() => {
                    document.select(region.id)
                  }}
                >
                  <Swatch colour={colours.of(region.label)} />
                  <bdi>{excerpt(region).slice(0, 60)}</bdi>
                  <span>{region.label}</span>
                </button>
              </li>
            )
          })}
          {after > 0 ? <li aria-hidden="true" style={{ blockSize: `${after}px` }} /> : null}
        </ul>
      )}
    </div>
  )
})

function inReadingOrder(left: Region, right: Region): number {
  return beginningOf(left) - beginningOf(right)
}

function beginningOf({ anchor }: Region): number {
  return 'text' in anchor ? (anchor.text[0]?.[0] ?? 0) : 0
}
