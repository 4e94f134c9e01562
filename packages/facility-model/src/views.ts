import type { Camera, Site } from './site.ts'

/** Everything in any camera's picture, with the cameras that see it. */
export function seenThings(site: Site): ReadonlyMap<string, readonly Camera[]> {
  const seen = new Map<string, Camera[]>()
  for (const camera of site.cameras)
    for (const thing of camera.sees) {
      const cameras = seen.get(thing)
      if (cameras === undefined) seen.set(thing, [camera])
      else cameras.push(camera)
    }
  return seen
}
