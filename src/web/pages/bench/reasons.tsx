import { useState } from 'react'
import { reasons, type Reason } from '../../api/bench-api.ts'
import { Button } from '../../kit/button.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { Choices, TextField } from '../../kit/field.tsx'
import { useMessages } from '../../kit/words.tsx'

interface SkipDialogProps {
  readonly open: boolean
  readonly onClose: () => void
  readonly onReason: (reason: Reason) => void
}

/** Why an item is set aside. "Something else" has to be said in words. */
export function SkipDialog({ open, onClose, onReason }: SkipDialogProps) {
  const { kit, bench } = useMessages()
  const [chosen, setChosen] = useState<Reason['kind']>('inaudible')
  const [note, setNote] = useState('')
  const unsaid = chosen === 'other' && note.trim() === ''
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={bench.skipTitle()}
      text={bench.skipText()}
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
            {bench.skip()}
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

interface ReleaseDialogProps {
  readonly open: boolean
  readonly onClose: () => void
  readonly onRelease: () => void
}

/** Asks before an item is given back: the marks on it go with it. */
export function ReleaseDialog({ open, onClose, onRelease }: ReleaseDialogProps) {
  const { kit, bench } = useMessages()
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={bench.releaseTitle()}
      text={bench.releaseText()}
      actions={
        <>
          <Button onClick={onClose}>{kit.cancel()}</Button>
          <Button
            kind="danger"
            onClick={() => {
              onClose()
              onRelease()
            }}
          >
            {bench.release()}
          </Button>
        </>
      }
    />
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
