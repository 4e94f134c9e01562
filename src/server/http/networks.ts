import { BlockList, isIPv6 } from 'node:net'

/** Where an address lies. */
export type AddressClass = 'loopback' | 'private' | 'public-v4' | 'public-v6'

/** RFC 1122, 4291; RFC 1918, 3927, 6598, 4193. */
const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')
const ownNetworks = new BlockList()
ownNetworks.addSubnet('10.0.0.0', 8, 'ipv4')
ownNetworks.addSubnet('172.16.0.0', 12, 'ipv4')
ownNetworks.addSubnet('192.168.0.0', 16, 'ipv4')
ownNetworks.addSubnet('169.254.0.0', 16, 'ipv4')
ownNetworks.addSubnet('100.64.0.0', 10, 'ipv4')
ownNetworks.addSubnet('fc00::', 7, 'ipv6')
ownNetworks.addSubnet('fe80::', 10, 'ipv6')

/** Where an address lies, IPv4 over IPv6 told apart. */
export function classOf(address: string): AddressClass {
  const plain = plainOf(address)
  const family = isIPv6(plain) ? 'ipv6' : 'ipv4'
  if (loopback.check(plain, family)) return 'loopback'
  if (ownNetworks.check(plain, family)) return 'private'
  return family === 'ipv6' ? 'public-v6' : 'public-v4'
}

/** An IPv4 address itself, or the /64 of an IPv6 address: what one subscriber has to choose from. */
export function networkOf(address: string): string {
  const plain = plainOf(address)
  if (!isIPv6(plain)) return plain
  const [head = '', tail] = plain.split('::')
  const [left, right] = [head, tail ?? ''].map((part) => (part === '' ? [] : part.split(':')))
  const missing = tail === undefined ? 0 : 8 - (left?.length ?? 0) - (right?.length ?? 0)
  const groups = [
    ...(left ?? []),
    ...Array<string>(Math.max(0, missing)).fill('0'),
    ...(right ?? []),
  ]
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}

/** Without the scope of a link-local address; an IPv4 address that came over IPv6 as itself. */
function plainOf(address: string): string {
  return address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '')
}
