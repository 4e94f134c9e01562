import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collect, converted } from '../../../test/support/conversion.ts'
import {
  formats,
  type Item,
  Losses,
  parseLabelConfig,
  parseLabelSchema,
  type Region,
  writeLabelConfig,
} from './index.ts'

/** What a page would run, were it ever taken for markup. */
const hostile = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<svg/onload=alert(1)>',
  '<a href="javascript:alert(1)">Ada</a>',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  '<style>@import url(//elsewhere/x.css)</style>',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '<!--><script>alert(1)</script>-->',
  ']]><script>alert(1)</script>',
]

/** Formats that a program may take for markup: nothing that came as text may be a tag in them. */
const marked = ['uima-cas-xmi', 'eaf', 'voc', 'webvtt']

function itemOf(kind: 'text' | 'audio' | 'image', said: string): Item {
  const item = (source: Item['source'], region: Omit<Region, 'id' | 'label'>): Item => ({
    item_ref: 'q-1',
    source,
    annotation: { schema: 's@1', regions: [{ id: 'r1', label: said, ...region }] },
  })
  if (kind === 'text') return item({ kind, text: said }, { anchor: { text: [[0, 3]] } })
  if (kind === 'audio') {
    const anchor = { audio: { from: 0, to: 8000 }, tier: said }
    return item({ kind, rate: 8000 }, { anchor, transcripts: { transcript: said } })
  }
  const anchor = { image: { box: [1, 2, 3, 4] as const } }
  return item({ kind, file: 'a.png', width: 9, height: 9 }, { anchor })
}

for (const { name, kinds, write, read } of formats)
  test(`AF67 ${name} neither runs, repairs nor passes on as markup what came as text`, async () => {
    for (const said of hostile)
      for (const kind of ['text', 'audio', 'image'] as const) {
        if (!kinds.includes(kind)) continue
        const item = itemOf(kind, said)
        const { files, losses } = converted(write, [item])
        if (marked.includes(name))
          for (const bytes of Object.values(files))
            assert.doesNotMatch(
              Buffer.from(bytes).toString('utf8'),
              /<(script|img|svg|iframe|style|a)\b/i,
              said,
            )
        if (name === 'label-studio-min') continue
        const back = await collect(read, files, { rate: 8000 })
        if (losses.length + back.losses.length > 0) continue
        if (kind === 'text') assert.deepEqual(back.items[0]?.source, item.source)
        const { label, transcripts } = back.items[0]?.annotation?.regions[0] ?? {}
        assert.deepEqual([label, transcripts], [said, item.annotation?.regions[0]?.transcripts])
      }
  })

test('AF67 a WebVTT cue keeps its words; tags and what they say are left behind', async () => {
  const cue =
    'WEBVTT\n\n00:00.000 --> 00:01.000\n<v Ada><b onclick=x>good</b> <script>morning</script> &lt;i&gt;</v>\n'
  const format = formats.find(({ name }) => name === 'webvtt')
  assert.ok(format !== undefined)
  const { items, losses } = await collect(format.read, { 'a.vtt': cue }, { rate: 8000 })
  assert.deepEqual(items[0]?.annotation?.regions[0], {
    id: 'r1',
    anchor: { audio: { from: 0, to: 8000 }, tier: 'Ada' },
    transcripts: { transcript: 'good morning <i>' },
  })
  assert.deepEqual(
    losses.map(({ code }) => code),
    ['style'],
  )
})

test('AF67 markup, styles and scripts of a label configuration stay behind, and none is written', () => {
  const losses = new Losses()
  const { schema } = parseLabelConfig(
    `<View style="background:url(//elsewhere)"><Style>@import url(//elsewhere/x.css)</Style>
      <Header value="&lt;script&gt;alert(1)&lt;/script&gt;"/><HyperText name="t" value="$html"/>
      <HyperTextLabels name="l" toName="t"><Label value="&lt;img src=x onerror=alert(1)&gt;"/></HyperTextLabels>
      <Choices name="c" toName="t"><Choice value="a" html="&lt;script&gt;alert(1)&lt;/script&gt;"/></Choices></View>`,
    'hostile',
    losses,
  )
  assert.deepEqual(
    losses.list().map(({ code }) => code),
    ['style'],
  )
  assert.ok(
    !JSON.stringify(schema).includes('script') && !JSON.stringify(schema).includes('elsewhere'),
  )
  assert.deepEqual(
    schema.labels.map(({ name }) => name),
    ['<img src=x onerror=alert(1)>'],
  )
  const written = writeLabelConfig(schema, new Losses())
  assert.doesNotMatch(written, /<(script|img|style|header)\b/i)
  const parsed = parseLabelSchema(JSON.parse(JSON.stringify(schema)))
  assert.ok(parsed.ok)
})

test('AF67 the text of a Label Studio HyperText is its source, exactly, and regions by path are lost', async () => {
  const html = '<p>Ada <b>sings</b><script>alert(1)</script></p>'
  const value = {
    start: '/p[1]/text()[1]',
    end: '/p[1]/text()[1]',
    startOffset: 0,
    endOffset: 3,
    globalOffsets: { start: 0, end: 3 },
    hypertextlabels: ['x'],
  }
  const task = {
    id: 1,
    data: { html },
    annotations: [{ result: [{ id: 'r', from_name: 'l', type: 'hypertextlabels', value }] }],
  }
  const { controls } = parseLabelConfig(
    '<View><HyperText name="t" value="$html"/><HyperTextLabels name="l" toName="t"><Label value="x"/></HyperTextLabels></View>',
    'html',
    new Losses(),
  )
  const format = formats.find(({ name }) => name === 'label-studio')
  assert.ok(format !== undefined)
  const { items, losses } = await collect(
    format.read,
    { 'a.json': JSON.stringify([task]) },
    { controls },
  )
  assert.deepEqual(items[0]?.source, { kind: 'text', text: html })
  assert.deepEqual(
    [items[0].annotation?.regions, losses.map(({ code }) => code)],
    [[], ['unknown']],
  )
})
