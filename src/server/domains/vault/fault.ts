/** What the vault can refuse, and what the person who meets it can do. */
export const vaultFaults = {
  'root-key-missing': 'There is no root key here.',
  'root-key-refused': 'The root key could not be opened.',
  'wrong-secret': 'The passphrase, credential or PIN is not the one that opens the root key.',
  'key-refused': 'A wrapped key is not the one that belongs here.',
  'key-missing': 'The file of a project key is not among the keys.',
  'key-destroyed': 'The key was destroyed; what it sealed cannot be opened again.',
  'object-missing': 'The sealed object is not in the store.',
  'object-damaged': 'The sealed object is not what was stored.',
  'storage-full': 'The object store has no room left.',
  'pass-refused': 'The pass does not name this project and item, or it has ended.',
  'scanner-unavailable': 'The malware scanner gave no verdict, so nothing was taken in.',
  infected: 'The malware scanner found something.',
  'media-refused': 'This is not a recording that can be taken in.',
} as const

export type VaultFaultKind = keyof typeof vaultFaults

/** A refusal of the vault. The message names no key, passphrase, file content or person. */
export class VaultFault extends Error {
  override readonly name = 'VaultFault'
  readonly kind: VaultFaultKind
  /** What is particular to this refusal; empty when nothing is. */
  readonly detail: string

  constructor(kind: VaultFaultKind, detail = '', options?: ErrorOptions) {
    super(detail === '' ? vaultFaults[kind] : `${vaultFaults[kind]} ${detail}`, options)
    this.kind = kind
    this.detail = detail
  }
}

/** The `code` of a system error such as ENOENT, or undefined. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined
}
