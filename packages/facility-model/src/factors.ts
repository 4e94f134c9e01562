import type { Factor, Portal } from './site.ts'

/** What a factor proves: something the person has, knows or is; `none` proves nothing. */
export type FactorKind = 'possession' | 'knowledge' | 'inherence' | 'none'

const kinds: Readonly<Record<Factor, FactorKind>> = {
  badge: 'possession',
  phone: 'possession',
  'security-key': 'possession',
  pin: 'knowledge',
  fingerprint: 'inherence',
  face: 'inherence',
  iris: 'inherence',
  palm: 'inherence',
  vein: 'inherence',
  'request-to-exit': 'none',
  handle: 'none',
}

export function kindOf(factor: Factor): FactorKind {
  return kinds[factor]
}

/** The different kinds of proof among the factors. */
export function kindsOf(factors: readonly Factor[]): ReadonlySet<FactorKind> {
  return new Set(factors.map(kindOf).filter((kind) => kind !== 'none'))
}

/** Whether anybody may pass, credential or not. */
export function isFree(factors: readonly Factor[]): boolean {
  return kindsOf(factors).size === 0
}

/** Whether the portal reads a credential on any side. */
export function hasReader(portal: Portal): boolean {
  return !isFree([...(portal.in ?? []), ...(portal.out ?? [])])
}
