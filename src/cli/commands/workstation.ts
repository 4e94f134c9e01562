import type { Command } from 'commander'
import { operatorAt, OperatorRefusal, operatorSocket } from '../operator.ts'
import { answer, Fault } from '../terminal.ts'

interface Flags {
  readonly socket?: string
  readonly json: boolean
}

/** The commands about the machines of the site; the first two speak to the running server. */
export function addWorkstationCommands(program: Command): void {
  const workstation = program
    .command('workstation')
    .description('Machines of the site: let one in, shut one out, say how its browser is managed.')
  addEnrol(workstation)
  addRevoke(workstation)
  addPolicy(workstation)
}

function addEnrol(workstation: Command): void {
  workstation
    .command('enrol')
    .description('Make the one-time code, good for an hour, with which a machine enrols.')
    .argument('<id>', 'the workstation, such as ws-3')
    .option('--device', 'the id is that of a door controller', false)
    .option('--socket <path>', "the running server's operator socket")
    .option('--json', 'answer as JSON', false)
    .addHelpText('after', '\nExample:\n  cloister workstation enrol ws-3')
    .action(async (id: string, { socket, device, json }: Flags & { device: boolean }) => {
      const operator = operatorAt(operatorSocket(socket))
      const kind = device ? 'devices' : 'workstations'
      const made = await operator.post(`/${kind}/${named(id)}/code`, {})
      if (typeof made !== 'object' || made === null || !('code' in made))
        throw new Fault('the server answered without a code')
      const code = String(made.code)
      answer({ id, code }, json, () => [`${id} enrols with ${code} within the hour, once`])
    })
}

function addRevoke(workstation: Command): void {
  workstation
    .command('revoke')
    .description('Shut a workstation out, at once; only a new enrolment brings it back.')
    .argument('<id>', 'the workstation, such as ws-3')
    .option('--socket <path>', "the running server's operator socket")
    .option('--json', 'answer as JSON', false)
    .addHelpText('after', '\nExample:\n  cloister workstation revoke ws-3')
    .action(async (id: string, { socket, json }: Flags) => {
      await operatorAt(operatorSocket(socket))
        .post(`/workstations/${named(id)}/revoke`, {})
        .catch((error: unknown) => {
          if (error instanceof OperatorRefusal && error.status === 404)
            throw new Fault(`there is no workstation ${id} in the site in force`)
          throw error
        })
      answer({ id, revoked: true }, json, () => [`${id} is shut out`])
    })
}

function addPolicy(workstation: Command): void {
  workstation
    .command('policy')
    .description('Print the policy file that a managed Chromium at a workstation needs.')
    .requiredOption('--origin <url>', 'the inside door, as browsers write it')
    .requiredOption('--issuer <name>', 'the common name of the authority of the machines')
    .addHelpText(
      'after',
      '\nExample:\n  cloister workstation policy --origin https://cloister.internal --issuer "Cloister Workstation CA site" > /etc/chromium/policies/managed/cloister.json',
    )
    .action(async ({ origin, issuer }: { origin: string; issuer: string }) => {
      const { browserPolicy } = await import('../browser-policy.ts')
      if (!URL.canParse(origin) || !/^https:$/.test(new URL(origin).protocol))
        throw new Fault(`'${origin}' is not an https address; name the inside door`, 2)
      answer(browserPolicy(new URL(origin).origin, issuer), true, () => [])
    })
}

/** An id goes into an address, so nothing else may. */
function named(id: string): string {
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(id))
    throw new Fault(`'${id}' is not the id of a machine, such as ws-3`, 2)
  return id
}
