import { useEffect, useState } from 'react'
import { reasons, type Reason } from '../../api/bench-api.ts'
import { Button } from '../../kit/button.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { Choices, TextField } from '../../kit/field.tsx'
import { useMessages } from '../../kit/words.tsx'

/** Ctrl and Enter answer a question as they end an item; null while it cannot be answered. */
function useAnswerKey(answer: (() => void) | null): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.code !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
      event.preventDefault()
      answer?.()
    }
    document.addEventListener('keydown', press)
    return () => {
      document.removeEventListener('keydown', press)
    }
  }, [answer])
}

interface SkipDialogProps {
  readonly onClose: () => void
  readonly onReason: (reason: Reason) => void
}

/** Why an item is set aside. "Something else" has to be said in words. */
export function SkipDialog({ onClose, onReason }: SkipDialogProps) {
  const { kit, bench } = useMessages()
  const [chosen, setChosen] = useState<Reason['kind']>('inaudible')
  const [note, setNote] = useState('')
  const unsaid = chosen === 'other' && note.trim() === ''
  const skip = () => {
    onClose()
    onReason({ kind: chosen, note: note.trim() })
  }
  useAnswerKey(unsaid ? null : skip)
  return (
    <Dialog
      open
      onClose={onClose}
      title={bench.skipTitle()}
      text={bench.skipText()}
      actions={
        <>
          <Button onClick={onClose}>{kit.cancel()}</Button>
          <Button kind="primary" keys="Ctrl+Enter" disabled={unsaid} onClick={skip}>
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
  readonly onClose: () => void
  readonly onRelease: () => void
}

/** Asks before an item is given back: the marks on it go with it. */
export function ReleaseDialog({ onClose, onRelease }: ReleaseDialogProps) {
  const { kit, bench } = useMessages()
  const release = () => {
    onClose()
    onRelease()
  }
  useAnswerKey(release)
  return (
    <Dialog
      open
      onClose={onClose}
      title={bench.releaseTitle()}
      text={bench.releaseText()}
      actions={
        <>
          <Button onClick={onClose}>{kit.cancel()}</Button>
          <Button kind="danger" keys="Ctrl+Enter" onClick={release}>
            {bench.release()}
          </Button>
        </>
      }
    />
  )
}

interface SendBackDialogProps {
  readonly onClose: () => void
  readonly onReason: (reason: string) => void
}

/** A reviewer's reason for sending an item back; there is no sending back without one. */
export function SendBackDialog({ onClose, onReason }: SendBackDialogProps) {
  const { kit, bench } = useMessages()
  const [reason, setReason] = useState('')
  const unsaid = reason.trim() === ''
  const send = () => {
    onClose()
    onReason(reason)
  }
  useAnswerKey(unsaid ? null : send)
  return (
    <Dialog
      open
      onClose={onClose}
      title={bench.sendBackTitle()}
      text={bench.sendBackText()}
      actions={
        <>
          <Button onClick={onClose}>{kit.cancel()}</Button>
          <Button kind="danger" keys="Ctrl+Enter" disabled={unsaid} onClick={send}>
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
