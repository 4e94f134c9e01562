import type { Browser } from './browser.ts'

/** Registers the workstation's software key for the person whom the one-time code is for. */
export async function registerKey(browser: Browser, code: string): Promise<void> {
  const begun = challengeOf(await browser.post('/keys/begin', { code }))
  const answer = await browser.post('/software-key/register', begun.options)
  await browser.post('/keys/finish', { code, id: begun.id, answer })
}

/** Signs in at this workstation with its software key, as the person registered there under this name. */
export async function signIn(browser: Browser, userName: string): Promise<void> {
  await prove(browser, '/session', userName)
}

/** Touches the key again, as a sensitive act asks. */
export async function stepUp(browser: Browser, userName: string): Promise<void> {
  await prove(browser, '/session/stepup', userName)
}

async function prove(browser: Browser, path: string, userName: string): Promise<void> {
  const begun = challengeOf(await browser.post(`${path}/begin`))
  const answer = await browser.post('/software-key/sign', { ...begun.options, userName })
  await browser.post(`${path}/finish`, { id: begun.id, answer })
}

function challengeOf(value: unknown): { id: string; options: object } {
  if (
    typeof value === 'object' &&
    value !== null &&
    'id' in value &&
    typeof value.id === 'string' &&
    'options' in value &&
    typeof value.options === 'object' &&
    value.options !== null
  )
    return { id: value.id, options: value.options }
  throw new Error('the server offered no challenge')
}
