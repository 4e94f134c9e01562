export { acceptInText } from './accept.ts'
export { billOf, sayBill, type Bill, type Item, type Trial } from './bill.ts'
export {
  planCapacity,
  sayStorage,
  usualDemand,
  type CapacityPlan,
  type Demand,
  type GuardSupply,
  type Milestone,
  type RecorderStorage,
  type Shortage,
  type Step,
  type Supply,
} from './capacity.ts'
export { coverage, type Requirement, type Source } from './coverage.ts'
export { checkSite, openFindings, type CheckOptions } from './check.ts'
export { drawSite } from './draw.ts'
export { dynamicsOf, type Dynamics } from './dynamics.ts'
export { demonstrationFile, examples, exampleSite, type Example } from './examples.ts'
export type { Finding } from './finding.ts'
export { kindOf, type FactorKind } from './factors.ts'
export { longestFile, sayFault, type Fault } from './page.ts'
export { siteGrammar, type SiteFile } from './grammar.ts'
export { parseSite } from './parse.ts'
export { drawPlan } from './plan-chart.ts'
export { profileOf, profiles, type Profile } from './profiles.ts'
export { retentionOf, retentionRule, retentionTable, type RetentionRule } from './retention.ts'
export { sayCoverage, sayRules } from './rules-page.ts'
export { isRuleId, ruleIds, ruleOf, rules, type Rule, type RuleId, type Severity } from './rules.ts'
export {
  simulateShiftChange,
  type Queue,
  type ShiftChange,
  type ShiftChangeResult,
} from './shift-change.ts'
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
export { newFindings, singleFailures, singleLosses, without, type Loss } from './whatif.ts'
export { workstationsOf, type Workstation } from './workstations.ts'
