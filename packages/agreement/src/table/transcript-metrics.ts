import { type Edits } from '../edits.ts'
import { normalise } from '../normalise.ts'
import { Refusal } from '../refusal.ts'
import { scoreEdits, speakerEdits, transcriptEdits, type TranscriptMetric } from '../transcripts.ts'
import {
  type Answer,
  chosenReference,
  type Family,
  type MeasureOptions,
  present,
} from './answer.ts'

const transcriptMetrics: readonly TranscriptMetric[] = ['wer', 'mer', 'wil', 'cer']

/** Per item, rater and speaker ('' unless cpwer) what was written, in the order of the file. */
type Transcripts = Map<string, Map<string, Map<string, string>>>

/** Error rates of transcripts: columns item, rater, text; for cpwer also speaker. */
function transcriptFamilyFor(
  metrics: readonly string[],
  required: readonly string[],
  optional: readonly string[],
): Family {
  return {
    metrics,
    required,
    optional,
    open(options) {
      normalise('', options.profile ?? 'none@1')
      const raters = new Set<string>()
      return {
        collector() {
          const items: Transcripts = new Map()
          return {
            add(row) {
              const [item, rater, text] = [row.text(0), row.text(1), row.text(2)]
              if (item === '') throw new Refusal('the item is empty.')
              if (rater === '') throw new Refusal('the rater is empty.')
              const bySpeaker = metrics.includes('cpwer')
              const speaker = bySpeaker ? row.text(3) : ''
              if (bySpeaker && speaker === '') throw new Refusal('the speaker is empty.')
              raters.add(rater)
              const byRater = items.get(item) ?? new Map<string, Map<string, string>>()
              items.set(item, byRater)
              const said = byRater.get(rater) ?? new Map<string, string>()
              byRater.set(rater, said)
              const before = said.get(speaker)
              if (before !== undefined && !bySpeaker)
                throw new Refusal(
                  'this rater has transcribed this item before. Keep one of the two.',
                )
              said.set(speaker, before === undefined ? text : `${before} ${text}`)
            },
            raters: () => [...raters],
            measure: (pair) => measureTranscripts(items, options, [...raters], pair),
          }
        },
      }
    },
  }
}

export const transcriptFamily: Family = transcriptFamilyFor(
  transcriptMetrics,
  ['item', 'rater', 'text'],
  [],
)
export const speakerFamily: Family = transcriptFamilyFor(
  ['cpwer'],
  ['item', 'rater', 'text', 'speaker'],
  [],
)

function measureTranscripts(
  items: Transcripts,
  options: MeasureOptions,
  raters: readonly string[],
  pair?: readonly [string, string],
): Answer {
  const profile = options.profile ?? 'none@1'
  const reference = chosenReference(options.reference, raters, pair)
  const metric = transcriptMetrics.find((name) => name === options.metric) ?? 'wer'
  const counts: Edits[] = []
  const weights: { item: string; errors: number }[] = []
  const used = new Set<string>()
  for (const [item, byRater] of items) {
    const truth = reference === undefined ? undefined : byRater.get(reference)
    if (truth === undefined) continue
    for (const [rater, other] of byRater) {
      if (rater === reference || (pair !== undefined && !pair.includes(rater))) continue
      const edits =
        options.metric === 'cpwer'
          ? speakerEdits(truth, other, profile).edits
          : transcriptEdits(
              { reference: truth.get('') ?? '', other: other.get('') ?? '' },
              metric,
              profile,
            )
      counts.push(edits)
      used.add(rater)
      weights.push({ item, errors: edits.substitutions + edits.deletions + edits.insertions })
    }
  }
  const { replicates, seed, confidence } = options
  const resampling = present({ replicates, seed, confidence })
  const answer = {
    reference: reference ?? null,
    ...scoreEdits(counts, metric, profile, used.size === 0 ? 0 : used.size + 1, resampling),
  }
  if (options.explain !== true) return answer
  return { ...answer, explanation: explainErrors(answer.value, answer.edits, weights) }
}

function explainErrors(
  value: number | null,
  edits: Edits,
  weights: readonly { item: string; errors: number }[],
): { sentence: string; items: { item: string; share: number }[] } {
  const kinds: [string, number][] = [
    ['words written differently', edits.substitutions],
    ['words left out', edits.deletions],
    ['words added', edits.insertions],
  ]
  kinds.sort((a, b) => b[1] - a[1])
  const all = kinds.reduce((sum, [, count]) => sum + count, 0)
  const rate = value === null ? '' : `${(value * 100).toFixed(1)} errors in 100`
  const sentence =
    value === null
      ? 'The error rate cannot be stated: the reference is empty.'
      : all === 0
        ? 'The transcripts are the same.'
        : `${rate}; most are ${kinds[0][0]} (${Math.round((kinds[0][1] / all) * 100)} %).`
  const items = [...weights]
    .filter(({ errors }) => errors > 0)
    .sort((a, b) => b.errors - a.errors)
    .slice(0, 10)
    .map(({ item, errors }) => ({ item, share: errors / all }))
  return { sentence, items }
}
