import { memo, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import type { AudioContent } from '../../api/bench-api.ts'
import { AudioEngine, speeds, type Segment } from '../../bench/audio/engine.ts'
import { Peaks } from '../../bench/audio/peaks.ts'
import { WebPlayer } from '../../bench/audio/player.ts'
import { clockTime } from '../../bench/audio/ruler.ts'
import { WaveView } from '../../bench/audio/view.ts'
import { pressOf } from '../../bench/core/keys.ts'
import type { OpenStage } from '../../bench/core/session.ts'
import { Button } from '../../kit/button.tsx'
import { useMessages } from '../../kit/words.tsx'
import css from './audio.module.css'
import bench from './bench.module.css'
import { Inspector } from './inspector.tsx'

interface AudioWorkProps {
  readonly open: OpenStage
  readonly content: AudioContent
}

/** A recording under work: the wave, its segments with what is said in them, and the labels. */
export function AudioWork({ open, content }: AudioWorkProps) {
  const { item, document: held } = open
  const words = useMessages().bench
  const host = useRef<HTMLDivElement>(null)
  const list = useRef<HTMLDivElement>(null)
  const view = useRef<WaveView | null>(null)
  const [failed, setFailed] = useState(false)
  const engine = useMemo(
    () =>
      new AudioEngine({
        rate: content.rate,
        samples: content.samples,
        schema: item.schema,
        document: held,
      }),
    [content, item, held],
  )
  const name = words.waveName()
  useEffect(() => {
    const gone = new AbortController()
    const playing: { player: WebPlayer | null } = { player: null }
    const begin = async () => {
      await content.open()
      gone.signal.throwIfAborted()
      const player = new WebPlayer(content, {
        onMove: (place) => {
          engine.arrive(place)
        },
        onStop: (fault) => {
          engine.stop(fault)
        },
      })
      playing.player = player
      engine.connect(player, () => {
        const chosen = list.current?.querySelector('[aria-current=true] textarea')
        if (chosen instanceof HTMLElement) chosen.focus()
      })
      const peaks = await Peaks.open(content.peaks)
      gone.signal.throwIfAborted()
      if (host.current === null) return
      view.current = new WaveView(host.current, engine, peaks, name)
      view.current.focus()
    }
    begin().catch(() => {
      if (!gone.signal.aborted) setFailed(true)
    })
    return () => {
      gone.abort()
      view.current?.destroy()
      view.current = null
      playing.player?.destroy()
      engine.destroy()
    }
  }, [content, engine, name])
  const back = () => {
    view.current?.focus()
  }
  return (
    <>
      <section className={`${bench['work'] ?? ''} ${css['work'] ?? ''}`}>
        <Transport engine={engine} />
        <div ref={host} className={css['island']} />
        {failed ? <p role="alert">{words.waveFailed()}</p> : null}
        <div ref={list} className={css['list']}>
          <Segments engine={engine} onBack={back} />
        </div>
      </section>
      <Inspector
        schema={item.schema}
        document={held}
        keys={engine.keys}
        excerpt={({ transcripts }) => Object.values(transcripts ?? {}).join(' ')}
        onLabel={(label) => {
          engine.label(label)
          back()
        }}
        focusAttributes={0}
        onDone={back}
      />
    </>
  )
}

function useEngine<T>(engine: AudioEngine, read: () => T): T {
  return useSyncExternalStore((listener) => engine.subscribe(listener), read)
}

function Transport({ engine }: { readonly engine: AudioEngine }) {
  const { bench: words } = useMessages()
  const playing = useEngine(engine, () => engine.playing)
  const loop = useEngine(engine, () => engine.loop)
  const mute = useEngine(engine, () => engine.mute)
  const speed = useEngine(engine, () => engine.speed)
  // Tenths are enough for the eye, and keep the page still between them.
  const tenths = useEngine(engine, () => Math.floor((engine.position / engine.rate) * 10))
  const press = (code: string) => () => {
    engine.press({ code, shift: false, control: false, alt: false })
  }
  return (
    <div className={css['transport']}>
      <Button small keys="Space" onClick={press('Space')}>
        {playing ? words.pause() : words.play()}
      </Button>
      <Button small keys="KeyP" onClick={press('KeyP')}>
        {words.playSegment()}
      </Button>
      <Button small keys="KeyL" aria-pressed={loop} onClick={press('KeyL')}>
        {words.loop()}
      </Button>
      {mute ? (
        <span role="alert" className={css['mute']}>
          {words.soundFailed()}
        </span>
      ) : null}
      <bdi className={css['clock']} dir="ltr">
        {clockTime(tenths / 10, 1)} / {clockTime(engine.samples / engine.rate)}
      </bdi>
      <div className={css['speeds']} role="group" aria-label={words.speed()}>
        {speeds.map((one) => (
          <Button
            key={one}
            small
            kind="quiet"
            aria-pressed={speed === one}
            onClick={() => {
              engine.setSpeed(one)
            }}
          >
            {one}×
          </Button>
        ))}
      </div>
    </div>
  )
}

interface SegmentsProps {
  readonly engine: AudioEngine
  readonly onBack: () => void
}

function Segments({ engine, onBack }: SegmentsProps) {
  const { bench: words } = useMessages()
  const segments = useEngine(engine, () => engine.segments)
  const selected = useEngine(engine, () => engine.document.selected?.id)
  if (segments.length === 0) return <p className={css['none']}>{words.segmentsNone()}</p>
  return (
    <ol className={css['segments']}>
      {segments.map((segment) => (
        <SegmentRow
          key={segment.region.id}
          engine={engine}
          segment={segment}
          chosen={segment.region.id === selected}
          onBack={onBack}
        />
      ))}
    </ol>
  )
}

interface SegmentRowProps extends SegmentsProps {
  readonly segment: Segment
  readonly chosen: boolean
}

/** One segment: when, who, what kind, and what is said, one field to a layer. */
const SegmentRow = memo(function SegmentRow({ engine, segment, chosen, onBack }: SegmentRowProps) {
  const { bench: words } = useMessages()
  const row = useRef<HTMLLIElement>(null)
  const { region, from, to, tier } = segment
  const { tiers = [], transcripts = [], labels } = engine.schema
  useEffect(() => {
    if (chosen) row.current?.scrollIntoView({ block: 'nearest' })
  }, [chosen])
  const colour = labels.findIndex(({ name }) => name === region.label)
  const time = clockTime(from / engine.rate, 2)
  return (
    <li ref={row} className={css['segment']} aria-current={chosen}>
      <button
        type="button"
        className={css['when']}
        onClick={() => {
          engine.choose(region.id)
          onBack()
        }}
      >
        <span
          className={bench['swatch']}
          style={{ background: `var(--label-${(Math.max(0, colour) % 8) + 1})` }}
          aria-hidden="true"
        />
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
              if (engine.document.selected?.id !== region.id) engine.choose(region.id)
            }}
            onChange={(event) => {
              engine.document.setTranscript(region.id, name, event.currentTarget.value)
            }}
            onKeyDown={(event) => {
              const press = pressOf(event)
              if (event.code === 'Escape') onBack()
              else if (event.code === 'Enter' && !press.control && !press.shift) {
                if (event.nativeEvent.isComposing) return
                nextField(event.currentTarget)?.focus()
              } else if (press.control && event.code === 'Space') engine.press(press)
              else if (press.control && event.code === 'KeyP')
                engine.press({ ...press, control: false })
              else return
              event.preventDefault()
            }}
          />
        ))}
      </div>
    </li>
  )
})

/** The field after this one in the list, across segments. */
function nextField(field: HTMLElement): HTMLElement | undefined {
  const fields = field.closest('ol')?.querySelectorAll('textarea') ?? []
  const all = Array.from(fields)
  return all[all.findIndex((one) => one === field) + 1]
}
