import type { FactSource, ResourceSource } from '../access/index.ts'
import { soleAddressMs } from './machines/arrival.ts'
import { postureFreshMs } from './machines/posture.ts'
import { workstationRow } from './machines/store.ts'
import { gateFacts } from './gate-facts/store.ts'

/**
 * The machine, its zone, and where the doors have the person, in one reading. Only the inside door
 * has machines; elsewhere nothing of this is known and no policy that needs it lets anybody pass.
 */
export const facilityFacts: FactSource = {
  fills: ['workstation', 'zone', 'presence'],
  async read(tx, { caller, located, now }) {
    const { workstation, certificate, address } = caller
    if (caller.door !== 'inside' || workstation === null || certificate === null)
      return { facts: {} }
    const person = caller.kind === 'person' ? caller.id : null
    const project = located.project === null ? null : (located.projectCode ?? '')
    const row = await gateFacts(tx, { workstation, certificate, person, project, now })
    if (row === undefined) return { facts: {} }
    const reported = row.posture_at?.getTime() ?? -Infinity
    const seenElsewhere =
      row.last_address !== null &&
      row.last_address !== address &&
      now.getTime() - (row.last_seen?.getTime() ?? -Infinity) < soleAddressMs
    const ends = [
      row.not_after.getTime(),
      ...(reported === -Infinity ? [] : [reported + postureFreshMs]),
      ...(row.open_minutes === null ? [] : [now.getTime() + row.open_minutes * 60_000]),
    ].filter((end) => end > now.getTime())
    return {
      facts: {
        workstation: {
          zone: row.zone,
          enrolled: row.enrolled,
          soleAddress: !seenElsewhere,
          postureFresh: now.getTime() < reported + postureFreshMs,
          postureGood: row.good === true,
        },
        zone: {
          secure: row.secure,
          serves: row.serves,
          open: row.open_minutes !== null,
          calm: row.calm,
        },
        ...(row.presence_zone !== null &&
          row.since !== null &&
          row.admits === true && {
            presence: {
              zone: row.presence_zone,
              factors: row.factors ?? [],
              asSignedIn: caller.signedInAt !== null && row.since <= caller.signedInAt,
            },
          }),
      },
      until: ends.length === 0 ? null : new Date(Math.min(...ends)),
    }
  },
}

export const workstationSource: ResourceSource = {
  type: 'Workstation',
  async locate(tx, id) {
    return (await workstationRow(tx, id)) === undefined ? null : { project: null, item: null }
  },
}
