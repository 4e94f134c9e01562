import {
  sayStorage,
  type CapacityPlan,
  type Finding,
  type Loss,
  type Shortage,
  type Site,
  type Supply,
} from '@cloister/facility-model'

/** The answer of `check` for people. */
export function sayFindings(
  site: Site,
  findings: readonly Finding[],
  flags: { readonly profile: string; readonly without?: readonly string[] },
): string[] {
  const open = findings.filter((found) => found.accepted === undefined)
  const accepted = findings.length - open.length
  const less = flags.without === undefined ? '' : ` without ${flags.without.join(', ')}`
  const verdict = open.length === 0 ? 'holds' : count(open.length, 'finding')
  const more = accepted === 0 ? '' : `, ${accepted} accepted`
  return [
    `${site.name}${less}: ${verdict}${more} (profile ${flags.profile})`,
    ...findings.flatMap(sayFinding),
  ]
}

function sayFinding({ id, severity, evidence, rule, path, source, accepted }: Finding): string[] {
  const state =
    accepted === undefined
      ? severity
      : `accepted until ${accepted.until} by ${accepted.by}: ${accepted.reason}`
  return [
    '',
    `${id}  ${state}`,
    `    ${evidence}`,
    ...(path.length === 0 ? [] : [`    way: ${path.join(' → ')}`]),
    `    rule: ${rule}`,
    `    source: ${source}`,
  ]
}

/** The answer of `check --single-failures` for people. */
export function sayLosses(site: Site, losses: readonly Loss[]): string[] {
  if (losses.length === 0) return [`${site.name}: no single loss breaks a rule`]
  return [
    `${site.name}: ${count(losses.length, 'single loss', 'single losses')} would break a rule`,
    ...losses.flatMap((loss) => [
      '',
      `without ${loss.without}`,
      ...loss.findings.map(({ id, evidence }) => `    ${id}  ${evidence}`),
    ]),
  ]
}

/** The answer of `plan` for people. */
export function sayPlan(plan: CapacityPlan): string[] {
  const supply = ({ have, need }: Supply) => `${need} of ${have}`.padStart(12)
  const rows = plan.steps.map(({ date, people, seats, lockers, guards, entry }) =>
    [
      date,
      String(people).padStart(6),
      supply(seats),
      supply(lockers),
      supply(guards),
      `${(entry.wait95 / 60).toFixed(1)} min`.padStart(10),
    ].join('  '),
  )
  const busiest = plan.steps.at(-1)?.entry.queues ?? []
  return [
    `${plan.site}: ${count(plan.shifts, 'shift')}, ${count(plan.languages, 'language')}`,
    '',
    'day         people         seats       lockers        guards      wait in',
    ...rows,
    '',
    'at the last shift change       passages  busiest minute  longest queue  wait (95 %)',
    ...busiest.map(({ name, passages, busiestMinute, longest, wait95 }) =>
      [
        name.padEnd(29),
        String(passages).padStart(10),
        String(busiestMinute).padStart(14),
        String(longest).padStart(13),
        `${Math.round(wait95)} s`.padStart(11),
      ].join('  '),
    ),
    '',
    ...plan.steps.flatMap(({ people, guards: { have, need, at } }) =>
      need > have ? [`guards for ${people} people: ${need} needed at ${at}, ${have} on duty`] : [],
    ),
    'fewest guards on duty by hour, from 00 to 23',
    ...sayGuards(plan.guardsByHour),
    sayStorage(plan.storage),
    '',
    ...plan.shortages.map(sayShortage),
  ]
}

/** A line for each run of days on which the guards are the same. */
function sayGuards(week: CapacityPlan['guardsByHour']): string[] {
  const runs: { first: number; last: number; hours: string }[] = []
  for (const [day, numbers] of week.entries()) {
    const hours = numbers.join(' ')
    const run = runs.at(-1)
    if (run?.hours === hours) run.last = day
    else runs.push({ first: day, last: day, hours })
  }
  const names = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
  return runs.map(({ first, last, hours }) => {
    const run = first === last ? [names[first]] : [names[first], names[last]]
    return `  ${run.join('-').padEnd(7)}  ${hours}`
  })
}

function sayShortage({ what, enoughFor, date }: Shortage): string {
  const state = date === null ? 'enough' : `short from ${date}`
  const reach = enoughFor === null || date === null ? '' : `, enough for ${enoughFor} people`
  return `${what.padEnd(8)} ${state}${reach}`
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}
