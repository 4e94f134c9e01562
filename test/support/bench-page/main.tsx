import { Frame } from '../../../src/web/kit/frame.tsx'
import { useMessages } from '../../../src/web/kit/words.tsx'
import { layWatermark } from '../../../src/web/kit/watermark.ts'
import { languages } from '../../../src/web/locales/messages.gen.ts'
import { BenchPage } from '../../../src/web/pages/bench/bench-page.tsx'
import { Application, openRoot } from '../../../src/web/root.tsx'
import { audioItem, longItem, textItem } from './items.ts'
import { MemoryApi } from './memory-api.ts'

declare global {
  interface Window {
    benchApi: MemoryApi
  }
}

const asked = new URLSearchParams(location.search)
const language = languages.find((one) => one === asked.get('language')) ?? 'en'
const theme = asked.get('theme') === 'dark' ? 'dark' : 'light'
const mode = asked.get('mode') === 'review' ? 'review' : 'annotate'
const long = Number(asked.get('long') ?? '0')

const samples = Number(asked.get('samples') ?? '0')

const recording = audioItem('0901', 16_000, samples, Number(asked.get('segments') ?? '5'))
const texts =
  long > 0
    ? Array.from({ length: Number(asked.get('items') ?? '6') }, (_, n) =>
        longItem(String(n + 1), long, 1000),
      )
    : [
        textItem('0417', language, { mode, marked: asked.get('marked') !== 'no' }),
        textItem('0418', language, { mode }),
      ]
const api = new MemoryApi(samples === 0 ? texts : long > 0 ? [...texts, recording] : [recording])
window.benchApi = api

function Page() {
  const { bench } = useMessages()
  return (
    <Frame
      places={[{ id: 'bench', words: bench.bench(), address: '/' }]}
      link={({ address, words }) => (
        <a href={address} aria-current="page">
          {words}
        </a>
      )}
      notice=""
      end={<bdi>A-104 · WS-3</bdi>}
    >
      <BenchPage api={api} />
    </Frame>
  )
}

openRoot(
  <Application setting={{ language, theme }}>
    <Page />
  </Application>,
)
layWatermark(() => 'A-104 · WS-3 · 20:41')
