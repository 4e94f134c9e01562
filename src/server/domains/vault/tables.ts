import type { Generated } from 'kysely'

export interface VaultTables {
  /** One key a project and epoch. Its file is gone when `location` is null; from `destroyed_at` on it opens nothing. */
  'vault.project_key': {
    project: string
    epoch: number
    location: string | null
    begun_by: string
    created_at: Generated<Date>
    destroyed_at: Date | null
  }
  /** Keys of items and of classes, wrapped by the project key of their epoch. */
  'vault.owner_key': {
    project: string
    kind: 'item' | 'class'
    owner: string
    epoch: number
    wrapped: Buffer
  }
  /** Sealed objects: small ones here, large ones at a location of the object store. */
  'vault.object': {
    id: string
    project: string
    kind: 'item' | 'class'
    owner: string
    asset: string
    version: number
    length: number
    sealed: Buffer | null
    location: string | null
    created_at: Generated<Date>
  }
}
