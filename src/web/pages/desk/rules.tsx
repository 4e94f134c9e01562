import { parseLabelSchema } from '@cloister/annotation-formats'
import { useState } from 'react'
import type { Static } from 'typebox'
import { type ProjectDetail, Version } from '#shared/projects.ts'
import { TextField } from '../../kit/field.tsx'
import { useMessages } from '../../kit/words.tsx'
import { ActPanel } from '../house/act.tsx'
import house from '../house/house.module.css'
import { useHouse } from '../house/house.tsx'

interface RulesProps {
  readonly row: Static<typeof ProjectDetail>
  readonly onDone: () => void
}

/** The label schema and the guideline: each publishing is a new version, the old ones stay. */
export function Rules({ row, onDone }: RulesProps) {
  return (
    <div className={house['two']}>
      <SchemaForm row={row} onDone={onDone} />
      <GuidelineForm row={row} onDone={onDone} />
    </div>
  )
}

function SchemaForm({ row, onDone }: RulesProps) {
  const { desk } = useMessages()
  const { server } = useHouse()
  const [text, setText] = useState(() =>
    row.schemaBody === null ? '' : JSON.stringify(row.schemaBody, null, 2),
  )
  const { schema, fault } = readSchema(text)
  return (
    <ActPanel
      title={row.schema === null ? desk.schemaFirst() : desk.schema({ version: row.schema })}
      ready={fault === ''}
      act={desk.publish()}
      onAct={async () => {
        await server.ask('POST', `/projects/${row.project}/schemas`, Version, { schema })
        onDone()
      }}
    >
      <TextField
        name={desk.schemaJson()}
        hint={desk.schemaHint()}
        lines={14}
        direction="ltr"
        maxLength={900_000}
        value={text}
        onChange={setText}
        fault={text.trim() === '' ? '' : fault}
      />
    </ActPanel>
  )
}

/** The schema as typed, and the first thing in it that does not fit. */
function readSchema(text: string): { schema: unknown; fault: string } {
  try {
    const schema: unknown = JSON.parse(text)
    const parsed = parseLabelSchema(schema)
    const [first] = parsed.ok ? [] : parsed.findings
    return { schema, fault: first === undefined ? '' : `${first.path} ${first.message}` }
  } catch (error) {
    return { schema: null, fault: error instanceof SyntaxError ? error.message : String(error) }
  }
}

function GuidelineForm({ row, onDone }: RulesProps) {
  const { desk } = useMessages()
  const { server, standing } = useHouse()
  const [text, setText] = useState('')
  const title =
    row.guideline === null ? desk.guidelineFirst() : desk.guideline({ version: row.guideline })
  if (standing.door !== 'inside')
    return (
      <section className={house['panel']} aria-label={title}>
        <h2>{title}</h2>
        <p className={house['soft']}>{desk.guidelineInside()}</p>
      </section>
    )
  return (
    <ActPanel
      title={title}
      ready={text.trim() !== ''}
      act={desk.publish()}
      onAct={async () => {
        await server.ask('POST', `/projects/${row.project}/guidelines`, Version, { text })
        setText('')
        onDone()
      }}
    >
      <TextField
        name={desk.guidelineText()}
        hint={desk.guidelineHint()}
        lines={14}
        maxLength={200_000}
        value={text}
        onChange={setText}
      />
    </ActPanel>
  )
}
