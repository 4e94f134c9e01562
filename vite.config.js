import { join } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const root = join(import.meta.dirname, 'src/web')

/**
 * The pages of the product: plain files with hashed names, nothing inline, so that the strict
 * Content-Security-Policy needs no exception. `gallery.html` is served in the
 * demonstration only, `demonstration.html` by the start program at an origin of its own.
 */
export default defineConfig({
  root,
  base: '/',
  publicDir: false,
  plugins: [react()],
  resolve: { conditions: ['source', 'browser', 'module', 'import', 'default'] },
  css: { modules: { generateScopedName: '[name]-[local]-[hash:base64:4]' } },
  build: {
    outDir: join(import.meta.dirname, 'dist/web'),
    emptyOutDir: true,
    target: 'chrome130',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    rolldownOptions: {
      input: Object.fromEntries(
        ['index', 'gallery', 'demonstration'].map((page) => [page, join(root, `${page}.html`)]),
      ),
    },
  },
})
