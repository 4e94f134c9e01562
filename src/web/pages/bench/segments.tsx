import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual'
import { memo, useEffect, type KeyboardEvent, type RefObject } from 'react'
import { flushSync } from 'react-dom'
import type { AudioEngine } from '../../bench/audio/engine.ts'
import type { Segment } from '../../bench/audio/segments.ts'
import { clockTime } from '../../bench/audio/ruler.ts'
import { pressOf } from '../../bench/core/keys.ts'
import { useMessages } from '../../kit/words.tsx'
import css from './audio.module.css'
import { Swatch } from './swatch.tsx'
import { useEngine } from './use-engine.ts'

interface SegmentsProps {
  readonly engine: AudioEngine
  /** The element that scrolls, for whoever wants to write in the chosen segment. */
  readonly frame: RefObject<HTMLDivElement | null>
  readonly onBack: () => void
}

/** A segment of one layer is this tall before it is measured. */
const rowHeight = 42

/** Every segment in its time; of a long list only the rows in sight and the chosen are in the page. */
export function Segments({ engine, frame, onBack }: SegmentsProps) {
  const { bench: words } = useMessages()
  const segments = useEngine(engine, () => engine.segments)
  const selected = useEngine(engine, () => engine.document.selected?.id)
  const at = segments.findIndex(({ region }) => region.id === selected)
  // Its functions change under one identity; the compiler must leave this component as it is.
  // eslint-disable-next-line react-hooks/incompatible-library
  const virtual = useVirtualizer({
    count: segments.length,
    getScrollElement: () => frame.current,
    getItemKey: (index) => segments[index]?.region.id ?? index,
    estimateSize: () => rowHeight,
    overscan: 4,
    rangeExtractor: (range) => {
      // A field that is being written in stays, however far it is scrolled away.
      const shown = defaultRangeExtractor(range)
      return at < 0 || shown.includes(at) ? shown : [...shown, at].sort((a, b) => a - b)
    },
  })
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at)
  }, [virtual, at])
  return (
    <div ref={frame} className={css['list']}>
      {segments.length === 0 ? <p className={css['none']}>{words.segmentsNone()}</p> : null}
      <ol className={css['segments']} style={{ blockSize: `${virtual.getTotalSize()}px` }}>
        {virtual.getVirtualItems().map(({ index, key, start }) => {
          const segment = segments[index]
          return segment === undefined ? null : (
            <li
              key={key}
              ref={virtual.measureElement}
              data-index={index}
              className={css['segment']}
              style={{ transform: `translateY(${start}px)` }}
              aria-current={index === at}
              aria-setsize={segments.length}
              aria-posinset={index + 1}
            >
              <Fields
                engine={engine}
                segment={segment}
                next={segments[index + 1]?.region.id}
                onBack={onBack}
              />
            </li>
          )
        })}
      </ol>
    </div>
  )
}

/** Puts the writing mark into the first layer of the chosen segment. */
export function writeInChosen(list: HTMLElement | null): void {
  list?.querySelector<HTMLElement>('[aria-current=true] textarea')?.focus()
}

interface FieldsProps {
  readonly engine: AudioEngine
  readonly segment: Segment
  /** Where Enter goes on to from the last layer. */
  readonly next: string | undefined
  readonly onBack: () => void
}

/** One segment: when, who, what kind, and what is said, one field to a layer. */
const Fields = memo(function Fields({ engine, segment, next, onBack }: FieldsProps) {
  const { bench: words } = useMessages()
  const { region, from, to, tier } = segment
  const { tiers = [], transcripts = [] } = engine.schema
  const time = clockTime(from / engine.rate, 2)
  return (
    <>
      <button
        type="button"
        className={css['when']}
        onClick={() => {
          engine.choose(region.id)
          onBack()
        }}
      >
        <Swatch colour={engine.colours.of(region.label)} />
        <bdi dir="ltr">
          {time}–{clockTime(to / engine.rate, 2)}
        </bdi>
        <bdi className={css['label']}>{region.label}</bdi>
      </button>
      {tiers.length === 0 ? null : (
        <select
          className={css['tier']}
          autoComplete="off"
          aria-label={words.tierOf({ time })}
          value={tier ?? ''}
          onChange={(event) => {
            engine.setTier(region.id, event.currentTarget.value)
          }}
        >
          {tier === undefined ? <option value="">{words.notSaid()}</option> : null}
          {tiers.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      )}
      <div className={css['layers']}>
        {transcripts.map(({ name }) => (
          <textarea
            key={name}
            rows={1}
            dir="auto"
            autoComplete="off"
            spellCheck={false}
            translate="no"
            maxLength={10_000}
            aria-label={words.transcriptOf({ name, time })}
            placeholder={name}
            value={region.transcripts?.[name] ?? ''}
            onFocus={() => {
              engine.document.select(region.id)
            }}
            onChange={(event) => {
              engine.document.setTranscript(region.id, name, event.currentTarget.value)
            }}
            onKeyDown={(event) => {
              pressInField(event, engine, next, onBack)
            }}
          />
        ))}
      </div>
    </>
  )
})

/** The keys that a field keeps from its text: on to the next field, back to the wave, playing. */
function pressInField(
  event: KeyboardEvent<HTMLTextAreaElement>,
  engine: AudioEngine,
  next: string | undefined,
  onBack: () => void,
): void {
  const press = pressOf(event)
  const playing = ['Space', 'KeyP', 'KeyL', 'Comma', 'Period'].includes(event.code)
  if (event.code === 'Escape') onBack()
  else if (event.code === 'Enter' && !press.control && !press.shift) {
    if (event.nativeEvent.isComposing) return
    const field = event.currentTarget
    const below = field.nextElementSibling
    if (below instanceof HTMLElement) below.focus()
    else if (next !== undefined) {
      const list = field.closest<HTMLElement>('ol')
      // The next segment may not be in the page before it is chosen.
      flushSync(() => {
        engine.document.select(next)
      })
      writeInChosen(list)
    }
  } else if (press.control && playing) engine.press({ ...press, control: false })
  else return
  event.preventDefault()
}
