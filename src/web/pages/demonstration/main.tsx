import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { useState } from 'react'
import { Server } from '../../api/server.ts'
import { languages, type Language } from '../../locales/messages.gen.ts'
import { Application, openRoot } from '../../root.tsx'
import { DemonstrationPage } from './demonstration.tsx'

const server = new Server((address, init) => fetch(address, init))
const queries = new QueryClient({
  defaultOptions: { queries: { networkMode: 'always', retry: false } },
})

function Page() {
  const [language, setLanguage] = useState<Language>('en')
  return (
    <Application setting={{ language, theme: 'system' }}>
      <QueryClientProvider client={queries}>
        <DemonstrationPage
          server={server}
          onLanguage={() => {
            setLanguage(languages.find((one) => one !== language) ?? 'en')
          }}
        />
      </QueryClientProvider>
    </Application>
  )
}

openRoot(<Page />)
