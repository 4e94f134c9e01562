import { type CompiledQuery, Kysely, PostgresDialect, type QueryExecutorProvider } from 'kysely'
import type { Db } from './db.ts'
import type { Tables } from './tables.ts'

/** What a statement is written with: a query builder or the template `sql`. */
interface Written<R> {
  compile(writer: QueryExecutorProvider): CompiledQuery<R>
}

/** Stands in a statement for a value that comes with each call. */
class Blank {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

const writer = new Kysely<Tables>({
  dialect: new PostgresDialect({ pool: () => Promise.reject(new Error('no pool')) }),
})

/**
 * A statement that is put into words once, at its first call, and then sent with the values of each
 * call: for what every act asks, where building it anew costs more than sending it. `write` names the
 * members of `given` where they belong and must not look at them: it gets blanks, one for each name.
 * A list goes into `any(…)` as one value. Answers the rows.
 */
export function prepared<P extends object, R>(
  write: (db: Kysely<Tables>, given: P) => Written<R>,
): (tx: Db, given: P) => Promise<R[]> {
  // Looks like the values as far as a statement is concerned that only puts them in their places.
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion
  const blanks = new Proxy({}, { get: (_, name) => new Blank(String(name)) }) as P
  let written: CompiledQuery<R> | undefined
  return async (tx, given) => {
    written ??= write(writer, blanks).compile(writer)
    const parameters = written.parameters.map((one): unknown =>
      one instanceof Blank ? Reflect.get(given, one.name) : one,
    )
    const { query, queryId, sql } = written
    const { rows } = await tx.executeQuery<R>({ query, queryId, sql, parameters })
    return rows
  }
}
