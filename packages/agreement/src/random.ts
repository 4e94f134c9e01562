import { logGamma } from './distributions.ts'

/** A reproducible source of chance. Equal seeds give equal sequences on every machine. */
export interface Chance {
  /** Uniform in [0, 1) with 53 random bits. */
  uniform(): number
  /** A whole number in 0 … n − 1; n from 1 to 2^53. */
  below(n: number): number
  /** Standard normal. */
  normal(): number
  /** The number of successes in n trials with probability p, exact for every n and p. */
  binomial(n: number, p: number): number
}

/** SplitMix32, used only to spread a seed over the state (Steele, Lea & Flood 2014, 32-bit form). */
function splitMix(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x9e3779b9) | 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b)
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
    return (z ^ (z >>> 16)) >>> 0
  }
}

/**
 * xoshiro128** (Blackman & Vigna 2021), seeded with any finite number. Not for secrets.
 */
export function seededChance(seed: number): Chance {
  const low = splitMix(Math.trunc(seed) % 0x1_0000_0000)
  const high = splitMix(Math.floor(seed / 0x1_0000_0000))
  let a = low()
  let b = low() ^ high()
  let c = low()
  let d = (low() ^ high()) | 1

  function bits(): number {
    const product = Math.imul(b, 5)
    const result = Math.imul((product << 7) | (product >>> 25), 9)
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << 11) | (d >>> 21)
    return result >>> 0
  }
  const uniform = () => ((bits() >>> 5) * 67108864 + (bits() >>> 6)) / 9007199254740992

  function normal(): number {
    // Marsaglia's polar method; the second variate is dropped so that calls stay independent of history.
    for (;;) {
      const x = 2 * uniform() - 1
      const y = 2 * uniform() - 1
      const s = x * x + y * y
      if (s > 0 && s < 1) return x * Math.sqrt((-2 * Math.log(s)) / s)
    }
  }

  function binomial(n: number, p: number): number {
    if (p > 0.5) return n - binomial(n, 1 - p)
    if (n === 0 || p <= 0) return 0
    return n * p < 10 ? inversion(n, p, uniform()) : rejection(n, p, uniform)
  }
  return { uniform, below: (n) => Math.floor(uniform() * n), normal, binomial }
}

/** Walks up the distribution function; good for a small mean. */
function inversion(n: number, p: number, u: number): number {
  const odds = p / (1 - p)
  let term = Math.exp(n * Math.log1p(-p))
  let k = 0
  let rest = u
  while (rest > term && k < n) {
    rest -= term
    k++
    term *= ((n - k + 1) / k) * odds
  }
  return k
}

/** Transformed rejection, algorithm BTRS of Hörmann (1993), for n·p ≥ 10 and p ≤ 0.5. */
function rejection(n: number, p: number, uniform: () => number): number {
  const spread = Math.sqrt(n * p * (1 - p))
  const b = 1.15 + 2.53 * spread
  const a = -0.0873 + 0.0248 * b + 0.01 * p
  const centre = n * p + 0.5
  const inner = 0.92 - 4.2 / b
  const alpha = (2.83 + 5.1 / b) * spread
  const logOdds = Math.log(p / (1 - p))
  const mode = Math.floor((n + 1) * p)
  const atMode = logGamma(mode + 1) + logGamma(n - mode + 1)
  for (;;) {
    const u = uniform() - 0.5
    const v = uniform()
    const us = 0.5 - Math.abs(u)
    const k = Math.floor(((2 * a) / us + b) * u + centre)
    if (k < 0 || k > n) continue
    if (us >= 0.07 && v <= inner) return k
    const scaled = Math.log((v * alpha) / (a / (us * us) + b))
    if (scaled <= atMode - logGamma(k + 1) - logGamma(n - k + 1) + (k - mode) * logOdds) return k
  }
}
