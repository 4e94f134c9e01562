export type { KeyModels } from './attestation.ts'
export { type CodePurpose, issueCode, useCode } from './codes.ts'
export { identityFacts, personSource } from './facts.ts'
export type { KeyRules, RelyingParty } from './keys.ts'
export { cookieName, type IdentityGround, identityRoutes } from './routes.ts'
export {
  type Arrival,
  callerOf,
  endSessionsBy,
  endSessionsOf,
  openTokens,
  sessionOf,
  signalEverybody,
  signalPerson,
} from './sessions.ts'
export { identityReaders } from './stamps.ts'
export { holdsRole, namesOf, revokedSince } from './store.ts'
