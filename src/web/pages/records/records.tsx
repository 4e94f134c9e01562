import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { actions } from '#shared/actions.ts'
import { LogPage, type LogEntry } from '#shared/audit.ts'
import { Badge, type Tone } from '../../kit/badge.tsx'
import { Button } from '../../kit/button.tsx'
import { TextField } from '../../kit/field.tsx'
import { Select } from '../../kit/select.tsx'
import { Empty } from '../../kit/state.tsx'
import { Table } from '../../kit/table.tsx'
import { useLanguage, useMessages } from '../../kit/words.tsx'
import { Shown } from '../house/asked.tsx'
import house from '../house/house.module.css'
import { useHouse } from '../house/house.tsx'
import { PageHead } from '../house/page-head.tsx'
import { codeOf } from '../house/person-code.ts'
import { useTime } from '../house/time.ts'
import { Checkpoint } from './checkpoint.tsx'

interface Filter {
  readonly actor: string
  readonly item: string
  readonly action: string
  readonly outcome: string
  readonly from: string
  readonly to: string
}

const everything: Filter = { actor: '', item: '', action: '', outcome: '', from: '', to: '' }

/** The log: who did what, when, under which policies; each entry leads to its proof. */
export function RecordsPage() {
  const { records } = useMessages()
  const [typed, setTyped] = useState(everything)
  const [asked, setAsked] = useState({ filter: everything, after: '' })
  const { server } = useHouse()
  const address = addressOf(asked.filter, asked.after)
  const page = useQuery({
    queryKey: [address],
    queryFn: () => server.ask('GET', address, LogPage),
  })
  return (
    <main className={house['page']}>
      <PageHead title={records.title()} text={records.intro()} />
      <Search
        filter={typed}
        onChange={setTyped}
        onSearch={(filter) => {
          setTyped(filter)
          setAsked({ filter, after: '' })
        }}
      />
      <Shown query={page}>
        {({ entries, next }) =>
          entries.length === 0 ? (
            <Empty title={records.nothing()} text={records.nothingText()} />
          ) : (
            <>
              <Entries
                entries={entries}
                onLook={(only) => {
                  const filter = { ...typed, ...only }
                  setTyped(filter)
                  setAsked({ filter, after: '' })
                }}
              />
              <div className={house['row']}>
                <Button
                  disabled={asked.after === ''}
                  onClick={() => {
                    setAsked({ ...asked, after: '' })
                  }}
                >
                  {records.newest()}
                </Button>
                <Button
                  disabled={next === null}
                  onClick={() => {
                    setAsked({ ...asked, after: String(next ?? '') })
                  }}
                >
                  {records.older()}
                </Button>
              </div>
            </>
          )
        }
      </Shown>
      <Checkpoint />
    </main>
  )
}

function addressOf(filter: Filter, after: string): string {
  const { from, to, ...same } = filter
  const moments = { from: momentOf(from), to: momentOf(to) }
  const given = Object.entries({ ...same, ...moments, after }).filter(([, value]) => value !== '')
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

function Search({ filter, onChange, onSearch }: SearchProps) {
  const { records } = useMessages()
  const set = (name: keyof Filter) => (value: string) => {
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

export const outcomeTones: Readonly<Record<LogEntry['outcome'], Tone>> = {
  done: 'good',
  refused: 'warn',
  failed: 'bad',
}

interface EntriesProps {
  readonly entries: LogPage['entries']
  /** Narrows the search to one person or item. */
  readonly onLook: (only: Partial<Filter>) => void
}

function Entries({ entries, onLook }: EntriesProps) {
  const { records } = useMessages()
  const time = useTime()
  const count = new Intl.NumberFormat(useLanguage())
  const id = (whole: string | null | undefined, words: string, only: Partial<Filter>) =>
    whole == null || whole === '' ? null : (
      <button
        type="button"
        className={house['pick']}
        aria-label={records.look({ id: words })}
        onClick={() => {
          onLook(only)
        }}
      >
        <bdi>{words}</bdi>
      </button>
    )
  return (
    <Table
      name={records.title()}
      height="34rem"
      rows={entries}
      rowId={({ index }) => String(index)}
      columns={[
        {
          id: 'index',
          words: records.number(),
          end: true,
          cell: ({ index }) => (
            <Link className={house['link']} to="/records/$index" params={{ index: String(index) }}>
              {count.format(index)}
            </Link>
          ),
        },
        {
          id: 'time',
          words: records.time(),
          cell: ({ entry }) => (entry === null ? records.unknown() : time.exact(entry.time)),
        },
        {
          id: 'actor',
          words: records.person(),
          cell: ({ entry }) =>
            id(entry?.actor, codeOf(entry?.actor ?? ''), { actor: entry?.actor ?? '' }),
        },
        {
          id: 'act',
          words: records.act(),
          cell: ({ entry }) =>
            entry === null ? null : records.actWords({ act: entry.action.replaceAll('.', '_') }),
        },
        {
          id: 'outcome',
          words: records.outcome(),
          cell: ({ entry }) =>
            entry === null ? null : (
              <Badge tone={outcomeTones[entry.outcome]}>
                {records.outcomeWords({ outcome: entry.outcome })}
              </Badge>
            ),
        },
        {
          id: 'item',
          words: records.item(),
          cell: ({ entry }) =>
            id(entry?.item, (entry?.item ?? '').slice(-6), { item: entry?.item ?? '' }),
        },
        {
          id: 'place',
          words: records.place(),
          cell: ({ entry }) =>
            [entry?.workstation ?? entry?.door, entry?.zone]
              .filter((part) => typeof part === 'string')
              .join(' · '),
        },
      ]}
    />
  )
}
