import { documentWriter } from '../documents.ts'
import type { Item, Region } from '../model.ts'
import { addTo } from '../groups.ts'
import { noteUncarried } from '../leftovers.ts'
import { fileNameOf } from '../names.ts'
import type { Writer, WriteOptions } from '../writing.ts'
import { escapeXml, isXmlText, xmlTag } from '../xml.ts'
import { layerOf } from './segments.ts'

interface Line {
  readonly region: Region
  readonly from: number
  readonly to: number
}

/**
 * Writes ELAN's EAF 3.0 for each item, in whole milliseconds. Overlapping regions of a tier go to
 * further tiers (`agent#2`); attributes are lost. No path, author or date stands in it.
 */
export const writeEaf: Writer = documentWriter((options) => ({
  write(item) {
    const { losses, out, schema } = options
    if (item.source.kind !== 'audio') {
      losses.note('kind', item.item_ref)
      return false
    }
    noteUncarried(item, losses, ['tiers', 'transcripts', 'label-missing'])
    const document = new EafWriter(item, item.source.rate, layerOf(schema), options).document()
    out(`${fileNameOf(item.item_ref, losses)}.eaf`, document)
    return true
  },
}))

class EafWriter {
  readonly #item: Item
  readonly #rate: number
  readonly #layer: string
  readonly #options: WriteOptions
  readonly #slots: number[] = []
  #ids = 0

  constructor(item: Item, rate: number, layer: string, options: WriteOptions) {
    this.#item = item
    this.#rate = rate
    this.#layer = layer
    this.#options = options
  }

  document(): string {
    const tiers = [...this.#tiers()].map(([name, lines]) => this.#tier(name, lines)).join('')
    const slots = this.#slots.map((at, place) =>
      xmlTag('TIME_SLOT', { TIME_SLOT_ID: `ts${place + 1}`, TIME_VALUE: at }),
    )
    const head = {
      AUTHOR: '',
      DATE: '1970-01-01T00:00:00+00:00',
      FORMAT: '3.0',
      VERSION: '3.0',
      'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
      'xsi:noNamespaceSchemaLocation': 'http://www.mpi.nl/tools/elan/EAFv3.0.xsd',
    }
    const inside = [
      xmlTag('HEADER', { MEDIA_FILE: '', TIME_UNITS: 'milliseconds' }),
      xmlTag('TIME_ORDER', {}, slots.join('')),
      tiers,
      xmlTag('LINGUISTIC_TYPE', {
        LINGUISTIC_TYPE_ID: 'said',
        TIME_ALIGNABLE: 'true',
        GRAPHIC_REFERENCES: 'false',
      }),
      xmlTag('LINGUISTIC_TYPE', {
        LINGUISTIC_TYPE_ID: 'more',
        TIME_ALIGNABLE: 'false',
        CONSTRAINTS: 'Symbolic_Association',
        GRAPHIC_REFERENCES: 'false',
      }),
      xmlTag('CONSTRAINT', {
        STEREOTYPE: 'Symbolic_Association',
        DESCRIPTION: '1-1 association with a parent annotation',
      }),
    ]
    return `<?xml version="1.0" encoding="UTF-8"?>\n${xmlTag('ANNOTATION_DOCUMENT', head, `\n${inside.join('\n')}\n`)}\n`
  }

  #tiers(): Map<string, Line[]> {
    const lines = (this.#item.annotation?.regions ?? []).flatMap((region): Line[] => {
      const place = `${this.#item.item_ref}/${region.id}`
      if (!('audio' in region.anchor)) {
        this.#options.losses.note('kind', place)
        return []
      }
      this.#noteOdd(region, place)
      return [{ region, ...region.anchor.audio }]
    })
    const tiers = new Map<string, Line[]>()
    const ends = new Map<string, number[]>()
    for (const line of lines.sort((a, b) => a.from - b.from || a.to - b.to)) {
      const tier = 'audio' in line.region.anchor ? (line.region.anchor.tier ?? '-') : '-'
      const layers = ends.get(tier) ?? []
      const free = layers.findIndex((end) => end <= line.from)
      const place = free < 0 ? layers.length : free
      layers[place] = Math.max(line.to, line.from + 1)
      ends.set(tier, layers)
      const name = place === 0 ? tier : `${tier}#${place + 1}`
      addTo(tiers, name, line)
    }
    return tiers
  }

  #noteOdd({ anchor, label, transcripts = {} }: Region, place: string): void {
    const { losses } = this.#options
    const texts = Object.entries(transcripts)
    const tier = 'audio' in anchor ? (anchor.tier ?? '') : ''
    if (texts.some(([, text]) => text === '')) losses.note('transcripts', place)
    if (![tier, label ?? '', ...texts.flat()].every(isXmlText)) losses.note('values', place)
    if (
      tier === '-' ||
      /#\d+$/.test(tier) ||
      texts.some(([layer]) => layer === 'label' || layer.includes('/'))
    )
      losses.note('names', place)
  }

  #slot(sample: number, place: string): string {
    const milliseconds = (sample * 1000) / this.#rate
    if (!Number.isInteger(milliseconds)) this.#options.losses.note('times', place)
    return `ts${this.#slots.push(Math.round(milliseconds))}`
  }

  #tier(name: string, lines: readonly Line[]): string {
    const more = new Map<string, string[]>()
    const own = lines.map(({ region, from, to }) => {
      const place = `${this.#item.item_ref}/${region.id}`
      const id = `a${++this.#ids}`
      const said = Object.entries(region.transcripts ?? {}).filter(
        ([layer]) => layer !== this.#layer,
      )
      if (region.label !== undefined) said.push(['label', region.label])
      for (const [layer, text] of said) {
        const referring = xmlTag(
          'REF_ANNOTATION',
          { ANNOTATION_ID: `a${++this.#ids}`, ANNOTATION_REF: id },
          value(text),
        )
        addTo(more, layer, xmlTag('ANNOTATION', {}, referring))
      }
      const slots = {
        TIME_SLOT_REF1: this.#slot(from, place),
        TIME_SLOT_REF2: this.#slot(to, place),
      }
      const text = region.transcripts?.[this.#layer] ?? ''
      return xmlTag(
        'ANNOTATION',
        {},
        xmlTag('ALIGNABLE_ANNOTATION', { ANNOTATION_ID: id, ...slots }, value(text)),
      )
    })
    const tier = xmlTag('TIER', { LINGUISTIC_TYPE_REF: 'said', TIER_ID: name }, own.join('\n'))
    const below = [...more].map(([layer, annotations]) =>
      xmlTag(
        'TIER',
        { LINGUISTIC_TYPE_REF: 'more', PARENT_REF: name, TIER_ID: `${name}/${layer}` },
        annotations.join('\n'),
      ),
    )
    return `${[tier, ...below].join('\n')}\n`
  }
}

function value(text: string): string {
  return `<ANNOTATION_VALUE>${escapeXml(text)}</ANNOTATION_VALUE>`
}
