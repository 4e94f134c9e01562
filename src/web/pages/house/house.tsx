import { createContext, useContext, useMemo, useRef, useState, type ReactNode } from 'react'
import type { Standing } from '#shared/identity.ts'
import { stepUp, KeyNotGiven } from '../../api/keys.ts'
import type { SignalLine } from '../../api/line.ts'
import { Refusal, type Server } from '../../api/server.ts'
import type { Setting } from '../../kit/setting.ts'
import type { Language } from '../../locales/messages.gen.ts'
import { useOneAct, type Act } from './failure.tsx'
import { StepUpDialog } from './step-up.tsx'

export interface PersonSetting extends Setting {
  readonly language: Language
}

/** What every page of a signed-in person stands on. */
export interface House {
  readonly server: Server
  readonly line: SignalLine
  readonly standing: Standing
  /** Whether this workstation offers a software key. */
  readonly softwareKey: boolean
  readonly setting: PersonSetting
  readonly onSetting: (setting: PersonSetting) => void
  readonly onSignOut: () => void
  /** Signs in again without leaving the page. */
  readonly onSignIn: () => void
}

interface Confirming {
  /** Asks for the key; false when the person leaves it. */
  readonly confirm: () => Promise<boolean>
}

const Inside = createContext<(House & Confirming) | null>(null)

/** Gives the pages below it their house, and asks for the key when an act needs it again. */
export function HouseAround({ house, children }: { house: House; children: ReactNode }) {
  const [asking, setAsking] = useState(false)
  const answer = useRef<(given: boolean) => void>(() => undefined)
  const value = useMemo(
    () => ({
      ...house,
      confirm: () =>
        new Promise<boolean>((resolve) => {
          answer.current = resolve
          setAsking(true)
        }),
    }),
    [house],
  )
  const close = (given: boolean) => {
    setAsking(false)
    answer.current(given)
  }
  return (
    <Inside value={value}>
      {children}
      {asking ? (
        <StepUpDialog
          softwareKey={house.softwareKey}
          onKey={async (choice) => {
            const { name } = house.standing
            const own = choice.by === 'software' && name !== '' ? { ...choice, name } : choice
            await stepUp(house.server, own)
            close(true)
          }}
          onClose={() => {
            close(false)
          }}
        />
      ) : null}
    </Inside>
  )
}

export function useHouse(): House & Confirming {
  const house = useContext(Inside)
  if (house === null) throw new Error('HouseAround must stand around every page.')
  return house
}

/** One act of a page at a time; where the gate wants the key again, asks for it and then does it. */
export function useAct(): Act {
  const { confirm } = useHouse()
  const { run, ...state } = useOneAct()
  return {
    ...state,
    run: (work) =>
      run(async () => {
        try {
          await work()
        } catch (error) {
          if (!(error instanceof Refusal) || error.kind !== 'step-up-needed') throw error
          if (!(await confirm())) throw new KeyNotGiven('left')
          await work()
        }
      }),
  }
}
