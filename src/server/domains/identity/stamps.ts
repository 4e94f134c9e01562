import { sha256, stampedTable } from '../audit/index.ts'

/** People as the log vouches for them, by their id: that they are here, and since when no more. */
export const stampedPeople = stampedTable({
  ...{ kind: 'person', table: 'identity.person', subject: 'id' },
  columns: ['id', 'created_at', 'admitted_by', 'revoked_at', 'revoked_by'],
})

/** Roles on the site, by `person/role`. */
export const stampedRoles = stampedTable({
  ...{ kind: 'role', table: 'identity.role', subject: `person || '/' || role` },
  columns: ['person', 'role', 'granted_by', 'granted_at', 'confirmed_by', 'confirmed_at'],
})

/** Keys with which people sign in, by their id's SHA-256; their counter moves at every sign-in. */
export const stampedKeys = stampedTable({
  kind: 'key',
  table: 'identity.key',
  subject: `encode(sha256(convert_to(id, 'UTF8')), 'hex')`,
  columns: ['id', 'person', 'rp_id', 'public_key', 'aaguid', 'multi_device', 'revoked_at'],
})

export function subjectOfKey(id: string): string {
  return sha256(Buffer.from(id, 'utf8')).toString('hex')
}

/** All of them, to be compared with the log. */
export const identityReaders = [stampedPeople, stampedRoles, stampedKeys]
