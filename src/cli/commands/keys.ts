import { setTimeout as pause } from 'node:timers/promises'
import type { Command } from 'commander'
import { Check } from 'typebox/value'
import { AllKeyEpochs, EpochBegun, type KeyEpochs, KeysId } from '#shared/vault.ts'
import { type Operator, operatorAt, operatorSocket } from '../operator.ts'
import { answer, Fault } from '../terminal.ts'

interface Flags {
  readonly socket?: string
  readonly json: boolean
}

/** How often the command asks how far it has come, in milliseconds. */
const interval = 1000

/** `cloister keys`: the epochs of the keys under which projects are sealed. */
export function addKeysCommands(program: Command): void {
  const keys = program
    .command('keys')
    .description("The epochs of projects' keys: see them, begin the next.")
  keys
    .command('list')
    .description('Print the epoch of every key, and what is left of earlier ones.')
    .option('--socket <path>', "the running server's operator socket")
    .option('--json', 'answer as JSON', false)
    .addHelpText('after', '\nExample:\n  cloister keys list')
    .action(async ({ socket, json }: Flags) => {
      const all = await epochsOf(operatorAt(operatorSocket(socket)))
      answer({ keys: all }, json, () =>
        all.length === 0 ? ['Nothing was sealed yet.'] : all.map(words),
      )
    })
  keys
    .command('roll')
    .description('Begin the next epoch of a key, re-wrap what it keeps, destroy the earlier key.')
    .argument('<project>', "the project's code or id, or site for what is sealed of no project")
    .option('--no-wait', 'leave when it has begun; the server goes on')
    .option('--minutes <n>', 'wait this long at most; the server goes on all the same', '60')
    .option('--socket <path>', "the running server's operator socket")
    .option('--json', 'answer as JSON', false)
    .addHelpText(
      'after',
      `
Nothing that is kept is lost. What was erased before opens from no older backup from then on; a backup
that is older than this needs the keys of its own time.

Example:
  cloister keys roll voice-queries`,
    )
    .action(roll)
}

interface RollFlags extends Flags {
  readonly wait: boolean
  readonly minutes: string
}

async function roll(project: string, flags: RollFlags): Promise<void> {
  const minutes = Number(flags.minutes)
  if (!(minutes > 0 && minutes <= 10_000))
    throw new Fault('--minutes takes a number above 0, at most 10000', 2)
  const operator = operatorAt(operatorSocket(flags.socket))
  const id = Check(KeysId, project) ? project : await idOf(operator, project)
  const begun = await operator.post(`/epochs/${id}`, {})
  if (!Check(EpochBegun, begun)) throw new Fault('the server answered something that is no epoch')
  const left = flags.wait ? await follow(operator, begun.keys, minutes) : null
  answer({ ...begun, ended: left !== null }, flags.json, () => [
    left === null
      ? `Epoch ${String(begun.epoch)} of ${id} has begun; the server goes on.`
      : `Epoch ${String(begun.epoch)} of ${id} has begun, and the earlier key is destroyed.`,
  ])
}

async function idOf(operator: Operator, code: string): Promise<string> {
  const { findProject } = await import('../manifest/import.ts')
  return findProject(operator, code)
}

/** Waits until no earlier epoch lives, and its key's file is gone. */
async function follow(operator: Operator, id: string, minutes: number): Promise<KeyEpochs> {
  const end = Date.now() + minutes * 60_000
  const { SingleBar } = await import('cli-progress')
  const bar = process.stderr.isTTY
    ? new SingleBar({ stream: process.stderr, clearOnComplete: true, hideCursor: true })
    : null
  let most = 0
  try {
    for (;;) {
      const found = (await epochsOf(operator)).find(({ keys }) => keys === id)
      if (found === undefined) throw new Fault(`${id} has no keys any more`)
      if (found.earlier.length + found.condemned.length === 0) return found
      if (Date.now() >= end) throw new Fault(stillToDo(found, minutes))
      if (most === 0) bar?.start((most = Math.max(1, found.waiting)), 0)
      bar?.update(most - Math.min(most, found.waiting))
      await pause(interval)
    }
  } finally {
    bar?.stop()
  }
}

async function epochsOf(operator: Operator): Promise<KeyEpochs[]> {
  const found = await operator.get('/epochs')
  if (!Check(AllKeyEpochs, found)) throw new Fault('the server answered something else than epochs')
  return found.keys
}

function stillToDo(found: KeyEpochs, minutes: number): string {
  return `epoch ${String(found.epoch)} of ${found.keys} has begun, but after ${String(minutes)} minutes ${leftOf(found)}; the server goes on: ask with 'cloister keys list', and look at the server's log`
}

function leftOf({ earlier, condemned, waiting }: KeyEpochs): string {
  const epochs = (of: readonly number[]) => `epoch ${of.join(' and ')}`
  if (waiting > 0) return `${String(waiting)} keys wait under ${epochs(earlier)}`
  if (earlier.length > 0)
    return `${epochs(earlier)} is still to end (no epoch ends during a backup)`
  if (condemned.length > 0) return `the key's file of ${epochs(condemned)} is still to be removed`
  return 'no earlier one is left'
}

function words(of: KeyEpochs): string {
  return `${of.keys}: epoch ${String(of.epoch)} since ${of.begunAt.slice(0, 10)}, ${leftOf(of)}`
}
