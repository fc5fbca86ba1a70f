/** `host 10.0.0.1`, `net 10.0.0.0/8`, `tcp src port http`: an identifier with its qualifiers, as a test. */
import { all, any, either, equals, NEVER, plus, type Test } from './frame.ts';
import { ETHERTYPE_ARP, ETHERTYPE_IP, ETHERTYPE_RARP, type LinkLayer } from './link-layer.ts';
import { ETHER_PROTOCOLS, IP_PROTOCOLS, type PortProtocol, SERVICES } from './names.ts';
import {
  chainHas,
  hasIpv4,
  hasIpv6,
  hasPort,
  ip6ProtocolIs,
  ipProtocolIs,
  oriented,
  SCTP,
  TCP,
  UDP,
} from './network-layer.ts';
import type { Id, Qualifiers } from './syntax.ts';

/** A message about the identifier; the caller knows the place. */
export class IdentifierError extends Error {}

const IPV4 = { etherType: ETHERTYPE_IP, src: 12, dst: 16 };
const ARP = { etherType: ETHERTYPE_ARP, src: 14, dst: 24 };
const RARP = { etherType: ETHERTYPE_RARP, src: 14, dst: 24 };

/** @throws IdentifierError */
export function identifierTest(id: Id, qualifiers: Qualifiers, link: LinkLayer): Test {
  switch (qualifiers.kind) {
    case 'host':
    case 'net':
      return addressTest(id, qualifiers, link);
    case 'port':
    case 'portrange':
      return portTest(id, qualifiers, link);
    case 'proto':
    case 'protochain':
      return protocolTest(id, qualifiers, link);
  }
}

function addressTest(id: Id, qualifiers: Qualifiers, link: LinkLayer): Test {
  const { protocol, direction } = qualifiers;
  if (id.form === 'mac') return macTest(id.text, qualifiers, link);
  if (protocol === 'link') throw new IdentifierError('a link address is six octets, such as 02:42:ac:11:00:02');
  if (id.form === 'name')
    throw new IdentifierError(`names are not looked up: write the address in place of "${id.text}"`);
  if (id.form === 'ipv6') {
    if (protocol !== undefined && protocol !== 'ip6') throw modifier(protocol, `an IPv6 ${qualifiers.kind}`);
    const bits = id.bits ?? 128;
    if (bits > 128) throw new IdentifierError('an IPv6 prefix has at most 128 bits');
    if (bits !== 128 && !isNet(qualifiers)) throw new IdentifierError('a mask goes with net only');
    const words = ipv6Words(id.text);
    const masks = words.map((_, index) => prefixMask(bits - 32 * index));
    if (words.some((word, index) => (word & ~masks[index]) !== 0)) throw hostBits(`${id.text}/${bits}`);
    return hasIpv6(link, words, masks, direction);
  }
  const range = ipv4Range(id, qualifiers);
  if (protocol === 'ip') return hasIpv4(link, range, direction, IPV4);
  if (protocol === 'arp') return hasIpv4(link, range, direction, ARP);
  if (protocol === 'rarp') return hasIpv4(link, range, direction, RARP);
  if (protocol !== undefined) throw modifier(protocol, `an IPv4 ${qualifiers.kind}`);
  const ip = hasIpv4(link, range, direction, IPV4);
  // Behind an MPLS label there is IP only.
  return link.mplsLabels > 0
    ? ip
    : any(ip, hasIpv4(link, range, direction, ARP), hasIpv4(link, range, direction, RARP));
}

const isNet = ({ kind }: Qualifiers): boolean => kind === 'net';
const modifier = (protocol: string, what: string): IdentifierError =>
  new IdentifierError(`"${protocol}" does not go with ${what}`);
const hostBits = (text: string): IdentifierError => new IdentifierError(`${text} has bits behind its mask`);

function ipv4Range(id: Extract<Id, { form: 'number' | 'dotted' }>, qualifiers: Qualifiers) {
  if (id.form === 'number') {
    // A short net has its zeros at the end: `net 10` is 10.0.0.0/8.
    let [address, mask] = [id.value, 0xffffffff];
    while (isNet(qualifiers) && address !== 0 && address >>> 24 === 0)
      [address, mask] = [(address << 8) >>> 0, (mask << 8) >>> 0];
    return { address, mask };
  }
  const { address, bits } = dotted(id.text);
  if (id.bits === undefined && id.mask === undefined) return { address, mask: prefixMask(bits) };
  if (!isNet(qualifiers)) throw new IdentifierError('a mask goes with net only');
  if ((id.bits ?? 0) > 32) throw new IdentifierError('an IPv4 prefix has at most 32 bits');
  const mask = id.bits === undefined ? dotted(id.mask ?? '').address : prefixMask(id.bits);
  if ((address & ~mask) !== 0)
    throw hostBits(id.bits === undefined ? `${id.text} mask ${id.mask}` : `${id.text}/${id.bits}`);
  return { address, mask };
}

/** The mask of the first `bits` bits, at most 32. */
const prefixMask = (bits: number): number => (bits <= 0 ? 0 : bits >= 32 ? 0xffffffff : (-1 << (32 - bits)) >>> 0);

/** Two to four numbers: missing ones are zeros at the end, and outside the mask. */
function dotted(text: string): { address: number; bits: number } {
  const parts = text.split('.').map(Number);
  if (parts.some((part) => part > 255)) throw new IdentifierError(`"${text}" is no IPv4 address`);
  const address = parts.reduce((sum, part) => sum * 256 + part, 0) * 256 ** (4 - parts.length);
  return { address, bits: 8 * parts.length };
}

function ipv6Words(text: string): number[] {
  const full = text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((group) => group.toString(16)).join(':'),
  );
  const [head, tail] = full.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const zeros = tail === undefined ? [] : Array<string>(8 - head.length - tail.length).fill('0');
  const groups = [...head, ...zeros, ...(tail ?? [])].map((group) => Number.parseInt(group, 16));
  return [0, 2, 4, 6].map((at) => groups[at] * 0x10000 + groups[at + 1]);
}

function macTest(text: string, { protocol, kind, direction }: Qualifiers, link: LinkLayer): Test {
  if (protocol !== 'link' || kind !== 'host')
    throw new IdentifierError('a link address goes with ether host, src or dst');
  if (!link.isEthernet) return NEVER;
  const digits = /[:-]/.test(text)
    ? text
        .split(/[:-]/)
        .map((octet) => octet.padStart(2, '0'))
        .join('')
    : text.includes('.') && text.split('.').length === 6
      ? text
          .split('.')
          .map((octet) => octet.padStart(2, '0'))
          .join('')
      : text.replaceAll('.', '');
  const [high, low] = [Number.parseInt(digits.slice(0, 4), 16), Number.parseInt(digits.slice(4), 16)];
  const at = (offset: number): Test =>
    all(link.hasHeader(), equals(plus(link.header, offset + 2), 4, low), equals(plus(link.header, offset), 2, high));
  return oriented(
    direction,
    () => at(6),
    () => at(0),
  );
}

const PORT_PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['tcp', TCP],
  ['udp', UDP],
  ['sctp', SCTP],
]);

function portTest(id: Id, { protocol, kind, direction }: Qualifiers, link: LinkLayer): Test {
  const only = protocol === undefined ? undefined : PORT_PROTOCOLS.get(protocol);
  if (protocol !== undefined && only === undefined) throw modifier(protocol, `a ${kind}`);
  const { least, most, known } = portsOf(id, kind);
  if (most > 0xffff) throw new IdentifierError(`${most} is no port: the largest is 65535`);
  if (only !== undefined && known !== undefined && !known.includes(only))
    throw new IdentifierError(`the port of that name is not one of ${protocol}`);
  return hasPort(link, { least, most }, only === undefined ? (known ?? [TCP, UDP, SCTP]) : [only], direction);
}

interface Ports {
  least: number;
  most: number;
  /** Protocols that the name is known for; undefined for numbers and for names of several protocols. */
  known: readonly number[] | undefined;
}

function portsOf(id: Id, kind: string): Ports {
  if (id.form === 'number') return { least: id.value, most: id.value, known: undefined };
  if (id.form !== 'name') throw new IdentifierError('a port is a number or the name of a service');
  const service = SERVICES.get(id.text);
  if (service !== undefined) return { least: service.port, most: service.port, known: knownOf(service.protocol) };
  const range = kind === 'portrange' ? /^(.+?)-(.+)$/.exec(id.text) : null;
  if (range === null) throw new IdentifierError(`no service is called "${id.text}": write the number of the port`);
  const [first, last] = [SERVICES.get(range[1]), SERVICES.get(range[2])];
  const [from, to] = [first?.port ?? numberOf16(range[1]), last?.port ?? numberOf16(range[2])];
  if (from === undefined || to === undefined) throw new IdentifierError(`"${id.text}" is no range such as 8000-8080`);
  // As libpcap has it: two names of one protocol are a range of that protocol.
  const known = first?.protocol === last?.protocol ? knownOf(first?.protocol) : undefined;
  return { least: Math.min(from, to), most: Math.max(from, to), known };
}

const numberOf16 = (text: string): number | undefined => (/^\d+$/.test(text) ? Number(text) : undefined);

function knownOf(protocol: PortProtocol | undefined): readonly number[] | undefined {
  if (protocol === undefined || protocol === 'both') return undefined;
  return [protocol === 'tcp' ? TCP : UDP];
}

function protocolTest(id: Id, { protocol, kind, direction }: Qualifiers, link: LinkLayer): Test {
  if (direction !== 'either') throw new IdentifierError(`"${direction}" does not go with ${kind}`);
  if (id.form !== 'number' && id.form !== 'name') throw new IdentifierError('a protocol is a number or a name');
  if (protocol === 'link') {
    return link.carries(numberOf(id, ETHER_PROTOCOLS, 'Ethernet'));
  }
  if (protocol !== undefined && protocol !== 'ip' && protocol !== 'ip6') throw modifier(protocol, kind);
  const number = numberOf(id, IP_PROTOCOLS, 'IP');
  const four = (): Test => (kind === 'proto' ? ipProtocolIs(link, number) : chainHas(link, number, 4));
  const six = (): Test => (kind === 'proto' ? ip6ProtocolIs(link, number) : chainHas(link, number, 6));
  if (protocol === 'ip') return four();
  return protocol === 'ip6' ? six() : either(four(), six());
}

function numberOf(
  id: Extract<Id, { form: 'number' | 'name' }>,
  names: ReadonlyMap<string, number>,
  family: string,
): number {
  if (id.form === 'number') return id.value;
  const number = names.get(id.text);
  if (number === undefined) throw new IdentifierError(`no ${family} protocol is called "${id.text}"`);
  return number;
}
