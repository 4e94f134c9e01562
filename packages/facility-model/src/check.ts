import { profileOf, type Profile } from './profiles.ts'
import { acceptFindings, type Finding } from './finding.ts'
import { checkEntry, checkExitSearch, checkScreening } from './entry-rules.ts'
import { checkEscape } from './escape-rules.ts'
import {
  checkAntiPassback,
  checkEmergencyPortals,
  checkMantraps,
  checkReaders,
  checkSecurePortals,
} from './portal-rules.ts'
import {
  checkCameras,
  checkControllers,
  checkMantrapPower,
  checkOpenings,
} from './equipment-rules.ts'
import { checkNetworks, checkProjects } from './room-rules.ts'
import { checkGuards } from './guard-rules.ts'
import { checkRetention } from './retention.ts'
import type { RuleId } from './rules.ts'
import type { Site } from './site.ts'

/** One rule's function answers what breaks it, without regard to acceptances. */
type Check = (site: Site, profile: Profile) => Finding[]

const checks: Readonly<Record<Exclude<RuleId, 'A1'>, Check>> = {
  F1: checkEntry,
  F2: checkScreening,
  F3: checkExitSearch,
  F4: checkEscape,
  F5: checkEmergencyPortals,
  F6: checkSecurePortals,
  F7: checkAntiPassback,
  F8: checkMantraps,
  F9: checkCameras,
  F10: checkNetworks,
  F11: checkControllers,
  F12: checkOpenings,
  F13: checkProjects,
  F14: checkMantrapPower,
  F15: checkGuards,
  F16: checkReaders,
  R1: checkRetention,
}

export interface CheckOptions {
  /** Which rules, and how strictly read; `standard` is all rules as they are written. */
  readonly profile?: string
  /** ISO date against which acceptances expire. */
  readonly today: string
}

/**
 * Holds a site against the rules. Answers every finding, in the order of the rules and then of the
 * file, with the acceptance that covers it, if one does on that day. Pure; linear but for the paths
 * of F4 and F15, which grow with secure portals times zones.
 *
 * @throws RangeError where the profile is not known
 */
export function checkSite(site: Site, options: CheckOptions): Finding[] {
  const profile = profileOf(options.profile ?? 'standard')
  const findings = profile.rules.flatMap((id) => checks[id](site, profile))
  return acceptFindings(site, findings, profile.rules, options.today)
}

/** The findings that nobody answers for: a site holds when there are none. */
export function openFindings(findings: readonly Finding[]): Finding[] {
  return findings.filter((finding) => finding.accepted === undefined)
}
