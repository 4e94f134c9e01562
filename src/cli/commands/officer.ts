import type { Command } from 'commander'
import { operatorAt, operatorSocket } from '../operator.ts'
import { answer, Fault } from '../terminal.ts'

/** `cloister officer`: the two with whom a site begins; everybody else is admitted by people. */
export function addOfficerCommands(program: Command): void {
  program
    .command('officer')
    .description('Admit one of the first two officers, and make the code for their first key.')
    .argument('<name>', 'the name by which colleagues know them')
    .option(
      '--replace-lost <reason>',
      'an officer beyond the first two, because those are gone or have lost their keys',
    )
    .option('--socket <path>', "the running server's operator socket")
    .option('--json', 'answer as JSON', false)
    .addHelpText(
      'after',
      `
The code is good for eight hours, once, at an enrolled workstation. Hand it over in person.
A site begins with two officers: what one of them grants, the other confirms. A further one takes a
reason, which the log keeps and the Gatehouse shows as an alarm.

Examples:
  cloister officer "Sofia Ruiz"
  cloister officer "Lea Duran" --replace-lost "Sofia has left, and Otto has lost his key."`,
    )
    .action(async (name: string, options: OfficerOptions) => {
      const { socket, json, replaceLost: reason } = options
      if (reason !== undefined && (reason.length < 10 || reason.length > 500))
        throw new Fault('--replace-lost takes a reason of 10 to 500 characters', 2)
      const officer = { name, ...(reason !== undefined && { reason }) }
      const made = await operatorAt(operatorSocket(socket)).post('/officers', officer)
      if (typeof made !== 'object' || made === null || !('code' in made) || !('person' in made))
        throw new Fault('the server answered without a code')
      const [person, code] = [String(made.person), String(made.code)]
      answer({ person, code }, json, () => [
        `${name} is ${person} and registers a key with ${code}`,
      ])
    })
}

interface OfficerOptions {
  readonly socket?: string
  readonly json: boolean
  readonly replaceLost?: string
}
