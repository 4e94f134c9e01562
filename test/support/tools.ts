import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/**
 * The reason to skip a test that needs an outside program, or false when it is there.
 * Under CI=true the runner turns every skip into a failure, so nothing is lost in silence.
 */
export function skipWithout(program: string): string | false {
  try {
    execFileSync('which', [program], { stdio: 'ignore' })
    return false
  } catch {
    return `${program} is not installed`
  }
}

/** The folder of real test data beside the clone, or the reason to skip. */
export function sharedData(folder: string): { path: string; skip: string | false } {
  const path = new URL(`../../../shared/data/${folder}`, import.meta.url).pathname
  return { path, skip: existsSync(path) ? false : `test data '${folder}' is not beside this clone` }
}
