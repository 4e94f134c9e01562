import { sql } from 'kysely'
import type { Tx } from '../../../kernel/db.ts'
import { stamp } from '../details.ts'
import type { RowReader } from '../reconcile.ts'
import { type Column, rowBytes, sha256 } from '../stamp.ts'

/** A table whose rows the log vouches for, each bound to the entry that last changed it. */
export interface StampedTable extends RowReader {
  /**
   * Binds these rows to the entry of this transaction's act, as they now stand in the database; one
   * that is not there is bound as removed. To be called after every change of them.
   */
  stamp(tx: Tx, ...subjects: readonly string[]): Promise<void>
}

/**
 * Says once how a table's rows are named and what of them counts; writing and comparing follow from
 * it. All three are SQL of this program, never of a request: `subject` answers a row's name among
 * those of its kind as text, of at most 200 characters; `columns` are named one by one, because one
 * that is added later must not change the hash of older rows. A jsonb is taken as its text. Where a
 * name begins with a column, which then has no `/` in it, rows are found by the index on that.
 */
export function stampedTable(of: {
  readonly kind: string
  readonly table: string
  readonly subject: string
  readonly columns: readonly string[]
}): StampedTable {
  const { kind } = of
  const from = sql.raw(`from ${of.table}`)
  const subject = sql.raw(`(${of.subject})::text collate "C"`)
  const columns = sql.raw(of.columns.join(', '))
  const [leading] = /^[a-z_]+(?=$| [|][|] '[/]')/.exec(of.subject) ?? []
  const among = (subjects: readonly string[]) =>
    leading === undefined
      ? sql``
      : sql`${sql.ref(leading)} = any(${subjects.map((one) => one.split('/')[0])}) and`
  type Row = Readonly<Record<string, Column>> & { readonly stamped_as: string }
  const content = ({ stamped_as: id, ...row }: Row) => ({ id, content: rowBytes(row) })
  return {
    kind,
    async read(tx, after, limit) {
      const { rows } = await sql<Row>`
        select ${subject} as stamped_as, ${columns} ${from}
         where ${subject} > ${after} order by 1 limit ${limit}`.execute(tx)
      return rows.map(content)
    },
    async stamp(tx, ...subjects) {
      if (subjects.length === 0) return
      const { rows } = await sql<Row>`
        select ${subject} as stamped_as, ${columns} ${from}
         where ${among(subjects)} ${subject} = any(${[...subjects]})`.execute(tx)
      const found = new Map(rows.map(content).map((row) => [row.id, row.content]))
      for (const one of subjects) {
        const bytes = found.get(one)
        stamp(tx, kind, one, bytes === undefined ? null : sha256(bytes))
      }
    },
  }
}
