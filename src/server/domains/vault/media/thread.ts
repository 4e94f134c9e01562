import { Worker, type WorkerOptions } from 'node:worker_threads'

/**
 * Starts the module `./NAME.ts` beside this file in a thread of its own. Built, that is a plain worker.
 * From source, on a Node that does not read TypeScript in threads, the thread first loads the reader that
 * the tests and the bench run under.
 */
export function startThread(name: string, options: WorkerOptions): Worker {
  const fromSource = import.meta.url.endsWith('.ts')
  const module = new URL(`./${name}.${fromSource ? 'ts' : 'js'}`, import.meta.url)
  if (!fromSource) return new Worker(module, options)
  const reader = import.meta.resolve('tsx/esm/api')
  const start = `import(${JSON.stringify(reader)}).then(({ register }) => {
    register()
    return import(${JSON.stringify(module.href)})
  })`
  return new Worker(start, { ...options, eval: true })
}
