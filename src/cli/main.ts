#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { addAgreementCommands } from './commands/agreement.ts'
import { addBackupCommands } from './commands/backup.ts'
import { addChartCommands } from './commands/chart.ts'
import { addConvertCommand } from './commands/convert.ts'
import { addDeliveryCommands } from './commands/delivery.ts'
import { addDoctorCommands } from './commands/doctor.ts'
import { addFacilityCommands } from './commands/facility.ts'
import { addImportCommands } from './commands/import.ts'
import { addKeysCommands } from './commands/keys.ts'
import { addLogCommands } from './commands/log.ts'
import { addOfficerCommands } from './commands/officer.ts'
import { addPolicyCommands } from './commands/policy.ts'
import { addRehearseCommands } from './commands/rehearse.ts'
import { addSamplingCommands } from './commands/sampling.ts'
import { addStartCommands } from './commands/start.ts'
import { addWitnessCommands } from './commands/witness.ts'
import { addWorkstationCommands } from './commands/workstation.ts'
import { faultOf } from './terminal.ts'

/** Each command lives in one file under commands/ and adds itself here. */
const commands: ((program: Command) => void)[] = [
  addAgreementCommands,
  addBackupCommands,
  addChartCommands,
  addConvertCommand,
  addDeliveryCommands,
  addDoctorCommands,
  addFacilityCommands,
  addImportCommands,
  addKeysCommands,
  addLogCommands,
  addOfficerCommands,
  addPolicyCommands,
  addRehearseCommands,
  addSamplingCommands,
  addStartCommands,
  addWitnessCommands,
  addWorkstationCommands,
]

const program = new Command('cloister')
  .description('The clean room for annotating confidential data.')
  .version('0.1.0')
  .showHelpAfterError('Run the command with --help for its options and an example.')
  .exitOverride()
for (const add of commands) add(program)

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else {
    const fault = faultOf(error)
    if (fault === null) throw error
    process.stderr.write(`cloister: ${fault.message}\n`)
    process.exitCode = fault.exitCode
  }
}
