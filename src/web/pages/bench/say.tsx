import {
  optionName,
  questionType,
  type Option,
  type Question,
  type Value,
} from '@cloister/annotation-formats'
import { useState } from 'react'
import { Check, Choices, TextField } from '../../kit/field.tsx'
import { useMessages } from '../../kit/words.tsx'
import css from './bench.module.css'

interface SayProps {
  readonly question: Question
  readonly value: Value | undefined
  /** undefined takes back what was said. */
  readonly onSay: (value: Value | undefined) => void
}

/** One question with its options in sight, or a field. What this Bench cannot ask, it says so. */
export function Say(props: SayProps) {
  const { bench } = useMessages()
  const { question } = props
  const { name, title = name, required } = question
  const words = required === true ? bench.required({ name: title }) : title
  const type = questionType(question)
  if (type === 'choice') return <Choice {...props} words={words} />
  if (type === 'number' || type === 'rating') return <NumberField {...props} words={words} />
  if ((type === 'text' || type === 'date') && question.multiple !== true)
    return (
      <TextField
        name={words}
        {...(type === 'date' && { hint: bench.dateHint() })}
        value={typeof props.value === 'string' ? props.value : ''}
        onChange={(value) => {
          props.onSay(value === '' ? undefined : value)
        }}
      />
    )
  return <p className={css['soft']}>{bench.cannotAsk({ name: title })}</p>
}

type AskProps = SayProps & { readonly words: string }

function Choice({ question, value, onSay, words }: AskProps) {
  const { bench } = useMessages()
  const options = question.options ?? []
  if (options.some((option) => typeof option !== 'string' && option.options !== undefined))
    return <p className={css['soft']}>{bench.cannotAsk({ name: question.name })}</p>
  if (question.multiple === true) {
    const said = Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
    return (
      <fieldset className={css['several']}>
        <legend>{words}</legend>
        {options.map((option) => {
          const name = optionName(option)
          return (
            <Check
              key={name}
              checked={said.includes(name)}
              onChange={(checked) => {
                const next = checked ? [...said, name] : said.filter((one) => one !== name)
                onSay(next.length === 0 ? undefined : next)
              }}
            >
              <bdi>{titleOf(option)}</bdi>
            </Check>
          )
        })}
      </fieldset>
    )
  }
  const letters = options.map(titleOf).join('').length
  return (
    <Choices
      numbered
      name={words}
      inline={options.length <= 3 && letters <= 18}
      value={typeof value === 'string' ? value : undefined}
      onChange={onSay}
      options={options.map((option) => ({
        value: optionName(option),
        words: <bdi>{titleOf(option)}</bdi>,
      }))}
    />
  )
}

function titleOf(option: Option): string {
  return typeof option === 'string' ? option : (option.title ?? option.name)
}

function NumberField({ question, value, onSay, words }: AskProps) {
  const { bench } = useMessages()
  const [typed, setTyped] = useState(typeof value === 'number' ? String(value) : '')
  const number = Number(typed)
  const { min = -Infinity, max = Infinity } = question
  const wrong = typed.trim() !== '' && !(number >= min && number <= max)
  return (
    <TextField
      name={words}
      direction="ltr"
      value={typed}
      fault={wrong ? bench.numberFault({ min: String(min), max: String(max) }) : ''}
      onChange={(next) => {
        setTyped(next)
        const said = Number(next)
        onSay(next.trim() === '' || Number.isNaN(said) ? undefined : said)
      }}
    />
  )
}
