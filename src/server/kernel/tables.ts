import type { AuditTables } from '../domains/audit/tables.ts'
import type { IdentityTables } from '../domains/identity/tables.ts'
import type { ProjectsTables } from '../domains/projects/tables.ts'
import type { WorkforceTables } from '../domains/workforce/tables.ts'

/** Every table of every domain, by its schema-qualified name. Each domain declares its own. */
export interface Tables extends AuditTables, IdentityTables, WorkforceTables, ProjectsTables {}
