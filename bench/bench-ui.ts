/**
 * The Bench in a real browser: key press to paint with 1,000 spans on 50,000 characters, next item
 * to paint, two-hour recording to waveform. The server is the page's own memory, so these are the
 * figures of the page alone. The browser paints as soon as it can instead of at the next beat of a
 * screen, which would add up to 17 ms whatever the page does. The first round of each set of keys is
 * not counted: the browser compiles what it runs for the first time. The same keys on a text without
 * spans are the reference.
 */
import type { Page } from 'playwright-core'
import { openBrowser, openPage, serveSite } from '../test/support/browser.ts'
import { buildBenchPage } from '../test/support/pages.ts'
import { finestPeaks, makeVoice, peaksFile, wavOf } from '../test/support/sound.ts'
import { option, say } from './hall/options.ts'

const rate = 16_000
const twoHours = 2 * 3600 * rate
const rounds = option('rounds', 12)
const items = option('items', 6)
/** What has not been painted by then does not come. */
const longestWait = 20_000

declare global {
  interface Window {
    /** Milliseconds from the awaited key to what it was to show. */
    painted: Promise<number>
  }
}

interface Line {
  readonly what: string
  readonly times: number[]
  /** Milliseconds to reach; a reference has none. */
  readonly reach: number | null
}

type Shown = 'frame' | 'text' | 'wave'

/**
 * Runs in the page: the next key is timed from the moment at which the browser took it to the task
 * after the frame that shows what was to come: of `frame` the first, of an item its own.
 */
function awaitPaint(shown: Shown): void {
  const main = document.querySelector('main')
  const there = () => {
    if (shown === 'frame') return true
    // The old item must have gone, so that its own rows do not count.
    if (main?.isConnected === true) return false
    if (shown === 'text') return document.querySelector('[data-begins]') !== null
    const canvas = document.querySelector<HTMLCanvasElement>('canvas:not([aria-hidden])')
    const context = canvas?.getContext('2d')
    if (canvas == null || context == null || canvas.width === 0) return false
    // Drawn when a line across the middle of the wave has more than one colour.
    const line = context.getImageData(0, Math.round(canvas.height / 2), canvas.width, 1).data
    return new Set(new Uint32Array(line.buffer)).size > 1
  }
  window.painted = new Promise((painted) => {
    const press = ({ key, timeStamp }: KeyboardEvent) => {
      if (['Control', 'Shift', 'Alt'].includes(key)) return
      document.removeEventListener('keydown', press, true)
      const look = () => {
        if (!there()) {
          requestAnimationFrame(look)
          return
        }
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = () => {
          painted(performance.now() - timeStamp)
        }
        port2.postMessage(null)
      }
      requestAnimationFrame(look)
    }
    document.addEventListener('keydown', press, true)
  })
}

/** Presses a key and answers the milliseconds to its paint. @throws when that does not come */
async function timeKey(page: Page, key: string, shown: Shown): Promise<number> {
  // The page must listen before the key goes off: the two ways into the browser do not queue.
  await page.evaluate(awaitPaint, shown)
  await page.keyboard.press(key)
  const late = Symbol('late')
  let timer: NodeJS.Timeout | undefined
  const took = await Promise.race([
    page.evaluate(() => window.painted),
    new Promise<typeof late>((resolve) => {
      timer = setTimeout(resolve, longestWait, late)
    }),
  ])
  clearTimeout(timer)
  if (took !== late) return took
  const words = { frame: 'any frame', text: 'the next text', wave: 'the waveform' }[shown]
  throw new Error(`${key} was pressed, and ${words} did not come within ${longestWait / 1000} s.`)
}

async function timeKeys(page: Page, keys: readonly string[], rounds: number): Promise<number[]> {
  const times: number[] = []
  for (let round = 0; round <= rounds; round++)
    for (const key of keys) {
      const took = await timeKey(page, key, 'frame')
      if (round > 0) times.push(took)
    }
  return times
}

const keySets: readonly (readonly [what: string, keys: readonly string[]])[] = [
  ['move the caret', ['ArrowRight', 'ArrowDown', 'Control+ArrowRight', 'PageDown']],
  ['extend the selection', ['Shift+ArrowRight', 'Control+Shift+ArrowRight']],
  ['mark and rename', ['Space', '2', 'j', '3']],
  ['next span', ['j', 'k', 'j']],
  ['move an edge', ['Alt+ArrowRight', 'Alt+ArrowLeft']],
]

async function measure(origin: string): Promise<Line[]> {
  const browser = await openBrowser(['--disable-frame-rate-limit', '--disable-gpu-vsync'])
  try {
    const { page } = await openPage(browser)
    page.setDefaultTimeout(longestWait)
    const lines: Line[] = []
    // The runner's compiler names inner functions by a helper that the page does not have.
    await page.addInitScript('window.__name = (it) => it')
    say('reference: keys on a short text')
    await page.goto(`${origin}/?marked=no`)
    await page.getByRole('textbox').first().waitFor()
    const plain: number[] = []
    for (const [, keys] of keySets.slice(0, 2)) plain.push(...(await timeKeys(page, keys, rounds)))
    lines.push({ what: 'reference: keys on a short text, no spans', times: plain, reach: null })

    const long = `long=50000&items=${items + 1}&samples=${twoHours}&segments=500`
    await page.goto(`${origin}/?${long}`)
    await page.locator('[data-begins]').first().waitFor()
    for (const [what, keys] of keySets) {
      say(`keys: ${what}`)
      lines.push({
        what: `key → paint: ${what}`,
        times: await timeKeys(page, keys, rounds),
        reach: 16,
      })
    }
    say('next items')
    const next: number[] = []
    for (let item = 0; item < items; item++) next.push(await timeKey(page, 'Control+Enter', 'text'))
    lines.push({ what: 'next item → paint', times: next, reach: 100 })
    say('two-hour recording')
    lines.push({
      what: 'two-hour recording, 500 segments → waveform',
      times: [await timeKey(page, 'Control+Enter', 'wave')],
      reach: 300,
    })
    return lines
  } finally {
    await browser.close()
  }
}

function quantile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN
}

/** Measures, and prints a table or one JSON object. */
export async function run(json: boolean): Promise<void> {
  say('building the page')
  const voice = makeVoice(60, rate)
  const minute = finestPeaks(voice)
  const finest = new Int8Array((twoHours / 64) * 2)
  for (let at = 0; at < finest.length; at += minute.length)
    finest.set(minute.subarray(0, finest.length - at), at)
  const site = await serveSite(await buildBenchPage(), {
    '/sound.wav': { type: 'audio/wav', body: wavOf(voice, rate) },
    '/peaks.bin': {
      type: 'application/octet-stream',
      body: peaksFile(finest, rate, twoHours),
    },
  })
  try {
    const results = (await measure(site.origin)).map(({ what, times, reach }) => ({
      what,
      n: times.length,
      p50: Number(quantile(times, 0.5).toFixed(1)),
      p95: Number(quantile(times, 0.95).toFixed(1)),
      max: Number(Math.max(...times).toFixed(1)),
      reach,
      reached: reach === null ? null : quantile(times, 0.95) <= reach,
    }))
    if (json) console.log(JSON.stringify({ bench: 'bench-ui', unit: 'ms', results }))
    else console.table(results)
  } finally {
    await site.close()
  }
}
