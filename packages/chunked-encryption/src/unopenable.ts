/**
 * - `not-sealed`: no sealed message looks like this.
 * - `not-this-key`: the commitment does not belong to this key and context (or was altered).
 * - `altered`: a chunk is not the one that was sealed at this place.
 * - `cut`: the message ends before its last chunk.
 */
export type UnopenableReason = 'not-sealed' | 'not-this-key' | 'altered' | 'cut'

/** A sealed message that was refused. Neither message nor fields carry key or plaintext bytes. */
export class Unopenable extends Error {
  override readonly name = 'Unopenable'
  readonly reason: UnopenableReason

  constructor(reason: UnopenableReason, message: string) {
    super(message)
    this.reason = reason
  }
}
