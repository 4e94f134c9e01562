import { Type } from 'typebox'
import { AllKeyEpochs, EpochBegun, KeysId } from '#shared/vault.ts'
import type { Operate } from '../../http/operate.ts'
import type { Epochs } from './epochs.ts'
import { orderRoll } from './roll.ts'
import { epochsOf } from './store.ts'

const Nothing = Type.Object({}, { additionalProperties: false })

/** The epochs of keys, for officers at the inside door and for the operator. */
export function vaultRoutes(operate: Operate, epochs: Epochs): void {
  operate('GET', '/epochs', {
    action: 'vault.epoch.list',
    answer: AllKeyEpochs,
    resource: () => ({ type: 'Site', id: 'site' }),
    run: async ({ tx }) => ({
      keys: (await epochsOf(tx, null)).map((row) => ({
        ...{ keys: row.project, epoch: row.epoch, begunAt: row.begun_at.toISOString() },
        ...{ begunBy: row.begun_by, earlier: row.earlier, condemned: row.condemned },
        waiting: row.waiting,
      })),
    }),
  })
  operate('POST', '/epochs/:keys', {
    action: 'vault.epoch.begin',
    params: Type.Object({ keys: KeysId }),
    body: Nothing,
    answer: EpochBegun,
    resource: ({ params }) => ({ type: 'Keys', id: params.keys }),
    async run({ pass, tx, params, note }) {
      const epoch = await epochs.begin(pass, tx)
      await orderRoll(tx, params.keys, pass.actor)
      note({ epoch })
      return { keys: params.keys, epoch }
    },
  })
}
