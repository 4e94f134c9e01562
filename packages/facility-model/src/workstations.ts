import type { Site, WorkstationUse } from './site.ts'

export interface Workstation {
  /** `ws-1`, `ws-2`, … through the whole site, in the order of the file. */
  readonly id: string
  readonly zone: string
  readonly use: WorkstationUse
}

/** Every workstation of the site. Adding a zone at the end of the file renumbers none before it. */
export function workstationsOf(site: Site): Workstation[] {
  const all: Workstation[] = []
  for (const { zone, count, use } of site.workstations)
    for (let nth = 0; nth < count; nth++) all.push({ id: `ws-${all.length + 1}`, zone, use })
  return all
}
