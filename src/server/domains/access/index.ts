export { type Decision, hashOfPolicies, type Policies, readPolicies } from './cedar.ts'
export type {
  Caller,
  Facts,
  FactSource,
  Known,
  Located,
  Part,
  Question,
  Resource,
  ResourceSource,
} from './facts.ts'
export { type Gate, isGenuinePass, openGate, type Pass, Refused, type Refusal } from './gate.ts'
export { type Change, compareAccess, readCases, type Tried, tryCases } from './review.ts'
export { closeRows, siteProject } from './store.ts'
export { transactOverAll, transactUnder } from './transactions.ts'
