import { useEffect, useRef } from 'react'
import type { LabelSchema, Region } from '@cloister/annotation-formats'
import { isAsked, type Missing, questionsOf, relationsBetween } from '../../bench/core/complete.ts'
import type { LabelColours } from '../../bench/core/colours.ts'
import type { AnnotationDocument } from '../../bench/core/document.ts'
import { Button } from '../../kit/button.tsx'
import { Keys } from '../../kit/keys.tsx'
import { useMessages } from '../../kit/words.tsx'
import css from './bench.module.css'
import { Marked } from './marked.tsx'
import { Say } from './say.tsx'
import { Swatch } from './swatch.tsx'
import { useDocument } from './use-document.ts'

interface InspectorProps {
  readonly schema: LabelSchema
  readonly document: AnnotationDocument
  readonly keys: ReadonlyMap<string, string>
  readonly colours: LabelColours
  /** What a mark covers, where the marks are to be listed here. */
  readonly excerpt?: (region: Region) => string
  readonly onLabel: (label: string) => void
  /** Grows by one each time that the keyboard asks to answer: about what is chosen, else the item. */
  readonly focusAnswers: number
  /** What the last submission lacked: the first unanswered question gets the focus. */
  readonly missing: readonly Missing[]
  readonly onDone: () => void
}

/** Everything that can be said: the labels, the chosen mark, the answers, and what is marked. */
export function Inspector(props: InspectorProps) {
  const { schema, document, keys, colours, excerpt, onLabel, focusAnswers, missing, onDone } = props
  const { bench } = useMessages()
  const { annotation, selected } = useDocument(document)
  const asked = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (focusAnswers > 0) focusIn(asked.current?.querySelector('fieldset, input, textarea'))
  }, [focusAnswers])
  useEffect(() => {
    const [first] = missing
    // What a mark lacks is chosen by the session; only questions of the whole item are led to here.
    if (first?.what !== 'answer' || missing.some((one) => 'region' in one)) return
    focusIn(asked.current?.querySelector(`[data-question="${CSS.escape(first.name)}"]`))
  }, [missing])
  return (
    <aside
      className={css['side']}
      aria-label={bench.labels()}
      tabIndex={0}
      onKeyDown={(event) => {
        if (event.code === 'Escape') onDone()
      }}
    >
      <div>
        <h2>{bench.labels()}</h2>
        <div className={css['palette']}>
          {schema.labels.map(({ name, title }) => (
            <button
              key={name}
              type="button"
              className={css['label']}
              aria-pressed={selected?.label === name}
              onClick={() => {
                onLabel(name)
              }}
            >
              <Swatch colour={colours.of(name)} />
              <bdi>{title ?? name}</bdi>
              <Keys of={keys.get(name) ?? '·'} />
            </button>
          ))}
        </div>
        <p className={`${css['soft'] ?? ''} ${css['small'] ?? ''}`}>{bench.labelsHint()}</p>
      </div>
      <div ref={asked} className={css['asked']}>
        <Chosen schema={schema} document={document} selected={selected} onDone={onDone} />
        {(schema.answers ?? []).length === 0 ? null : (
          <div className={css['chosen']}>
            <h2>{bench.answers()}</h2>
            {schema.answers
              ?.filter((answer) =>
                isAsked(answer, annotation.answers ?? {}, annotation.answers ?? {}),
              )
              .map((answer) => (
                <div key={answer.name} data-question={answer.name}>
                  <Say
                    question={answer}
                    value={annotation.answers?.[answer.name]}
                    onSay={(value) => {
                      document.setAnswer(answer.name, value)
                    }}
                  />
                </div>
              ))}
          </div>
        )}
      </div>
      {excerpt === undefined ? null : (
        <Marked
          document={document}
          colours={colours}
          excerpt={excerpt}
          regions={annotation.regions}
          selected={selected?.id}
        />
      )}
    </aside>
  )
}

/** Puts the focus on what is answered of a question, or else on its first field. */
function focusIn(question: Element | null | undefined): void {
  const fields = [
    question?.querySelector('input:checked'),
    question?.querySelector('input, textarea'),
    question,
  ]
  const field = fields.find((one) => one instanceof HTMLElement)
  if (field instanceof HTMLElement) field.focus()
}

interface ChosenProps {
  readonly schema: LabelSchema
  readonly document: AnnotationDocument
  readonly selected: Region | undefined
  readonly onDone: () => void
}

function Chosen({ schema, document, selected, onDone }: ChosenProps) {
  const { bench } = useMessages()
  const { answers = {} } = useDocument(document).annotation
  const title = schema.labels.find(({ name }) => name === selected?.label)?.title
  if (selected === undefined)
    return (
      <div>
        <h2>{bench.chosen()}</h2>
        <p className={`${css['soft'] ?? ''} ${css['small'] ?? ''}`}>{bench.chosenNone()}</p>
      </div>
    )
  return (
    <div className={css['chosen']}>
      <h2>
        {bench.chosen()} · <bdi>{title ?? selected.label ?? bench.notSaid()}</bdi>
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
      <Relations schema={schema} document={document} selected={selected} />
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

interface RelationsProps {
  readonly schema: LabelSchema
  readonly document: AnnotationDocument
  readonly selected: Region
}

/** What the chosen mark is joined to, and how. */
function Relations({ schema, document, selected }: RelationsProps) {
  const { bench } = useMessages()
  const { annotation } = useDocument(document)
  const own = (annotation.relations ?? []).filter(({ from, to }) =>
    [from, to].includes(selected.id),
  )
  if (own.length === 0) return null
  return (
    <div className={css['small']}>
      <strong>{bench.relations()}</strong>
      {own.map((relation) => {
        const [from, to] = [document.region(relation.from), document.region(relation.to)]
        if (from === undefined || to === undefined) return null
        const kinds = relationsBetween(schema, from, to)
        const names = { from: from.label ?? from.id, to: to.label ?? to.id }
        return (
          <div key={`${relation.type} ${from.id} ${to.id}`} className={css['relation']}>
            <bdi>{names.from}</bdi> →{' '}
            {kinds.length < 2 ? (
              <bdi>{relation.type}</bdi>
            ) : (
              <select
                autoComplete="off"
                aria-label={bench.relationKind(names)}
                value={relation.type}
                onChange={(event) => {
                  document.setRelationType(relation, event.currentTarget.value)
                }}
              >
                {[...new Set([relation.type, ...kinds])].map((kind) => (
                  <option key={kind}>{kind}</option>
                ))}
              </select>
            )}{' '}
            → <bdi>{names.to}</bdi>
            <Button
              small
              kind="quiet"
              aria-label={bench.relationRemove(names)}
              onClick={() => {
                document.relate(relation.type, from.id, to.id)
              }}
            >
              ✕
            </Button>
          </div>
        )
      })}
    </div>
  )
}
