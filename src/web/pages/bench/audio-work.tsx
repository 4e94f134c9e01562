import { memo, useEffect, useMemo, useRef, useState } from 'react'
import type { AudioContent } from '../../api/bench-api.ts'
import { AudioEngine } from '../../bench/audio/engine.ts'
import { Peaks } from '../../bench/audio/peaks.ts'
import { speeds } from '../../bench/audio/playback.ts'
import { WebPlayer } from '../../bench/audio/player.ts'
import { clockTime } from '../../bench/audio/ruler.ts'
import { WaveView } from '../../bench/audio/view.ts'
import type { Missing } from '../../bench/core/complete.ts'
import type { OpenStage } from '../../bench/core/session.ts'
import { Button } from '../../kit/button.tsx'
import { useMessages } from '../../kit/words.tsx'
import css from './audio.module.css'
import bench from './bench.module.css'
import { Inspector } from './inspector.tsx'
import { Segments, writeInChosen } from './segments.tsx'
import { useEngine } from './use-engine.ts'

interface AudioWorkProps {
  readonly open: OpenStage
  readonly content: AudioContent
  readonly missing: readonly Missing[]
}

/** A recording under work: the wave, its segments with what is said in them, and the labels. */
export const AudioWork = memo(function AudioWork({ open, content, missing }: AudioWorkProps) {
  const { item, document: held } = open
  const words = useMessages().bench
  const host = useRef<HTMLDivElement>(null)
  const list = useRef<HTMLDivElement>(null)
  const view = useRef<WaveView | null>(null)
  const [failed, setFailed] = useState<'sound' | 'wave' | null>(null)
  const [attempt, setAttempt] = useState(0)
  const [answersAsked, setAnswersAsked] = useState(0)
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
  useEffect(
    () => () => {
      engine.destroy()
    },
    [engine],
  )
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
      engine.connect(player, (what) => {
        if (what === 'transcript') writeInChosen(list.current)
        else setAnswersAsked((times) => times + 1)
      })
      const peaks = await Peaks.open(content.peaks)
      gone.signal.throwIfAborted()
      if (host.current === null) return
      view.current = new WaveView(host.current, engine, peaks, name)
      view.current.focus()
    }
    begin().catch(() => {
      if (!gone.signal.aborted) setFailed(playing.player === null ? 'sound' : 'wave')
    })
    return () => {
      gone.abort()
      view.current?.destroy()
      view.current = null
      playing.player?.destroy()
    }
  }, [content, engine, name, attempt])
  const back = () => {
    view.current?.focus()
  }
  return (
    <>
      <section className={`${bench['work'] ?? ''} ${css['work'] ?? ''}`}>
        <Transport engine={engine} />
        <div ref={host} className={css['island']}>
          {failed === null ? null : (
            <div role="alert" className={css['failed']}>
              <p>{failed === 'sound' ? words.openFailed() : words.waveFailed()}</p>
              <Button
                onClick={() => {
                  setFailed(null)
                  setAttempt(attempt + 1)
                }}
              >
                {words.tryAgain()}
              </Button>
            </div>
          )}
        </div>
        <Segments engine={engine} frame={list} onBack={back} />
      </section>
      <Inspector
        schema={item.schema}
        document={held}
        keys={engine.keys}
        colours={engine.colours}
        onLabel={(label) => {
          engine.label(label)
          back()
        }}
        focusAnswers={answersAsked}
        missing={missing}
        onDone={back}
      />
    </>
  )
})

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
