import { type Static, Type } from 'typebox'
import { BatchId, ProjectCode, ProjectId } from './projects.ts'
import { Kind, LanguageTag } from './workforce.ts'

/** What a client may call an item, or a person who can be heard or is named in it. */
export const Reference = Type.String({ minLength: 1, maxLength: 500 })
/** Longest text of one item, in UTF-16 code units. */
export const longestText = 1_000_000
/** Longest record of a manifest, in bytes. */
export const longestRecord = 4 << 20
/** Most rows in one request, and most bytes of text that the command puts into one. */
export const mostRows = 1000
export const fullRequest = 2 << 20

const described = {
  item_ref: Reference,
  subject_refs: Type.Array(Reference, { minItems: 1, maxItems: 100, uniqueItems: true }),
  language: LanguageTag,
  kind: Kind,
  sha256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
  meta: Type.Optional(Type.Record(Type.String({ maxLength: 200 }), Type.Unknown())),
}

/** A row of a manifest with its text in it. */
export const TextRow = Type.Object(
  { ...described, text: Type.String({ maxLength: longestText }) },
  { additionalProperties: false },
)
/** A row of a manifest whose content is a file, without its name: the bytes follow it. */
export const FileRow = Type.Object(described, { additionalProperties: false })
export type TextRow = Static<typeof TextRow>
export type FileRow = Static<typeof FileRow>

/** A row as it stood at a line of the manifest, or why it could not be read; the reason holds no content. */
export const ImportRow = Type.Union([
  Type.Object({ row: TextRow }, { additionalProperties: false }),
  Type.Object(
    { refused: Type.String({ minLength: 1, maxLength: 500 }) },
    { additionalProperties: false },
  ),
])
export type ImportRow = Static<typeof ImportRow>

/** How a manifest and the texts that it names are encoded; `latin1` is ISO 8859-1. */
export const Encoding = Type.Union([Type.Literal('utf-8'), Type.Literal('latin1')])
export type Encoding = Static<typeof Encoding>

/** The head of an upload of a manifest, as it is. */
export const ManifestHead = Type.Object({ encoding: Encoding }, { additionalProperties: false })

/** The head of an upload for one row: its place, its description and how its text is encoded. */
export const FileHead = Type.Object(
  {
    from: Type.Integer({ minimum: 0 }),
    row: FileRow,
    encoding: Encoding,
  },
  { additionalProperties: false },
)
export type FileHead = Static<typeof FileHead>
export const longestHead = 256 * 1024

export const ProjectFound = Type.Object({ project: ProjectId, code: ProjectCode, kind: Kind })
export const ImportRows = Type.Object(
  {
    /** Rows before this one are done; a request that says otherwise changes nothing. */
    from: Type.Integer({ minimum: 0 }),
    rows: Type.Array(ImportRow, { minItems: 1, maxItems: mostRows }),
  },
  { additionalProperties: false },
)
export const ImportEnd = Type.Object(
  {
    rows: Type.Integer({ minimum: 0 }),
    /** Of the manifest as it was read for its rows. */
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  },
  { additionalProperties: false },
)
export const ImportStanding = Type.Object({
  batch: BatchId,
  state: Type.Union([Type.Literal('importing'), Type.Literal('ready'), Type.Literal('undone')]),
  /** Rows that are done: taken in, there before, or rejected. */
  rows: Type.Integer(),
  accepted: Type.Integer(),
  rejected: Type.Integer(),
})
export type ImportStanding = Static<typeof ImportStanding>
export const ImportBegun = Type.Object({
  ...ImportStanding.properties,
  /** False where the installation was told to go without a malware scanner. */
  scanned: Type.Boolean(),
})
export type ImportBegun = Static<typeof ImportBegun>
export const RejectedRows = Type.Object({
  rejected: Type.Array(Type.Object({ row: Type.Integer(), reason: Type.String() })),
})
export const ImportUndone = Type.Object({ removed: Type.Integer(), remaining: Type.Boolean() })

/**
 * What the shape of a row cannot say: a fault with its field and without its content, or undefined.
 * Half of a surrogate pair has no UTF-8, so no text with one can be kept exactly.
 */
export function faultOfRow(row: FileRow & { text?: string }): string | undefined {
  const broken = /\p{Surrogate}/u
  if (row.text !== undefined && broken.test(row.text)) return 'text: holds half of a surrogate pair'
  const names = row.subject_refs.map((value) => ({ field: 'subject_refs', value }))
  for (const { field, value } of [{ field: 'item_ref', value: row.item_ref }, ...names]) {
    if (broken.test(value)) return `${field}: holds half of a surrogate pair`
    if (/\p{Cc}/u.test(value)) return `${field}: holds a control character`
  }
  if (languageOf(row.language) === undefined) return 'language: is not a BCP 47 tag'
  if (row.meta !== undefined && !isPlainJson(row.meta))
    return 'meta: is deeper than 20 levels or longer than 64 KiB'
  return undefined
}

/** A BCP 47 tag in its canonical case and order, or undefined when it is not well formed. */
export function languageOf(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0]
  } catch {
    return undefined
  }
}

function isPlainJson(meta: object): boolean {
  const deeper = (value: unknown, depth: number): boolean =>
    typeof value !== 'object' ||
    value === null ||
    (depth < 20 && Object.values(value).every((member) => deeper(member, depth + 1)))
  return deeper(meta, 0) && JSON.stringify(meta).length <= 65_536
}
