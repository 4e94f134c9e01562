/**
 * Samples as seconds, rounded to a nanosecond: reading them back with `samplesOf` gives the same
 * sample at every rate up to 100 million.
 */
export function secondsOf(samples: number, rate: number): number {
  return Number((samples / rate).toFixed(9))
}

/** Seconds as decimal text: never an exponent, at least `least` decimals and at most nine. */
export function secondsText(samples: number, rate: number, least = 0): string {
  const [whole = '0', decimals = ''] = (samples / rate).toFixed(9).split('.')
  const kept = decimals.replace(/0+$/, '').padEnd(least, '0')
  return kept === '' ? whole : `${whole}.${kept}`
}

/** The sample nearest to a time in seconds. */
export function samplesOf(seconds: number, rate: number): number {
  return Math.round(seconds * rate)
}

/** True when a time in seconds does not fall on a sample (within a nanosecond). */
export function isBetweenSamples(seconds: number, rate: number): boolean {
  return Math.abs(seconds - samplesOf(seconds, rate) / rate) > 1e-9
}

/** Samples per second that times count in when nothing says the rate of the recording. */
export const microseconds = 1_000_000
