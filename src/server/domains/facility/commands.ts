import type { Command } from '../../../shared/facility.ts'
import type { Tx } from '../../kernel/db.ts'
import type { Pass } from '../access/index.ts'
import { revokedSince } from '../identity/index.ts'
import { controllerOf } from './events.ts'
import {
  activeBadges,
  commandsAfter,
  dropCommandsBefore,
  insertCommand,
  controllerNames,
  revokeBadge,
  takeTurn,
} from './store.ts'

/** People revoked longer ago than this had their badges taken back at an earlier question. */
const revokedWithinMs = 7 * 86_400_000

/**
 * What this controller is to do, past the number it has done; `quiet` when that is nothing and nothing
 * was changed. Badges of people who were revoked are
 * taken back here, at all controllers at once, when the first of them asks.
 * @throws Problem `access-denied` for a machine that is no controller
 */
export async function commandsFor(
  pass: Pass<'facility.command.poll'>,
  tx: Tx,
  after: number,
): Promise<{ commands: Command[]; quiet: boolean }> {
  const controller = controllerOf(pass.caller)
  const taken = await takeBackBadges(tx, pass.at)
  const dropped = await dropCommandsBefore(tx, controller, after)
  const commands = await commandsAfter(tx, controller, after)
  return { commands, quiet: taken === 0 && dropped === 0 && commands.length === 0 }
}

async function takeBackBadges(tx: Tx, now: Date): Promise<number> {
  const people = await revokedSince(tx, new Date(now.getTime() - revokedWithinMs))
  if ((await activeBadges(tx, people)).length === 0) return 0
  await takeTurn(tx)
  // Asked again in our turn: another controller may have been first.
  const badges = await activeBadges(tx, people)
  const controllers = await controllerNames(tx)
  for (const { credential: credentialId } of badges) {
    await revokeBadge(tx, credentialId, now)
    for (const controllerId of controllers) {
      const order = { kind: 'revoke-credential', credentialId, controllerId, at: now.toISOString() }
      await insertCommand(tx, controllerId, now, order)
    }
  }
  return badges.length
}
