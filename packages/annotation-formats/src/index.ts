export type {
  Anchor,
  Annotation,
  AudioAnchor,
  Finding,
  ImageAnchor,
  ImageShape,
  Item,
  Json,
  Kind,
  Parsed,
  Region,
  Relation,
  Source,
  TextAnchor,
  Value,
} from './model.ts'
export { parseAnnotation, parseItem } from './annotation.ts'
export { sameAnnotation, sameValue } from './same.ts'
export { TextIndex, type Unit } from './offsets.ts'
export {
  type Condition,
  type Count,
  type Label,
  type LabelSchema,
  lineage,
  type Option,
  type OptionDetails,
  optionName,
  type Overlap,
  parseLabelSchema,
  type Question,
  type QuestionType,
  questionType,
  type RelationType,
  schemaRef,
  type TranscriptLayer,
} from './label-schema.ts'
export { labelSchemaJsonSchema } from './label-schema-json.ts'
export { checkAnnotation } from './check-annotation.ts'
export type { CheckedSource } from './check-places.ts'
export { compilePattern, type Pattern } from './pattern.ts'
export { type Loss, type LossCode, Losses, lossWords } from './losses.ts'
export { InputFault, type InputFiles, type Reader, type ReadOptions } from './reading.ts'
export type { Writer, WriteOptions, Writing } from './writing.ts'
export { readCloister, writeCloister } from './cloister.ts'
export { writeLabelStudio } from './label-studio/write.ts'
export { type Format, formatNamed, formats } from './formats.ts'
export { type LabelConfig, parseLabelConfig } from './label-studio/config.ts'
export { writeLabelConfig } from './label-studio/config-write.ts'
export type { Control, Controls } from './label-studio/controls.ts'
export { readLabelStudio } from './label-studio/read.ts'
export { convert, type Converted, type ConvertOptions, type Output, refusalOf } from './convert.ts'
export { type Encoding, encodings, toUtf8 } from './encodings.ts'
