import type { ReactNode } from 'react'
import type { Admission } from '#shared/workforce.ts'
import { Badge } from '../../kit/badge.tsx'
import { useLanguage, useMessages } from '../../kit/words.tsx'
import house from '../house/house.module.css'
import { useTime } from '../house/time.ts'

/** The three parts of admission that hold for every project, each met or still to be met. */
export function AdmissionSteps({ facts }: { readonly facts: Admission }) {
  const { people } = useMessages()
  const steps = [
    ['vetted', facts.vetted],
    ['agreed', facts.agreed],
    ['trained', facts.trained],
  ] as const
  return (
    <div className={house['row']}>
      {steps.map(([step, met]) => (
        <Badge key={step} tone={met ? 'good' : 'warn'}>
          {met ? people.stepMet({ step }) : people.stepMissing({ step })}
        </Badge>
      ))}
    </div>
  )
}

interface PartProps {
  readonly title: string
  /** Said where there are no rows. */
  readonly none: string
  readonly rows: readonly unknown[]
  readonly children: ReactNode
}

/** One part of what is recorded of a person. */
export function Part({ title, none, rows, children }: PartProps) {
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      {rows.length === 0 ? (
        <p className={house['soft']}>{none}</p>
      ) : (
        <ul className={house['list']}>{children}</ul>
      )}
    </section>
  )
}

interface RecordedProps {
  readonly facts: Admission
  /** What was signed, as whoever looks is to see it. */
  readonly agreements: ReactNode
}

/** All that is recorded of a person, part by part. */
export function Recorded({ facts, agreements }: RecordedProps) {
  const { people } = useMessages()
  return (
    <div className={house['two']}>
      <Part title={people.ownVetting()} none={people.ownVettingNone()} rows={facts.vettings}>
        <Vettings rows={facts.vettings} />
      </Part>
      {agreements}
      <Part title={people.ownTraining()} none={people.ownTrainingNone()} rows={facts.courses}>
        <Courses rows={facts.courses} />
      </Part>
      <Part
        title={people.ownCertificates()}
        none={people.ownCertificatesNone()}
        rows={facts.certificates}
      >
        <Certificates rows={facts.certificates} />
      </Part>
      <Part title={people.ownShifts()} none={people.ownShiftsNone()} rows={facts.shifts}>
        <Shifts rows={facts.shifts} />
      </Part>
    </div>
  )
}

interface RowsProps<Part extends keyof Admission> {
  readonly rows: Admission[Part]
}

function Vettings({ rows }: RowsProps<'vettings'>) {
  const { people } = useMessages()
  const time = useTime()
  return rows.map(({ kind, jurisdiction, result, expires }) => (
    <li key={`${kind} ${expires}`}>
      {people.vettingLine({ kind, place: jurisdiction, expires: time.day(expires) })}
      <span className={house['push']} />
      {hasLapsed(expires) ? (
        <Badge tone="warn">{people.lapsed()}</Badge>
      ) : (
        <Badge tone={result === 'cleared' ? 'good' : 'warn'}>
          {people.vettingResult({ result: result.replaceAll('-', '_') })}
        </Badge>
      )}
    </li>
  ))
}

export function Signed({ rows }: RowsProps<'signed'>) {
  const { people } = useMessages()
  const time = useTime()
  return rows.map(({ agreement, title, version, signedAt }) => (
    <li key={agreement}>{people.signedLine({ title, version, time: time.full(signedAt) })}</li>
  ))
}

function Courses({ rows }: RowsProps<'courses'>) {
  const { people } = useMessages()
  const time = useTime()
  return rows.map(({ course, passedAt, current }) => (
    <li key={`${course} ${passedAt}`}>
      {people.courseLine({ course, time: time.full(passedAt) })}
      <span className={house['push']} />
      <Badge tone={current ? 'good' : 'warn'}>{current ? people.current() : people.lapsed()}</Badge>
    </li>
  ))
}

function Certificates({ rows }: RowsProps<'certificates'>) {
  const { people, bench } = useMessages()
  const time = useTime()
  const names = new Intl.DisplayNames(useLanguage(), { type: 'language' })
  return rows.map(({ language, kind, expires }) => (
    <li key={`${language} ${kind}`}>
      {people.certificateLine({
        language: names.of(language) ?? language,
        kind: bench.kind({ kind }),
        expires: time.day(expires),
      })}
      <span className={house['push']} />
      <Badge tone={hasLapsed(expires) ? 'warn' : 'good'}>
        {hasLapsed(expires) ? people.lapsed() : people.current()}
      </Badge>
    </li>
  ))
}

/** Whether a last day is over, by the days that the gate counts in. */
function hasLapsed(day: string): boolean {
  return day < new Date().toISOString().slice(0, 10)
}

function Shifts({ rows }: RowsProps<'shifts'>) {
  const time = useTime()
  return rows.map(({ begins, ends }) => <li key={begins}>{time.span(begins, ends)}</li>)
}
