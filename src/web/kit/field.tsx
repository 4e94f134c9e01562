import { useId, type KeyboardEvent, type ReactNode } from 'react'
import css from './field.module.css'
import { Keys } from './keys.tsx'

interface FieldProps {
  readonly name: string
  readonly hint?: string
  /** What is wrong with the present value and what to do; empty when nothing is. */
  readonly fault?: string
}

interface TextFieldProps extends FieldProps {
  readonly value: string
  readonly onChange: (value: string) => void
  readonly lines?: number
  readonly maxLength?: number
  readonly direction?: 'ltr' | 'rtl' | 'auto'
  readonly disabled?: boolean
}

/**
 * One line or several of text. The browser may neither remember, check nor translate what is
 * typed: all three carry it out of the page.
 */
export function TextField({ value, onChange, lines, direction = 'auto', ...rest }: TextFieldProps) {
  const id = useId()
  const { name, hint, fault, ...input } = rest
  const attributes = {
    ...input,
    id,
    value,
    dir: direction,
    className: css['input'],
    autoComplete: 'off',
    spellCheck: false,
    translate: 'no',
    'aria-invalid': fault !== undefined && fault !== '',
    'aria-describedby': `${id}-note`,
  } as const
  return (
    <div className={css['field']}>
      <label className={css['name']} htmlFor={id}>
        {name}
      </label>
      {lines === undefined ? (
        <input
          {...attributes}
          onChange={(event) => {
            onChange(event.currentTarget.value)
          }}
        />
      ) : (
        <textarea
          {...attributes}
          rows={lines}
          onChange={(event) => {
            onChange(event.currentTarget.value)
          }}
        />
      )}
      <Note id={`${id}-note`} hint={hint} fault={fault} />
    </div>
  )
}

interface NoteProps {
  readonly id: string
  readonly hint: string | undefined
  readonly fault: string | undefined
}

function Note({ id, hint, fault }: NoteProps) {
  const broken = fault !== undefined && fault !== ''
  return (
    <div id={id} className={broken ? css['fault'] : css['hint']}>
      {broken ? fault : hint}
    </div>
  )
}

interface CheckProps {
  readonly checked: boolean
  readonly onChange: (checked: boolean) => void
  readonly children: ReactNode
}

/** A tick box with its words. */
export function Check({ checked, onChange, children }: CheckProps) {
  return (
    <label className={css['check']}>
      <input
        type="checkbox"
        autoComplete="off"
        checked={checked}
        onChange={(event) => {
          onChange(event.currentTarget.checked)
        }}
      />
      <span>{children}</span>
    </label>
  )
}

interface ChoicesProps {
  readonly name: string
  readonly options: readonly { readonly value: string; readonly words: ReactNode }[]
  readonly value: string | undefined
  readonly onChange: (value: string) => void
  readonly inline?: boolean
  /** The first nine options have the keys 1 to 9 and show them. */
  readonly numbered?: boolean
}

/** One of a few: all options in sight, arrow keys move between them. */
export function Choices({ name, options, value, onChange, inline, numbered }: ChoicesProps) {
  const group = useId()
  const press = (event: KeyboardEvent<HTMLFieldSetElement>) => {
    const { ctrlKey, altKey, metaKey, code, currentTarget } = event
    const [, digit] = /^(?:Digit|Numpad)([1-9])$/.exec(code) ?? []
    const place = Number(digit) - 1
    const option = options[place]
    if (numbered !== true || option === undefined || ctrlKey || altKey || metaKey) return
    event.preventDefault()
    currentTarget.querySelectorAll('input')[place]?.focus()
    onChange(option.value)
  }
  return (
    <fieldset
      className={`${css['choices'] ?? ''} ${inline === true ? (css['inline'] ?? '') : ''}`}
      onKeyDown={press}
    >
      <legend>{name}</legend>
      {options.map((option, place) => (
        <label key={option.value} className={css['check']}>
          <input
            type="radio"
            autoComplete="off"
            name={group}
            checked={value === option.value}
            onChange={() => {
              onChange(option.value)
            }}
          />
          <span>{option.words}</span>
          {numbered === true && place < 9 ? (
            <span className={css['number']} aria-hidden="true">
              <Keys of={String(place + 1)} />
            </span>
          ) : null}
        </label>
      ))}
    </fieldset>
  )
}
