import type { RefusalsMessages } from '../locales/messages.gen.ts'

/** Ids in the order in which a person can mend them: first where they are, then who, then what. */
const order = [
  ...['silent', 'asking', 'inside', 'zone', 'presence', 'two-factors', 'session', 'posture'],
  ...['hours', 'witness', 'admission', 'team', 'terms', 'duties', 'need', 'step-up', 'unpermitted'],
]

/**
 * What stands in somebody's way, each condition once and in words that say what to do. A person who
 * is not in the room is not told that they came in with too little, or that they are signed out.
 */
export function conditionWords(
  messages: RefusalsMessages,
  conditions: readonly string[],
): readonly string[] {
  const implied = conditions.includes('presence') ? ['two-factors', 'session'] : []
  const shown = [...new Set(conditions)].filter((id) => !implied.includes(id))
  const place = (id: string) => (order.includes(id) ? order.indexOf(id) : order.length)
  return shown.toSorted((a, b) => place(a) - place(b)).map((id) => wordsOf(messages, id))
}

function wordsOf(messages: RefusalsMessages, id: string): string {
  const words: Readonly<Record<string, () => string>> = {
    ...{ silent: messages.silent, asking: messages.asking, inside: messages.inside },
    ...{ zone: messages.zone, presence: messages.presence, 'two-factors': messages.twoFactors },
    ...{ session: messages.session, posture: messages.posture, hours: messages.hours },
    ...{ witness: messages.witness, admission: messages.admission, team: messages.team },
    ...{ terms: messages.terms, duties: messages.duties, need: messages.need },
    ...{ 'step-up': messages.stepUp, unpermitted: messages.unpermitted },
  }
  return Object.hasOwn(words, id) ? (words[id]?.() ?? '') : messages.other({ id })
}
