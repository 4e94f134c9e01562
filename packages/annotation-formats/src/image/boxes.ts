import type { ImageShape, Item, Region, Source } from '../model.ts'
import { noteUncarried, type Feature } from '../leftovers.ts'
import type { Losses } from '../losses.ts'

/** A labelled shape of an image. */
export interface Shape {
  readonly region: Region
  readonly label: string
  readonly image: ImageShape
}

/** The box around a shape. */
export function boxOf(
  image: ImageShape,
): [left: number, top: number, width: number, height: number] {
  if ('box' in image) return [...image.box]
  const [xs, ys] = [image.polygon.map(([x]) => x), image.polygon.map(([, y]) => y)]
  const least = (all: readonly number[]) => all.reduce((a, b) => Math.min(a, b), Infinity)
  const most = (all: readonly number[]) => all.reduce((a, b) => Math.max(a, b), -Infinity)
  return [least(xs), least(ys), most(xs) - least(xs), most(ys) - least(ys)]
}

/** The labelled shapes of an item for a format of images, and a note of what they do not hold. */
export function shapesOf(
  item: Item,
  losses: Losses,
  carried: readonly Feature[] = [],
): { source: Source & { kind: 'image' }; shapes: Shape[] } | undefined {
  const { source, annotation, item_ref } = item
  if (source.kind !== 'image') {
    losses.note('kind', item_ref)
    return undefined
  }
  noteUncarried(item, losses, carried)
  const shapes = (annotation?.regions ?? []).flatMap((region): Shape[] => {
    const { anchor, label } = region
    if (!('image' in anchor)) losses.note('kind', `${item_ref}/${region.id}`)
    return 'image' in anchor && label !== undefined ? [{ region, label, image: anchor.image }] : []
  })
  return { source, shapes }
}

/** Keeps the noise of floating point out of coordinates: six decimals are far below any pixel. */
export function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6
}
