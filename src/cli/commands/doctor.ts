import { resolve } from 'node:path'
import type { Command } from 'commander'
import { answer } from '../terminal.ts'
import { configOf } from './start.ts'

interface Options {
  readonly config?: string
  readonly only?: string
  readonly json: boolean
}

const signs = { good: 'ok     ', warning: 'warning', bad: 'BAD    ', unseen: 'unseen ' } as const

/** `cloister doctor`: what an installation stands on, one line for each thing. */
export function addDoctorCommands(program: Command): void {
  program
    .command('doctor')
    .description('Look at what an installation stands on; exit 1 when something is bad.')
    .option('--config <file>', 'the configuration (YAML); environment variables win over it')
    .option('--only <parts>', 'as these parts of it see it')
    .option('--json', 'answer as JSON', false)
    .addHelpText(
      'after',
      `
Looks at configuration, files and who may read them, disks, clocks, certificates, the database with its
roles, the log at its head, the witness and the malware scanner. Changes nothing. Run it as the user of the
part that it is to look at.

Example:
  cloister doctor --config /etc/cloister/config.yaml`,
    )
    .action(async ({ config, only, json }: Options) => {
      const read = await configOf({
        ...process.env,
        ...(config !== undefined && { CLOISTER_CONFIG: resolve(config) }),
        ...(only !== undefined && { CLOISTER_PARTS: only }),
      })
      const { examine } = await import('../../server/doctor/examine.ts')
      const findings = await examine(read, () => new Date())
      const isWell = findings.every(({ state }) => state !== 'bad')
      answer({ well: isWell, findings }, json, () =>
        findings.map(({ check, state, words }) => `${signs[state]}  ${check.padEnd(20)}  ${words}`),
      )
      if (!isWell) process.exitCode = 1
    })
}
