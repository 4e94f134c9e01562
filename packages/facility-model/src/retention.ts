import { readFileSync } from 'node:fs'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { finding, type Finding } from './finding.ts'
import { Page, sayFault } from './page.ts'
import type { Profile } from './profiles.ts'
import type { Recorder, Site } from './site.ts'
import { sayTerabytes, terabytesFor } from './storage.ts'

const entry = Type.Object(
  {
    country: Type.String(),
    days: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]),
    exceptionally: Type.Optional(Type.Integer({ minimum: 1 })),
    basis: Type.Enum(['law', 'guideline', 'custom']),
    certainty: Type.Enum(['low', 'medium', 'high']),
    source: Type.String({ minLength: 1 }),
    lawyer: Type.Union([Type.String(), Type.Null()]),
  },
  { additionalProperties: false },
)
const table = Compile(
  Type.Object(
    {
      checked: Type.String(),
      entries: Type.Record(Type.String({ pattern: '^[A-Z]{2}(-[A-Z0-9]{1,3})?$' }), entry, {
        additionalProperties: false,
      }),
    },
    { additionalProperties: false },
  ),
)

/** What the law of a place says on keeping video of a workplace. Not legal advice. */
export type RetentionRule = Type.Static<typeof entry> & {
  readonly jurisdiction: string
  /** When the table was last compared with its sources, ISO date. */
  readonly checked: string
}

const tableFile = new URL('../data/retention.yaml', import.meta.url)
let read: ReadonlyMap<string, RetentionRule> | null = null

/**
 * The dated table of legal maxima that ships with the package (data/retention.yaml).
 * @throws Error where the shipped table is damaged
 */
export function retentionTable(): ReadonlyMap<string, RetentionRule> {
  if (read !== null) return read
  const page = new Page(readFileSync(tableFile, 'utf8'), 'data/retention.yaml')
  const { value } = page
  if (!table.Check(value))
    throw new Error(page.faults.map(sayFault)[0] ?? 'data/retention.yaml is not a retention table')
  const { checked, entries } = value
  read = new Map(
    Object.entries(entries).map(([jurisdiction, line]) => [
      jurisdiction,
      { ...line, jurisdiction, checked },
    ]),
  )
  return read
}

/** The rule of a jurisdiction, or of the country that it is part of; null where the table has none. */
export function retentionRule(jurisdiction: string): RetentionRule | null {
  const rules = retentionTable()
  return rules.get(jurisdiction) ?? rules.get(jurisdiction.slice(0, 2)) ?? null
}

const day = 86_400
/** Kept where the law sets no maximum: the ninety days of MPA PS-6. */
const customary = 90 * day

/** How long a recorder of this site keeps its pictures, in seconds. */
export function retentionOf(site: Site, recorder: Recorder): number {
  if (recorder.retention !== 'legal-maximum') return recorder.retention
  const days = retentionRule(site.jurisdiction)?.days ?? null
  return days === null ? customary : Math.min(days * day, customary)
}

/** R1: not longer than the law admits, and not shorter than promised. */
export function checkRetention(site: Site, profile: Profile): Finding[] {
  if (site.recorders.length === 0 && site.projects.every((project) => project.video === null))
    return []
  const law = retentionRule(site.jurisdiction)
  if (law === null)
    return [
      finding(
        'R1',
        `The retention table has no line for ${site.jurisdiction}; ask a lawyer how long video may be kept there.`,
        [site.name],
      ),
    ]
  const most = law.days === null ? Infinity : law.days * day
  const words = law.days === null ? 'no fixed number' : `${law.days} days`
  const tooLong = site.recorders
    .filter((recorder) => retentionOf(site, recorder) > most)
    .map((recorder) =>
      finding(
        'R1',
        `${recorder.name} keeps video for ${sayDays(retentionOf(site, recorder))}; ${law.country} admits ${words} (${law.source}). Write retention: legal-maximum.`,
        [recorder.name],
        [],
        'major',
      ),
    )
  return [
    ...tooLong,
    ...unkeptWishes(site, most, law),
    ...unkeptPolicy(site, most, profile),
    ...smallDisks(site),
  ]
}

function unkeptWishes(site: Site, most: number, law: RetentionRule): Finding[] {
  const kept = Math.min(...site.recorders.map((recorder) => retentionOf(site, recorder)))
  return site.projects.flatMap(({ name, video }) => {
    if (video === null) return []
    if (video > most)
      return [
        finding(
          'R1',
          `The client of ${name} wants video for ${sayDays(video)} and ${law.country} admits ${law.days ?? 0} days (${law.source}). Agree on the maximum and record the conflict.`,
          [name],
        ),
      ]
    return video > kept
      ? [
          finding(
            'R1',
            `The client of ${name} wants video for ${sayDays(video)} and the recorders keep ${sayDays(kept)}.`,
            [name],
          ),
        ]
      : []
  })
}

function unkeptPolicy(site: Site, most: number, profile: Profile): Finding[] {
  const due = Math.min(profile.videoAtLeast, most)
  return site.recorders
    .filter((recorder) => retentionOf(site, recorder) < due)
    .map((recorder) =>
      finding(
        'R1',
        `${recorder.name} keeps video for ${sayDays(retentionOf(site, recorder))}; ${profile.name} asks for ${sayDays(due)}.`,
        [recorder.name],
      ),
    )
}

function smallDisks(site: Site): Finding[] {
  return site.recorders.flatMap((recorder) => {
    if (recorder.terabytes === null) return []
    const cameras = site.cameras.filter((camera) => camera.recorder === recorder.name).length
    const due = terabytesFor(cameras, retentionOf(site, recorder))
    return due <= recorder.terabytes
      ? []
      : [
          finding(
            'R1',
            `${recorder.name} stores ${recorder.terabytes} TB; ${cameras} cameras need ${sayTerabytes(due)} for ${sayDays(retentionOf(site, recorder))}.`,
            [recorder.name],
          ),
        ]
  })
}

function sayDays(seconds: number): string {
  return seconds % day === 0 ? `${seconds / day} days` : `${Math.round(seconds / 3600)} hours`
}
