import { useState, type ReactNode } from 'react'
import { Done } from '#shared/identity.ts'
import { Button } from '../../kit/button.tsx'
import { TextField } from '../../kit/field.tsx'
import { Select } from '../../kit/select.tsx'
import { useMessages } from '../../kit/words.tsx'
import { FailureNote } from '../house/failure.tsx'
import house from '../house/house.module.css'
import { useAct, useHouse } from '../house/house.tsx'

interface FormProps {
  readonly person: string
  readonly onDone: () => void
}

interface RecordFormProps extends FormProps {
  readonly title: string
  readonly method: 'POST' | 'PUT'
  readonly place: string
  /** What would be sent; null while it is not whole. */
  readonly body: object | null
  readonly children: ReactNode
}

/** A form that records one fact about a person. */
function RecordForm({ person, onDone, title, method, place, body, children }: RecordFormProps) {
  const { people } = useMessages()
  const { server } = useHouse()
  const { busy, failure, run } = useAct()
  return (
    <form
      className={house['stack']}
      autoComplete="off"
      aria-label={title}
      onSubmit={(event) => {
        event.preventDefault()
        void run(async () => {
          await server.ask(method, `/people/${person}/${place}`, Done, body)
          onDone()
        })
      }}
    >
      <div className={house['fields']}>{children}</div>
      <div className={house['row']}>
        <Button submit disabled={busy || body === null}>
          {people.record()}
        </Button>
      </div>
      <FailureNote failure={failure} />
    </form>
  )
}

const word = /^[a-z0-9][a-z0-9-]{0,79}$/
const day = /^\d{4}-\d{2}-\d{2}$/
const results = ['cleared', 'not-cleared', 'not-permitted-by-law'] as const

/** The result of a check, never its papers. */
export function VettingForm(props: FormProps) {
  const { people } = useMessages()
  const [kind, setKind] = useState('')
  const [jurisdiction, setJurisdiction] = useState('')
  const [result, setResult] = useState<(typeof results)[number]>('cleared')
  const [expires, setExpires] = useState('')
  const whole = word.test(kind) && /^[A-Z]{2}$/.test(jurisdiction) && day.test(expires)
  return (
    <RecordForm
      {...props}
      title={people.vettingTitle()}
      method="PUT"
      place="vetting"
      body={whole ? { kind, jurisdiction, result, expires } : null}
    >
      <TextField name={people.check()} hint={people.wordHint()} value={kind} onChange={setKind} />
      <TextField
        name={people.jurisdiction()}
        hint={people.jurisdictionHint()}
        maxLength={2}
        value={jurisdiction}
        onChange={setJurisdiction}
      />
      <Select
        name={people.result()}
        value={result}
        onChange={setResult}
        options={results.map((value) => ({
          value,
          words: people.vettingResult({ result: value.replaceAll('-', '_') }),
        }))}
      />
      <DayField name={people.expires()} value={expires} onChange={setExpires} />
    </RecordForm>
  )
}

export function CourseForm(props: FormProps) {
  const { people } = useMessages()
  const [course, setCourse] = useState('')
  const [score, setScore] = useState('')
  const whole = word.test(course) && /^(\d{1,2}|100)$/.test(score)
  return (
    <RecordForm
      {...props}
      title={people.courseTitle()}
      method="POST"
      place="courses"
      body={whole ? { course, score: Number(score) } : null}
    >
      <TextField
        name={people.course()}
        hint={people.wordHint()}
        value={course}
        onChange={setCourse}
      />
      <TextField
        name={people.score()}
        hint={people.scoreHint()}
        direction="ltr"
        maxLength={3}
        value={score}
        onChange={setScore}
      />
    </RecordForm>
  )
}

const kinds = ['text', 'audio', 'image'] as const

/** That somebody may do one kind of work in one language. */
export function CertificateForm(props: FormProps) {
  const { people, bench } = useMessages()
  const [language, setLanguage] = useState('')
  const [kind, setKind] = useState<(typeof kinds)[number]>('text')
  const [expires, setExpires] = useState('')
  const whole = /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(language) && day.test(expires)
  return (
    <RecordForm
      {...props}
      title={people.certificateTitle()}
      method="PUT"
      place="certificates"
      body={whole ? { language, kind, expires } : null}
    >
      <TextField
        name={people.language()}
        hint={people.languageHint()}
        direction="ltr"
        maxLength={35}
        value={language}
        onChange={setLanguage}
      />
      <Select
        name={people.kind()}
        value={kind}
        onChange={setKind}
        options={kinds.map((value) => ({ value, words: bench.kind({ kind: value }) }))}
      />
      <DayField name={people.expires()} value={expires} onChange={setExpires} />
    </RecordForm>
  )
}

/** When somebody works next, in the workstation's time. */
export function ShiftForm(props: FormProps) {
  const { people } = useMessages()
  const [begins, setBegins] = useState('')
  const [ends, setEnds] = useState('')
  const moments = [begins, ends].map((typed) => new Date(typed.trim().replace(' ', 'T')))
  const whole = moments.every((moment) => !Number.isNaN(moment.getTime()))
  const [from = '', to = ''] = whole ? moments.map((moment) => moment.toISOString()) : []
  return (
    <RecordForm
      {...props}
      title={people.shiftTitle()}
      method="PUT"
      place="shifts"
      body={whole ? { begins: from, ends: to } : null}
    >
      <TextField
        name={people.begins()}
        hint={people.momentHint()}
        direction="ltr"
        value={begins}
        onChange={setBegins}
      />
      <TextField name={people.ends()} direction="ltr" value={ends} onChange={setEnds} />
    </RecordForm>
  )
}

interface DayFieldProps {
  readonly name: string
  readonly value: string
  readonly onChange: (value: string) => void
}

function DayField({ name, value, onChange }: DayFieldProps) {
  const { people } = useMessages()
  const wrong = value.length >= 10 && !day.test(value)
  return (
    <TextField
      name={name}
      hint={people.dayHint()}
      direction="ltr"
      maxLength={10}
      value={value}
      onChange={onChange}
      fault={wrong ? people.dayHint() : ''}
    />
  )
}
