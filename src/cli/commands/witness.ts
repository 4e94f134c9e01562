import type { Command } from 'commander'
import { answer, Fault } from '../terminal.ts'

interface Options {
  dir: string
  name: string
  log: string[]
  listen: string
  json?: true
}

/** `cloister witness`: runs a witness until it is told to stop. */
export function addWitnessCommands(program: Command): void {
  program
    .command('witness')
    .description("Cosign a log's checkpoints, on another machine than the log.")
    .requiredOption('--dir <dir>', 'its directory, made on first use; never restore it from a copy')
    .requiredOption('--name <name>', 'the name of its key, like a URL without scheme')
    .requiredOption('--log <vkey...>', 'the verifier keys of the logs that it cosigns')
    .requiredOption('--listen <host:port>', 'where it listens; port 0 for any that is free')
    .option('--json', 'print {"vkey", "url"} once it listens')
    .addHelpText(
      'after',
      `
It makes its key on first start and prints the verifier key, which belongs into the policies of those
who check the log. It listens without TLS: put it behind one, or on a network of its own.

Example:
  cloister witness --dir /var/lib/cloister-witness --name example.org/witness \\
    --log example.org/records+16c5b1f9+AYnqy… --listen 127.0.0.1:7070`,
    )
    .action(runWitness)
}

async function runWitness({ dir, name, log, listen, json }: Options): Promise<void> {
  const { startWitness } = await import('../../witness/witness.ts')
  const at = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(listen)
  const port = Number(at?.[3])
  if (at === null || port > 65_535)
    throw new Fault(`--listen ${listen}: write HOST:PORT, as in 127.0.0.1:7070 or [::1]:7070`, 2)
  const options = { dir, name, logs: log, host: at[1] ?? at[2] ?? '', port }
  const witness = await startWitness({
    ...options,
    now: () => Date.now(),
    onFault(error) {
      const reason = error instanceof Error ? error.message : 'unknown reason'
      process.stderr.write(`cloister witness: a request failed: ${reason}\n`)
    },
  })
  const { vkey, url } = witness
  answer({ vkey, url }, json === true, () => [`witness ${vkey}`, `listening on ${url}`])
  await new Promise<void>((stop) => {
    process.once('SIGTERM', stop)
    process.once('SIGINT', stop)
  })
  await witness.close()
}
