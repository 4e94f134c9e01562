import type { Item, Region } from '../model.ts'
import { ItemRefs } from '../item-refs.ts'
import type { Losses } from '../losses.ts'
import { fileNameOf, itemRefOf } from '../names.ts'
import {
  attemptReading,
  InputFault,
  type InputFiles,
  type Reader,
  type ReadOptions,
} from '../reading.ts'
import { readWhole } from '../bytes.ts'
import { linesOf } from '../records.ts'
import { annotationFrom } from '../spans-json.ts'
import type { Writer } from '../writing.ts'
import { rounded, shapesOf } from './boxes.ts'

/** Where we keep the sizes of images, which labels in shares of a size need and YOLO does not hold. */
const sizesFile = 'sizes.txt'

/**
 * Reads a YOLO folder: `classes.txt` (or the `names` of `data.yaml`) and a `.txt` for each image
 * with boxes by their centre or polygons, in shares of the image. Sizes stand in `sizes.txt`
 * (`name width height`); regions of an image without one are left out.
 */
export const readYolo: Reader = async function* (input, options) {
  const classes = await classesIn(input)
  const sizes = await sizesIn(input)
  const refs = new ItemRefs()
  for (const name of input.names) {
    if (!name.endsWith('.txt') || name === 'classes.txt' || name === sizesFile) continue
    const item = await attemptReading(options, async () =>
      itemOf(name, await readWhole(input.open(name), name), classes, sizes, options),
    )
    const fault = (reason: string) => new InputFault(name, '', reason)
    if (item !== undefined && refs.take(item, options, fault)) yield item
  }
}

async function classesIn(input: InputFiles): Promise<string[]> {
  if (input.names.includes('classes.txt'))
    return (await readWhole(input.open('classes.txt'), 'classes.txt'))
      .split(/\r\n|\n|\r/)
      .filter((line) => line !== '')
  const yaml = input.names.includes('data.yaml')
    ? await readWhole(input.open('data.yaml'), 'data.yaml')
    : ''
  // The one part of the file that matters, in the two ways in which it is written.
  const [, inline] = /^names:\s*\[(.*)\]\s*$/m.exec(yaml) ?? []
  if (inline !== undefined)
    return inline.split(',').map((name) => name.trim().replace(/^(['"])(.*)\1$/, '$2'))
  const [, block = ''] = /^names:\s*\n((?:\s+\S.*\n?)+)/m.exec(yaml) ?? []
  const names = block
    .split('\n')
    .flatMap((line) => /^\s+(?:-|\d+:)\s*(.+?)\s*$/.exec(line)?.[1] ?? [])
  if (names.length === 0)
    throw new InputFault('classes.txt', '', 'is not there, and no data.yaml names classes')
  return names.map((name) => name.replace(/^(['"])(.*)\1$/, '$2'))
}

async function sizesIn(input: InputFiles): Promise<Map<string, [number, number]>> {
  const sizes = new Map<string, [number, number]>()
  if (!input.names.includes(sizesFile)) return sizes
  const text = await readWhole(input.open(sizesFile), sizesFile)
  for (const line of linesOf(text)) {
    const [, name, width, height] = /^(\S+) (\d{1,7}) (\d{1,7})$/.exec(line) ?? []
    if (name !== undefined) sizes.set(name, [Number(width), Number(height)])
  }
  return sizes
}

/** The name of an image's file, apart from those of the folder's own files. */
function imageName(item_ref: string, losses: Losses): string {
  const name = fileNameOf(item_ref, losses)
  return /^(classes|sizes)$/.test(name) ? name.replace(/^./, (sign) => `%${hexOf(sign)}`) : name
}

function hexOf(sign: string): string {
  return sign.charCodeAt(0).toString(16)
}

function itemOf(
  name: string,
  text: string,
  classes: readonly string[],
  sizes: ReadonlyMap<string, [number, number]>,
  options: ReadOptions,
): Item {
  const item_ref = itemRefOf(name)
  const size = sizes.get(imageName(item_ref, options.losses))
  const source = {
    kind: 'image',
    ...(size === undefined ? {} : { width: size[0], height: size[1] }),
  } as const
  const regions = linesOf(text).flatMap((line, at): Region[] => {
    if (line.trim() === '') return []
    const fault = (reason: string) => new InputFault(name, `line ${at + 1}`, reason)
    const numbers = line.trim().split(/\s+/).map(Number)
    const [category = -1, ...shares] = numbers
    const label = classes[category]
    if (label === undefined) throw fault('has a class that is not named')
    if (!shares.every((share) => share >= 0 && share <= 1))
      throw fault('has a place outside 0 to 1')
    if (size === undefined) {
      options.losses.note('image-size', `${item_ref}, line ${at + 1}`)
      return []
    }
    return [{ id: `r${at + 1}`, anchor: { image: shapeIn(shares, size, fault) }, label }]
  })
  return { item_ref, source, annotation: annotationFrom(source, options, { regions }) }
}

function shapeIn(
  shares: readonly number[],
  [width, height]: [number, number],
  fault: (reason: string) => InputFault,
) {
  const [x = 0, y = 0, wide = 0, high = 0] = shares
  if (shares.length === 4)
    return {
      box: [
        rounded((x - wide / 2) * width),
        rounded((y - high / 2) * height),
        rounded(wide * width),
        rounded(high * height),
      ] as const,
    }
  if (shares.length < 6 || shares.length % 2 !== 0) throw fault('has neither a box nor a polygon')
  const polygon = shares.flatMap((share, at): [number, number][] =>
    at % 2 === 0 ? [[rounded(share * width), rounded((shares[at + 1] ?? 0) * height)]] : [],
  )
  return { polygon }
}

/** Writes a YOLO folder: `classes.txt`, `sizes.txt` and a `.txt` for each image. */
export const writeYolo: Writer = ({ out, losses, schema }) => {
  const classes = new Map((schema?.labels ?? []).map(({ name }, place) => [name, place]))
  const written = new Set<string>()
  return {
    add(item) {
      const { item_ref } = item
      const found = shapesOf(item, losses, ['samples', 'unlabelled'])
      if (found === undefined) return
      const name = imageName(item_ref, losses)
      if (written.has(name)) {
        losses.note('several-annotations', item_ref)
        return
      }
      written.add(name)
      const { width, height, file } = found.source
      if (file !== undefined) losses.note('names', item_ref)
      if (width === undefined || height === undefined) {
        if (found.shapes.length > 0) losses.note('image-size', item_ref)
        out(`${name}.txt`, '')
        return
      }
      out(sizesFile, `${name} ${width} ${height}\n`)
      const lines = found.shapes.flatMap(({ label, image, region }) => {
        const category = classes.get(label) ?? classes.size
        classes.set(label, category)
        if (/[\r\n]/.test(label) || label !== label.trim())
          losses.note('names', `${item_ref}/${region.id}`)
        const shares =
          'box' in image
            ? centred(image.box, width, height)
            : image.polygon.flatMap(([x, y]) => [x / width, y / height])
        const isInside = shares.every((share) => share >= 0 && share <= 1)
        if (!isInside || ('polygon' in image && image.polygon.length < 3)) {
          losses.note('shape', `${item_ref}/${region.id}`)
          return []
        }
        return [`${category} ${shares.map((share) => Number(share.toFixed(12))).join(' ')}\n`]
      })
      out(`${name}.txt`, lines.join(''))
    },
    end() {
      out(
        'classes.txt',
        [...classes.keys()].map((name) => `${name.replaceAll(/[\r\n]/g, ' ')}\n`).join(''),
      )
    },
  }
}

function centred(
  [left, top, wide, high]: readonly [number, number, number, number],
  width: number,
  height: number,
): number[] {
  return [(left + wide / 2) / width, (top + high / 2) / height, wide / width, high / height]
}
