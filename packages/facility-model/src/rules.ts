/** How much a broken rule matters, from what stops an opening to what wants a word. */
export type Severity = 'critical' | 'major' | 'minor' | 'warning'

/** A rule of the check: its sentence, how much it matters, and where it comes from. */
export interface Rule {
  readonly id: string
  readonly rule: string
  readonly severity: Severity
  /** Requirement papers; see docs/facility/coverage.md for what each asks. */
  readonly sources: readonly string[]
}

const reference = 'reference case'

/** F1 to F16 are facts about the drawing; R1 is the law on video; A1 keeps the acceptances honest. */
export const rules = {
  F1: {
    rule: 'Every way from a public zone into a secure zone passes a portal that asks for two factors of different kinds in that direction.',
    severity: 'critical',
    sources: [reference, 'ISO/IEC 27001:2022 A.7.2', 'ICD 705', 'MPA PS-4', 'TISAX 8.1.5'],
  },
  F2: {
    rule: 'Every way from a public zone into a secure zone passes lockers and then a detector.',
    severity: 'major',
    sources: [reference, 'ISO/IEC 27001:2022 A.7.6', 'MPA PS-3', 'TISAX 8.2.7'],
  },
  F3: {
    rule: 'Every way out of a secure zone to a public zone in normal operation passes a search.',
    severity: 'major',
    sources: [reference, 'ISO/IEC 27001:2022 A.7.10', 'MPA PS-3'],
  },
  F4: {
    rule: 'From every zone a way out needs no credential, with the power off and in a lockdown too, and where many people are, a second one shares no portal with it.',
    severity: 'critical',
    sources: ['life safety (NFPA 101 chapter 7)', reference, 'ISO/IEC 27001:2022 A.7.5'],
  },
  F5: {
    rule: 'An emergency portal has nothing on its far side to open it with, a contact, a local alarm and a camera.',
    severity: 'major',
    sources: [reference, 'MPA PS-7', 'ICD 705'],
  },
  F6: {
    rule: 'Each portal of a secure zone has a contact, tamper detection, a held-open time and a stated fail mode, and readers on the sides that need them.',
    severity: 'major',
    sources: ['ISO/IEC 27001:2022 A.7.4', 'MPA PS-7', 'PCI DSS 9.2.1.1'],
  },
  F7: {
    rule: 'An anti-passback area is closed: every portal between it and the rest has readers in both directions.',
    severity: 'major',
    sources: ['PCI Card Production', reference],
  },
  F8: {
    rule: 'The interlocked portals of a mantrap are the only link across it.',
    severity: 'major',
    sources: ['PCI Card Production', 'ISO/IEC 27001:2022 A.7.2'],
  },
  F9: {
    rule: 'No camera sees a screen, lockers, a PIN pad or a place where people rest or change, and each portal of a secure zone is in view on both sides, each entrance from the street on one.',
    severity: 'major',
    sources: [reference, 'MPA PS-6', 'PCI DSS 9.2.1.1', 'Kodeks pracy art. 22² (PL)', 'ICD 705'],
  },
  F10: {
    rule: 'Annotation workstations stand only in secure zones, each on a live jack of that zone and a network without internet, and no other jack is live.',
    severity: 'critical',
    sources: [reference, 'ISO/IEC 27001:2022 A.7.8', 'MPA TS-14/15/18', 'PCI DSS 9.2.2'],
  },
  F11: {
    rule: 'Recorders and controllers are in technical zones that annotators may not enter, and the recorder network does not meet the content network.',
    severity: 'major',
    sources: [reference, 'ISO/IEC 27001:2022 A.7.8', 'MPA PS-4', 'MPA PS-6'],
  },
  F12: {
    rule: 'There is no way in without a sensor: every emergency exit, reachable window and dock has one.',
    severity: 'major',
    sources: [reference, 'ISO/IEC 27001:2022 A.7.4', 'MPA PS-7', 'TISAX 8.1.6'],
  },
  F13: {
    rule: 'Two segregated projects share no secure zone at the same time unless both clients consented.',
    severity: 'critical',
    sources: [reference, 'TISAX 8.1.8', 'ISO/IEC 27001:2022 A.7.3', 'MPA PS-1'],
  },
  F14: {
    rule: 'No single controller carries all locks of a mantrap and all cameras that see it.',
    severity: 'minor',
    sources: ['ISO/IEC 27001:2022 A.7.11', 'PCI DSS 9.2.1.1'],
  },
  F15: {
    rule: 'At every hour a manned guard post sees or reaches each portal of a secure zone in time, or out of hours an alarm service responds in time.',
    severity: 'major',
    sources: [reference, '32 CFR 2001.43', 'TISAX 8.1.6', 'ISO/IEC 27001:2022 A.7.4'],
  },
  F16: {
    rule: 'Every reader of a portal of a secure zone speaks OSDP with secure channel and a key of its own.',
    severity: 'major',
    sources: ['IEC 60839-11-5', 'ISO/IEC 27001:2022 A.7.2', 'MPA PS-4'],
  },
  R1: {
    rule: 'Video is kept as long as promised and never longer than the law of the site admits.',
    severity: 'warning',
    sources: [
      'GDPR art. 5(1)(e)',
      'law of the site, see the retention table',
      'MPA PS-6',
      reference,
    ],
  },
  A1: {
    rule: 'An acceptance accepts a finding that exists.',
    severity: 'minor',
    sources: ['ISO/IEC 27001:2022 clause 6.1.3'],
  },
} as const satisfies Record<string, Omit<Rule, 'id'>>

export type RuleId = keyof typeof rules

export const ruleIds: ReadonlySet<string> = new Set(Object.keys(rules))

export function isRuleId(text: string): text is RuleId {
  return ruleIds.has(text)
}

/** The rule of an id. */
export function ruleOf(id: RuleId): Rule {
  return { id, ...rules[id] }
}
