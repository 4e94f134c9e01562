/** Why a certificate or a request for one was refused. */
export type AuthorityFaultKind =
  /** Not the encoding, key type or set of extensions that this authority works with. */
  | 'malformed'
  /** The signature does not fit: no proof of possession, or not issued by this authority. */
  | 'foreign'
  /** Asked for a moment outside the certificate's days, or for days outside the authority's. */
  | 'expired'
  /** On the revocation list. */
  | 'revoked'
  /** A genuine certificate of this authority for another purpose. */
  | 'wrong-usage'

/** A refusal by the authority. The message names the fault and quotes nothing of what was sent. */
export class AuthorityFault extends Error {
  override readonly name = 'AuthorityFault'
  readonly kind: AuthorityFaultKind

  constructor(kind: AuthorityFaultKind, message: string) {
    super(message)
    this.kind = kind
  }
}
