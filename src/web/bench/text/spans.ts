import type { Region, TextAnchor } from '@cloister/annotation-formats'
import { CodePoints } from '../core/code-points.ts'
import type { AnnotationDocument } from '../core/document.ts'
import { inOrder, type Span } from './segments.ts'

/** Places in UTF-16 units, `to` exclusive. */
export type Range = readonly [from: number, to: number]

/**
 * The regions of a document as spans of its text. Outside, a place is a UTF-16 unit of the exact
 * text; what is kept in the document is code points.
 */
export class Spans {
  readonly #text: string
  readonly #document: AnnotationDocument
  readonly #points: CodePoints
  #all: readonly Span[] = []
  #allOf: unknown = null
  /** Regions are never changed in place, so what one covers stays true of it. */
  readonly #byRegion = new WeakMap<Region, readonly Span[]>()

  constructor(text: string, document: AnnotationDocument) {
    this.#text = text
    this.#document = document
    this.#points = new CodePoints(text)
  }

  /** Every part of every text region, outer before inner. */
  get all(): readonly Span[] {
    const { regions } = this.#document.annotation
    if (this.#allOf !== regions) {
      this.#all = regions.flatMap((region) => this.of(region)).sort(inOrder)
      this.#allOf = regions
    }
    return this.#all
  }

  /** The parts of one region, in the order of its anchor. */
  of(region: Region): readonly Span[] {
    const known = this.#byRegion.get(region)
    if (known !== undefined) return known
    const spans = this.partsOf(region).map(([from, to], n) => ({
      id: region.id,
      name: region.label ?? '',
      from,
      to: Math.min(to, this.#text.length),
      first: n === 0,
    }))
    this.#byRegion.set(region, spans)
    return spans
  }

  /** The ranges of a region; none where it is no region of a text. */
  partsOf(region: Region | undefined): readonly Range[] {
    if (region === undefined || !('text' in region.anchor)) return []
    return region.anchor.text.map(([from, to]): Range => [
      this.#points.toUnits(from),
      this.#points.toUnits(to),
    ])
  }

  /** Ranges as an annotation keeps them. */
  anchorOf(parts: readonly Range[]): TextAnchor {
    return { text: parts.map(([from, to]) => [this.pointOf(from), this.pointOf(to)]) }
  }

  /** A place in code points, as annotations count. */
  pointOf(place: number): number {
    return this.#points.fromUnits(place)
  }
}
