import type { Generated } from 'kysely'

export interface VaultTables {
  /** One key a project and epoch, wrapped by the root key; destroyed ones keep their row without it. */
  'vault.project_key': {
    project: string
    epoch: number
    wrapped: Buffer | null
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
