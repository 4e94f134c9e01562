/** The superuser of an embedded cluster: migrates, backs up, and never serves a request. */
export const adminRole = 'cloister_admin'

/** The database roles that migrations create, one for each kind of process. None has a password. */
export const roles = [
  'cloister_owner',
  'cloister_inside',
  'cloister_building',
  'cloister_outside',
  'cloister_operator',
  'cloister_sequencer',
  'cloister_jobs',
] as const

export type Role = (typeof roles)[number]
