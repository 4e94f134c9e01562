export { type Acceptance, acceptance } from './acceptance.ts'
