export type { Arrival } from './arrival.ts'
export { openDirectory } from './directory.ts'
export type { Epochs } from './epochs.ts'
export { keysSource } from './facts.ts'
export { VaultFault, type VaultFaultKind } from './fault.ts'
export type { KeyClass, KeyOwner } from './keys.ts'
export type { ObjectStore } from './objects.ts'
export { openRootFile, type RootFileOptions } from './root-file.ts'
export { openRootToken, type RootTokenOptions } from './root-token.ts'
export { type KeyWorkshop, rollDueKeys, rollKeys } from './roll.ts'
export type { RootKey } from './root.ts'
export { vaultRoutes } from './routes.ts'
export { clamav, type Scanner, type Verdict, withoutScanner } from './scan.ts'
export { keepSecret } from './secrets.ts'
export { holdEpochs } from './store.ts'
export { decodeRecording } from './media/decode.ts'
export { type SoundBounds, soundBounds } from './media/sound.ts'
export { asWave } from './media/wave.ts'
export {
  type Asset,
  type Opened,
  openVault,
  type Place,
  type ReferenceKind,
  type Vault,
} from './vault.ts'
