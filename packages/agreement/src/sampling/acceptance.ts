import { binomialCdf, hypergeometricCdf } from '../distributions.ts'
import { seededChance } from '../random.ts'
import { Refusal } from '../refusal.ts'
import { type SamplingPlan, type Severity } from './plans.ts'

/**
 * The probability that a lot with share p of nonconforming units is accepted: at most `accept` in a
 * sample of n. Binomial, as for a large lot or a steady process; p from 0 to 1.
 */
export function acceptanceProbability(n: number, accept: number, p: number): number {
  if (!(p >= 0 && p <= 1)) throw new Refusal(`A share lies between 0 and 1, not ${p}.`)
  return binomialCdf(accept, n, p)
}

/** The same for one lot of known size with so many nonconforming units: hypergeometric. */
export function lotAcceptanceProbability(
  lot: number,
  nonconforming: number,
  n: number,
  accept: number,
): number {
  if (nonconforming < 0 || nonconforming > lot || n > lot)
    throw new Refusal('The sample and the nonconforming units must be within the lot.')
  return hypergeometricCdf(accept, lot, nonconforming, n)
}

/** The share of nonconforming units at which the plan accepts with the given probability. */
export function qualityAt(n: number, accept: number, probability: number): number {
  if (!(probability > 0 && probability < 1))
    throw new Refusal(`A probability lies between 0 and 1, not ${probability}.`)
  let [low, high] = [0, 1]
  for (let k = 0; k < 100; k++) {
    const middle = (low + high) / 2
    if (binomialCdf(accept, n, middle) > probability) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** Points of the operating characteristic curve, from p = 0 to where almost nothing is accepted. */
export function operatingCharacteristic(
  n: number,
  accept: number,
  points = 101,
): { p: number; accepted: number }[] {
  const end = qualityAt(n, accept, 0.001)
  return Array.from({ length: points }, (_, k) => {
    const p = (end * k) / (points - 1)
    return { p, accepted: binomialCdf(accept, n, p) }
  })
}

/**
 * The smallest sample that, without a nonconforming unit in it, shows with this confidence that the
 * share of nonconforming units is below p.
 */
export function zeroDefectSample(p: number, confidence = 0.95): number {
  if (!(p > 0 && p < 1 && confidence > 0 && confidence < 1))
    throw new Refusal('The share and the confidence must lie between 0 and 1.')
  return Math.ceil(Math.log1p(-confidence) / Math.log1p(-p))
}

/**
 * The units to inspect, by their numbers from 0, ascending: n of the lot without replacement, every
 * choice equally likely, the same for the same seed (Floyd's algorithm; Bentley & Floyd 1987, CACM
 * 30:754). Draw after the lot is frozen, and keep the seed.
 */
export function drawSample(lot: number, n: number, seed: number): number[] {
  if (!Number.isSafeInteger(lot) || !Number.isInteger(n) || n < 0 || n > lot)
    throw new Refusal(`A sample of ${n} cannot be drawn from ${lot} units.`)
  const chance = seededChance(seed)
  const chosen = new Set<number>()
  for (let k = lot - n; k < lot; k++) {
    const candidate = chance.below(k + 1)
    chosen.add(chosen.has(candidate) ? k : candidate)
  }
  return [...chosen].sort((a, b) => a - b)
}

/** What inspection found in one lot. */
export interface LotOutcome {
  readonly nonconforming: number
  readonly plan: Pick<SamplingPlan, 'accept' | 'reject'>
}

/** Where the switching rules stand. */
export interface SwitchingState {
  readonly severity: Severity
  /** Whether each of the last lots under this severity was accepted, the latest last; at most ten. */
  readonly recent: readonly boolean[]
  /** Lots rejected since tightened inspection began. */
  readonly rejectedTightened: number
  /** Five lots were rejected under tightened inspection: no more lots until the cause is mended. */
  readonly stopped: boolean
}

/** What a person must confirm before inspection may be reduced or must be normal again. */
export interface Judgement {
  /** Production is steady. */
  readonly steady: boolean
  /** The authority wants reduced inspection, and the last ten lots' total is within its limit number. */
  readonly reduceApproved: boolean
}

export const firstLot: SwitchingState = {
  severity: 'normal',
  recent: [],
  rejectedTightened: 0,
  stopped: false,
}

/**
 * The switching rules of MIL-STD-105E, section 4.7. Normal to tightened: 2 of 5 or fewer lots in a row
 * rejected. Tightened to normal: 5 in a row accepted. Normal to reduced: 10 in a row accepted, and the
 * judgement says so (limit numbers of its table VIII are not held here: whoever approves checks them).
 * Reduced to normal: a lot rejected or in the gap, or production not steady. Stop: 5 lots rejected
 * under tightened inspection. A stopped state stays.
 */
export function nextSeverity(
  state: SwitchingState,
  { nonconforming, plan }: LotOutcome,
  judgement: Judgement,
): SwitchingState {
  if (state.stopped) return state
  const accepted = nonconforming < plan.reject
  const recent = [...state.recent, accepted].slice(-10)
  const to = (severity: Severity): SwitchingState => ({ ...firstLot, severity })
  const lastOf = (count: number) => recent.slice(-count)
  switch (state.severity) {
    case 'normal':
      if (lastOf(5).filter((ok) => !ok).length >= 2) return to('tightened')
      if (
        recent.length === 10 &&
        recent.every(Boolean) &&
        judgement.steady &&
        judgement.reduceApproved
      )
        return to('reduced')
      return { ...state, recent }
    case 'tightened': {
      if (lastOf(5).length === 5 && lastOf(5).every(Boolean)) return to('normal')
      const rejectedTightened = state.rejectedTightened + (accepted ? 0 : 1)
      return { ...state, recent, rejectedTightened, stopped: rejectedTightened >= 5 }
    }
    case 'reduced':
      return nonconforming <= plan.accept && judgement.steady ? { ...state, recent } : to('normal')
  }
}
