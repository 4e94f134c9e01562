import { ruleOf, type RuleId, type Severity } from './rules.ts'
import type { Site } from './site.ts'

/** A broken rule with its evidence. */
export interface Finding {
  readonly id: RuleId
  /** The rule in one sentence. */
  readonly rule: string
  readonly severity: Severity
  readonly source: string
  /** What is wrong here, and what would mend it. */
  readonly evidence: string
  /** The things concerned; the first is the one that the finding hangs on. */
  readonly subjects: readonly string[]
  /** The shortest way that breaks the rule (zone, portal, zone, …); empty where it is not about a way. */
  readonly path: readonly string[]
  readonly accepted?: { readonly reason: string; readonly by: string; readonly until: string }
}

/** Makes the finding of a rule; `severity` where a case weighs other than the rule. */
export function finding(
  id: RuleId,
  evidence: string,
  subjects: readonly string[],
  path: readonly string[] = [],
  severity?: Severity,
): Finding {
  const { rule, severity: usual, sources } = ruleOf(id)
  return {
    id,
    rule,
    severity: severity ?? usual,
    source: sources.join('; '),
    evidence,
    subjects: [...new Set(subjects)],
    path,
  }
}

/**
 * Marks the findings that the file accepts: an acceptance covers the findings of its rule that hang
 * on its subject. One that has expired covers nothing and the finding says so; one that matches
 * nothing is a finding of its own (A1), so that none is forgotten in a file.
 */
export function acceptFindings(
  site: Site,
  findings: readonly Finding[],
  checked: readonly RuleId[],
  today: string,
): Finding[] {
  const used = new Set<object>()
  const marked = findings.map((found) => {
    const matching = site.accepted.filter(
      ({ finding: id, subject }) => id === found.id && found.subjects[0] === subject,
    )
    for (const acceptance of matching) used.add(acceptance)
    const live = matching.find(({ until }) => today <= until)
    if (live !== undefined) {
      const { reason, by, until } = live
      return { ...found, accepted: { reason, by, until } }
    }
    const lapsed = matching[0]
    return lapsed === undefined
      ? found
      : { ...found, evidence: `${found.evidence} Its acceptance ended on ${lapsed.until}.` }
  })
  const idle = site.accepted
    .filter(({ finding: id }) => checked.some((rule) => rule === id))
    .filter((acceptance) => !used.has(acceptance))
    .map(({ finding: id, subject }) =>
      finding(
        'A1',
        `${id} is accepted for ${subject}, which has no such finding; remove it from 'accepted'.`,
        [subject],
      ),
    )
  return [...marked, ...idle]
}
