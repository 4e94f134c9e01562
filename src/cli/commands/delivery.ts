import type { Command } from 'commander'
import { answer, Fault } from '../terminal.ts'

/** `cloister delivery`: what a client does with a package, offline. */
export function addDeliveryCommands(program: Command): void {
  const delivery = program.command('delivery').description('Check and open a delivery, offline.')
  delivery
    .command('verify')
    .description(
      'Check a package without decrypting it, and name the first file that is not sound.',
    )
    .argument('<package>', 'the package, a .tar file')
    .requiredOption(
      '--policy <file>',
      'whom you trust: log, witnesses, quorum, and the key of deliveries',
    )
    .option('--json', 'answer for programs')
    .addHelpText('after', '\nExample:\n  cloister delivery verify del_….tar --policy client.policy')
    .action(verify)
  delivery
    .command('open')
    .description('Check a package, decrypt it with your key, and check everything inside.')
    .argument('<package>', 'the package, a .tar file')
    .requiredOption('--identity <file>', 'your age identity, as age-keygen writes it')
    .requiredOption('--policy <file>', 'whom you trust')
    .requiredOption('--out <dir>', 'a directory to be made')
    .option('--json', 'answer for programs')
    .addHelpText(
      'after',
      '\nExample:\n  cloister delivery open del_….tar --identity key.txt --policy client.policy --out opened',
    )
    .action(open)
}

async function verify(path: string, options: { policy: string; json?: true }): Promise<void> {
  const { checkPackage } = await import('../package.ts')
  const found = await checkPackage(path, options.policy)
  if (!found.report.sound && options.json !== true) throw new Fault(found.lines.join(' '))
  answer(found.report, options.json === true, () => [...found.lines])
  if (!found.report.sound) process.exitCode = 1
}

async function open(
  path: string,
  options: { policy: string; identity: string; out: string; json?: true },
): Promise<void> {
  const { openPackage } = await import('../open-package.ts')
  const found = await openPackage(path, options)
  if (!found.report.sound && options.json !== true) throw new Fault(found.lines.join(' '))
  answer(found.report, options.json === true, () => [...found.lines])
  if (!found.report.sound) process.exitCode = 1
}
