import {
  startAuthentication,
  startRegistration,
  WebAuthnError,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/browser'
import { Type, type TSchema } from 'typebox'
import { Check } from 'typebox/value'
import { Done, KeyAnswered, KeyChallenge } from '#shared/identity.ts'
import { Refusal, type Server } from './server.ts'

/**
 * Which key answers: one that the browser reaches (built in, or a security key), or the software
 * key that a demonstration's workstation offers; `name` says whose, where it holds several.
 */
export type KeyChoice =
  { readonly by: 'browser' } | { readonly by: 'software'; readonly name?: string }

/** The person closed the browser's question, had no fitting key, or took too long. */
export class KeyNotGiven extends Error {
  override readonly name = 'KeyNotGiven'
}

const Credentials = Type.Optional(
  Type.Array(Type.Object({ id: Type.String(), type: Type.Literal('public-key') }), {
    maxItems: 64,
  }),
)
const Verification = Type.Optional(
  Type.Union([Type.Literal('required'), Type.Literal('preferred'), Type.Literal('discouraged')]),
)
const RequestOptions = Type.Object({
  challenge: Type.String(),
  rpId: Type.String(),
  timeout: Type.Optional(Type.Number()),
  allowCredentials: Credentials,
  userVerification: Verification,
})
const CreationOptions = Type.Object({
  challenge: Type.String(),
  rp: Type.Object({ name: Type.String(), id: Type.String() }),
  user: Type.Object({ id: Type.String(), name: Type.String(), displayName: Type.String() }),
  pubKeyCredParams: Type.Array(
    Type.Object({ alg: Type.Integer(), type: Type.Literal('public-key') }),
  ),
  timeout: Type.Optional(Type.Number()),
  excludeCredentials: Credentials,
  authenticatorSelection: Type.Optional(
    Type.Object({
      requireResidentKey: Type.Optional(Type.Boolean()),
      residentKey: Verification,
      userVerification: Verification,
    }),
  ),
  attestation: Type.Optional(Type.Union([Type.Literal('direct'), Type.Literal('none')])),
})

/** Whether this workstation offers a software key: it refuses an empty question as its own. */
export async function offersSoftwareKey(server: Server): Promise<boolean> {
  try {
    await server.ask('POST', '/software-key/sign', Type.Object({}), {})
    return false
  } catch (error) {
    return error instanceof Refusal && error.kind === 'software-key-refused'
  }
}

/** Opens a session here. @throws Refusal, KeyNotGiven */
export async function signIn(server: Server, choice: KeyChoice): Promise<void> {
  await prove(server, '/session', choice)
}

/** Confirms with the key again, as sensitive acts ask. @throws Refusal, KeyNotGiven */
export async function stepUp(server: Server, choice: KeyChoice): Promise<void> {
  await prove(server, '/session/stepup', choice)
}

/** Makes a key for the person whose one-time code this is. @throws Refusal, KeyNotGiven */
export async function registerKey(server: Server, code: string, choice: KeyChoice): Promise<void> {
  const { id, options } = await server.ask('POST', '/keys/begin', KeyChallenge, { code })
  const given = checked(CreationOptions, options)
  const answer =
    choice.by === 'software'
      ? await softwareAnswer(server, 'register', given)
      : await browserAnswer(() => startRegistration({ optionsJSON: creation(given) }))
  await server.ask('POST', '/keys/finish', Done, { code, id, answer })
}

async function prove(server: Server, place: string, choice: KeyChoice): Promise<void> {
  const { id, options } = await server.ask('POST', `${place}/begin`, KeyChallenge, {})
  const given = checked(RequestOptions, options)
  const answer =
    choice.by === 'software'
      ? await softwareAnswer(server, 'sign', {
          ...given,
          ...(choice.name !== undefined && { userName: choice.name }),
        })
      : await browserAnswer(() => startAuthentication({ optionsJSON: request(given) }))
  await server.ask('POST', `${place}/finish`, Done, { id, answer })
}

function softwareAnswer(server: Server, act: 'sign' | 'register', options: unknown) {
  return server.ask('POST', `/software-key/${act}`, KeyAnswered.properties.answer, options)
}

async function browserAnswer<T>(ceremony: () => Promise<T>): Promise<T> {
  try {
    return await ceremony()
  } catch (error) {
    // The browser does not tell a refusal from a missing key, so that pages cannot either.
    if (error instanceof WebAuthnError || error instanceof DOMException)
      throw new KeyNotGiven(error.message, { cause: error })
    throw error
  }
}

function checked<S extends TSchema>(shape: S, options: unknown) {
  if (!Check(shape, options)) throw new Refusal('unexpected')
  return options
}

function request(given: PublicKeyCredentialRequestOptionsJSON) {
  return given
}

function creation(given: PublicKeyCredentialCreationOptionsJSON) {
  return given
}
