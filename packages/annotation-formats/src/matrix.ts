import type { Format } from './formats.ts'
import type { Item, Region } from './model.ts'
import { type LossCode, Losses } from './losses.ts'

/** A thing that annotations hold, by an item that holds it beside a plain labelled region. */
interface Probe {
  readonly feature: string
  readonly item: Item
}

const text = { kind: 'text', text: 'Ada sings.\nBo hears' } as const
const audio = { kind: 'audio', file: 'a.wav', rate: 8000 } as const
const image = { kind: 'image', file: 'a.png', width: 200, height: 100 } as const

const word: Region = { id: 'r1', anchor: { text: [[0, 3]] }, label: 'person' }
const other: Region = { id: 'r2', anchor: { text: [[4, 9]] }, label: 'act' }
const speech: Region = {
  id: 'r1',
  anchor: { audio: { from: 800, to: 1600 } },
  label: 'speech',
  transcripts: { transcript: 'hm' },
}
const box: Region = { id: 'r1', anchor: { image: { box: [10, 20, 40, 60] } }, label: 'lesion' }

function of(
  source: Item['source'],
  regions: readonly Region[],
  more: object = {},
  beside: object = {},
): Item {
  return { item_ref: 'q-17', source, annotation: { schema: 's@1', regions, ...more }, ...beside }
}

const probes: readonly Probe[] = [
  {
    feature: 'overlapping regions',
    item: of(text, [word, { ...other, anchor: { text: [[1, 9]] } }]),
  },
  {
    feature: 'regions in pieces',
    item: of(text, [
      {
        ...word,
        anchor: {
          text: [
            [0, 3],
            [4, 9],
          ],
        },
      },
    ]),
  },
  { feature: 'attributes', item: of(text, [{ ...word, attributes: { sure: 'yes' } }]) },
  {
    feature: 'relations',
    item: of(text, [word, other], { relations: [{ type: 'does', from: 'r1', to: 'r2' }] }),
  },
  { feature: 'answers', item: of(text, [word], { answers: { intent: 'play' } }) },
  { feature: 'exact text', item: of({ kind: 'text', text: 'Ada  sings' }, [word]) },
  { feature: 'segments of a recording', item: of(audio, [speech]) },
  {
    feature: 'speakers',
    item: of(audio, [{ ...speech, anchor: { audio: { from: 800, to: 1600 }, tier: 'agent' } }]),
  },
  {
    feature: 'overlapping speech',
    item: of(audio, [
      { ...speech, anchor: { audio: { from: 800, to: 1600 }, tier: 'agent' } },
      { ...speech, id: 'r2', anchor: { audio: { from: 1200, to: 2400 }, tier: 'agent' } },
    ]),
  },
  {
    feature: 'a second transcript',
    item: of(audio, [{ ...speech, transcripts: { transcript: 'hm', german: 'ähm' } }]),
  },
  { feature: 'boxes', item: of(image, [box]) },
  {
    feature: 'polygons',
    item: of(image, [
      {
        ...box,
        anchor: {
          image: {
            polygon: [
              [0, 0],
              [50, 0],
              [50, 50],
            ],
          },
        },
      },
    ]),
  },
  { feature: 'several annotations', item: of(text, [word]) },
  { feature: 'who made it', item: of(text, [word], {}, { by: 'A17' }) },
]

/** The features that the matrix has a row for. */
export const matrixFeatures: readonly string[] = probes.map(({ feature }) => feature)

/**
 * What a format loses of each feature: nothing (an empty list), these losses, or undefined where it
 * does not hold items of that kind at all. Found by writing, not by claim.
 */
export function lossesByFeature(
  format: Format,
): ReadonlyMap<string, readonly LossCode[] | undefined> {
  return new Map(probes.map(({ feature, item }) => [feature, lossesOf(format, item, feature)]))
}

function lossesOf(format: Format, item: Item, feature: string): readonly LossCode[] | undefined {
  if (!format.kinds.includes(item.source.kind)) return undefined
  const losses = new Losses()
  const writing = format.write({
    losses,
    out: () => {
      // Only what is lost is of interest here.
    },
  })
  writing.add(item)
  if (feature === 'several annotations')
    writing.add({ ...item, annotation: { schema: 's@1', regions: [] } })
  writing.end()
  return losses
    .list()
    .map(({ code }) => code)
    .sort()
}

/** The page that says what each format carries, as Markdown. */
export function matrixPage(
  formats: readonly Format[],
  words: Readonly<Record<LossCode, string>>,
): string {
  const rows = formats.map((format) => {
    const { name, title, layout, endings, counts } = format
    return `| \`${name}\` | ${title} | ${layout === 'folder' ? 'a folder' : layout === 'document' ? 'a file for each item' : 'one file'} (${endings.map((ending) => `\`${ending}\``).join(', ')}) | ${counts} |`
  })
  const seen = new Set<LossCode>()
  const tables = formats.map((format) => {
    const cells = [...lossesByFeature(format)].map(([feature, lost]) => {
      for (const code of lost ?? []) seen.add(code)
      return `| ${feature} | ${lost === undefined ? 'not of its kind' : lost.length === 0 ? 'kept' : lost.map((code) => `\`${code}\``).join(', ')} |`
    })
    return `### ${format.title}\n\n| Feature | What becomes of it |\n| --- | --- |\n${cells.join('\n')}\n`
  })
  const meanings = Object.entries(words).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`)
  return `# What each format carries

This page is written by the writers themselves: each was given an item with the feature and said what
it lost. A test compares the page with them.

| Name | Format | Files | Counts |
| --- | --- | --- | --- |
${rows.join('\n')}

## Losses

| Loss | Meaning |
| --- | --- |
${meanings.join('\n')}

## Format by format

${tables.join('\n')}`
}
