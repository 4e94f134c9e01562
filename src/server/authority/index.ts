export { AuthorityFault, type AuthorityFaultKind } from './fault.ts'
export { identifyPeer, type Peer, type Trust } from './identify.ts'
export {
  createAuthority,
  issueForPeer,
  issueForServer,
  newServerKey,
  peerUri,
  toPem,
  workstationLifetimeMs,
  writeRevocationList,
  type Authority,
  type Issued,
  type PeerKind,
  type Validity,
} from './issue.ts'
