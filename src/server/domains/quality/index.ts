export { acceptance, type Acceptance, type Counts, type ProjectAcceptance } from './acceptance.ts'
