export interface WorkforceTables {
  'workforce.vetting': {
    person: string
    kind: string
    jurisdiction: string
    result: string
    expires: string
    recorded_by: string
    recorded_at: Date
  }
  /** Published versions; the highest of each agreement is the one in force. */
  'workforce.agreement': { agreement: string; version: number; title: string; published_at: Date }
  'workforce.signature': { person: string; agreement: string; version: number; signed_at: Date }
  /** Courses that everybody must have passed within 365 days. */
  'workforce.course': { course: string; pass_mark: number }
  'workforce.pass': { person: string; course: string; score: number; passed_at: Date }
  'workforce.certificate': { person: string; language: string; kind: string; expires: string }
  'workforce.shift': { person: string; begins: Date; ends: Date }
}
