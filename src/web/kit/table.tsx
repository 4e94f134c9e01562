import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef, useState, type ReactNode } from 'react'
import css from './table.module.css'
import { useLanguage, useMessages } from './words.tsx'

export interface Column<Row> {
  readonly id: string
  readonly words: string
  readonly cell: (row: Row) => ReactNode
  /** What this column sorts by; without it the column does not sort. */
  readonly by?: (row: Row) => string | number
  /** Numbers stand at the end of their column. */
  readonly end?: boolean
}

interface TableProps<Row> {
  readonly name: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly rowId: (row: Row) => string
  /** The tallest that the table may grow, as a CSS length; past it, it scrolls. */
  readonly height?: string
}

/** A tall row costs this many pixels before it is measured; the style sheet says the same. */
const rowHeight = 36

/** Rows under sortable heads. Of a long list only the rows in sight are in the page. */
export function Table<Row>({ name, columns, rows, rowId, height = '28rem' }: TableProps<Row>) {
  const [order, setOrder] = useState<Order | null>(null)
  const frame = useRef<HTMLDivElement>(null)
  const language = useLanguage()
  const { kit } = useMessages()
  const sorted = useMemo(
    () => sortRows(rows, columns, order, language),
    [rows, columns, order, language],
  )
  // Its functions change under one identity; the compiler must leave this component as it is.
  // eslint-disable-next-line react-hooks/incompatible-library
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  })
  const shown = virtual.getVirtualItems()
  const before = shown[0]?.start ?? 0
  const after = virtual.getTotalSize() - (shown.at(-1)?.end ?? 0)
  return (
    <div ref={frame} className={css['frame']} style={{ maxBlockSize: height }} tabIndex={0}>
      <table className={css['table']} aria-label={name} aria-rowcount={sorted.length + 1}>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head
                key={column.id}
                column={column}
                order={order?.id === column.id ? order : null}
                words={kit.sortBy({ column: column.words })}
                onSort={() => {
                  setOrder((old) => ({
                    id: column.id,
                    down: old?.id === column.id && !old.down,
                  }))
                }}
              />
            ))}
          </tr>
        </thead>
        <tbody>
          <Spacer size={before} span={columns.length} />
          {shown.map(({ index }) => {
            const row = sorted[index]
            return row === undefined ? null : (
              <tr key={rowId(row)} aria-rowindex={index + 2}>
                {columns.map((column) => (
                  <td key={column.id} className={column.end === true ? css['end'] : undefined}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            )
          })}
          <Spacer size={after} span={columns.length} />
        </tbody>
      </table>
    </div>
  )
}

interface Order {
  readonly id: string
  readonly down: boolean
}

interface HeadProps<Row> {
  readonly column: Column<Row>
  readonly order: Order | null
  readonly words: string
  readonly onSort: () => void
}

function Head<Row>({ column, order, words, onSort }: HeadProps<Row>) {
  const place = column.end === true ? css['end'] : undefined
  if (column.by === undefined)
    return (
      <th scope="col" className={place}>
        <span className={`${css['head'] ?? ''} ${css['plain'] ?? ''}`}>{column.words}</span>
      </th>
    )
  const sort = order === null ? 'none' : order.down ? 'descending' : 'ascending'
  return (
    <th scope="col" className={place} aria-sort={sort}>
      <button type="button" className={css['head']} title={words} onClick={onSort}>
        {column.words}
        <span className={css['arrow']} aria-hidden="true">
          {order === null ? '' : order.down ? '↓' : '↑'}
        </span>
      </button>
    </th>
  )
}

/** Keeps the scroll bar honest for the rows that are not in the page. */
function Spacer({ size, span }: { readonly size: number; readonly span: number }) {
  return size <= 0 ? null : (
    <tr aria-hidden="true">
      <td className={css['spacer']} colSpan={span} style={{ blockSize: `${size}px` }} />
    </tr>
  )
}

function sortRows<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  order: Order | null,
  language: string,
): readonly Row[] {
  const by = columns.find((column) => column.id === order?.id)?.by
  if (by === undefined || order === null) return rows
  const collator = new Intl.Collator(language, { numeric: true })
  const sign = order.down ? -1 : 1
  return rows.toSorted((left, right) => {
    const [a, b] = [by(left), by(right)]
    const difference =
      typeof a === 'number' && typeof b === 'number'
        ? a - b
        : collator.compare(String(a), String(b))
    return sign * difference
  })
}
