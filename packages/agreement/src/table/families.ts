import { Refusal } from '../refusal.ts'
import { type Family } from './answer.ts'
import { consensusFamily } from './consensus-metrics.ts'
import { markedFamily } from './marked-metrics.ts'
import { ratingFamily } from './rating-metrics.ts'
import { scoreFamily } from './score-metrics.ts'
import { speakerFamily, transcriptFamily } from './transcript-metrics.ts'

const families: readonly Family[] = [
  ratingFamily,
  markedFamily,
  transcriptFamily,
  speakerFamily,
  scoreFamily,
  consensusFamily,
]

/** Every metric that measureTable knows. */
export const metricNames: readonly string[] = families.flatMap(({ metrics }) => metrics)

/** The family of a metric; refuses an unknown name with the known ones. */
export function familyOf(metric: string): Family {
  const family = families.find(({ metrics }) => metrics.includes(metric))
  if (family === undefined)
    throw new Refusal(`The metric '${metric}' is not known. Choose from ${metricNames.join(', ')}.`)
  return family
}
