/** The end of an id, in capitals: enough to tell people apart on one site. */
export function codeOf(id: string): string {
  return id.slice(-6).toUpperCase()
}
