export { checkSite, openFindings, type CheckOptions } from './check.ts'
export { dynamicsOf, type Dynamics } from './dynamics.ts'
export type { Finding } from './finding.ts'
export { kindOf, type FactorKind } from './factors.ts'
export { sayFault, type Fault } from './page.ts'
export { parseSite } from './parse.ts'
export { profiles } from './profiles.ts'
export { retentionOf, retentionRule, retentionTable, type RetentionRule } from './retention.ts'
export { ruleOf, rules, type Rule, type RuleId, type Severity } from './rules.ts'
export type {
  Acceptance,
  Box,
  Camera,
  Controller,
  Factor,
  GuardDuty,
  Network,
  Opening,
  Portal,
  Project,
  Recorder,
  Screening,
  Sensor,
  Shift,
  Site,
  WorkstationGroup,
  WorkstationUse,
  Zone,
  ZoneKind,
} from './site.ts'
export { contains, minutesOfDay, minutesOfWeek, shiftSpans, type Span } from './week.ts'
export { workstationsOf, type Workstation } from './workstations.ts'

/** The site that the demonstration builds: sites/demonstration.yaml. */
export const demonstrationFile = new URL('../sites/demonstration.yaml', import.meta.url)
