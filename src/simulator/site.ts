import { kindOf, type Factor, type Site } from '@cloister/facility-model'
import type { FactorKind } from '../shared/facility.ts'
import type { SimulatedSite } from './building.ts'

const kinds = { possession: 'badge', knowledge: 'pin', inherence: 'biometric', none: null } as const

/**
 * What the simulated building needs of a site file. A direction that asks nothing, or that is shut,
 * has no factors; people begin in the first public zone. Portals without a controller are left out:
 * no machine watches them.
 */
export function simulatedSite(site: Site): SimulatedSite {
  const outside = site.zones.find(({ kind }) => kind === 'public')
  if (outside === undefined) throw new Error(`${site.name} has no public zone to come from.`)
  return {
    name: site.name,
    outside: outside.name,
    screening: site.zones.filter(({ screening }) => screening.length > 0).map(({ name }) => name),
    lockers: site.zones.filter(({ lockers }) => lockers > 0).map(({ name }) => name),
    portals: site.portals.flatMap(({ name: id, from, to, controller, emergency, ...portal }) =>
      controller === null
        ? []
        : [{ id, from, to, controller, emergency, in: asked(portal.in), out: asked(portal.out) }],
    ),
  }
}

function asked(factors: readonly Factor[] | null): FactorKind[] {
  return [...new Set((factors ?? []).flatMap((factor) => kinds[kindOf(factor)] ?? []))]
}
