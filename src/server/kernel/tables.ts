import type { Generated } from 'kysely'

/** One row for each migration that this database has been given. */
export interface MigrationTable {
  readonly number: number
  readonly name: string
  readonly sha256: string
  readonly applied: Generated<Date>
}

/** Every table of the product, as `schema.table`. Each domain's tables.ts joins here by `extends`. */
export interface Tables {
  'kernel.migration': MigrationTable
}
