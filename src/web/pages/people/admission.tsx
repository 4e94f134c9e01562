import type { Admission } from '#shared/workforce.ts'
import { Badge } from '../../kit/badge.tsx'
import { useMessages } from '../../kit/words.tsx'
import house from '../house/house.module.css'
import { useTime } from '../house/time.ts'

/** The three parts of admission that hold for every project, each met or not. */
export function AdmissionSteps({ facts }: { readonly facts: Admission }) {
  const { people } = useMessages()
  const steps = [
    [people.vetted(), facts.vetted],
    [people.agreed(), facts.agreed],
    [people.trained(), facts.trained],
  ] as const
  return (
    <div className={house['row']}>
      {steps.map(([words, met]) => (
        <Badge key={words} tone={met ? 'good' : 'warn'}>
          {words}
        </Badge>
      ))}
    </div>
  )
}

interface RowsProps<Part extends keyof Admission> {
  readonly rows: Admission[Part]
}

export function Vettings({ rows }: RowsProps<'vettings'>) {
  const { people } = useMessages()
  return rows.map(({ kind, jurisdiction, result, expires }) => (
    <li key={`${kind} ${expires}`}>
      {people.vettingLine({ kind, place: jurisdiction, expires })}
      <Badge tone={result === 'cleared' ? 'good' : 'warn'}>
        {people.vettingResult({ result: result.replaceAll('-', '_') })}
      </Badge>
    </li>
  ))
}

export function Courses({ rows }: RowsProps<'courses'>) {
  const { people } = useMessages()
  const time = useTime()
  return rows.map(({ course, passedAt, current }) => (
    <li key={`${course} ${passedAt}`}>
      {people.courseLine({ course, time: time.full(passedAt) })}
      <Badge tone={current ? 'good' : 'warn'}>{current ? people.current() : people.lapsed()}</Badge>
    </li>
  ))
}

export function Certificates({ rows }: RowsProps<'certificates'>) {
  const { people } = useMessages()
  return rows.map(({ language, kind, expires }) => (
    <li key={`${language} ${kind}`}>{people.certificateLine({ language, kind, expires })}</li>
  ))
}

export function Shifts({ rows }: RowsProps<'shifts'>) {
  const { people } = useMessages()
  const time = useTime()
  return rows.map(({ begins, ends }) => (
    <li key={begins}>{people.shiftLine({ begins: time.full(begins), ends: time.full(ends) })}</li>
  ))
}
