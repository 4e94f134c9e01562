import type { Item, Region } from '../model.ts'
import { isObject, isTorn } from '../checked.ts'
import { InputFault, type Reader, type ReadOptions } from '../reading.ts'
import { readWhole } from '../bytes.ts'
import { annotationFrom } from '../spans-json.ts'
import type { Writer } from '../writing.ts'
import { boxOf, shapesOf } from './boxes.ts'

/**
 * Reads COCO's object annotations (cocodataset.org, format data): boxes, and segmentations of one
 * polygon. A file is held whole, at most 256 MiB, because its images stand apart from its
 * annotations. Masks, crowds and keypoints are left out.
 */
export const readCoco: Reader = async function* (input, options) {
  for (const file of input.names) {
    const text = await readWhole(input.open(file), file)
    yield* new CocoReader(file, options).items(text)
  }
}

type Entry = Readonly<Record<string, unknown>>

class CocoReader {
  readonly #file: string
  readonly #options: ReadOptions

  constructor(file: string, options: ReadOptions) {
    this.#file = file
    this.#options = options
  }

  *items(text: string): Generator<Item> {
    const root = this.#parsed(text)
    const names = new Map<unknown, string>()
    for (const { id, name } of this.#list(root, 'categories'))
      if (typeof name === 'string') names.set(id, name)
    const byImage = new Map<unknown, Entry[]>()
    for (const annotation of this.#list(root, 'annotations')) {
      const known = byImage.get(annotation['image_id'])
      if (known === undefined) byImage.set(annotation['image_id'], [annotation])
      else known.push(annotation)
    }
    for (const image of this.#list(root, 'images')) {
      const item = this.#item(image, byImage.get(image['id']) ?? [], names)
      if (item !== undefined) yield item
    }
  }

  #parsed(text: string): Entry {
    try {
      const root: unknown = JSON.parse(text)
      if (isObject(root)) return root
    } catch {
      // Refused below, with the same words.
    }
    throw new InputFault(this.#file, '', 'is not a JSON object')
  }

  #list(root: Entry, name: string): Entry[] {
    const list = root[name]
    if (!Array.isArray(list) || !list.every(isObject))
      throw new InputFault(this.#file, '', `has no list of ${name}`)
    return list
  }

  #item(
    { id, file_name: name, width, height, item_ref }: Entry,
    entries: readonly Entry[],
    names: ReadonlyMap<unknown, string>,
  ): Item | undefined {
    const place = `image ${String(typeof id === 'number' ? id : '?')}`
    try {
      const size = [width, height].every((side) => Number.isInteger(side) && Number(side) > 0)
        ? { width: Number(width), height: Number(height) }
        : {}
      const file = typeof name === 'string' && name !== '' && !isTorn(name) ? { file: name } : {}
      const source = { kind: 'image', ...file, ...size } as const
      const regions = entries.flatMap((entry) => this.#region(entry, names, place))
      const ref =
        typeof item_ref === 'string' && item_ref !== ''
          ? item_ref
          : typeof id === 'number'
            ? String(id)
            : (file.file ?? '?')
      return {
        item_ref: ref,
        source,
        annotation: annotationFrom(source, this.#options, { regions }),
      }
    } catch (error) {
      if (!(error instanceof InputFault)) throw error
      this.#options.refuse(error)
      return undefined
    }
  }

  #region(
    { id, bbox, segmentation, category_id, iscrowd }: Entry,
    names: ReadonlyMap<unknown, string>,
    place: string,
  ): Region[] {
    const label = names.get(category_id)
    const fault = (reason: string) => new InputFault(this.#file, place, reason)
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
    const name = typeof id === 'number' ? String(id) : `region-${place}`
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
export const writeCoco: Writer = ({ out, losses }) => {
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

const mostImages = 5_000_000

/** The area of a polygon (the shoelace formula). */
function areaOf(polygon: readonly (readonly [number, number])[]): number {
  const twice = polygon.reduce((sum, [x, y], place) => {
    const [nextX, nextY] = polygon[(place + 1) % polygon.length] ?? [0, 0]
    return sum + x * nextY - nextX * y
  }, 0)
  return Math.abs(twice) / 2
}
