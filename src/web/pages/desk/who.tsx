import { Names } from '#shared/identity.ts'
import { Select } from '../../kit/select.tsx'
import { useMessages } from '../../kit/words.tsx'
import { Shown, useAsked } from '../house/asked.tsx'

interface WhoProps {
  /** Who is there already, and is not offered again. */
  readonly without: readonly string[]
  readonly value: string
  readonly onChange: (person: string) => void
}

/** Somebody who works here, chosen by name; empty while nobody is chosen. */
export function Who({ without, value, onChange }: WhoProps) {
  const { desk } = useMessages()
  const names = useAsked('/names', Names)
  return (
    <Shown query={names}>
      {({ people }) => (
        <Select
          name={desk.who()}
          value={value}
          onChange={onChange}
          options={[
            { value: '', words: desk.whoNone() },
            ...people
              .filter(({ person }) => !without.includes(person))
              .map(({ person, name }) => ({ value: person, words: name })),
          ]}
        />
      )}
    </Shown>
  )
}
