import { cruise } from 'dependency-cruiser'
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import rules from '../walls.config.mjs'

/** Fewer modules than this mean that the parser did not see the sources. Raise it as the house grows. */
export const fewest = 12

/**
 * Reads every module under the given folders and holds the walls of walls.config.mjs against them.
 * @param {string[]} folders
 * @param {string} [baseDir] the folder the rules' paths start at
 * @returns {Promise<{ modules: number, breaches: string[] }>} each breach as `rule: from -> to`
 */
export async function readWalls(folders, baseDir = process.cwd()) {
  const result = await cruise(
    folders,
    {
      baseDir: resolve(baseDir),
      ruleSet: rules,
      validate: true,
      tsPreCompilationDeps: true,
      doNotFollow: { path: 'node_modules' },
      exclude: { path: ['^dist/', '^packages/[^/]+/dist/'] },
      outputType: 'json',
      enhancedResolveOptions: {
        exportsFields: ['exports'],
        conditionNames: ['source', 'import', 'require', 'node', 'default', 'types'],
      },
    },
    undefined,
    { tsConfig: extractTSConfig(fileURLToPath(new URL('../tsconfig.base.json', import.meta.url))) },
  )
  const { totalCruised, violations } = JSON.parse(result.output).summary
  return {
    modules: totalCruised,
    breaches: violations.map((v) => `${v.rule.name}: ${v.from} -> ${v.to}`),
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { modules, breaches } = await readWalls(['src', 'packages'])
  for (const breach of breaches) console.error(breach)
  if (modules < fewest) {
    console.error(`only ${modules} modules were read; the parser is missing`)
    process.exitCode = 2
  } else if (breaches.length > 0) process.exitCode = 1
  else console.log(`walls stand: ${modules} modules`)
}
