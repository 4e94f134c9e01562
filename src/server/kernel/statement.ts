import pg from 'pg'

type Row = Record<string, unknown>
type Parser = (text: string) => unknown

interface Field {
  readonly name: string
  readonly dataTypeID: number
}

interface Columns {
  readonly each: readonly (Field & { readonly parse: Parser })[]
  /** A row without its values: copies of it are alike to the engine. */
  readonly empty: Row
}

/** A statement as this process knows it: its text, its name on every connection, and its columns once they were seen. */
export interface Statement {
  readonly text: string
  readonly name: string
  readonly onlyReads: boolean
  columns: Columns | null
}

/** What PostgreSQL said to one call of a statement. */
export interface Answer {
  readonly command: string
  readonly rowCount: number
  readonly rows: readonly Row[]
}

/**
 * The driver's query for a statement that is asked over and over: parsed and planned once on each
 * connection, as with the driver's own, and its columns are made out once and not at every answer.
 * The driver calls the methods whose names begin with `handle`.
 */
class Asking extends pg.Query {
  readonly name: string
  readonly #statement: Statement
  readonly #parserOf: (oid: number) => Parser
  readonly #settle: { resolve(answer: Answer): void; reject(error: unknown): void }
  readonly #rows: Row[] = []
  #columns: Columns | null = null
  #said = ''
  #failure: { readonly error: unknown } | null = null

  constructor(
    statement: Statement,
    values: unknown[],
    parserOf: (oid: number) => Parser,
    settle: { resolve(answer: Answer): void; reject(error: unknown): void },
  ) {
    super(statement.text, values.map(written))
    this.name = statement.name
    this.#statement = statement
    this.#parserOf = parserOf
    this.#settle = settle
  }

  handleRowDescription({ fields }: { readonly fields: readonly Field[] }): void {
    const known = this.#statement.columns
    // The database may have been changed meanwhile, and be asked over another connection.
    this.#columns =
      known !== null && isOf(known, fields) ? known : columnsOf(fields, this.#parserOf)
    this.#statement.columns = this.#columns
  }

  handleDataRow({ fields: texts }: { readonly fields: readonly (string | null)[] }): void {
    if (this.#columns === null || this.#failure !== null) return
    const { each, empty } = this.#columns
    const row = { ...empty }
    let place = 0
    try {
      for (const { name, parse } of each) {
        const text = texts[place++]
        if (text != null) row[name] = parse(text)
      }
      this.#rows.push(row)
    } catch (error) {
      this.#failure = { error }
    }
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.#said = text
  }

  handleError(error: unknown): void {
    this.#settle.reject(error)
    this.emit('end')
  }

  handleReadyForQuery(): void {
    if (this.#failure === null) this.#settle.resolve(answerOf(this.#said, this.#rows))
    else this.#settle.reject(this.#failure.error)
    this.emit('end')
  }
}

/** Asks a statement on a connection. `parserOf` says how a type's text is read. */
export function ask(
  client: pg.ClientBase,
  statement: Statement,
  values: unknown[],
  parserOf: (oid: number) => Parser,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    client.query(new Asking(statement, values, parserOf, { resolve, reject }))
  })
}

/** A moment in UTC, as PostgreSQL reads it at any setting; years of more than four digits are left to the driver. */
function written(value: unknown): unknown {
  return value instanceof Date && value.getTime() >= 0 && value.getTime() < farAway
    ? value.toISOString()
    : value
}

const farAway = Date.UTC(9999, 0)

function isOf({ each }: Columns, fields: readonly Field[]): boolean {
  return (
    each.length === fields.length &&
    each.every(({ name, dataTypeID }, place) => {
      const field = fields[place]
      return field?.name === name && field.dataTypeID === dataTypeID
    })
  )
}

function columnsOf(fields: readonly Field[], parserOf: (oid: number) => Parser): Columns {
  return {
    each: fields.map(({ name, dataTypeID }) => ({ name, dataTypeID, parse: parserOf(dataTypeID) })),
    empty: Object.fromEntries(fields.map(({ name }) => [name, null])),
  }
}

/** The command's tag: `SELECT 3`, `INSERT 0 1`, `COMMIT`. */
function answerOf(said: string, rows: readonly Row[]): Answer {
  const words = said.split(' ')
  return { command: words[0] ?? '', rowCount: Number(words.at(-1)) || 0, rows }
}
