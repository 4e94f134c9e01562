import type { Item, Region } from '../model.ts'
import { fileNameOf, itemRefOf } from '../names.ts'
import { documentReader, documentWriter } from '../documents.ts'
import { InputFault, type Reader, type ReadOptions } from '../reading.ts'
import { annotationFrom } from '../spans-json.ts'
import type { Writer } from '../writing.ts'
import { childrenNamed, escapeXml, isXmlText, parseXml, type XmlElement } from '../xml.ts'
import { boxOf, rounded, shapesOf } from './boxes.ts'

/**
 * Reads a folder of Pascal VOC annotations, an `.xml` for each image. Pixels are counted from 0, as
 * most tools write them; the first data sets counted from 1. Parts, poses and flags are left out,
 * and so is the folder that a file says it came from.
 */
export const readVoc: Reader = documentReader((text, file, options) =>
  itemOf(parseXml(text, file), file, options),
)

function textOf(element: XmlElement, name: string): string | undefined {
  return childrenNamed(element, name)[0]?.text.trim()
}

function itemOf(root: XmlElement, file: string, options: ReadOptions): Item {
  if (root.name !== 'annotation')
    throw new InputFault(file, 'line 1', 'is no annotation of Pascal VOC')
  const item_ref = itemRefOf(file)
  const name = textOf(root, 'filename')
  const [size] = childrenNamed(root, 'size')
  const [width, height] = ['width', 'height'].map((side) =>
    Number(size === undefined ? 0 : textOf(size, side)),
  )
  const known =
    Number.isInteger(width) && Number.isInteger(height) && Number(width) > 0 && Number(height) > 0
  const source = {
    kind: 'image',
    ...(name === undefined || name === '' ? {} : { file: name.slice(name.lastIndexOf('/') + 1) }),
    ...(known ? { width: Number(width), height: Number(height) } : {}),
  } as const
  const regions = childrenNamed(root, 'object').map((object, place): Region => {
    const label = childrenNamed(object, 'name')[0]?.text ?? ''
    const [box] = childrenNamed(object, 'bndbox')
    const [left = Number.NaN, top = Number.NaN, right = Number.NaN, bottom = Number.NaN] = [
      'xmin',
      'ymin',
      'xmax',
      'ymax',
    ].map((side) => (box === undefined ? Number.NaN : Number(textOf(box, side))))
    if (!(right >= left && bottom >= top))
      throw new InputFault(file, `line ${object.line}`, 'has an object without a box')
    if (object.children.some((child) => !['name', 'bndbox'].includes(child.name)))
      options.losses.note('unknown', item_ref)
    const sides = [left, top, rounded(right - left), rounded(bottom - top)] as const
    return {
      id: `r${place + 1}`,
      anchor: { image: { box: sides } },
      ...(label === '' ? {} : { label }),
    }
  })
  return { item_ref, source, annotation: annotationFrom(source, options, { regions }) }
}

/** Writes a folder of Pascal VOC annotations, pixels from 0. Polygons become the box around them. */
export const writeVoc: Writer = documentWriter(({ out, losses }) => ({
  write(item) {
    const { item_ref } = item
    const found = shapesOf(item, losses, ['samples', 'unlabelled'])
    if (found === undefined) return false
    const { file, width, height } = found.source
    if (file !== undefined && (file.includes('/') || !isXmlText(file) || file !== file.trim()))
      losses.note('names', item_ref)
    if (width !== undefined && height === undefined) losses.note('samples', item_ref)
    const objects = found.shapes.map(({ label, image, region }) => {
      if ('polygon' in image) losses.note('shape', `${item_ref}/${region.id}`)
      if (!isXmlText(label)) losses.note('names', `${item_ref}/${region.id}`)
      const [left, top, wide, high] = boxOf(image)
      const corners = [
        ['xmin', left],
        ['ymin', top],
        ['xmax', rounded(left + wide)],
        ['ymax', rounded(top + high)],
      ] as const
      const box = corners.map(([name, at]) => `      <${name}>${at}</${name}>\n`).join('')
      return `  <object>\n    <name>${escapeXml(label)}</name>\n    <bndbox>\n${box}    </bndbox>\n  </object>\n`
    })
    const name =
      file === undefined
        ? ''
        : `  <filename>${escapeXml(file.slice(file.lastIndexOf('/') + 1))}</filename>\n`
    const size =
      width === undefined || height === undefined
        ? ''
        : `  <size>\n    <width>${width}</width>\n    <height>${height}</height>\n    <depth>3</depth>\n  </size>\n`
    out(
      `${fileNameOf(item_ref, losses)}.xml`,
      `<annotation>\n${name}${size}${objects.join('')}</annotation>\n`,
    )
    return true
  },
}))
