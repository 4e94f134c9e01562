export { bootstrapInterval, type Resampling } from './bootstrap.ts'
export { type ChanceCorrected, type Estimate, type Interval } from './estimate.ts'
export { explainRatings, type Explanation } from './explain.ts'
export { type AlphaEstimate, krippendorffAlpha, type Level } from './krippendorff.ts'
export { manyRaterAgreement, type ManyRaterCoefficient } from './many-raters.ts'
export { masiDistance } from './masi.ts'
export { clopperPearsonInterval, upperBound, wilsonInterval } from './proportions.ts'
export { type Chance, seededChance } from './random.ts'
export {
  onlyRaters,
  type RatingColumns,
  type Ratings,
  ratingsFromColumns,
  ratingsFromTable,
} from './ratings.ts'
export { Refusal } from './refusal.ts'
export { type Answer, type MeasureOptions } from './table/answer.ts'
export { metricNames } from './table/families.ts'
export { type FileAnswer, measureTable } from './table/measure.ts'
export { type LineFault, type TableFormat } from './table/rows.ts'
export {
  type Confusion,
  confusionFromTable,
  confusionOf,
  twoRaterAgreement,
  type TwoRaterCoefficient,
} from './two-raters.ts'
export {
  categoryWeights,
  identityWeights,
  type WeightName,
  weightNames,
  type Weights,
} from './weights.ts'
