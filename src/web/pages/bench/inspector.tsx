import { useEffect, useRef } from 'react'
import type { LabelSchema, Region } from '@cloister/annotation-formats'
import { labelColour } from '../../bench/core/colours.ts'
import { isAsked, questionsOf } from '../../bench/core/complete.ts'
import type { AnnotationDocument } from '../../bench/core/document.ts'
import { Button } from '../../kit/button.tsx'
import { Keys } from '../../kit/keys.tsx'
import { useLanguage, useMessages } from '../../kit/words.tsx'
import css from './bench.module.css'
import { Say } from './say.tsx'
import { useDocument } from './use-document.ts'

interface InspectorProps {
  readonly schema: LabelSchema
  readonly document: AnnotationDocument
  readonly keys: ReadonlyMap<string, string>
  readonly excerpt: (region: Region) => string
  readonly onLabel: (label: string) => void
  /** Grows by one each time that the keyboard asks for the attributes. */
  readonly focusAttributes: number
  readonly onDone: () => void
}

/** Everything that can be said: the labels, the chosen mark, the answers, and what is marked. */
export function Inspector(props: InspectorProps) {
  const { schema, document, keys, onLabel, focusAttributes, onDone } = props
  const { bench } = useMessages()
  const { annotation, selected } = useDocument(document)
  return (
    <aside className={css['side']} aria-label={bench.labels()} tabIndex={0}>
      <div>
        <h2>{bench.labels()}</h2>
        <div className={css['palette']}>
          {schema.labels.map(({ name, title }, index) => (
            <button
              key={name}
              type="button"
              className={css['label']}
              aria-pressed={selected?.label === name}
              onClick={() => {
                onLabel(name)
              }}
            >
              <Swatch index={index} />
              <bdi>{title ?? name}</bdi>
              <Keys of={keys.get(name) ?? '·'} />
            </button>
          ))}
        </div>
        <p className={`${css['soft'] ?? ''} ${css['small'] ?? ''}`}>{bench.labelsHint()}</p>
      </div>
      <Chosen
        schema={schema}
        document={document}
        selected={selected}
        focusAttributes={focusAttributes}
        onDone={onDone}
      />
      {(schema.answers ?? []).length === 0 ? null : (
        <div className={css['chosen']}>
          <h2>{bench.answers()}</h2>
          {schema.answers
            ?.filter((answer) =>
              isAsked(answer, annotation.answers ?? {}, annotation.answers ?? {}),
            )
            .map((answer) => (
              <Say
                key={answer.name}
                question={answer}
                value={annotation.answers?.[answer.name]}
                onSay={(value) => {
                  document.setAnswer(answer.name, value)
                }}
              />
            ))}
        </div>
      )}
      <Marked {...props} regions={annotation.regions} selected={selected} />
    </aside>
  )
}

function Swatch({ index }: { readonly index: number }) {
  const background = labelColour(index)
  return <span className={css['swatch']} aria-hidden="true" style={{ background }} />
}

interface ChosenProps {
  readonly schema: LabelSchema
  readonly document: AnnotationDocument
  readonly selected: Region | undefined
  readonly focusAttributes: number
  readonly onDone: () => void
}

function Chosen({ schema, document, selected, focusAttributes, onDone }: ChosenProps) {
  const { bench } = useMessages()
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (focusAttributes > 0) box.current?.querySelector<HTMLElement>('input')?.focus()
  }, [focusAttributes])
  const { answers = {} } = useDocument(document).annotation
  if (selected === undefined)
    return (
      <div>
        <h2>{bench.chosen()}</h2>
        <p className={`${css['soft'] ?? ''} ${css['small'] ?? ''}`}>{bench.chosenNone()}</p>
      </div>
    )
  return (
    <div
      ref={box}
      className={css['chosen']}
      onKeyDown={(event) => {
        if (event.code === 'Escape') onDone()
      }}
    >
      <h2>
        {bench.chosen()} · <bdi>{selected.label ?? bench.notSaid()}</bdi>
      </h2>
      {questionsOf(schema, selected)
        .filter((question) => isAsked(question, selected.attributes ?? {}, answers))
        .map((question) => (
          <Say
            key={question.name}
            question={question}
            value={selected.attributes?.[question.name]}
            onSay={(value) => {
              document.setAttribute(selected.id, question.name, value)
            }}
          />
        ))}
      <Relations document={document} selected={selected} />
      <div>
        <Button
          small
          keys="Delete"
          onClick={() => {
            document.remove(selected.id)
            onDone()
          }}
        >
          {bench.remove()}
        </Button>
      </div>
    </div>
  )
}

function Relations({ document, selected }: { document: AnnotationDocument; selected: Region }) {
  const { bench } = useMessages()
  const { annotation } = useDocument(document)
  const own = (annotation.relations ?? []).filter(({ from, to }) =>
    [from, to].includes(selected.id),
  )
  if (own.length === 0) return null
  const name = (id: string) => document.region(id)?.label ?? id
  return (
    <div className={css['small']}>
      <strong>{bench.relations()}</strong>
      {own.map(({ type, from, to }) => (
        <div key={`${type} ${from} ${to}`} dir="auto">
          {name(from)} → {type} → {name(to)}
        </div>
      ))}
    </div>
  )
}

interface MarkedProps extends InspectorProps {
  readonly regions: readonly Region[]
  readonly selected: Region | undefined
}

/** The list is cut where it stops helping; J and K still reach every mark. */
const mostListed = 80

function Marked({ schema, document, excerpt, regions, selected }: MarkedProps) {
  const { bench } = useMessages()
  const count = new Intl.NumberFormat(useLanguage())
  return (
    <div>
      <h2>
        {bench.regions()} · {count.format(regions.length)}
      </h2>
      {regions.length === 0 ? (
        <p className={`${css['soft'] ?? ''} ${css['small'] ?? ''}`}>{bench.regionsNone()}</p>
      ) : (
        <ul className={css['regions']} tabIndex={0} aria-label={bench.regions()}>
          {regions.slice(-mostListed).map((region) => (
            <li key={region.id}>
              <button
                type="button"
                className={css['region']}
                aria-current={region.id === selected?.id}
                onClick={() => {
                  document.select(region.id)
                }}
              >
                <Swatch index={schema.labels.findIndex(({ name }) => name === region.label)} />
                <bdi>{excerpt(region).slice(0, 60)}</bdi>
                <span>{region.label}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
