import type { Config } from '../kernel/config.ts'
import { lookAtDatabase } from './database.ts'
import { lookAtFiles } from './files.ts'
import type { Finding } from './finding.ts'
import { lookAtNeighbours } from './neighbours.ts'

export type { Finding } from './finding.ts'

/**
 * Looks at what an installation stands on, for the parts that the configuration names, and changes
 * nothing. Finds everything that is wrong at once; what cannot be seen from here says so.
 */
export async function examine(config: Config, now: () => Date): Promise<readonly Finding[]> {
  return [
    ...(await lookAtFiles(config, now())),
    ...(await lookAtDatabase(config, now)),
    ...(await lookAtNeighbours(config, now())),
  ]
}
