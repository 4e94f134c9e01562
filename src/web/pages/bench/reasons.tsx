import { useState } from 'react'
import { reasons, type Reason } from '../../api/bench-api.ts'
import { Button } from '../../kit/button.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { Choices, TextField } from '../../kit/field.tsx'
import { useMessages } from '../../kit/words.tsx'

interface ReasonDialogProps {
  readonly kind: 'skip' | 'flag'
  readonly open: boolean
  readonly onClose: () => void
  readonly onReason: (reason: Reason) => void
}

/** Why an item is handed on. "Something else" has to be said in words. */
export function ReasonDialog({ kind, open, onClose, onReason }: ReasonDialogProps) {
  const { kit, bench } = useMessages()
  const [chosen, setChosen] = useState<Reason['kind']>('inaudible')
  const [note, setNote] = useState('')
  const unsaid = chosen === 'other' && note.trim() === ''
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={kind === 'skip' ? bench.skipTitle() : bench.flagTitle()}
      text={kind === 'skip' ? bench.skipText() : bench.flagText()}
      actions={
        <>
          <Button onClick={onClose}>{kit.cancel()}</Button>
          <Button
            kind="primary"
            disabled={unsaid}
            onClick={() => {
              onClose()
              onReason({ kind: chosen, note: note.trim() })
            }}
          >
            {kind === 'skip' ? bench.skip() : bench.flag()}
          </Button>
        </>
      }
    >
      <Choices
        name={bench.reason()}
        value={chosen}
        onChange={(value) => {
          setChosen(reasons.find((reason) => reason === value) ?? 'other')
        }}
        options={reasons.map((value) => ({ value, words: bench.reasonKind({ kind: value }) }))}
      />
      <TextField
        name={bench.note()}
        lines={2}
        maxLength={500}
        value={note}
        onChange={setNote}
        fault={unsaid ? bench.noteFault() : ''}
      />
    </Dialog>
  )
}

interface SendBackDialogProps {
  readonly open: boolean
  readonly onClose: () => void
  readonly onReason: (reason: string) => void
}

/** A reviewer's reason for sending an item back; there is no sending back without one. */
export function SendBackDialog({ open, onClose, onReason }: SendBackDialogProps) {
  const { kit, bench } = useMessages()
  const [reason, setReason] = useState('')
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={bench.sendBackTitle()}
      text={bench.sendBackText()}
      actions={
        <>
          <Button onClick={onClose}>{kit.cancel()}</Button>
          <Button
            kind="danger"
            disabled={reason.trim() === ''}
            onClick={() => {
              onClose()
              onReason(reason)
            }}
          >
            {bench.sendBack()}
          </Button>
        </>
      }
    >
      <TextField
        name={bench.reason()}
        lines={3}
        maxLength={2000}
        value={reason}
        onChange={setReason}
        hint={bench.sendBackFault()}
      />
    </Dialog>
  )
}
