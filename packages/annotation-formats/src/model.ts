/**
 * The annotation model: what one annotator said about one item. Every format maps to it.
 * The stored JSON has exactly these members; docs/formats/model.md explains them on one page.
 */

/** What kind of thing an item is. */
export type Kind = 'text' | 'audio' | 'image' | 'search' | 'pair'

/** One or several pieces of a text, in Unicode code points of the exact text: `[from, to)`, ascending, apart. */
export interface TextAnchor {
  readonly text: readonly (readonly [from: number, to: number])[]
}

/** A stretch of a recording, in integer samples of the decoded source at its own rate: `[from, to)`. */
export interface AudioAnchor {
  readonly audio: { readonly from: number; readonly to: number }
  /** Who speaks, or which layer of the recording this is. */
  readonly tier?: string
}

/** A place in an image, in pixels of the source from its top left corner; fractions are allowed. */
export interface ImageAnchor {
  readonly image: ImageShape
}
export type ImageShape =
  | { readonly box: readonly [left: number, top: number, width: number, height: number] }
  | { readonly polygon: readonly (readonly [x: number, y: number])[] }

export type Anchor = TextAnchor | AudioAnchor | ImageAnchor

/**
 * What was answered: one option, number or text; several options; paths through nested options;
 * a ranking (options in order) or a ranking into named buckets.
 */
export type Value =
  | string
  | number
  | boolean
  | readonly string[]
  | readonly (readonly string[])[]
  | { readonly [bucket: string]: readonly string[] }

export interface Region {
  readonly id: string
  readonly anchor: Anchor
  readonly label?: string
  readonly attributes?: Readonly<Record<string, Value>>
  /** What is said in this region, by layer, such as `verbatim` or `translation`. */
  readonly transcripts?: Readonly<Record<string, string>>
}

export interface Relation {
  readonly type: string
  readonly from: string
  readonly to: string
  /** True when the relation holds in both directions. */
  readonly both?: boolean
  readonly attributes?: Readonly<Record<string, Value>>
}

export interface Annotation {
  /** Name and version of the label schema, as `voice-queries@3`. */
  readonly schema: string
  /** What the anchors count in, so that they are never laid over something else. */
  readonly source?: {
    /** SHA-256, in lower-case hex, of the exact text in UTF-8 or of the decoded samples. */
    readonly sha256?: string
    /** Samples per second that audio anchors count. */
    readonly rate?: number
  }
  readonly regions: readonly Region[]
  readonly relations?: readonly Relation[]
  readonly answers?: Readonly<Record<string, Value>>
}

/** What was annotated. A text stands here in full, kept exactly; media are named, not held. */
export type Source =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'audio'
      readonly file?: string
      readonly rate: number
      readonly samples?: number
    }
  | {
      readonly kind: 'image'
      readonly file?: string
      readonly width?: number
      readonly height?: number
    }
  | { readonly kind: 'search'; readonly query: string; readonly results: readonly string[] }
  | { readonly kind: 'pair'; readonly pair: readonly [string, string] }

/** Any value that JSON can hold. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/**
 * An item with one annotation of it, or none yet: a line of our own format and what every reader
 * yields and every writer takes. Several annotations of one item are several of these in a row
 * with the same `item_ref`.
 */
export interface Item {
  readonly item_ref: string
  readonly source: Source
  readonly annotation?: Annotation
  /** Pseudonymous code of the person who made the annotation. */
  readonly by?: string
  /** When it was made, ISO 8601. */
  readonly made_at?: string
  /** Present when a model made the annotation, not a person. */
  readonly prediction?: { readonly model?: string; readonly score?: number }
  /** Set when the annotator turned the item down instead of answering it. */
  readonly turned_down?: 'rejected' | 'skipped'
  /** Whatever else the format said about the item and the model has no place for. */
  readonly meta?: Readonly<Record<string, Json>>
}

/** One thing that is wrong in a value, and where: `path` is a JSON Pointer (RFC 6901). */
export interface Finding {
  readonly path: string
  readonly message: string
}

/** A checked value, or everything found wrong with it (at most 100 findings). */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly findings: readonly Finding[] }
