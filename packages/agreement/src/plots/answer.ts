import { type FileAnswer } from '../table/measure.ts'
import { confusionPlot } from './confusion.ts'
import { intervalPlot } from './intervals.ts'
import { type Plot } from './svg.ts'

/**
 * The picture that fits an answer: groups and pairs with their intervals where they were asked for,
 * else what was taken for what where that is explained, else the value alone.
 */
export function answerPlot(answer: FileAnswer): Plot {
  const parts = [
    ...(answer.groups ?? []).map(({ group, ...estimate }) => ({
      name: Object.values(group).join(', '),
      estimate,
    })),
    ...(answer.pairs ?? []).map(({ pair, ...estimate }) => ({ name: pair.join(' – '), estimate })),
  ]
  const explained = answer.explanation
  if (parts.length === 0 && explained?.coincidences !== undefined)
    return confusionPlot(explained.names ?? [], explained.coincidences)
  return intervalPlot([{ name: 'all', estimate: answer }, ...parts.slice(0, 200)], answer.metric)
}
