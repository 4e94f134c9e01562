/** Everything that a format may be unable to carry, in words for the person who converts. */
export const lossWords = {
  answers: 'answers about the whole item are left out',
  annotator: 'who made the annotation is left out',
  attributes: 'attributes of regions are left out',
  'both-directions': 'a relation in both directions is written in one',
  clusters: 'regions that begin or end inside a character as people see it are left out',
  'discontinuous-split': 'a region in several pieces is written as one region for each piece',
  'discontinuous-hull': 'a region in several pieces is written as one from its first to its last',
  'empty-region': 'empty regions are left out',
  'image-size': 'regions of an image whose size is not known are left out',
  kind: 'items of this kind are left out',
  labels: 'labels of regions are left out',
  'label-missing': 'regions without a label are left out',
  'made-at': 'when the annotation was made is left out',
  meta: 'further details about the item are left out',
  names: 'names are changed to what the format allows',
  overlap: 'regions that overlap others are left out',
  predictions: 'that a model made the annotation is left out',
  'rate-assumed': 'no sample rate is known: times are kept in microseconds',
  relations: 'relations between regions are left out',
  rotation: 'rotated boxes become polygons',
  rules: 'rules of the label schema that the format cannot hold are left out',
  'same-place': 'regions on one and the same place cannot be told apart',
  samples: 'the length of the recording or the size of the image is left out',
  'several-annotations': 'of several annotations of one item only the first is kept',
  shape: 'image regions become the box around them',
  style: 'style, templates and headings of a label configuration are left out',
  'text-missing': 'the text itself is left out',
  'text-rebuilt': 'the text is put together from its tokens: its white space is not the original',
  tiers: 'tiers (speakers) are left out',
  times: 'times are rounded to the grid of the format',
  tokens: 'regions are widened to whole tokens',
  transcripts: 'transcripts are left out',
  'turned-down': 'that the annotator turned the item down is left out',
  wordless: 'segments without words are left out',
  words: 'the words of a segment are given equal shares of its time',
  unlabelled: 'items without an annotation are left out',
  values: 'values other than one text become text',
  unknown: 'parts of the input that the model has no place for are left out',
} as const

export type LossCode = keyof typeof lossWords

/** One kind of loss in one conversion. */
export interface Loss {
  readonly code: LossCode
  readonly message: string
  readonly count: number
  /** Where it happened first: up to five places such as `q-17` or `q-17/r2`. */
  readonly examples: readonly string[]
}

const mostExamples = 5

/** Counts losses by kind, in constant memory whatever the size of the input. */
export class Losses {
  readonly #found = new Map<LossCode, { count: number; examples: string[] }>()

  /** Notes one loss at a place: an item's reference, or that and a region's id. */
  note(code: LossCode, place: string): void {
    const known = this.#found.get(code)
    if (known === undefined) this.#found.set(code, { count: 1, examples: [place] })
    else {
      known.count++
      if (known.examples.length < mostExamples && !known.examples.includes(place))
        known.examples.push(place)
    }
  }

  /** Takes what the next part of the same conversion lost. */
  add(losses: readonly Loss[]): void {
    for (const { code, count, examples } of losses) {
      const known = this.#found.get(code)
      if (known === undefined) this.#found.set(code, { count, examples: [...examples] })
      else {
        known.count += count
        for (const place of examples)
          if (known.examples.length < mostExamples && !known.examples.includes(place))
            known.examples.push(place)
      }
    }
  }

  /** What was lost, most frequent first. */
  list(): Loss[] {
    return [...this.#found]
      .map(([code, found]) => ({ code, message: lossWords[code], ...found }))
      .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1))
  }
}
