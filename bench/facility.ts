/**
 * Reads and checks a site of 60 zones, 200 portals and 500 cameras, and ten times that; the reference
 * is the YAML library parsing the same text alone.
 */
import { checkSite, drawSite, parseSite } from '@cloister/facility-model'
import { parse } from 'yaml'

const sizes = [1, 2, 5, 10] as const

/** A site of towers, each with a lobby, a search, a core and its floors, that breaks no rule of access. */
function largeSite(times: number): string {
  const zones = ['  street: { kind: public }', '  tech: { kind: technical }']
  const portals: string[] = []
  const cameras: string[] = []
  const door =
    'contact: true, tamper: true, heldAfter: 30s, failMode: fail-safe, reader: osdp-secure, controller: ctl'
  const portal = (name: string, from: string, to: string, rest: string) => {
    portals.push(`  ${name}: { from: ${from}, to: ${to}, ${rest} }`)
    for (const [zone, side] of [
      [from, rest.startsWith('emergency') ? 'inside' : 'outside'],
      [to, rest.startsWith('emergency') ? 'outside' : 'inside'],
    ] as const)
      cameras.push(
        `  cam-${cameras.length}: { zone: ${zone}, sees: [${name}.${side}], recorder: nvr }`,
      )
  }
  portal('tech-door', 'street', 'tech', `in: [badge, pin], out: [handle], ${door}`)
  for (let tower = 0; zones.length < 60 * times; tower++) {
    const [lobby, search] = [`lobby-${tower}`, `search-${tower}`]
    zones.push(`  ${lobby}: { kind: controlled, lockers: 100, guardPost: true, monitors: [nvr] }`)
    zones.push(`  ${search}: { kind: controlled, screening: [metal-detector, bag-search] }`)
    portal(`main-${tower}`, 'street', lobby, `in: [badge], out: [request-to-exit], ${door}`)
    portal(`gate-${tower}`, lobby, search, `in: [badge], out: [request-to-exit], ${door}`)
    for (let floor = 0; floor < 4 && zones.length < 60 * times; floor++) {
      const name = `floor-${tower}-${floor}`
      zones.push(`  ${name}: { kind: secure, seats: 60, projects: [aurora], antiPassback: hard }`)
      for (const side of ['a', 'b'])
        portal(
          `door-${tower}-${floor}-${side}`,
          search,
          name,
          `in: [badge, fingerprint], out: [badge], ${door}`,
        )
      for (const side of ['a', 'b', 'c'])
        portal(
          `fire-${tower}-${floor}-${side}`,
          name,
          'street',
          'emergency: true, alarm: local, contact: true, tamper: true, heldAfter: 15s, failMode: fail-safe',
        )
    }
  }
  while (portals.length < 200 * times)
    portal(
      `service-${portals.length}`,
      'street',
      'tech',
      `in: [badge, pin], out: [handle], ${door}`,
    )
  while (cameras.length < 500 * times)
    cameras.push(`  cam-${cameras.length}: { zone: tech, sees: [tech], recorder: nvr }`)
  return [
    'site: large\njurisdiction: ES\ntimezone: Europe/Madrid\nhours: { mon-fri: "06:00-22:00" }',
    `zones:\n${zones.join('\n')}`,
    `portals:\n${portals.join('\n')}`,
    'controllers:\n  ctl: { zone: tech, network: doors }',
    `cameras:\n${cameras.join('\n')}`,
    'recorders:\n  nvr: { zone: tech, network: video, retention: legal-maximum }',
    'networks:\n  video: { internet: none }\n  doors: { internet: none }',
    `guards:\n${zones
      .flatMap((line) => /^ {2}(lobby-\d+)/.exec(line)?.slice(1) ?? [])
      .map((lobby) => `  ${lobby}: always`)
      .join('\n')}`,
  ].join('\n')
}

/** The shortest of some runs, in milliseconds: what the work takes when nothing else runs. */
function shortest(runs: number, work: () => void): number {
  let best = Infinity
  for (let run = 0; run < runs; run++) {
    const start = performance.now()
    work()
    best = Math.min(best, performance.now() - start)
  }
  return best
}

export async function run(json: boolean): Promise<void> {
  const rows = sizes.map((times) => {
    const text = largeSite(times)
    const result = parseSite(text, 'large.yaml')
    if ('faults' in result) throw new Error(JSON.stringify(result.faults[0]))
    const { site } = result
    const findings = checkSite(site, { today: '2026-01-01' })
    if (findings.length > 0)
      throw new Error(`the site has findings: ${JSON.stringify(findings[0])}`)
    return {
      zones: site.zones.length,
      portals: site.portals.length,
      cameras: site.cameras.length,
      yamlMs: shortest(5, () => void parse(text)),
      readMs: shortest(5, () => void parseSite(text, 'large.yaml')),
      checkMs: shortest(5, () => void checkSite(site, { today: '2026-01-01' })),
    }
  })
  const [first] = rows
  const last = rows.at(-1)
  if (first === undefined || last === undefined) return
  const text = largeSite(1)
  const parsed = parseSite(text, 'large.yaml')
  const start = performance.now()
  if ('site' in parsed) await drawSite(parsed.site)
  const drawMs = performance.now() - start
  const answer = {
    bench: 'facility',
    rows,
    drawMs,
    reach: { readAndCheckMs: 1000 },
    measured: { readAndCheckMs: first.readMs + first.checkMs },
    growth: (last.readMs + last.checkMs) / (first.readMs + first.checkMs),
    holds: first.readMs + first.checkMs < 1000,
  }
  if (json) {
    console.log(JSON.stringify(answer))
    return
  }
  console.table(
    rows.map(({ zones, portals, cameras, yamlMs, readMs, checkMs }) => ({
      zones,
      portals,
      cameras,
      'YAML alone (ms)': Math.round(yamlMs),
      'read (ms)': Math.round(readMs),
      'check (ms)': Math.round(checkMs),
    })),
  )
  console.log(
    `60 zones, 200 portals, 500 cameras: ${Math.round(answer.measured.readAndCheckMs)} ms (asked: under 1000); ten times that: ${answer.growth.toFixed(1)} times as long; drawing the first: ${Math.round(drawMs)} ms`,
  )
}
