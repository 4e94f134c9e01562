/** Half-open ranges of Unicode code points of the exact text, in order, none touching another. */
export interface TextAnchor {
  readonly text: readonly (readonly [from: number, to: number])[]
}

/** A half-open range of samples of the decoded source at its own rate; the tier is the speaker. */
export interface AudioAnchor {
  readonly audio: { readonly from: number; readonly to: number }
  readonly tier?: string
}

export interface Region {
  readonly id: string
  readonly anchor: TextAnchor | AudioAnchor
  readonly label?: string
  readonly attributes?: Readonly<Record<string, string>>
  readonly transcripts?: Readonly<Record<string, string>>
}

export interface Relation {
  readonly type: string
  readonly from: string
  readonly to: string
}

/** What one person says about one item: the shape that is saved, reviewed and delivered. */
export interface Annotation {
  readonly schema: string
  readonly regions: readonly Region[]
  readonly relations: readonly Relation[]
  readonly answers: Readonly<Record<string, string | number>>
}

export interface Attribute {
  readonly name: string
  /** The values to choose from; without them the attribute is free text. */
  readonly options?: readonly string[]
  readonly required?: boolean
}

export interface Label {
  readonly name: string
  /** A digit or Latin letter: the key at that place of a US keyboard, whatever is printed on it. */
  readonly shortcut?: string
  readonly attributes?: readonly Attribute[]
}

/** What may be said about an item of a project. */
export interface LabelSchema {
  readonly name: string
  readonly version: number
  readonly kind: 'text' | 'audio'
  readonly labels: readonly Label[]
  readonly answers?: readonly Attribute[]
  readonly tiers?: readonly string[]
  readonly transcripts?: readonly { readonly name: string; readonly required?: boolean }[]
  readonly relations?: readonly string[]
}

/** An annotation that says nothing yet. */
export function emptyAnnotation(schema: LabelSchema): Annotation {
  return { schema: `${schema.name}@${schema.version}`, regions: [], relations: [], answers: {} }
}
