import { memo, useEffect, useMemo, useState } from 'react'
import type { BenchApi } from '../../api/bench-api.ts'
import type { BenchSession, DraftState, Moment, OpenStage } from '../../bench/core/session.ts'
import { Badge, type Tone } from '../../kit/badge.tsx'
import { Button } from '../../kit/button.tsx'
import { useLanguage, useMessages } from '../../kit/words.tsx'
import css from './bench.module.css'
import { AudioWork } from './audio-work.tsx'
import { GuidelinePane } from './guideline.tsx'
import { OwnWorkDialog, QualityDialog } from './own.tsx'
import { ReleaseDialog, SendBackDialog, SkipDialog } from './reasons.tsx'
import { TextWork } from './text-work.tsx'
import { useDocument } from './use-document.ts'

interface WorkbenchProps {
  readonly api: BenchApi
  readonly session: BenchSession
  readonly moment: Moment
  readonly open: OpenStage
  readonly onOtherWork?: () => void
}

type Asking = 'skip' | 'release' | 'sendBack' | 'quality' | 'own' | null

/** One item: what it is, how to treat it, the work itself, and the ways out of it. */
export function Workbench({ api, session, moment, open, onOtherWork }: WorkbenchProps) {
  const [asking, setAsking] = useState<Asking>(null)
  const close = () => {
    setAsking(null)
  }
  usePageKeys(session, open, asking, setAsking)
  return (
    <main className={css['bench']}>
      <Head open={open} moment={moment} onAsk={setAsking} {...(onOtherWork && { onOtherWork })} />
      <div className={css['body']}>
        <GuidelinePane open={open} guideline={moment.guideline} missing={moment.missing} />
        {'text' in open.item.content ? (
          <TextWork open={open} missing={moment.missing} />
        ) : (
          <AudioWork open={open} content={open.item.content} missing={moment.missing} />
        )}
      </div>
      <Foot session={session} open={open} stuck={moment.stuck} onAsk={setAsking} />
      {asking === 'skip' ? (
        <SkipDialog onClose={close} onReason={(reason) => void session.skip(reason)} />
      ) : null}
      {asking === 'release' ? (
        <ReleaseDialog onClose={close} onRelease={() => void session.release()} />
      ) : null}
      {asking === 'sendBack' ? (
        <SendBackDialog onClose={close} onReason={(reason) => void session.sendBack(reason)} />
      ) : null}
      {asking === 'quality' ? <QualityDialog api={api} onClose={close} /> : null}
      {asking === 'own' ? (
        <OwnWorkDialog api={api} onClose={close} onReopen={(task) => void session.reopen(task)} />
      ) : null}
    </main>
  )
}

/** The ways out of an item work wherever the focus is, fields included, but not behind a question. */
function usePageKeys(
  session: BenchSession,
  open: OpenStage,
  asking: Asking,
  onAsk: (asking: Asking) => void,
): void {
  const review = open.item.mode === 'review'
  useEffect(() => {
    if (asking !== null) return
    const press = (event: KeyboardEvent) => {
      const control = event.ctrlKey || event.metaKey
      const undo = undoOf(event)
      if (undo !== null) open.document[undo]()
      else if (control && event.code === 'Enter')
        void (review ? session.accept() : session.submit())
      else if (event.altKey && event.code === 'KeyB' && review) onAsk('sendBack')
      else if (event.altKey && event.code === 'KeyS' && !review) onAsk('skip')
      else if (event.altKey && event.code === 'KeyH') onAsk('release')
      else return
      event.preventDefault()
    }
    document.addEventListener('keydown', press)
    return () => {
      document.removeEventListener('keydown', press)
    }
  }, [session, open, review, asking, onAsk])
}

/** Undo and redo wherever the focus is, but in a field that takes back its own letters. */
function undoOf(event: KeyboardEvent): 'undo' | 'redo' | null {
  const { target, code, shiftKey } = event
  if (target instanceof HTMLTextAreaElement) return null
  if (target instanceof HTMLInputElement && target.type === 'text') return null
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return null
  if (code === 'KeyY' || (code === 'KeyZ' && shiftKey)) return 'redo'
  return code === 'KeyZ' ? 'undo' : null
}

interface HeadProps {
  readonly open: OpenStage
  readonly moment: Moment
  readonly onAsk: (asking: Asking) => void
  readonly onOtherWork?: () => void
}

function Head({ open, moment, onAsk, onOtherWork }: HeadProps) {
  const { bench } = useMessages()
  const language = useLanguage()
  const { item } = open
  const spoken = useMemo(
    () => new Intl.DisplayNames(language, { type: 'language' }).of(item.language),
    [language, item],
  )
  return (
    <header className={css['head']}>
      <bdi className={css['reference']}>{item.reference}</bdi>
      <Badge>{spoken}</Badge>
      {item.mode === 'review' ? <Badge tone="accent">{bench.review()}</Badge> : null}
      {item.mode === 'review' ? null : <Draft state={moment.draft} />}
      <span className={css['push']} />
      <span className={`${css['soft'] ?? ''} ${css['small'] ?? ''}`}>
        {bench.finished({ count: moment.finished })}
      </span>
      <Button
        kind="quiet"
        small
        onClick={() => {
          onAsk('own')
        }}
      >
        {bench.myWork()}
      </Button>
      <Button
        kind="quiet"
        small
        onClick={() => {
          onAsk('quality')
        }}
      >
        {bench.myQuality()}
      </Button>
      {onOtherWork === undefined ? null : (
        <Button kind="quiet" small onClick={onOtherWork}>
          {bench.otherWork()}
        </Button>
      )}
    </header>
  )
}

const draftTones: Readonly<Record<DraftState, Tone>> = {
  saved: 'good',
  saving: 'plain',
  unsent: 'plain',
  failed: 'bad',
}

function Draft({ state }: { readonly state: DraftState }) {
  const { bench } = useMessages()
  const words = {
    saved: bench.draftSaved,
    saving: bench.draftSaving,
    unsent: bench.draftUnsent,
    failed: bench.draftFailed,
  }[state]
  const badge = <Badge tone={draftTones[state]}>{words()}</Badge>
  // Read out only when it matters: the calm states follow every key.
  return (
    <span role="status">{state === 'failed' ? badge : <span aria-live="off">{badge}</span>}</span>
  )
}

interface FootProps {
  readonly session: BenchSession
  readonly open: OpenStage
  readonly stuck: boolean
  readonly onAsk: (asking: Asking) => void
}

const Foot = memo(function Foot({ session, open, stuck, onAsk }: FootProps) {
  const { bench } = useMessages()
  const { annotation } = useDocument(open.document)
  const { document, item, busy } = open
  const review = item.mode === 'review'
  const corrected = annotation !== item.annotation
  return (
    <footer className={css['foot']}>
      <Button
        keys="Ctrl+Z"
        disabled={!document.canUndo}
        onClick={() => {
          document.undo()
        }}
      >
        {bench.undo()}
      </Button>
      <Button
        kind="quiet"
        keys="Ctrl+Y"
        disabled={!document.canRedo}
        onClick={() => {
          document.redo()
        }}
      >
        {bench.redo()}
      </Button>
      <span role="alert" className={css['stuck']}>
        {stuck ? bench.stuck() : null}
      </span>
      {review ? (
        <Button
          kind="danger"
          keys="Alt+B"
          disabled={busy}
          onClick={() => {
            onAsk('sendBack')
          }}
        >
          {bench.sendBack()}
        </Button>
      ) : (
        <Button
          keys="Alt+S"
          disabled={busy}
          onClick={() => {
            onAsk('skip')
          }}
        >
          {bench.skip()}
        </Button>
      )}
      <Button
        keys="Alt+H"
        disabled={busy}
        onClick={() => {
          onAsk('release')
        }}
      >
        {bench.release()}
      </Button>
      <Button
        kind="primary"
        keys="Ctrl+Enter"
        disabled={busy}
        onClick={() => void (review ? session.accept() : session.submit())}
      >
        {review ? (corrected ? bench.acceptCorrected() : bench.accept()) : bench.submit()}
      </Button>
    </footer>
  )
})
