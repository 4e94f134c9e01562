import { InvalidArgumentError, type Command } from 'commander'
import { readFile, writeFile } from 'node:fs/promises'
import type { Finding, Loss, Milestone, Site } from '@cloister/facility-model'
import { operatorAt, operatorSocket } from '../operator.ts'
import { answer, Fault } from '../terminal.ts'
import { sayFindings, sayLosses, sayPlan } from './facility-words.ts'

/** The commands that read a site file: see docs/facility/guide.md. */
export function addFacilityCommands(program: Command): void {
  const facility = program
    .command('facility')
    .description('A site as a file: prove that it keeps its promises, draw it, plan it.')
  addCheck(facility)
  addDraw(facility)
  addPlan(facility)
  addBill(facility)
  addAccept(facility)
  addActivate(facility)
  addExample(facility)
  addRules(facility)
  addSchema(facility)
}

interface CheckFlags {
  readonly json: boolean
  readonly profile: string
  readonly on: string
  readonly without?: readonly string[]
  readonly singleFailures: boolean
}

function addCheck(facility: Command): void {
  facility
    .command('check')
    .description(
      'Hold a site against the rules F1 to F16. Exit: 0 clean, 1 findings, 2 no valid file.',
    )
    .argument('<site>', 'the site file')
    .option('--profile <name>', 'standard, reference-case, iso-27001, tpn or strict', 'standard')
    .option('--on <date>', 'the day on which acceptances are judged', parseDate, today())
    .option('--without <things>', 'take these out first, such as c1,fire-2,guard@night', parseList)
    .option('--single-failures', 'list each single thing whose loss breaks a rule', false)
    .option('--json', 'answer as JSON', false)
    .addHelpText(
      'after',
      '\nExample:\n  cloister facility check madrid-1.yaml --profile reference-case --without c1,guard@night',
    )
    .action(async (file: string, flags: CheckFlags) => {
      const model = await import('@cloister/facility-model')
      const site = await readSite(file, flags.json)
      if (site === null) return
      const check = (one: Site) => model.checkSite(one, { profile: flags.profile, today: flags.on })
      const left = answerable(() => model.without(site, flags.without ?? []))
      const findings = answerable(() => check(left))
      if (flags.singleFailures) {
        const losses = await trySingleFailures(left, check)
        answer({ site: site.name, losses }, flags.json, () => sayLosses(site, losses))
        process.exitCode = losses.length > 0 ? 1 : 0
        return
      }
      answer({ site: site.name, findings }, flags.json, () => sayFindings(site, findings, flags))
      process.exitCode = model.openFindings(findings).length > 0 ? 1 : 0
    })
}

async function trySingleFailures(
  site: Site,
  check: (site: Site) => readonly Finding[],
): Promise<Loss[]> {
  const { singleFailures, singleLosses } = await import('@cloister/facility-model')
  const { SingleBar } = await import('cli-progress')
  if (!process.stderr.isTTY) return singleFailures(site, check)
  const bar = new SingleBar({
    format: 'trying losses {bar} {value}/{total}',
    clearOnComplete: true,
  })
  bar.start(singleLosses(site).length, 0)
  try {
    return singleFailures(site, check, (done) => {
      bar.update(done)
    })
  } finally {
    bar.stop()
  }
}

function addDraw(facility: Command): void {
  facility
    .command('draw')
    .description('Draw a site as an SVG plan, with what breaks a rule in red.')
    .argument('<site>', 'the site file')
    .option('--out <file>', 'write the picture here instead of to standard output')
    .option('--profile <name>', 'the rules whose findings are shown', 'standard')
    .option('--without <things>', 'take these out first, such as c1,fire-2', parseList)
    .addHelpText('after', '\nExample:\n  cloister facility draw madrid-1.yaml --out madrid-1.svg')
    .action(async (file: string, flags: { out?: string; profile: string; without?: string[] }) => {
      const model = await import('@cloister/facility-model')
      const site = await readSite(file, false)
      if (site === null) return
      const { left, findings } = answerable(() => {
        const rest = model.without(site, flags.without ?? [])
        const found = model.checkSite(rest, { profile: flags.profile, today: today() })
        return { left: rest, findings: model.openFindings(found) }
      })
      await deliver(`${await model.drawSite(left, findings)}\n`, flags.out)
    })
}

interface PlanFlags {
  readonly ramp: Milestone[]
  readonly languages: number
  readonly longestWait: number
  readonly chart?: string
  readonly json: boolean
}

function addPlan(facility: Command): void {
  facility
    .command('plan')
    .description('Size a site for a growing number of people: what is short, and from which day.')
    .argument('<site>', 'the site file')
    .requiredOption('--ramp <days>', 'people by day: 2027-01-01=0,2027-07-01=400', parseRamp)
    .option('--languages <number>', 'languages, each staffed in every shift', parseCount, 1)
    .option('--longest-wait <minutes>', 'longest wait on the way in that is borne', parseCount, 5)
    .option('--chart <file>', 'write the chart here, as SVG')
    .option('--json', 'answer as JSON', false)
    .addHelpText(
      'after',
      '\nExample:\n  cloister facility plan madrid-1.yaml --ramp 2027-01-01=0,2027-07-01=400,2028-01-01=800 --languages 8 --chart plan.svg',
    )
    .action(async (file: string, flags: PlanFlags) => {
      const { drawPlan, planCapacity, usualDemand } = await import('@cloister/facility-model')
      const site = await readSite(file, flags.json)
      if (site === null) return
      const { ramp, languages } = flags
      const demand = { ...usualDemand, ramp, languages, longestWait: flags.longestWait * 60 }
      const plan = answerable(() => planCapacity(site, demand))
      if (flags.chart !== undefined) await deliver(`${drawPlan(plan, site.title)}\n`, flags.chart)
      answer(plan, flags.json, () => sayPlan(plan))
    })
}

function addBill(facility: Command): void {
  facility
    .command('bill')
    .description('What has to be bought and installed, and what is tried at handover, as Markdown.')
    .argument('<site>', 'the site file')
    .option('--out <file>', 'write it here instead of to standard output')
    .option('--json', 'answer as JSON', false)
    .addHelpText('after', '\nExample:\n  cloister facility bill madrid-1.yaml --out handover.md')
    .action(async (file: string, flags: { out?: string; json: boolean }) => {
      const { billOf, sayBill } = await import('@cloister/facility-model')
      const site = await readSite(file, flags.json)
      if (site === null) return
      const bill = billOf(site)
      const text = flags.json ? `${JSON.stringify(bill, null, 2)}\n` : sayBill(bill, site.title)
      await deliver(text, flags.out)
    })
}

/** What a name from the command line asks for; a name that is not known is the person's to mend. */
function answerable<T>(ask: () => T): T {
  try {
    return ask()
  } catch (error) {
    throw error instanceof RangeError ? new Fault(error.message, 2) : error
  }
}

async function deliver(text: string, file: string | undefined): Promise<void> {
  if (file === undefined) {
    process.stdout.write(text)
    return
  }
  try {
    await writeFile(file, text)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unwritable'
    throw new Fault(`cannot write ${file} (${code})`, 2)
  }
}

function addAccept(facility: Command): void {
  facility
    .command('accept')
    .description('Write into a site file that a finding is accepted for a while; comments stay.')
    .argument('<site>', 'the site file')
    .argument('<finding>', 'the id of the rule, such as F9')
    .argument('<subject>', 'the first thing that the finding names')
    .requiredOption('--reason <words>', 'why')
    .requiredOption('--by <name>', 'who answers for it')
    .requiredOption('--until <date>', 'the last day on which it holds', parseDate)
    .addHelpText(
      'after',
      '\nExample:\n  cloister facility accept madrid-1.yaml F14 ctl-floor --reason "Second controller ordered" --by "Ana Ruiz" --until 2027-03-31',
    )
    .action(
      async (
        file: string,
        finding: string,
        subject: string,
        flags: { reason: string; by: string; until: string },
      ) => {
        const { acceptInText, checkSite, parseSite, sayFault } =
          await import('@cloister/facility-model')
        const site = await readSite(file, false)
        if (site === null) return
        const found = checkSite(site, { profile: 'strict', today: today() })
        if (!found.some(({ id, subjects }) => id === finding && subjects[0] === subject))
          throw new Fault(
            `${file} has no finding ${finding} of ${subject}; run 'facility check' first`,
          )
        const { reason, by, until } = flags
        const text = acceptInText(await readText(file), { finding, subject, reason, by, until })
        const again = parseSite(text, file)
        if ('faults' in again) throw new Fault(again.faults.map(sayFault)[0] ?? 'not written', 2)
        await writeFile(file, text)
        process.stdout.write(`${finding} of ${subject} is accepted until ${until}\n`)
      },
    )
}

function addActivate(facility: Command): void {
  facility
    .command('activate')
    .description('Put a site file in force at the running server, until another is.')
    .argument('<site>', 'the site file')
    .option('--socket <path>', "the running server's operator socket")
    .option('--json', 'answer as JSON', false)
    .addHelpText('after', '\nExample:\n  cloister facility activate madrid-1.yaml')
    .action(async (file: string, { socket, json }: { socket?: string; json: boolean }) => {
      if ((await readSite(file, json)) === null) return
      const operator = operatorAt(operatorSocket(socket))
      const made = await operator.post('/site', { file: await readText(file) })
      answer(made, json, () => [`${file} is in force`])
    })
}

function addExample(facility: Command): void {
  facility
    .command('example')
    .description('Print the demonstration site, or what it looks like with one rule broken.')
    .argument('[rule]', 'the id of the rule to break, such as F1')
    .addHelpText('after', '\nExample:\n  cloister facility example F8 > f8.yaml')
    .action(async (rule: string | undefined) => {
      const { exampleSite, isRuleId, ruleIds } = await import('@cloister/facility-model')
      if (rule !== undefined && !isRuleId(rule))
        throw new Fault(`there is no rule '${rule}'; the rules are ${[...ruleIds].join(', ')}`, 2)
      process.stdout.write(exampleSite(rule))
    })
}

function addRules(facility: Command): void {
  facility
    .command('rules')
    .description(
      'Print every rule with a sound and a broken example, or what each source asks for.',
    )
    .option('--coverage', 'which requirement of each source is checked by which rule', false)
    .addHelpText('after', '\nExample:\n  cloister facility rules --coverage')
    .action(async (flags: { coverage: boolean }) => {
      const { sayCoverage, sayRules } = await import('@cloister/facility-model')
      process.stdout.write(flags.coverage ? sayCoverage() : sayRules())
    })
}

function addSchema(facility: Command): void {
  facility
    .command('schema')
    .description('Print the JSON Schema of a site file, for an editor to complete by.')
    .addHelpText('after', '\nExample:\n  cloister facility schema > site.schema.json')
    .action(async () => {
      const { siteGrammar } = await import('@cloister/facility-model')
      answer(siteGrammar, true, () => [])
    })
}

/** The site of a file; null after having said what is wrong with it (exit 2). */
async function readSite(file: string, asJson: boolean): Promise<Site | null> {
  const { parseSite, sayFault } = await import('@cloister/facility-model')
  const result = parseSite(await readText(file), file)
  if ('site' in result) return result.site
  if (asJson) answer({ faults: result.faults }, true, () => [])
  else process.stderr.write(`${result.faults.map(sayFault).join('\n')}\n`)
  process.exitCode = 2
  return null
}

async function readText(file: string): Promise<string> {
  const { longestFile } = await import('@cloister/facility-model')
  let bytes: Uint8Array
  try {
    bytes = await readFile(file)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw new Fault(`cannot read ${file} (${code}); name a site file`, 2)
  }
  if (bytes.length > 4 * longestFile) throw new Fault(`${file}:1:1: too long for a site file`, 2)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Fault(`${file}:1:1: this is not UTF-8 text; save it as UTF-8`, 2)
  }
}

function parseDate(text: string): string {
  if (!/^20\d\d-\d\d-\d\d$/.test(text) || Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError('write a date such as 2027-03-31')
  return text
}

function parseRamp(text: string): Milestone[] {
  return parseList(text).map((part) => {
    const [date = '', people = ''] = part.split('=')
    if (!/^[0-9]{1,6}$/.test(people))
      throw new InvalidArgumentError('write days and people, such as 2027-01-01=0,2027-07-01=400')
    return { date: parseDate(date), people: Number(people) }
  })
}

function parseCount(text: string): number {
  if (!/^[1-9][0-9]{0,3}$/.test(text)) throw new InvalidArgumentError('write a whole number from 1')
  return Number(text)
}

function parseList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

function today(): string {
  return new Date().toISOString().slice(0, 10)
}
