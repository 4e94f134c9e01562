import { assignCheapest } from './assignment.ts'
import { bootstrapInterval, type Resampling } from './bootstrap.ts'
import { countEdits, editCount, type Edits, sumEdits } from './edits.ts'
import { type Estimate } from './estimate.ts'
import { normalise } from './normalise.ts'
import { Refusal } from './refusal.ts'

/**
 * - `wer`: word errors / words of the reference; 0 best, above 1 with many insertions.
 * - `mer`: word errors / (hits + errors); 0 to 1.
 * - `wil`: 1 − (hits / reference words)·(hits / other's words); 0 to 1.
 * - `cer`: as wer, over Unicode code points, spaces between words included.
 * Morris, Maier & Green 2004, Interspeech, for mer and wil.
 */
export type TranscriptMetric = 'wer' | 'mer' | 'wil' | 'cer'

/** A reference and what another wrote for the same recording. */
export interface TranscriptPair {
  readonly reference: string
  readonly other: string
}

export interface TranscriptScore extends Estimate {
  readonly edits: Edits
  /** 2·errors / (words of both): the same whichever of the two is the reference. */
  readonly symmetric: number | null
  /** The normalisation profile that the score belongs to. */
  readonly profile: string
}

/** The edits between two texts under a profile, over words or, for `cer`, over code points. */
export function transcriptEdits(
  { reference, other }: TranscriptPair,
  metric: TranscriptMetric,
  profile: string,
): Edits {
  const tokens = (text: string) => {
    const form = normalise(text, profile)
    if (metric === 'cer') return Array.from(form)
    return form === '' ? [] : form.split(' ')
  }
  return countEdits(tokens(reference), tokens(other))
}

/** The error rate of pooled edits, or null where the reference is empty and nothing can be missed. */
export function errorRate(edits: Edits, metric: TranscriptMetric): number | null {
  const words = edits.hits + edits.substitutions + edits.deletions
  const written = edits.hits + edits.substitutions + edits.insertions
  const errors = editCount(edits)
  if (words === 0) return null
  if (metric === 'mer') return errors / (edits.hits + errors)
  if (metric === 'wil') return written === 0 ? 1 : 1 - (edits.hits / words) * (edits.hits / written)
  return errors / words
}

/**
 * Error rate of transcripts pooled over items: all errors over all reference words, so that long
 * items weigh more. An item whose reference is empty adds its insertions. The interval resamples
 * items. Undefined where all references are empty.
 */
export function transcriptScore(
  pairs: readonly TranscriptPair[],
  metric: TranscriptMetric,
  profile: string,
  raters: number,
  resampling: Resampling = {},
): TranscriptScore {
  const counts = pairs.map((pair) => transcriptEdits(pair, metric, profile))
  return scoreEdits(counts, metric, profile, raters, resampling)
}

/** The score of edits that were counted item by item. */
export function scoreEdits(
  counts: readonly Edits[],
  metric: TranscriptMetric,
  profile: string,
  raters: number,
  resampling: Resampling = {},
): TranscriptScore {
  const edits = sumEdits(counts)
  const value = errorRate(edits, metric)
  const both = 2 * (edits.hits + edits.substitutions) + edits.deletions + edits.insertions
  const symmetric = both === 0 ? null : (2 * editCount(edits)) / both
  const base = { value, n: counts.length, raters, edits, symmetric, profile }
  if (value === null)
    return {
      ...base,
      interval: null,
      undefined: counts.length === 0 ? 'No item has two transcripts.' : 'Every reference is empty.',
    }
  const interval = bootstrapInterval(
    new Float64Array(counts.length).fill(1),
    (weights) => {
      let [hits, substitutions, deletions, insertions] = [0, 0, 0, 0]
      weights.forEach((weight, k) => {
        hits += weight * counts[k].hits
        substitutions += weight * counts[k].substitutions
        deletions += weight * counts[k].deletions
        insertions += weight * counts[k].insertions
      })
      return errorRate({ hits, substitutions, deletions, insertions }, metric)
    },
    resampling,
  )
  return { ...base, interval }
}

const mostSpeakers = 60

/**
 * The edits behind cpWER (Watanabe and others 2020, CHiME-6): each speaker's words in a row, speakers
 * of both sides matched so that word errors are fewest, a speaker without partner against nothing.
 * Sessions with more than 60 speakers are refused.
 */
export function speakerEdits(
  reference: ReadonlyMap<string, string>,
  other: ReadonlyMap<string, string>,
  profile: string,
): { edits: Edits; matched: readonly (readonly [string | null, string | null])[] } {
  const size = Math.max(reference.size, other.size)
  if (size > mostSpeakers)
    throw new Refusal(`${size} speakers in one session; at most ${mostSpeakers} can be matched.`)
  const mine = [...reference]
  const theirs = [...other]
  const counts = Array.from({ length: size }, (_, r) =>
    Array.from({ length: size }, (__, c) =>
      transcriptEdits(
        { reference: mine.at(r)?.[1] ?? '', other: theirs.at(c)?.[1] ?? '' },
        'wer',
        profile,
      ),
    ),
  )
  const partner = assignCheapest(counts.map((row) => row.map(editCount)))
  return {
    edits: sumEdits(partner.map((c, r) => counts[r][c])),
    matched: partner.map((c, r) => [mine.at(r)?.[0] ?? null, theirs.at(c)?.[0] ?? null] as const),
  }
}
