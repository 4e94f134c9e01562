import { Problem } from '../../shared/problems.ts'

/**
 * A refusal that undoes nothing: what its act has changed so far is kept, with an entry that it
 * failed. For what is good for one try only, such as a challenge. To be thrown before anything else
 * is changed.
 */
export class Spent extends Problem {}
