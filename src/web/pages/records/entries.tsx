import { Link } from '@tanstack/react-router'
import type { LogEntry, LogPage } from '#shared/audit.ts'
import { Badge, type Tone } from '../../kit/badge.tsx'
import { Table } from '../../kit/table.tsx'
import { useLanguage, useMessages } from '../../kit/words.tsx'
import house from '../house/house.module.css'
import { codeOf } from '../house/person-code.ts'
import { useTime } from '../house/time.ts'
import type { Filter } from './search.tsx'

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

/** A page of the log as a table. */
export function Entries({ entries, onLook }: EntriesProps) {
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
