import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
let built: Promise<string> | undefined

/**
 * Builds the web application as it ships and answers the folder. Tests that need a page of their
 * own name its folder below test/support; it is built with the same settings beside the others.
 */
export async function buildPages(): Promise<string> {
  built ??= buildWith('src/web', ['index.html', 'gallery.html'], 'dist/web-under-test')
  return await built
}

/** Builds the pages of one folder with the product's own settings. */
export async function buildWith(folder: string, pages: string[], into: string): Promise<string> {
  const { build, loadConfigFromFile } = await import('vite')
  const outDir = join(root, into)
  const settings = { command: 'build', mode: 'production' } as const
  const loaded = await loadConfigFromFile(settings, join(root, 'vite.config.js'))
  if (loaded === null) throw new Error('vite.config.js cannot be read')
  const input = pages.map((page) => join(root, folder, page))
  await build({
    ...loaded.config,
    configFile: false,
    root: join(root, folder),
    logLevel: 'error',
    build: { ...loaded.config.build, outDir, rolldownOptions: { input } },
  })
  return outDir
}

/** Builds the Bench over a server in the page's own memory and answers the folder. */
export async function buildBenchPage(): Promise<string> {
  return await buildWith('test/support/bench-page', ['index.html'], 'dist/bench-under-test')
}
