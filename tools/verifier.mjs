/** Builds src/cli/verifier.ts with our packages into one file that runs on any Node 20 alone. */
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

await build({
  root,
  configFile: false,
  logLevel: 'warn',
  resolve: { conditions: ['source'] },
  ssr: { noExternal: true, resolve: { conditions: ['source'] } },
  build: {
    ssr: resolve(root, 'src/cli/verifier.ts'),
    outDir: resolve(process.argv[2] ?? resolve(root, 'dist')),
    emptyOutDir: false,
    copyPublicDir: false,
    target: 'node20',
    minify: false,
    rolldownOptions: {
      output: {
        entryFileNames: 'cloister-verify.mjs',
        codeSplitting: false,
        banner: '// Cloister verifier: one file, no dependencies. Apache-2.0. Run it with --help.',
      },
    },
  },
})
