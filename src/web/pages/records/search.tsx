import { type Action, actions } from '#shared/actions.ts'
import { Button } from '../../kit/button.tsx'
import { Check, TextField } from '../../kit/field.tsx'
import { Select } from '../../kit/select.tsx'
import { useMessages } from '../../kit/words.tsx'
import house from '../house/house.module.css'

export interface Filter {
  readonly actor: string
  readonly item: string
  readonly action: string
  readonly outcome: string
  /** `yes` shows the questions of pages that were opened before anybody had signed in. */
  readonly unasked: 'yes' | ''
  readonly from: string
  readonly to: string
}

export const everything: Filter = {
  ...{ actor: '', item: '', action: '', outcome: '' },
  ...{ unasked: '', from: '', to: '' },
}

/** Every page asks this when it is opened, and is refused until somebody signs in. */
const whoIsSignedIn: Action = 'identity.standing.read'

/** Where the entries are that a filter lets through, beginning behind `after`. */
export function addressOf(filter: Filter, after: string): string {
  const { from, to, unasked, ...same } = filter
  const hide = unasked === '' && filter.action !== whoIsSignedIn
  const moments = { from: momentOf(from), to: momentOf(to) }
  const given = Object.entries({
    ...{ ...same, ...moments, after },
    unrefused: hide ? whoIsSignedIn : '',
  }).filter(([, value]) => value !== '')
  return given.length === 0 ? '/log' : `/log?${new URLSearchParams(given).toString()}`
}

/** A moment as typed, in the workstation's time; empty while it is none. */
function momentOf(typed: string): string {
  const at = new Date(typed.trim().replace(' ', 'T'))
  return Number.isNaN(at.getTime()) ? '' : at.toISOString()
}

interface SearchProps {
  readonly filter: Filter
  readonly onChange: (filter: Filter) => void
  readonly onSearch: (filter: Filter) => void
}

/** What entries are looked for. */
export function Search({ filter, onChange, onSearch }: SearchProps) {
  const { records } = useMessages()
  const set = (name: Exclude<keyof Filter, 'unasked'>) => (value: string) => {
    onChange({ ...filter, [name]: value })
  }
  const momentFault = (typed: string) =>
    typed.trim() !== '' && momentOf(typed) === '' ? records.momentFault() : ''
  return (
    <form
      className={house['panel']}
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault()
        onSearch(filter)
      }}
    >
      <div className={house['filters']}>
        <TextField
          name={records.person()}
          hint={records.idHint()}
          direction="ltr"
          maxLength={60}
          value={filter.actor}
          onChange={set('actor')}
        />
        <TextField
          name={records.item()}
          direction="ltr"
          value={filter.item}
          onChange={set('item')}
        />
        <Select
          name={records.act()}
          value={filter.action}
          onChange={set('action')}
          options={[
            { value: '', words: records.anyAct() },
            ...Object.keys(actions).map((act) => ({
              value: act,
              words: records.actWords({ act: act.replaceAll('.', '_') }),
            })),
          ]}
        />
        <Select
          name={records.outcome()}
          value={filter.outcome}
          onChange={set('outcome')}
          options={['', 'done', 'refused', 'failed'].map((outcome) => ({
            value: outcome,
            words: records.outcomeWords({ outcome }),
          }))}
        />
        <TextField
          name={records.from()}
          direction="ltr"
          hint={records.momentHint()}
          fault={momentFault(filter.from)}
          value={filter.from}
          onChange={set('from')}
        />
        <TextField
          name={records.to()}
          direction="ltr"
          fault={momentFault(filter.to)}
          value={filter.to}
          onChange={set('to')}
        />
      </div>
      <Check
        checked={filter.unasked === 'yes'}
        onChange={(shown) => {
          onChange({ ...filter, unasked: shown ? 'yes' : '' })
        }}
      >
        {records.unasked()}
      </Check>
      <div className={house['row']}>
        <Button kind="primary" submit>
          {records.search()}
        </Button>
        <Button
          kind="quiet"
          onClick={() => {
            onSearch(everything)
          }}
        >
          {records.clear()}
        </Button>
      </div>
    </form>
  )
}
