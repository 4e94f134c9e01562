import { memo, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { Region } from '@cloister/annotation-formats'
import type { Missing } from '../../bench/core/complete.ts'
import type { OpenStage } from '../../bench/core/session.ts'
import { TextEngine } from '../../bench/text/engine.ts'
import { TextView } from '../../bench/text/view.ts'
import { Button } from '../../kit/button.tsx'
import { useMessages } from '../../kit/words.tsx'
import css from './bench.module.css'
import { Inspector } from './inspector.tsx'
import { useEngine } from './use-engine.ts'

interface TextWorkProps {
  readonly open: OpenStage
  readonly missing: readonly Missing[]
}

/** A text under work, with what may be said about it beside it. */
export const TextWork = memo(function TextWork({ open, missing }: TextWorkProps) {
  const { item, document } = open
  const [searching, setSearching] = useState(false)
  const [answersAsked, setAnswersAsked] = useState(0)
  const view = useRef<TextView | null>(null)
  const host = useRef<HTMLDivElement>(null)
  const { bench } = useMessages()
  const text = 'text' in item.content ? item.content.text : ''
  const engine = useMemo(
    () =>
      new TextEngine({
        text,
        schema: item.schema,
        document,
        language: item.language,
        onAsk: (what) => {
          if (what === 'search') setSearching(true)
          else setAnswersAsked((times) => times + 1)
        },
      }),
    [text, item, document],
  )
  const excerpt = useCallback((region: Region) => engine.textOf(region), [engine])
  const relating = useEngine(engine, () => engine.relating !== null)
  const name = bench.textName()
  useEffect(() => {
    if (host.current === null) return
    const made = new TextView(host.current, engine, { name })
    view.current = made
    made.focus()
    return () => {
      view.current = null
      made.destroy()
    }
  }, [engine, name])
  return (
    <>
      <section className={css['work']}>
        {searching ? (
          <SearchBar
            engine={engine}
            onClose={() => {
              setSearching(false)
              view.current?.focus()
            }}
          />
        ) : null}
        <p role="status" className={relating ? css['hint'] : 'sr-only'}>
          {relating ? bench.relating() : ''}
        </p>
        <div ref={host} className={css['island']} />
      </section>
      <Inspector
        schema={item.schema}
        document={document}
        keys={engine.keys}
        colours={engine.colours}
        excerpt={excerpt}
        onLabel={(label) => {
          engine.label(label)
          view.current?.focus()
        }}
        focusAnswers={answersAsked}
        missing={missing}
        onDone={() => {
          view.current?.focus()
        }}
      />
    </>
  )
})

interface SearchBarProps {
  readonly engine: TextEngine
  readonly onClose: () => void
}

/** Looks through the whole text; the browser's own search sees only the rows in the page. */
function SearchBar({ engine, onClose }: SearchBarProps) {
  const { kit, bench } = useMessages()
  const [phrase, setPhrase] = useState('')
  const state = useEngine(engine, () => `${engine.hit + 1}/${engine.hits.length}`)
  const [at = 0, count = 0] = state.split('/').map(Number)
  return (
    <search className={css['search']}>
      <input
        type="text"
        autoFocus
        dir="auto"
        autoComplete="off"
        spellCheck={false}
        translate="no"
        aria-label={bench.search()}
        placeholder={bench.search()}
        value={phrase}
        onChange={(event) => {
          setPhrase(event.currentTarget.value)
          engine.search(event.currentTarget.value)
        }}
        onKeyDown={(event) => {
          if (event.code === 'Enter') engine.stepHit(event.shiftKey ? -1 : 1)
          else if (event.code === 'Escape') onClose()
          else return
          event.preventDefault()
        }}
      />
      <span className={`${css['soft'] ?? ''} ${css['small'] ?? ''}`} role="status">
        {phrase.trim() === '' ? '' : count === 0 ? bench.foundNone() : bench.found({ at, count })}
      </span>
      <Button
        small
        aria-label={bench.previous()}
        onClick={() => {
          engine.stepHit(-1)
        }}
      >
        ↑
      </Button>
      <Button
        small
        aria-label={bench.next()}
        onClick={() => {
          engine.stepHit(1)
        }}
      >
        ↓
      </Button>
      <Button small kind="quiet" onClick={onClose}>
        {kit.close()}
      </Button>
    </search>
  )
}
