import { nearest } from './nearest.ts'
import type { RuleId } from './rules.ts'

/** Which rules a check holds the site against, and how strictly it reads them. */
export interface Profile {
  readonly name: string
  readonly title: string
  readonly rules: readonly Exclude<RuleId, 'A1'>[]
  /** F1 wants a biometric among the two factors. */
  readonly biometric: boolean
  /** F15 wants a guard on site round the clock; an alarm service does not do. */
  readonly guardAlways: boolean
  /** R1 wants at least this many seconds of video, or the legal maximum if that is less. */
  readonly videoAtLeast: number
}

const day = 86_400
const all = [
  ...(['F1', 'F2', 'F3', 'F4', 'F5', 'F6', 'F7', 'F8', 'F9', 'F10', 'F11', 'F12'] as const),
  ...(['F13', 'F14', 'F15', 'F16', 'R1'] as const),
]

export const profiles = {
  standard: {
    title: 'every rule as it is written',
    rules: all,
    biometric: false,
    guardAlways: false,
    videoAtLeast: 0,
  },
  'reference-case': {
    title: 'what a client bound by the GDPR asked of the facility for its most sensitive data',
    rules: ['F1', 'F2', 'F3', 'F4', 'F5', 'F7', 'F9', 'F10', 'F11', 'F12', 'F13', 'F15', 'R1'],
    biometric: true,
    guardAlways: true,
    videoAtLeast: 0,
  },
  'iso-27001': {
    title: 'ISO/IEC 27001:2022 Annex A.7, as far as a drawing shows it',
    rules: [
      'F1',
      'F2',
      'F3',
      'F4',
      'F6',
      'F8',
      'F9',
      'F10',
      'F11',
      'F12',
      'F13',
      'F14',
      'F15',
      'F16',
    ],
    biometric: false,
    guardAlways: false,
    videoAtLeast: 0,
  },
  tpn: {
    title:
      'MPA Content Security Best Practices, physical part, as the Trusted Partner Network assesses it',
    rules: ['F1', 'F2', 'F3', 'F4', 'F5', 'F6', 'F9', 'F10', 'F11', 'F12', 'F13', 'F16', 'R1'],
    biometric: false,
    guardAlways: false,
    videoAtLeast: 90 * day,
  },
  strict: {
    title: 'every rule in the strictest reading of any source',
    rules: all,
    biometric: true,
    guardAlways: true,
    videoAtLeast: 90 * day,
  },
} as const satisfies Record<string, Omit<Profile, 'name'>>

/** @throws RangeError where there is no such profile, with the names that there are */
export function profileOf(name: string): Profile {
  for (const [known, profile] of Object.entries(profiles))
    if (known === name) return { name, ...profile }
  const near = nearest(name, Object.keys(profiles))
  throw new RangeError(
    `there is no profile '${name}'; choose ${Object.keys(profiles).join(', ')}${near === null ? '' : ` (did you mean ${near}?)`}`,
  )
}
