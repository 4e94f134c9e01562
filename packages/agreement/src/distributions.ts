/** Probability distributions, to about 1e-14 relative where not said otherwise. */

const halfLogTwoPi = 0.9189385332046727

/** Natural logarithm of the gamma function for x > 0, by Stirling's series after shifting to x ≥ 12. */
export function logGamma(x: number): number {
  if (x === 1 || x === 2) return 0
  let shift = 0
  let y = x
  if (y < 12) {
    let product = 1
    while (y < 12) product *= y++
    shift = Math.log(product)
  }
  const z = 1 / (y * y)
  const series =
    1 / 12 -
    z * (1 / 360 - z * (1 / 1260 - z * (1 / 1680 - z * (1 / 1188 - z * (691 / 360360 - z / 156)))))
  return (y - 0.5) * Math.log(y) - y + halfLogTwoPi + series / y - shift
}

/** The derivative of logGamma for x > 0. */
export function digamma(x: number): number {
  let y = x
  let shift = 0
  while (y < 12) shift -= 1 / y++
  const z = 1 / (y * y)
  const series =
    z * (1 / 12 - z * (1 / 120 - z * (1 / 252 - z * (1 / 240 - z * (1 / 132 - (691 / 32760) * z)))))
  return shift + Math.log(y) - 0.5 / y - series
}

/**
 * The regularised incomplete beta function I_x(a, b), a and b > 0, x in [0, 1], by Lentz's
 * continued fraction (NIST Handbook of Mathematical Functions, 8.17.22).
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a)
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x),
  )
  const tiny = 1e-300
  let c = 1
  let d = 1 / Math.max(tiny, 1 - ((a + b) * x) / (a + 1))
  let fraction = d
  for (let m = 1; m < 100_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / nonZero(1 + even * d, tiny)
    c = nonZero(1 + even / c, tiny)
    fraction *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / nonZero(1 + odd * d, tiny)
    c = nonZero(1 + odd / c, tiny)
    const step = d * c
    fraction *= step
    if (Math.abs(step - 1) < 1e-16) break
  }
  return (front * fraction) / a
}

function nonZero(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value
}

/** The x with I_x(a, b) = p, by bisection to the last bit. */
export function betaQuantile(p: number, a: number, b: number): number {
  return bisect((x) => incompleteBeta(x, a, b) - p, 0, 1)
}

/** P(T ≤ t) for Student's t with df > 0 degrees of freedom (fractions allowed). */
export function studentCdf(t: number, df: number): number {
  const tail = incompleteBeta(df / (df + t * t), df / 2, 0.5) / 2
  return t > 0 ? 1 - tail : tail
}

/** The t with P(T ≤ t) = p, 0 < p < 1. */
export function studentQuantile(p: number, df: number): number {
  if (p < 0.5) return -studentQuantile(1 - p, df)
  const x = betaQuantile(2 * (1 - p), df / 2, 0.5)
  return Math.sqrt((df * (1 - x)) / x)
}

/** The f with P(F ≤ f) = p for the F distribution with the given degrees of freedom. */
export function fisherQuantile(p: number, dfAbove: number, dfBelow: number): number {
  const x = betaQuantile(p, dfAbove / 2, dfBelow / 2)
  return (dfBelow * x) / (dfAbove * (1 - x))
}

/** P(Z ≤ z) for the standard normal, from the incomplete gamma series and continued fraction. */
export function normalCdf(z: number): number {
  const half = (z * z) / 2
  const upper = Math.abs(z) < 2.5 ? 0.5 - lowerSeries(half) / 2 : upperFraction(half) / 2
  return z > 0 ? 1 - upper : upper
}

/** P(½, x), the regularised lower incomplete gamma function, by its series. */
function lowerSeries(x: number): number {
  if (x === 0) return 0
  let term = 2
  let sum = 2
  for (let k = 1; k < 500 && term > sum * 1e-17; k++) {
    term *= x / (0.5 + k)
    sum += term
  }
  return (sum * Math.sqrt(x) * Math.exp(-x)) / Math.sqrt(Math.PI)
}

/** Q(½, x), the upper counterpart, by its continued fraction (NIST Handbook, 8.9.2). */
function upperFraction(x: number): number {
  let b = x + 0.5
  let c = 1e300
  let d = 1 / b
  let fraction = d
  for (let k = 1; k < 500; k++) {
    const an = -k * (k - 0.5)
    b += 2
    d = 1 / (an * d + b)
    c = b + an / c
    fraction *= d * c
    if (Math.abs(d * c - 1) < 1e-16) break
  }
  return (fraction * Math.sqrt(x) * Math.exp(-x)) / Math.sqrt(Math.PI)
}

/** The z with P(Z ≤ z) = p, 0 < p < 1. */
export function normalQuantile(p: number): number {
  return bisect((z) => normalCdf(z) - p, -39, 39)
}

/** P(X ≤ k) for the number X of successes in n trials with probability p. */
export function binomialCdf(k: number, n: number, p: number): number {
  if (k < 0) return 0
  if (k >= n) return 1
  return incompleteBeta(1 - p, n - k, k + 1)
}

/** P(X ≤ k) for the number X of marked units in a sample of n from a lot in which `marked` are. */
export function hypergeometricCdf(k: number, lot: number, marked: number, n: number): number {
  const logChoose = (a: number, b: number) =>
    logGamma(a + 1) - logGamma(b + 1) - logGamma(a - b + 1)
  const all = logChoose(lot, n)
  let sum = 0
  for (let x = Math.max(0, n + marked - lot); x <= Math.min(k, n, marked); x++)
    sum += Math.exp(logChoose(marked, x) + logChoose(lot - marked, n - x) - all)
  return Math.min(1, sum)
}

function bisect(f: (x: number) => number, from: number, to: number): number {
  let low = from
  let high = to
  for (let k = 0; k < 200; k++) {
    const middle = (low + high) / 2
    if (middle <= low || middle >= high) break
    if (f(middle) < 0) low = middle
    else high = middle
  }
  return (low + high) / 2
}
