import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { answer, Fault } from '../terminal.ts'

interface Options {
  readonly json?: true
}

const shipped = fileURLToPath(new URL('../../../policies', import.meta.url))

/** `cloister policy`: judge a folder of policies before it goes live. */
export function addPolicyCommands(program: Command): void {
  const policy = program
    .command('policy')
    .description('Check policies, try them on cases, and see whom a change lets in or keeps out.')
  const command = (name: string, description: string, example: string) =>
    policy
      .command(name)
      .description(description)
      .option('--json', 'answer for programs')
      .addHelpText('after', `\nExample:\n  ${example}`)
  command(
    'check',
    'Validate policies against their schema and prove that they fail closed.',
    'cloister policy check ./policies',
  )
    .argument('[dir]', 'a folder of .cedar files with schema.cedarschema; those shipped', shipped)
    .action(check)
  command(
    'cases',
    'Try policies on the cases of their folder. Exit: 0 all hold, 1 some do not.',
    'cloister policy cases ./policies',
  )
    .argument('[dir]', 'the folder; those shipped', shipped)
    .action(cases)
  command(
    'diff',
    'Say who gains and who loses access between two folders. Exit: 0 nobody, 1 somebody.',
    'cloister policy diff /etc/cloister/policies ./policies',
  )
    .argument('<before>', 'the policies in force')
    .argument('<after>', 'the policies proposed; the people of its cases are asked about')
    .addHelpText(
      'after',
      '\nEach condition of each person is turned one at a time; what shows only where two are turned at once is not found.',
    )
    .action(diff)
}

/** Faults of a folder are the reader's to mend: one line, exit 2. */
function reading<T>(folder: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new Fault(`${folder}: ${error instanceof Error ? error.message : 'unreadable'}`, 2)
  }
}

async function check(folder: string, { json }: Options): Promise<void> {
  const { hashOfPolicies, readPolicies } = await import('../../server/domains/access/index.ts')
  reading(folder, () => readPolicies(folder))
  const sha256 = hashOfPolicies(folder)
  answer({ folder, valid: true, failsClosed: true, sha256 }, json === true, () => [
    `${folder}: the policies agree with their schema, and what they do not know they refuse.`,
    `In the log this set is ${sha256}.`,
  ])
}

async function cases(folder: string, { json }: Options): Promise<void> {
  const { readCases, readPolicies, tryCases } = await import('../../server/domains/access/index.ts')
  const tried = reading(folder, () => tryCases(readPolicies(folder), readCases(folder)))
  const wrong = tried.filter(({ holds }) => !holds)
  answer({ folder, cases: tried.length, wrong }, json === true, () => [
    ...wrong.map(({ case: one, allowed, policies }) => {
      const when = one.when === undefined ? '' : ` when ${one.when}`
      const said = `${allowed ? 'allowed' : 'refused'} by ${policies.join(', ')}`
      return `${one.as} ${one.allow ? 'is to be let' : 'is not to be let'} ${one.action}${when}: ${said}`
    }),
    `${tried.length - wrong.length} of ${tried.length} cases hold.`,
  ])
  if (wrong.length > 0) process.exitCode = 1
}

async function diff(before: string, after: string, { json }: Options): Promise<void> {
  const { compareAccess, readCases, readPolicies } =
    await import('../../server/domains/access/index.ts')
  const [old, proposed] = [
    reading(before, () => readPolicies(before, 'live')),
    reading(after, () => readPolicies(after, 'proposed')),
  ]
  const { people } = reading(after, () => readCases(after))
  const { SingleBar } = await import('cli-progress')
  const bar = new SingleBar({
    format: 'asking people {bar} {value}/{total}',
    clearOnComplete: true,
  })
  const seen = process.stderr.isTTY
  if (seen) bar.start(Object.keys(people).length, 0)
  const changes = reading(after, () =>
    compareAccess(old, proposed, people, (asked) => {
      if (seen) bar.update(asked)
    }),
  )
  bar.stop()
  answer({ before, after, changes }, json === true, () =>
    changes.length === 0
      ? ['Nobody gains access and nobody loses any.']
      : changes.flatMap(({ direction, person, door, when, actions }) => [
          `${person} ${direction}, at the ${door} door, ${when === 'always' ? 'always' : `when ${when}`}:`,
          ...actions.map((action) => `  ${action}`),
        ]),
  )
  if (changes.length > 0) process.exitCode = 1
}
