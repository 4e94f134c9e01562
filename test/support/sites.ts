import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { parseSite, type Site, type SiteFile } from '@cloister/facility-model'

/** The site of a text that must be sound. */
export function siteOf(text: string, name = 'site.yaml'): Site {
  const result = parseSite(text, name)
  if ('faults' in result) assert.fail(JSON.stringify(result.faults, null, 1))
  return result.site
}

/** One of the sites that ship with the package. */
export function shippedText(name: string): string {
  return readFileSync(
    new URL(`../../packages/facility-model/sites/${name}.yaml`, import.meta.url),
    'utf8',
  )
}

export const shippedSites = ['demonstration', 'madrid-1', 'single-room', 'tower'] as const

type FilePortal = SiteFile['portals'][string]

const direction = fc.option(
  fc.subarray(['badge', 'pin', 'fingerprint', 'request-to-exit', 'handle'] as const),
  { nil: undefined, freq: 4 },
)

const portalBetween = (zones: readonly string[]): fc.Arbitrary<FilePortal> =>
  fc
    .record({
      ends: fc.tuple(fc.nat(zones.length - 1), fc.nat(zones.length - 1)),
      in: direction,
      out: direction,
      emergency: fc.boolean(),
      failMode: fc.constantFrom('fail-safe', 'fail-secure', undefined),
      lockdown: fc.constantFrom('free-egress', 'locked', undefined),
    })
    .map(({ ends: [a, b], emergency, ...rest }) => {
      const from = zones[a] ?? ''
      const to = zones[b === a ? (b + 1) % zones.length : b] ?? ''
      const flees = emergency && from !== 'street'
      const portal = {
        from,
        to,
        ...rest,
        ...(flees ? { emergency, in: undefined, out: undefined } : {}),
      }
      if (!flees && portal.in === undefined && portal.out === undefined) portal.in = ['badge']
      return withoutUndefined(portal)
    })

function withoutUndefined(portal: object): FilePortal {
  return JSON.parse(JSON.stringify(portal)) as FilePortal
}

/** Small sites of any shape: up to seven zones, up to ten portals, each zone reachable somehow. */
export const anySite: fc.Arbitrary<Site> = fc
  .array(fc.constantFrom('controlled', 'secure', 'technical'), { minLength: 1, maxLength: 6 })
  .chain((kinds) => {
    const rooms = kinds.map((kind, index) => [`room-${index}`, kind] as const)
    const names = ['street', ...rooms.map(([name]) => name)]
    return fc.tuple(
      fc.constant(rooms),
      fc.array(portalBetween(names), { maxLength: 10 }),
      fc.tuple(...rooms.map(() => fc.boolean())),
      fc.array(fc.constantFrom(0, 60, 600), { minLength: rooms.length, maxLength: rooms.length }),
    )
  })
  .map(([rooms, portals, free, people]) => {
    const chain = rooms.map(([name], index): FilePortal => ({
      from: index === 0 ? 'street' : (rooms[index - 1]?.[0] ?? ''),
      to: name,
      in: ['badge', 'pin'],
      out: free[index] === true ? ['handle'] : ['badge'],
    }))
    const zones = rooms.map(([name, kind], index): [string, object] => [
      name,
      { kind, ...((people[index] ?? 0) > 0 ? { maximumOccupancy: people[index] } : {}) },
    ])
    return siteOf(
      JSON.stringify({
        site: 'any',
        jurisdiction: 'ES',
        timezone: 'Europe/Madrid',
        hours: { 'mon-fri': '08:00-18:00' },
        zones: Object.fromEntries([['street', { kind: 'public' }], ...zones]),
        portals: Object.fromEntries(
          [...chain, ...portals].map((portal, index) => [`portal-${index}`, portal]),
        ),
      }),
    )
  })
