export { bootstrapInterval, type Resampling } from './bootstrap.ts'
export { type ChanceCorrected, type Estimate, type Interval } from './estimate.ts'
export { explainRatings, type Explanation } from './explain.ts'
export { explainSpans, type SpanExplanation } from './explain-spans.ts'
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
export { type LineFault, type TableFormat } from './table/row.ts'
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
export {
  type Alignment,
  bestAlignment,
  type Dissimilarity,
  type UnitaryAlignment,
} from './gamma/alignment.ts'
export { gamma, type GammaEstimate, type GammaOptions } from './gamma/gamma.ts'
export { endOf, type MarkedItem, type Span } from './marked.ts'
export { unitisingAlpha, type UnitisingEstimate } from './unitising.ts'
export {
  countSpans,
  type SpanCounts,
  spanF1,
  type SpanMatch,
  spanMatches,
  type SpanScore,
} from './spans.ts'
export { type IobMode, spansFromIob } from './iob.ts'
export {
  boundaryEdits,
  boundarySimilarity,
  generalisedHamming,
  pk,
  usualWindow,
  windowDiff,
  windowError,
} from './segmentation.ts'
export { countEdits, editCount, type Edits } from './edits.ts'
export { normalise, profileNames } from './normalise.ts'
export {
  speakerEdits,
  transcriptEdits,
  type TranscriptMetric,
  type TranscriptPair,
  transcriptScore,
  type TranscriptScore,
} from './transcripts.ts'
export {
  compareSpeakers,
  diarisationErrorRate,
  type DiarisationOptions,
  type DiarisationParts,
} from './diarisation.ts'
export { assignCheapest } from './assignment.ts'
export { type IccForm, iccForms, intraclassCorrelation } from './icc.ts'
export { kendallTau, kendallW, type RankPair, spearmanRho } from './ranks.ts'
export {
  intersectionOverUnion,
  type LabelledShape,
  matchShapes,
  type Shape,
  type ShapeAgreement,
} from './shapes.ts'
export { type Consensus, type Iteration } from './consensus/consensus.ts'
export {
  type DawidSkene,
  dawidSkene,
  type DawidSkeneOneCoin,
  oneCoin,
} from './consensus/dawid-skene.ts'
export { consistency, uncertainty } from './consensus/doubt.ts'
export { glad, type Glad } from './consensus/glad.ts'
export { mace, type Mace, type MaceOptions } from './consensus/mace.ts'
export { majority, type TieRule, tieRules } from './consensus/majority.ts'
export {
  type InspectionLevel,
  inspectionLevels,
  qualityLevels,
  type SamplingPlan,
  samplingPlan,
  severities,
  type Severity,
} from './sampling/plans.ts'
export {
  acceptanceProbability,
  drawSample,
  firstLot,
  type Judgement,
  lotAcceptanceProbability,
  type LotOutcome,
  nextSeverity,
  operatingCharacteristic,
  qualityAt,
  type SwitchingState,
  zeroDefectSample,
} from './sampling/acceptance.ts'
export {
  cChart,
  type ChartPoint,
  type ControlChart,
  pChart,
  type RuleSet,
  ruleSets,
  xbarChart,
} from './charts/control.ts'
export { answerPlot } from './plots/answer.ts'
export { chartTable, type NamedChart } from './charts/chart-table.ts'
export { confusionPlot } from './plots/confusion.ts'
export { controlPlot } from './plots/control.ts'
export { intervalPlot } from './plots/intervals.ts'
export { operatingPlot } from './plots/operating.ts'
export { type Plot, type PlotTable } from './plots/svg.ts'
