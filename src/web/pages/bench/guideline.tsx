import { memo } from 'react'
import type { Missing } from '../../bench/core/complete.ts'
import type { AnnotationDocument } from '../../bench/core/document.ts'
import type { GuidelineState, OpenStage } from '../../bench/core/session.ts'
import { Keys } from '../../kit/keys.tsx'
import { useMessages } from '../../kit/words.tsx'
import type { BenchMessages } from '../../locales/messages.gen.ts'
import { Sections } from '../house/sections.tsx'
import css from './bench.module.css'

interface GuidelinePaneProps {
  readonly open: OpenStage
  readonly guideline: GuidelineState
  readonly missing: readonly Missing[]
}

/** How this item is to be treated, under what stands in the way of submitting it. */
export const GuidelinePane = memo(function GuidelinePane(props: GuidelinePaneProps) {
  const { bench } = useMessages()
  const { open, guideline, missing } = props
  const { item, document } = open
  return (
    <section className={css['side']} aria-label={bench.guideline()} tabIndex={0}>
      {item.sentBack === null ? null : (
        <div className={css['notice']}>
          <strong>{bench.sentBackTitle()}</strong>
          <p dir="auto">{item.sentBack}</p>
        </div>
      )}
      {missing.length === 0 ? null : <MissingNotice missing={missing} document={document} />}
      <GuidelineText guideline={guideline} />
      <KeyList keys={'text' in item.content ? textKeys(bench) : audioKeys(bench)} />
    </section>
  )
})

function GuidelineText({ guideline }: { readonly guideline: GuidelineState }) {
  const { bench } = useMessages()
  if (guideline.is !== 'there') {
    const words = {
      coming: bench.guidelineComing,
      none: bench.guidelineNone,
      failed: bench.guidelineFailed,
    }[guideline.is]
    return (
      <div>
        <h2>{bench.guideline()}</h2>
        <p className={css['soft']}>{words()}</p>
      </div>
    )
  }
  const { version, sections } = guideline.it
  return (
    <div>
      <h2>
        {bench.guideline()} · {bench.guidelineVersion({ version })}
      </h2>
      <Sections of={sections} />
    </div>
  )
}

interface MissingNoticeProps {
  readonly missing: readonly Missing[]
  readonly document: AnnotationDocument
}

function MissingNotice({ missing, document }: MissingNoticeProps) {
  const { bench } = useMessages()
  const say = (one: Missing) => {
    if (one.what === 'answer') return bench.missingAnswer({ name: one.name })
    if (one.what === 'rule') return bench.missingRule({ place: one.path, rule: one.message })
    const region = document.region(one.region)?.label ?? one.region
    switch (one.what) {
      case 'attribute':
        return bench.missingAttribute({ name: one.name, region })
      case 'transcript':
        return bench.missingTranscript({ name: one.name, region })
      case 'label':
        return bench.missingLabel({ region })
      case 'tier':
        return bench.missingTier({ region })
    }
  }
  return (
    <div className={css['notice']} role="alert">
      <strong>{bench.missingTitle()}</strong>
      <ul>
        {missing.slice(0, 8).map((one) => (
          <li key={JSON.stringify(one)}>
            {'region' in one ? (
              <button
                type="button"
                className={css['go']}
                onClick={() => {
                  document.select(one.region)
                }}
              >
                {say(one)}
              </button>
            ) : (
              say(one)
            )}
          </li>
        ))}
      </ul>
    </div>
  )
}

type KeyLines = readonly (readonly [words: string, ...keys: string[]])[]

function textKeys(bench: BenchMessages): KeyLines {
  return [
    [bench.keysMove(), 'ArrowLeft', 'Ctrl+ArrowLeft'],
    [bench.keysSentence(), 'Ctrl+ArrowDown'],
    [bench.keysWiden(), 'Space'],
    [bench.keysSpans(), 'KeyJ', 'KeyK'],
    [bench.keysEdges(), 'Alt+ArrowRight'],
    [bench.keysEdgesStart(), 'Alt+Shift+ArrowRight'],
    [bench.keysPart(), 'KeyA'],
    [bench.keysRelate(), 'KeyR'],
    [bench.keysAnswer(), 'Enter'],
    [bench.keysBack(), 'Escape'],
    [bench.searchShort(), 'Ctrl+KeyF'],
  ]
}

function audioKeys(bench: BenchMessages): KeyLines {
  return [
    [bench.keysPlay(), 'Space'],
    [bench.keysPlaySegment(), 'KeyP'],
    [bench.keysLoop(), 'KeyL'],
    [bench.keysSeek(), 'ArrowLeft', 'ArrowRight'],
    [bench.keysInOut(), 'KeyI', 'KeyO'],
    [bench.keysSegments(), 'KeyJ', 'KeyK'],
    [bench.keysEdges(), 'Alt+ArrowRight'],
    [bench.keysEdgesStart(), 'Alt+Shift+ArrowRight'],
    [bench.keysSplit(), 'KeyS'],
    [bench.keysMerge(), 'KeyM'],
    [bench.keysTier(), 'KeyT'],
    [bench.keysWrite(), 'Enter'],
    [bench.keysField(), 'Ctrl+Space', 'Ctrl+KeyP'],
    [bench.keysAnswer(), 'KeyA'],
    [bench.keysBack(), 'Escape'],
    [bench.keysSpeed(), 'Comma', 'Period'],
    [bench.keysZoom(), 'Equal', 'Minus'],
  ]
}

function KeyList({ keys }: { readonly keys: KeyLines }) {
  const { bench } = useMessages()
  if (keys.length === 0) return null
  return (
    <div>
      <h2>{bench.keys()}</h2>
      <dl className={css['keys']}>
        {keys.map(([words, ...codes]) => (
          <div key={words}>
            <dt>{words}</dt>
            <dd>
              {codes.map((code) => (
                <Keys key={code} of={code} />
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  )
}
