import type { Item, Region } from '../model.ts'
import { isObject, isTorn } from '../checked.ts'
import { longestRecord, readWhole } from '../bytes.ts'
import { addTo } from '../groups.ts'
import { ItemRefs } from '../item-refs.ts'
import {
  attemptReading,
  attemptRecord,
  InputFault,
  type Reader,
  type ReadOptions,
} from '../reading.ts'
import { annotationFrom } from '../spans-json.ts'
import type { Writer } from '../writing.ts'
import { boxOf, shapesOf } from './boxes.ts'

/**
 * Reads COCO's object annotations (cocodataset.org, format data): boxes, and segmentations of one
 * polygon. A file is held whole, at most 256 MiB, because its images stand apart from its
 * annotations. Masks, crowds and keypoints are left out.
 */
export const readCoco: Reader = cocoReader(longestRecord)

/** The reader of COCO files of at most so many bytes. */
export function cocoReader(mostBytes: number): Reader {
  return async function* (input, options) {
    const refs = new ItemRefs()
    for (const file of input.names) {
      const images = await attemptReading(options, async () => {
        const text = await readWhole(input.open(file), file, mostBytes)
        return new CocoFile(text, file, options)
      })
      for (const { item, fault } of images?.items() ?? [])
        if (refs.take(item, options, fault)) yield item
    }
  }
}

type Entry = Readonly<Record<string, unknown>>

interface CocoImage {
  readonly item: Item
  readonly fault: (reason: string) => InputFault
}

class CocoFile {
  readonly #file: string
  readonly #options: ReadOptions
  readonly #images: readonly Entry[]
  readonly #names = new Map<unknown, string>()
  readonly #byImage = new Map<unknown, Entry[]>()

  constructor(text: string, file: string, options: ReadOptions) {
    this.#file = file
    this.#options = options
    const root = this.#parsed(text)
    for (const { id, name } of this.#list(root, 'categories')) {
      if (this.#names.has(id)) throw this.#fault(`category ${numbered(id)}`, secondTime)
      if (typeof name === 'string') this.#names.set(id, name)
    }
    const ids = new Set<unknown>()
    for (const annotation of this.#list(root, 'annotations')) {
      const { id, image_id: image } = annotation
      if (id !== undefined && ids.has(id))
        options.refuse(this.#fault(`annotation ${numbered(id)}`, secondTime))
      else addTo(this.#byImage, image, annotation)
      ids.add(id)
    }
    this.#images = this.#list(root, 'images')
  }

  *items(): Generator<CocoImage> {
    const ids = new Set<unknown>()
    for (const image of this.#images) {
      const { id } = image
      const fault = (reason: string) => this.#fault(`image ${numbered(id)}`, reason)
      const item = attemptRecord(this.#options, () => {
        if (ids.has(id)) throw fault(secondTime)
        ids.add(id)
        return this.#item(image, this.#byImage.get(id) ?? [], fault)
      })
      if (item !== undefined) yield { item, fault }
    }
    for (const [id, [first]] of this.#byImage)
      if (!ids.has(id))
        this.#options.refuse(
          this.#fault(`annotation ${numbered(first?.['id'])}`, 'is of an image that is not listed'),
        )
  }

  #fault(place: string, reason: string): InputFault {
    return new InputFault(this.#file, place, reason)
  }

  #parsed(text: string): Entry {
    try {
      const root: unknown = JSON.parse(text)
      if (isObject(root)) return root
    } catch {
      // Refused below, with the same words.
    }
    throw this.#fault('', 'is not a JSON object, or is cut off')
  }

  #list(root: Entry, name: string): Entry[] {
    const list = root[name]
    if (!Array.isArray(list) || !list.every(isObject))
      throw this.#fault('', `has no list of ${name}`)
    return list
  }

  #item(
    { id, file_name: name, width, height, item_ref }: Entry,
    entries: readonly Entry[],
    fault: (reason: string) => InputFault,
  ): Item {
    const size = [width, height].every((side) => Number.isInteger(side) && Number(side) > 0)
      ? { width: Number(width), height: Number(height) }
      : {}
    const file = typeof name === 'string' && name !== '' && !isTorn(name) ? { file: name } : {}
    const source = { kind: 'image', ...file, ...size } as const
    const place = `image ${numbered(id)}`
    const regions = entries.flatMap((entry, at) => this.#region(entry, at, place, fault))
    const ref =
      typeof item_ref === 'string' && item_ref !== ''
        ? item_ref
        : typeof id === 'number'
          ? String(id)
          : (file.file ?? '?')
    return { item_ref: ref, source, annotation: annotationFrom(source, this.#options, { regions }) }
  }

  #region(
    { id, bbox, segmentation, category_id, iscrowd }: Entry,
    at: number,
    place: string,
    fault: (reason: string) => InputFault,
  ): Region[] {
    const label = this.#names.get(category_id)
    if (label === undefined) throw fault('has a category that is not listed')
    if (iscrowd === 1 || isObject(segmentation)) {
      this.#options.losses.note('unknown', place)
      return []
    }
    const polygons = Array.isArray(segmentation)
      ? (segmentation as unknown[]).map((each) => numbersIn(each))
      : []
    const [only] = polygons
    if (polygons.length > 1) this.#options.losses.note('shape', place)
    const name = typeof id === 'number' ? String(id) : `region-${at + 1}`
    if (polygons.length === 1 && only !== undefined && only.length >= 6 && only.length % 2 === 0) {
      const polygon = only.flatMap((x, at): [number, number][] =>
        at % 2 === 0 ? [[x, only[at + 1] ?? 0]] : [],
      )
      return [{ id: name, anchor: { image: { polygon } }, label }]
    }
    const [left, top, width, height, ...more] = numbersIn(bbox) ?? []
    if (
      left === undefined ||
      top === undefined ||
      width === undefined ||
      height === undefined ||
      more.length > 0 ||
      width < 0 ||
      height < 0
    )
      throw fault('has a box that is not four numbers')
    return [{ id: name, anchor: { image: { box: [left, top, width, height] } }, label }]
  }
}

const secondTime = 'has an id that was given before'

function numbered(id: unknown): string {
  return typeof id === 'number' ? String(id) : '?'
}

function numbersIn(value: unknown): number[] | undefined {
  if (!Array.isArray(value)) return undefined
  const numbers = value.filter(
    (each): each is number => typeof each === 'number' && Number.isFinite(each),
  )
  return numbers.length === value.length ? numbers : undefined
}

/**
 * Writes COCO's object annotations. Images and categories are held until the end, shapes are not: a
 * file takes 5,000,000 images, past which an `InputFault` ends the writing.
 */
export const writeCoco: Writer = cocoWriter(5_000_000)

/** The writer of COCO files of at most so many images. */
export function cocoWriter(mostImages: number): Writer {
  return ({ out, losses }) => {
    const images = new Map<string, object>()
    const categories = new Map<string, number>()
    let count = 0
    const open = () => {
      if (count === 0 && images.size === 0) out('', '{"annotations":[')
    }
    return {
      add(item) {
        const { item_ref } = item
        const found = shapesOf(item, losses, ['samples', 'unlabelled'])
        if (found === undefined) return
        if (images.has(item_ref)) {
          losses.note('several-annotations', item_ref)
          return
        }
        if (images.size >= mostImages)
          throw new InputFault(item_ref, '', `is past the ${mostImages} images of one COCO file`)
        open()
        const { file = item_ref, width, height } = found.source
        const id = images.size + 1
        images.set(item_ref, {
          id,
          file_name: file,
          ...(width === undefined ? {} : { width }),
          ...(height === undefined ? {} : { height }),
          item_ref,
        })
        for (const { label, image } of found.shapes) {
          const category = categories.get(label) ?? categories.size + 1
          categories.set(label, category)
          const box = boxOf(image)
          const isShape = 'polygon' in image && image.polygon.length >= 3
          if ('polygon' in image && !isShape) losses.note('shape', item_ref)
          const segmentation = isShape ? [image.polygon.flat()] : []
          const area = isShape ? areaOf(image.polygon) : box[2] * box[3]
          const entry = {
            id: ++count,
            image_id: id,
            category_id: category,
            bbox: box,
            area,
            iscrowd: 0,
            segmentation,
          }
          out('', `${count > 1 ? ',' : ''}\n${JSON.stringify(entry)}`)
        }
      },
      end() {
        open()
        const named = [...categories].map(([name, id]) => ({ id, name }))
        out(
          '',
          `\n],\n"images":${JSON.stringify([...images.values()])},\n"categories":${JSON.stringify(named)}}\n`,
        )
      },
    }
  }
}

/** The area of a polygon (the shoelace formula). */
function areaOf(polygon: readonly (readonly [number, number])[]): number {
  const twice = polygon.reduce((sum, [x, y], place) => {
    const [nextX, nextY] = polygon[(place + 1) % polygon.length] ?? [0, 0]
    return sum + x * nextY - nextX * y
  }, 0)
  return Math.abs(twice) / 2
}
