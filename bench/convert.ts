/**
 * `cloister convert` on files of 1 MB, 100 MB and 1 GB: megabytes a second and peak memory of a
 * process of its own, beside the time that parsing the same JSON alone takes in the same run.
 * `CONVERT_BENCH_MB=1,100` chooses sizes. Needs a built `dist/cli` and space in the temporary folder.
 */
import { execFile } from 'node:child_process'
import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const sizes = (process.env['CONVERT_BENCH_MB'] ?? '1,100,1000').split(',').map(Number)

const sentence =
  'Showers continued throughout the week in the cocoa zone — prospects improved, it said. '

function task(id: number): string {
  const text = sentence.repeat(6)
  const span = (name: string, start: number, end: number, label: string) => ({
    id: `${name}${id}`,
    from_name: 'label',
    to_name: 'text',
    type: 'labels',
    origin: 'manual',
    value: { start, end, text: text.slice(start, end), labels: [label] },
  })
  const result = [span('a', 0, 7, 'event'), span('b', 41, 46, 'place')]
  const annotations = [{ id, completed_by: id % 40, created_at: '2026-05-02T10:00:00Z', result }]
  return JSON.stringify({ id, data: { text }, annotations, predictions: [] })
}

function stmLine(id: number): string {
  const start = (id % 600) * 4
  const recording = `rec${String(Math.floor(id / 600)).padStart(7, '0')}`
  return `${recording} 1 spk${id % 3} ${start}.40 ${start + 3}.15 ${sentence.trim()}`
}

const inputs = {
  'label-studio': { first: '[', between: ',\n', last: ']', record: task },
  stm: { first: '', between: '\n', last: '\n', record: stmLine },
}

async function generate(
  path: string,
  from: keyof typeof inputs,
  megabytes: number,
): Promise<number> {
  const { first, between, last, record } = inputs[from]
  const file = createWriteStream(path)
  file.write(first)
  let size = 0
  let id = 0
  while (size < megabytes * 1e6) {
    const part = `${id === 0 ? '' : between}${record(++id)}`
    size += Buffer.byteLength(part)
    if (!file.write(part)) await once(file, 'drain')
  }
  file.end(last)
  await once(file, 'finish')
  return id
}

interface Measured {
  readonly from: string
  readonly to: string
  readonly megabytes: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakMegabytes: number
}

const measure = `process.on('exit',()=>{const u=process.resourceUsage();process.stderr.write('@@'+JSON.stringify([(u.userCPUTime+u.systemCPUTime)/1e6,u.maxRSS/1024]))})`

function converted(from: string, to: string, path: string): Promise<Measured> {
  const before = process.hrtime.bigint()
  const hook = `data:text/javascript,${encodeURIComponent(measure)}`
  const args = [
    '--import',
    hook,
    'dist/cli/main.js',
    'convert',
    '--from',
    from,
    '--to',
    to,
    path,
    `${path}.out`,
    '--rate',
    '16000',
  ]
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, (error, _, err) => {
      if (error !== null) {
        reject(new Error(`convert failed: ${err}`, { cause: error }))
        return
      }
      const [cpuSeconds = 0, peak = 0] = JSON.parse(
        err.slice(err.lastIndexOf('@@') + 2),
      ) as number[]
      const seconds = Number(process.hrtime.bigint() - before) / 1e9
      const megabytes = statSync(path).size / 1e6
      rmSync(`${path}.out`)
      resolve({ from, to, megabytes, seconds, cpuSeconds, peakMegabytes: peak })
    })
  })
}

/** Processor seconds of reading lines and parsing each as JSON, which no reader of JSON can go below. */
async function parsingAlone(path: string): Promise<number> {
  const before = process.cpuUsage()
  for await (const line of createInterface({ input: createReadStream(path) }))
    JSON.parse(line.replace(/^[[,]/, '').replace(/[,\]]$/, ''))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

export async function run(json: boolean): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cloister-bench-'))
  const rows: object[] = []
  try {
    for (const from of ['label-studio', 'stm'] as const)
      for (const size of sizes) {
        const path = join(folder, 'input')
        const records = await generate(path, from, size)
        const { seconds, cpuSeconds, megabytes, peakMegabytes } = await converted(
          from,
          'cloister',
          path,
        )
        const alone = from === 'label-studio' ? await parsingAlone(path) : undefined
        rows.push({
          from,
          records,
          MB: Math.round(megabytes),
          'MB/s': Number((megabytes / seconds).toFixed(1)),
          'MB per CPU second': Number((megabytes / cpuSeconds).toFixed(1)),
          'peak memory, MB': Math.round(peakMegabytes),
          ...(alone === undefined
            ? {}
            : { 'times parsing alone': Number((cpuSeconds / alone).toFixed(2)) }),
        })
      }
  } finally {
    rmSync(folder, { recursive: true })
  }
  if (json) console.log(JSON.stringify({ bench: 'convert', rows }))
  else console.table(rows)
}
