import type { Command } from 'commander'
import { operatorAt, operatorSocket } from '../operator.ts'
import { answer, Fault } from '../terminal.ts'

/** `cloister officer`: the one person whom the operator admits; everybody else is admitted by people. */
export function addOfficerCommands(program: Command): void {
  program
    .command('officer')
    .description('Admit a security officer, and make the one-time code for their first key.')
    .argument('<name>', 'the name by which colleagues know them')
    .option('--socket <path>', "the running server's operator socket")
    .option('--json', 'answer as JSON', false)
    .addHelpText(
      'after',
      `
The code is good for eight hours, once, at an enrolled workstation. Hand it over in person.

Example:
  cloister officer "Sofia Ruiz"`,
    )
    .action(async (name: string, { socket, json }: { socket?: string; json: boolean }) => {
      const made = await operatorAt(operatorSocket(socket)).post('/officers', { name })
      if (typeof made !== 'object' || made === null || !('code' in made) || !('person' in made))
        throw new Fault('the server answered without a code')
      const [person, code] = [String(made.person), String(made.code)]
      answer({ person, code }, json, () => [
        `${name} is ${person} and registers a key with ${code}`,
      ])
    })
}
