import type { TermsState } from '#shared/projects.ts'

/** The first moment after the last day of terms, by UTC, in milliseconds; Infinity for terms without one. */
export function endOfTerms(endsOn: string | null | undefined): number {
  return endsOn == null ? Infinity : Date.parse(`${endsOn}T24:00:00Z`)
}

/** A day that no calendar has ends them as well. */
export function stateOfTerms(
  terms: { readonly complete: boolean | null; readonly endsOn: string | null | undefined },
  now: Date,
): TermsState {
  if (terms.complete !== true) return 'incomplete'
  return endOfTerms(terms.endsOn) > now.getTime() ? 'complete' : 'ended'
}
