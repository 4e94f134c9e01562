/**
 * The end of a person's id, in capitals: enough to tell people apart on one site. Machines, and
 * nobody, stand in the log under names of their own.
 */
export function codeOf(id: string): string {
  return id.startsWith('per_') ? id.slice(-6).toUpperCase() : id
}
