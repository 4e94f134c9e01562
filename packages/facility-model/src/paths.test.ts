import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { anySite } from '../../../test/support/sites.ts'
import { checkSite } from './check.ts'
import { isFree, kindsOf } from './factors.ts'
import { disjointPaths, passagesOf, type Passage } from './graph.ts'
import type { Factor, Site } from './site.ts'

const findings = (site: Site, id: string) =>
  checkSite(site, { today: '2026-11-21' }).filter((found) => found.id === id)
const subjects = (site: Site, id: string) =>
  findings(site, id).map((found) => found.subjects[0] ?? '')

/** Every path without repeated zones from the street, found by walking all of them. */
function simplePaths(site: Site, from: string, to: string): Passage[][] {
  const passages = passagesOf(site)
  const walk = (zone: string, seen: readonly string[]): Passage[][] =>
    zone === to
      ? [[]]
      : passages
          .filter((passage) => passage.from === zone && !seen.includes(passage.to))
          .flatMap((passage) =>
            walk(passage.to, [...seen, passage.to]).map((rest) => [passage, ...rest]),
          )
  return walk(from, [from])
}

test('F1 finds a way exactly where walking every path finds one', () => {
  fc.assert(
    fc.property(anySite, (site) => {
      const secure = site.zones.filter(({ kind }) => kind === 'secure').map(({ name }) => name)
      const weak = secure.filter((zone) =>
        simplePaths(site, 'street', zone).some((path) =>
          path.every(({ factors }) => kindsOf(factors).size < 2),
        ),
      )
      const found = new Set(findings(site, 'F1').map((one) => one.subjects[1]))
      assert.deepEqual([...found].sort(), weak.sort())
    }),
  )
})

test('F1 answers a path that exists, that asks for two kinds nowhere, and that none is shorter than', () => {
  fc.assert(
    fc.property(anySite, (site) => {
      for (const {
        path,
        subjects: [portal = '', zone = ''],
      } of findings(site, 'F1')) {
        assert.deepEqual([path[0], path.at(-2), path.at(-1)], ['street', portal, zone])
        const steps = path.flatMap((_, index) =>
          index % 2 === 0 ? [] : [path.slice(index - 1, index + 2)],
        )
        for (const [from, name, to] of steps)
          assert.ok(
            passagesOf(site).some(
              (passage) =>
                passage.portal.name === name &&
                passage.from === from &&
                passage.to === to &&
                kindsOf(passage.factors).size < 2,
            ),
          )
        const shorter = simplePaths(site, 'street', zone).filter(
          (way) =>
            way.at(-1)?.portal.name === portal &&
            way.length < steps.length &&
            way.every(({ factors }) => kindsOf(factors).size < 2),
        )
        assert.deepEqual(shorter, [])
      }
    }),
  )
})

test('F1 adding a factor to a direction never adds a finding', () => {
  const factor = fc.constantFrom<Factor>('badge', 'pin', 'fingerprint', 'handle', 'request-to-exit')
  fc.assert(
    fc.property(
      anySite,
      fc.nat(),
      fc.constantFrom('in' as const, 'out' as const),
      factor,
      (site, nth, side, added) => {
        const open = site.portals.filter((portal) => portal[side] !== null)
        const chosen = open[nth % Math.max(open.length, 1)]
        if (chosen === undefined) return
        const more = {
          ...site,
          portals: site.portals.map((portal) =>
            portal === chosen ? { ...portal, [side]: [...(portal[side] ?? []), added] } : portal,
          ),
        }
        const before = new Set(subjects(site, 'F1'))
        assert.deepEqual(
          subjects(more, 'F1').filter((portal) => !before.has(portal)),
          [],
        )
      },
    ),
  )
})

test('F4 removing an exit never removes a finding', () => {
  fc.assert(
    fc.property(anySite, fc.nat(), (site, nth) => {
      const gone = site.portals[nth % site.portals.length]
      const less = { ...site, portals: site.portals.filter((portal) => portal !== gone) }
      const after = new Set(subjects(less, 'F4'))
      assert.deepEqual(
        subjects(site, 'F4').filter((zone) => !after.has(zone)),
        [],
      )
    }),
  )
})

test('F4 finds a trap exactly where walking every path finds no free way out', () => {
  fc.assert(
    fc.property(anySite, (site) => {
      const trapped = site.zones
        .filter(({ kind }) => kind !== 'public')
        .filter(
          ({ name }) =>
            !simplePaths(site, name, 'street').some((path) =>
              path.every(({ factors }) => isFree(factors)),
            ),
        )
        .map(({ name }) => name)
      const found = findings(site, 'F4')
        .filter(({ evidence }) => evidence.includes('in normal operation'))
        .map((one) => one.subjects[0])
      assert.deepEqual(found, trapped)
    }),
  )
})

test('F4 counts ways out that share no portal as trying every choice of paths does', () => {
  fc.assert(
    fc.property(anySite, fc.nat(), (site, nth) => {
      const zone = site.zones[nth % site.zones.length]?.name ?? ''
      if (zone === 'street') return
      const ways = simplePaths(site, zone, 'street').map(
        (path) => new Set(path.map(({ portal }) => portal.name)),
      )
      const most = (left: readonly Set<string>[]): number =>
        left.reduce((best, way, index) => {
          const apart = left
            .slice(index + 1)
            .filter((other) => [...way].every((portal) => !other.has(portal)))
          return best > apart.length ? best : Math.max(best, 1 + most(apart))
        }, 0)
      const found = disjointPaths(passagesOf(site), zone, new Set(['street']), 4)
      assert.equal(found, Math.min(4, most(ways)))
    }),
    { numRuns: 60 },
  )
})
