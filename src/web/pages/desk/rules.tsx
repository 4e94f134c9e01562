import { parseLabelSchema } from '@cloister/annotation-formats'
import { useEffect, useState } from 'react'
import type { Static } from 'typebox'
import { Guideline, type ProjectDetail, Version } from '#shared/projects.ts'
import { sectionsOf } from '../../api/http-bench.ts'
import { Button } from '../../kit/button.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { TextField } from '../../kit/field.tsx'
import { useMessages } from '../../kit/words.tsx'
import { ActPanel } from '../house/act.tsx'
import { FailureNote } from '../house/failure.tsx'
import house from '../house/house.module.css'
import { useAct, useHouse } from '../house/house.tsx'
import { Sections } from '../house/sections.tsx'

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
      {row.guideline === null ? null : (
        <GuidelineReader row={row} version={row.guideline} onEdit={setText} />
      )}
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

interface ReaderProps extends Pick<RulesProps, 'row'> {
  readonly version: number
  readonly onEdit: (text: string) => void
}

/** The guideline in force, fetched when asked for and forgotten when closed or out of touch. */
function GuidelineReader({ row, version, onEdit }: ReaderProps) {
  const { desk, kit } = useMessages()
  const { server, line } = useHouse()
  const { busy, failure, run } = useAct()
  const [read, setRead] = useState<{ version: number; text: string } | null>(null)
  const close = () => {
    setRead(null)
  }
  useEffect(() => line.subscribe(close), [line])
  return (
    <>
      <div className={house['row']}>
        <Button
          small
          disabled={busy}
          onClick={() => {
            const address = `/projects/${row.project}/guidelines/newest`
            void run(async () => {
              setRead(await server.ask('GET', address, Guideline))
            })
          }}
        >
          {desk.guidelineRead({ version })}
        </Button>
      </div>
      <FailureNote failure={failure} />
      {read === null ? null : (
        <Dialog
          open
          wide
          onClose={close}
          title={desk.guideline({ version: read.version })}
          actions={
            <>
              <Button
                onClick={() => {
                  onEdit(read.text)
                  close()
                }}
              >
                {desk.guidelineEdit()}
              </Button>
              <Button kind="primary" onClick={close}>
                {kit.close()}
              </Button>
            </>
          }
        >
          <div className={house['read']} tabIndex={0}>
            <Sections of={sectionsOf(read.text)} />
          </div>
        </Dialog>
      )}
    </>
  )
}
