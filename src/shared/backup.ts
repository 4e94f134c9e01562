import { type Static, Type } from 'typebox'

const Path = Type.String({ pattern: '^/', maxLength: 4096 })
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

/** Where a backup goes on the server's own machine: folders that are not there yet. */
export const BackupOrder = Type.Object(
  {
    to: Path,
    /** Where the sealed keys go; null for a backup without them. */
    keys: Type.Union([Path, Type.Null()]),
  },
  { additionalProperties: false },
)
export type BackupOrder = Static<typeof BackupOrder>

const Copied = Type.Object({
  files: Count,
  /** Bytes of the files. */
  bytes: Count,
  /** SHA-256 of `backup.json`, which has the hash of every file. */
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
})

export const BackupMade = Type.Object({
  backup: Copied,
  keys: Type.Union([Copied, Type.Null()]),
})
export type BackupMade = Static<typeof BackupMade>
