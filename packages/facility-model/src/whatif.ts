import { openFindings } from './check.ts'
import { isFree } from './factors.ts'
import type { Finding } from './finding.ts'
import { suggest } from './nearest.ts'
import type { Factor, GuardDuty, Portal, Site } from './site.ts'

/**
 * The site without some of its things. A loss is the name of a camera, recorder, sensor, portal or
 * controller, or a guard: `guard` (all posts, always), `guard@night` (outside opening hours),
 * `guard@early` (in a shift), `guard.lobby`, `guard.lobby@night` (one post).
 *
 * A lost portal is jammed shut. A lost controller takes the readers of its portals with it: a
 * fail-safe lock (and one whose fail mode nobody stated) then stands open both ways, a fail-secure
 * one lets out whoever can leave by a handle. A lost recorder or controller blinds its cameras.
 *
 * @throws RangeError where the site has no such thing, with the nearest name
 */
export function without(site: Site, losses: readonly string[]): Site {
  return losses.reduce(lose, site)
}

function lose(site: Site, loss: string): Site {
  if (loss === 'guard' || loss.startsWith('guard@') || loss.startsWith('guard.'))
    return loseGuard(site, loss)
  if (!losable(site).includes(loss))
    throw new RangeError(
      `the site has nothing named '${loss}' that can fail${suggest(loss, losable(site))}`,
    )
  const others = <T extends { readonly name: string }>(things: readonly T[]) =>
    things.filter(({ name }) => name !== loss)
  return {
    ...site,
    portals: others(site.portals).map((portal) =>
      portal.controller === loss ? uncontrolled(portal) : portal,
    ),
    controllers: others(site.controllers),
    recorders: others(site.recorders),
    sensors: others(site.sensors),
    cameras: others(site.cameras).filter(
      ({ recorder, controller }) => recorder !== loss && controller !== loss,
    ),
  }
}

function losable(site: Site): string[] {
  const { portals, controllers, cameras, recorders, sensors } = site
  return [portals, controllers, cameras, recorders, sensors].flatMap((things) =>
    things.map(({ name }) => name),
  )
}

function uncontrolled(portal: Portal): Portal {
  if (portal.emergency) return { ...portal, controller: null }
  const lost = { ...portal, controller: null, reader: null }
  if (portal.failMode !== 'fail-secure')
    return { ...lost, in: portal.in && [], out: portal.out && [] }
  const byHand = (factors: readonly Factor[] | null): readonly Factor[] | null =>
    factors !== null && isFree(factors) && !factors.includes('request-to-exit') ? factors : null
  return { ...lost, in: byHand(portal.in), out: byHand(portal.out) }
}

function loseGuard(site: Site, loss: string): Site {
  const [who = '', when = null] = loss.split('@')
  const [, post = null] = who.split('.')
  if (post !== null && !site.guards.some(({ zone }) => zone === post)) {
    const posts = site.guards.map(({ zone }) => `guard.${zone}`)
    throw new RangeError(`no guard sits at '${post}'${suggest(who, posts)}`)
  }
  const known = ['night', ...site.shifts.map(({ name }) => name)]
  if (when !== null && !known.includes(when))
    throw new RangeError(
      `'${when}' is neither night nor a shift of the site${suggest(when, known)}`,
    )
  return {
    ...site,
    guards: site.guards.map((duty) =>
      post !== null && duty.zone !== post
        ? duty
        : { ...duty, absent: [...(duty.absent ?? []), when ?? 'always'] },
    ),
  }
}

/** What a loss breaks that was whole before. */
export interface Loss {
  readonly without: string
  readonly findings: readonly Finding[]
}

/** The findings that a changed site has and the site itself has not; accepted ones do not count. */
export function newFindings(before: readonly Finding[], after: readonly Finding[]): Finding[] {
  const known = new Set(before.map(identity))
  return openFindings(after).filter((found) => !known.has(identity(found)) && found.id !== 'A1')
}

function identity({ id, subjects }: Finding): string {
  return [id, ...subjects].join(' ')
}

/** Everything of which the site has one too few: each thing and guard duty that can fail alone. */
export function singleLosses(site: Site): string[] {
  const bands = ['night', ...site.shifts.map(({ name }) => name)]
  const guards = site.guards.flatMap((duty: GuardDuty) => [
    `guard.${duty.zone}`,
    ...bands.map((band) => `guard.${duty.zone}@${band}`),
  ])
  return [...losable(site), ...guards]
}

/** Tries every single loss with the given check; answers those that break something. */
export function singleFailures(
  site: Site,
  check: (site: Site) => readonly Finding[],
  onStep: (done: number, all: number) => void = () => undefined,
): Loss[] {
  const before = check(site)
  const losses = singleLosses(site)
  return losses.flatMap((loss, index) => {
    const findings = newFindings(before, check(without(site, [loss])))
    onStep(index + 1, losses.length)
    return findings.length === 0 ? [] : [{ without: loss, findings }]
  })
}
