import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'

const strict = { additionalProperties: false } as const
const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' })
const Size = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const Name = Type.String({ minLength: 1, maxLength: 100 })
const Id = Type.String({ pattern: '^[a-z]{3}_[a-z2-7]{26}$' })
const File = Type.Object({ name: Name, size: Size, sha256: Sha256 }, strict)

/**
 * What a delivery says of itself, signed as a note (C2SP signed-note) whose text is the line
 * `cloister.delivery/v1` and one line of JSON. Every other byte of the package is named here by its
 * SHA-256: the files beside the manifest, and those inside the sealed payload.
 */
export const Manifest = Type.Object(
  {
    delivery: Id,
    project: Id,
    code: Type.String({ maxLength: 40 }),
    /** Batches whose items are in it. */
    batches: Type.Array(Id, { maxItems: 10_000 }),
    items: Size,
    createdAt: Type.String({ maxLength: 30 }),
    /** Pseudonymous ids of the two people who let it go. */
    releasedBy: Id,
    approvedBy: Id,
    /** SHA-256 of the age recipient that the payload is sealed for. */
    recipient: Sha256,
    /** `payload.age` as it lies in the package, and the archive inside it. */
    payload: Type.Object(
      { size: Size, sha256: Sha256, plainSize: Size, plainSha256: Sha256 },
      strict,
    ),
    /** The files of the archive inside the payload. */
    contents: Type.Array(File, { maxItems: 100_000 }),
    /** The other files of the package: proofs and checkpoint. */
    evidence: Type.Array(File, { maxItems: 100 }),
  },
  strict,
)
export type Manifest = Static<typeof Manifest>

const firstLine = 'cloister.delivery/v1'

/** The text to be signed. */
export function manifestText(manifest: Manifest): string {
  return `${firstLine}\n${JSON.stringify(manifest)}\n`
}

/** Reads the text of a manifest whose signature was checked; null when it is not one. */
export function parseManifestText(text: string): Manifest | null {
  const [first, json, ...rest] = text.split('\n')
  if (first !== firstLine || json === undefined || rest.join('') !== '') return null
  try {
    const value: unknown = JSON.parse(json)
    return Value.Check(Manifest, value) ? value : null
  } catch {
    return null
  }
}
