import { type Static, Type } from 'typebox'

/** Whose keys: a project's, or those of the site, under which the details of its acts are sealed. */
export const KeysId = Type.String({ pattern: '^(site|prj_[a-z2-7]{26})$' })

const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

/** How far the rolling of one project's key has come. */
export const KeyEpochs = Type.Object({
  keys: KeysId,
  /** Under which new keys are drawn; epochs count from 1. */
  epoch: Count,
  begunAt: Type.String(),
  /** A person, the operator, the schedule, or the vault itself for the first. */
  begunBy: Type.String(),
  /** Earlier epochs that still open something. */
  earlier: Type.Array(Count),
  /** Ended epochs whose keys open nothing any more, and whose keys' files are still to be removed. */
  condemned: Type.Array(Count),
  /** Keys of items and classes that wait to be re-wrapped. */
  waiting: Count,
})
export type KeyEpochs = Static<typeof KeyEpochs>

export const AllKeyEpochs = Type.Object({ keys: Type.Array(KeyEpochs) })
export const EpochBegun = Type.Object({ keys: KeysId, epoch: Count })
