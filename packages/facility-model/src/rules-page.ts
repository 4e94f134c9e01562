import { parseDocument, stringify } from 'yaml'
import { coverage } from './coverage.ts'
import { checkSite } from './check.ts'
import { examples, exampleSite } from './examples.ts'
import { parseSite } from './parse.ts'
import { isRuleId, ruleOf, type RuleId } from './rules.ts'

/** How each rule is read: what is taken out of the graph, or what is compared. */
const readings: Readonly<Record<RuleId, string>> = {
  F1: 'Take out every direction of a portal that asks for two kinds of proof (something one has, knows, is); no secure zone may still be reached. A direction that opens without a reader from its far side, such as a handle on an emergency exit, counts as a way in. Every last portal on such a way is a finding of its own.',
  F2: 'Take out the zones with a detector; no secure zone may still be reached. Then take out the zones with lockers; no zone with a detector may still be reached, unless it has lockers itself.',
  F3: 'Turn every direction round, leave out emergency exits, take out the zones with a search; no secure zone may still be reached from the street.',
  F4: 'Three times, in normal operation, with the power off and in a lockdown: from every zone a public one must be reachable by passages that ask for nothing. With the power off, a request-to-exit button frees a fail-safe lock only; a handle frees any. From fifty people on (limits.secondExitFrom) two ways that share no portal are due, past 500 three, past 1,000 four.',
  F5: 'An emergency portal takes no credential, has no hardware outside, a contact, an alarm that sounds on the spot, and at least one side in view.',
  F6: 'Attributes of every portal that touches a secure zone. Emergency portals need no reader. Where the zone counts people (antiPassback), both directions need one.',
  F7: 'Zones of one area (by default each for itself) share their count. Every portal between the area and the rest, emergency exits left out, has a reader in each direction that is open.',
  F8: 'Take out every interlocked portal and every emergency exit; the zones that an interlock touches must be apart. An interlock needs two portals with a zone between them.',
  F9: 'Forbidden: a picture that holds screens, lockers or a PIN pad, and any camera in or on a zone with a use such as rest-room. Due: both sides of each portal of a secure zone, one side of each entrance from the street, and every side that a portal promises by camera.',
  F10: 'Where jacks are counted, each zone has as many live ones as workstations; in a secure zone another network has none but for its workstations, cameras and controllers there. A network meets the internet where any network that it is routed to, or is reached from, does.',
  F11: 'Zone of recorders and controllers, access of that zone, and routes between recorder and content networks in either direction. A secure portal with readers names its controller.',
  F12: 'An emergency exit needs a contact or a sensor that watches it, a reachable opening a sensor that watches it; a motion sensor in the room behind does not do.',
  F13: 'For every two projects of a secure zone whose shifts meet: a segregated project (every project, unless the file says otherwise) must have consented to the other.',
  F14: 'For each interlock: all its portals on one controller, and no camera that sees one of them on another supply.',
  F15: 'The week is cut where posts or the site open and close. In each piece a manned post must see the portal on its monitors or reach one of its sides within limits.guardReach (three minutes), walking the shortest way. Out of hours an alarm service within limits.alarmResponse (fifteen minutes) does, except where the profile wants a guard always.',
  F16: 'The reader of every secure portal that reads anything is osdp-secure; plain OSDP, the default key and Wiegand are findings.',
  R1: 'Each recorder against the retention table of the jurisdiction (a dated file with sources), each wish of a client against both, and the disk against what the cameras fill.',
  A1: 'An acceptance names a rule and the first thing that a finding names. After its last day the finding counts again.',
}

/** Every rule with its sentence, its reading, its sources, and a sound and a broken example, as Markdown. */
export function sayRules(): string {
  const ids = Object.keys(examples).filter(isRuleId)
  return [
    '# The rules of a site',
    '',
    'Each example changes the demonstration site in one place; `cloister facility example F8` prints the broken site whole. What the check answers stands below it, as it answers today.',
    '',
    ...ids.flatMap(sayRule),
  ].join('\n')
}

function sayRule(id: RuleId): string[] {
  const { rule, severity, sources } = ruleOf(id)
  const example = examples[id]
  const sound = parseDocument(exampleSite())
  const paths = example.changes.map(([path]) => path)
  const site: unknown = sound.toJS()
  const values = paths.map((path) => at(site, path))
  return [
    `## ${id}`,
    '',
    `**${rule}**`,
    '',
    readings[id],
    '',
    `Severity: ${severity}. Sources: ${sources.join('; ')}.`,
    '',
    'Sound:',
    '',
    ...snippet(paths, values),
    `Broken. ${example.story}`,
    '',
    ...snippet(
      paths,
      example.changes.map(([, value]) => value),
    ),
    ...answersOf(id),
  ]
}

function answersOf(id: RuleId): string[] {
  const result = parseSite(exampleSite(id), 'example.yaml')
  if ('faults' in result) return []
  const findings = checkSite(result.site, { today: '2026-01-01' })
  return findings.flatMap(({ evidence, path }) => [
    `> ${evidence}${path.length === 0 ? '' : ` Way: ${path.join(' → ')}.`}`,
    '',
  ])
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (here, step) =>
      typeof here === 'object' && here !== null
        ? Object.entries(here).find(([key]) => key === step)?.[1]
        : undefined,
    value,
  )
}

/** The changed parts alone, nested as in the file; what is not there in the sound site is said. */
function snippet(paths: readonly (readonly string[])[], values: readonly unknown[]): string[] {
  const parts = paths.flatMap((path, nth) =>
    values[nth] === undefined ? [] : [{ path, value: values[nth] }],
  )
  if (parts.length === 0) return ['Nothing of the kind stands in the file.', '']
  const yaml = stringify(nest(parts), {
    lineWidth: 0,
    collectionStyle: 'any',
    flowCollectionPadding: false,
  })
  return ['```yaml', yaml.trimEnd(), '```', '']
}

interface Part {
  readonly path: readonly string[]
  readonly value: unknown
}

function nest(parts: readonly Part[]): unknown {
  const [first] = parts
  if (first === undefined || first.path.length === 0) return first?.value
  const keys = [...new Set(parts.map(({ path }) => path[0] ?? ''))]
  const below = (key: string) =>
    parts
      .filter(({ path }) => path[0] === key)
      .map(({ path, value }) => ({ path: path.slice(1), value }))
  return new Map(keys.map((key) => [key, nest(below(key))]))
}

/** Which requirement of each source is checked by which rule, and which a drawing cannot show, as Markdown. */
export function sayCoverage(): string {
  return [
    '# What is checked, by source',
    '',
    'A drawing shows what is built, not what people do. Where no rule can check a requirement, the last column says who does. The wording of the requirements is ours; none of this is a certificate or legal advice.',
    '',
    ...coverage.flatMap(({ name, profile, standing, requirements }) => [
      `## ${name}`,
      '',
      `${profile === null ? 'No profile of its own.' : `Profile \`${profile}\`.`} Standing: ${standing}.`,
      '',
      ...table(
        ['Clause', 'Asks for', 'Checked by', 'Left open, or who checks it'],
        requirements.map(({ clause, asks, checkedBy, note = '' }) => [
          clause,
          asks,
          checkedBy.length === 0 ? 'not on a drawing' : checkedBy.join(', '),
          note,
        ]),
      ),
      '',
    ]),
  ].join('\n')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((cell, column) =>
    Math.max(3, cell.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)]
}
