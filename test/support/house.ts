import { join } from 'node:path'
import { actOf, type Action, type Door } from '../../src/shared/actions.ts'
import {
  addTasks,
  annotationFacts,
  annotationRoutes,
  removeTasks,
  taskSource,
} from '../../src/server/domains/annotation/index.ts'
import { auditRoutes } from '../../src/server/domains/audit/routes.ts'
import {
  deliveryFacts,
  deliveryRoutes,
  deliverySource,
} from '../../src/server/domains/delivery/index.ts'
import { facilityRoutes } from '../../src/server/domains/facility/index.ts'
import { identityRoutes } from '../../src/server/domains/identity/index.ts'
import {
  guidelineRoutes,
  importRoutes,
  projectsRoutes,
} from '../../src/server/domains/projects/index.ts'
import { type Vault, withoutScanner } from '../../src/server/domains/vault/index.ts'
import { workforceRoutes } from '../../src/server/domains/workforce/index.ts'
import type { Operate } from '../../src/server/http/operate.ts'
import type { StreamOut } from '../../src/server/http/stream.ts'
import type { Upload } from '../../src/server/http/upload.ts'
import { demonstrationKeyRules } from '../../src/server/parties.ts'
import type { More } from './server.ts'

/** The domains that a test's server does not open by itself, over a vault of the test's own. */
export function upperHouse(vault: Vault, folder: string): Required<More> {
  const apart = () => Promise.reject(new Error('no entry of its own is made in this test'))
  return {
    sources: [annotationFacts, deliveryFacts],
    resources: [taskSource, deliverySource],
    routes(operate, streamOut, gate, upload) {
      auditRoutes(operate, { policy: '', readers: [] })
      annotationRoutes(operate, streamOut, {
        ...{ gate, seals: vault, sealDetails: () => Promise.resolve(null), apart },
      })
      guidelineRoutes(operate, vault)
      importRoutes(operate, upload, {
        ...{ vault, scanner: withoutScanner, addTasks, removeTasks, apart },
      })
      deliveryRoutes(operate, streamOut, { packages: join(folder, 'packages'), keyDelayMs: 0 })
    },
  }
}

export interface Route {
  readonly kind: 'json' | 'upload' | 'stream'
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly doors: readonly Door[]
  /** Largest body in bytes. */
  readonly limit: number
}

/** Every route of the house, as the domains declare them to their doors. */
export function everyRoute(more: Required<More>): Route[] {
  const routes: Route[] = []
  const add = (kind: Route['kind'], method: Route['method'], url: string, of: Declared) =>
    routes.push({ kind, method, url, doors: actOf(of.action).doors, limit: of.limit ?? 65_536 })
  const operate: Operate = (method, url, operation) => add('json', method, url, operation)
  const streamOut: StreamOut = (url, operation) => add('stream', 'GET', url, operation)
  const upload: Upload = (url, operation) => add('upload', 'POST', url, operation)
  identityRoutes(operate, {
    ...{ rules: demonstrationKeyRules, demonstration: true },
    ...{ shiftEnd: refuse, onOfficerBeyond: refuse },
  })
  workforceRoutes(operate)
  projectsRoutes(operate)
  const none = new Uint8Array(0)
  facilityRoutes(operate, { certificate: none, privateKey: none })
  const gate = { admit: refuse, renew: refuse }
  more.routes(operate, streamOut, gate, upload)
  return routes
}

interface Declared {
  readonly action: Action
  readonly limit?: number
}

function refuse(): never {
  throw new Error('routes are declared before anybody asks the gate')
}
