export { loadPolicies, type Decision, type Policies } from './cedar.ts'
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
