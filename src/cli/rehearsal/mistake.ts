import {
  type Annotation,
  checkAnnotation,
  type LabelSchema,
  optionName,
  type Question,
  questionType,
  type Region,
  sameAnnotation,
  schemaRef,
  type Value,
} from '@cloister/annotation-formats'

/**
 * The annotation with one mistake in it that its schema cannot see: a region forgotten, an answer
 * left out or another one given, a word said twice. Null where the schema allows no other
 * annotation.
 */
export function mistaken(
  right: Annotation,
  schema: LabelSchema,
  random: () => number,
): Annotation | null {
  const all = [...forgotten(right), ...otherwiseSaid(right), ...otherwiseAnswered(right, schema)]
  const first = Math.floor(random() * all.length)
  const wrong = [...all.slice(first), ...all.slice(0, first)].find(
    (one) =>
      !sameAnnotation(one, right) &&
      checkAnnotation(schema, { ...one, schema: schemaRef(schema) }, {}).length === 0,
  )
  return wrong ?? null
}

function forgotten(right: Annotation): Annotation[] {
  return right.regions.map(({ id: gone }) => ({
    ...right,
    regions: right.regions.filter(({ id }) => id !== gone),
    relations: (right.relations ?? []).filter(({ from, to }) => from !== gone && to !== gone),
  }))
}

function otherwiseSaid(right: Annotation): Annotation[] {
  return right.regions.flatMap((region) =>
    Object.entries(region.transcripts ?? {}).map(([layer, text]) => {
      const wrong: Region = {
        ...region,
        transcripts: { ...region.transcripts, [layer]: `${text} ${text}` },
      }
      return { ...right, regions: right.regions.map((one) => (one === region ? wrong : one)) }
    }),
  )
}

function otherwiseAnswered(right: Annotation, schema: LabelSchema): Annotation[] {
  const answers = right.answers ?? {}
  return (schema.answers ?? []).flatMap((question) => {
    const { [question.name]: given, ...others } = answers
    const wrong = otherAnswers(question, given).map((value) => ({
      ...right,
      answers: { ...answers, [question.name]: value },
    }))
    return given === undefined ? wrong : [...wrong, { ...right, answers: others }]
  })
}

function otherAnswers(question: Question, given: Value | undefined): Value[] {
  const options = (question.options ?? []).map(optionName)
  if (questionType(question) === 'choice')
    return question.multiple === true ? options.map((one) => [one]) : options
  if (typeof given === 'number') return [given + (question.step ?? 1), given - (question.step ?? 1)]
  if (questionType(question) === 'text' && typeof given === 'string') return [`${given} ${given}`]
  return []
}
