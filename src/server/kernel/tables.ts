import type { Generated } from 'kysely'
import type { AnnotationTables } from '../domains/annotation/tables.ts'
import type { AuditTables } from '../domains/audit/tables.ts'
import type { DeliveryTables } from '../domains/delivery/tables.ts'
import type { FacilityTables } from '../domains/facility/tables.ts'
import type { IdentityTables } from '../domains/identity/tables.ts'
import type { ProjectsTables } from '../domains/projects/tables.ts'
import type { VaultTables } from '../domains/vault/tables.ts'
import type { WorkforceTables } from '../domains/workforce/tables.ts'

/** One row for each migration that this database has been given. */
export interface MigrationTable {
  readonly number: number
  readonly name: string
  readonly sha256: string
  readonly applied: Generated<Date>
}

/** Every table of the product, as `schema.table`. Each domain's tables.ts joins here by `extends`. */
export interface Tables
  extends
    AuditTables,
    IdentityTables,
    VaultTables,
    FacilityTables,
    WorkforceTables,
    ProjectsTables,
    AnnotationTables,
    DeliveryTables {
  'kernel.migration': MigrationTable
}
