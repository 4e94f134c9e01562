import {
  bad,
  because,
  documents,
  entity,
  type Subject,
  testBadInput,
} from '../../../../test/support/bad-input.ts'
import { formats } from '../index.ts'

const json = (value: unknown) => JSON.stringify(value)

const voc = (name: string, [xmin, xmax] = [1, 2]) =>
  `<annotation><filename>a.png</filename>\n<object><name>${name}</name><bndbox><xmin>${xmin}</xmin><ymin>1</ymin><xmax>${xmax}</xmax><ymax>2</ymax></bndbox></object></annotation>`

const coco = (images: readonly object[], annotations: readonly object[] = []) =>
  json({ images, categories: [{ id: 1, name: 'Zoë😊' }], annotations })
const images = [
  { id: 1, item_ref: 'one' },
  { id: 2, item_ref: 'two' },
]
const boxOn = (image: number, bbox: readonly number[], id = image) => ({
  id,
  image_id: image,
  category_id: 1,
  bbox,
})

const subjects: Readonly<Record<string, Subject>> = {
  coco: {
    good: { a: coco(images) },
    damaged: 'a',
    kept: [],
    cells: {
      'cut off': bad({ a: coco(images).slice(0, -1) }, /^a: .*cut off/, []),
      'an id twice': bad(
        { a: coco([...images, ...images.slice(0, 1)]) },
        /image 1: .*given before/,
        ['one', 'two'],
      ),
      'one name in two folders': because.oneFile,
      'an offset past the end':
        'a shape may reach over the edge of its image, as it does in COCO itself',
      'an offset inside a surrogate pair': because.noText,
      'a reversed span': bad({ a: coco(images, [boxOn(1, [1, 1, -1, 1])]) }, /image 1: has a box/, [
        'two',
      ]),
      'an overlap in a tier': because.noTier,
      'an entity': because.noXml,
    },
  },
  yolo: (() => {
    const good = {
      'classes.txt': 'singer\nZoë😊\n',
      'sizes.txt': 'a 10 10\nb 10 10\n',
      'a.txt': '0 0.5 0.5 1 1\n',
      'b.txt': '',
    }
    const first = (text: string, says: RegExp) => bad({ ...good, 'a.txt': text }, says, ['b'])
    return {
      good,
      damaged: 'classes.txt',
      kept: 'ends',
      cells: {
        'cut off': first('0 0.5 0.5 1', /^a[.]txt, line 1: has neither a box nor a polygon/),
        'an id twice': 'its lines have no ids',
        'one name in two folders': bad(
          { ...good, 'x/a.txt': '' },
          /^x\/a[.]txt: has the id of an earlier item/,
          ['a', 'b'],
        ),
        'an offset past the end': first('0 0.5 0.5 1 1.5', /line 1: has a place outside 0 to 1/),
        'an offset inside a surrogate pair': because.noText,
        'a reversed span': first('0 0.5 0.5 -1 1', /line 1: has a place outside 0 to 1/),
        'an overlap in a tier': because.noTier,
        'an entity': because.noXml,
      },
    }
  })(),
  voc: documents('.xml', voc('Zoë😊'), voc('x'), {
    'cut off': [voc('Zoë😊').slice(0, -9), /line 2: is not well-formed/],
    'an id twice': 'its objects have no ids',
    'an offset past the end': 'a shape may reach over the edge of its image',
    'an offset inside a surrogate pair': because.noText,
    'a reversed span': [voc('Zoë😊', [2, 1]), /line 2: has an object without a box/],
    'an overlap in a tier': because.noTier,
    'an entity': [entity, /line 2: has a document type declaration/],
  }),
}

testBadInput(
  formats.filter(({ kinds }) => kinds.every((kind) => kind === 'image')),
  subjects,
)
