import { Button } from '../../kit/button.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { Choices } from '../../kit/field.tsx'
import { useMessages } from '../../kit/words.tsx'
import { languages } from '../../locales/messages.gen.ts'
import { useHouse } from './house.tsx'
import css from './house.module.css'
import { codeOf } from './code.ts'

const themes = ['light', 'dark', 'system'] as const

/** Who one is here, how the pages look and speak, and the way out. */
export function AccountDialog({ onClose }: { readonly onClose: () => void }) {
  const { kit, house } = useMessages()
  const { standing, setting, onSetting, onSignOut } = useHouse()
  return (
    <Dialog
      open
      onClose={onClose}
      title={standing.name === '' ? house.accountTitle() : standing.name}
      actions={
        <>
          <Button kind="danger" onClick={onSignOut}>
            {house.signOut()}
          </Button>
          <Button onClick={onClose}>{kit.close()}</Button>
        </>
      }
    >
      <div className={css['account']}>
        <dl className={css['facts']}>
          <dt>{house.personCode()}</dt>
          <dd className={css['mono']}>{codeOf(standing.person)}</dd>
          <dt>{house.workstation()}</dt>
          <dd>{standing.workstation ?? house.outside()}</dd>
        </dl>
        <Choices
          name={house.language()}
          inline
          value={setting.language}
          onChange={(value) => {
            const language = languages.find((one) => one === value)
            if (language !== undefined) onSetting({ ...setting, language })
          }}
          options={languages.map((language) => ({
            value: language,
            words: (
              <span lang={language}>
                {new Intl.DisplayNames(language, { type: 'language' }).of(language)}
              </span>
            ),
          }))}
        />
        <Choices
          name={house.theme()}
          inline
          value={setting.theme}
          onChange={(value) => {
            const theme = themes.find((one) => one === value)
            if (theme !== undefined) onSetting({ ...setting, theme })
          }}
          options={themes.map((theme) => ({ value: theme, words: house.themeWords({ theme }) }))}
        />
        <p className={css['soft']}>{house.kept()}</p>
      </div>
    </Dialog>
  )
}
