/** Addresses, protocols and ports: tests on the headers behind the link layer. */
import { all, both, either, equals, plus, read, type Test, type Value } from './frame.ts';
import { ETHERTYPE_IP, ETHERTYPE_IP6, type LinkLayer } from './link-layer.ts';
import type { Direction } from './syntax.ts';

export const TCP = 6; // IANA protocol numbers
export const UDP = 17;
export const SCTP = 132;
export const ICMP6 = 58;
const FRAGMENT_HEADER = 44;
/** Octets of the IPv6 header. Extension headers are not skipped, as in tcpdump. */
const IP6_LENGTH = 40;

export function oriented(direction: Direction, src: () => Test, dst: () => Test): Test {
  if (direction === 'src') return src();
  if (direction === 'dst') return dst();
  return direction === 'both' ? both(src(), dst()) : either(src(), dst());
}

/** An IPv4 address in a packet of this EtherType, whose addresses are at these offsets. */
export function hasIpv4(
  link: LinkLayer,
  { address, mask }: { address: number; mask: number },
  direction: Direction,
  { etherType, src, dst }: { etherType: number; src: number; dst: number },
): Test {
  const at = (offset: number): Test =>
    both(link.carries(etherType), equals(plus(link.payload, offset), 4, address, mask));
  return oriented(
    direction,
    () => at(src),
    () => at(dst),
  );
}

/** @param words the four words of the address, and of its mask */
export function hasIpv6(
  link: LinkLayer,
  words: readonly number[],
  masks: readonly number[],
  direction: Direction,
): Test {
  const at = (offset: number): Test =>
    all(
      link.carries(ETHERTYPE_IP6),
      ...words.map((word, index) => equals(plus(link.payload, offset + 4 * index), 4, word, masks[index])),
    );
  return oriented(
    direction,
    () => at(8),
    () => at(24),
  );
}

export const ipProtocolIs = (link: LinkLayer, protocol: number): Test =>
  both(link.carries(ETHERTYPE_IP), equals(plus(link.payload, 9), 1, protocol));

/** The next header, also behind a fragment header. */
export const ip6ProtocolIs = (link: LinkLayer, protocol: number): Test =>
  both(
    link.carries(ETHERTYPE_IP6),
    either(
      equals(plus(link.payload, 6), 1, protocol),
      both(equals(plus(link.payload, 6), 1, FRAGMENT_HEADER), equals(plus(link.payload, IP6_LENGTH), 1, protocol)),
    ),
  );

/** Not a fragment behind the first one. */
export const isFirstFragment = (link: LinkLayer): Test => equals(plus(link.payload, 6), 2, 0, 0x1fff);

/** Offset of what follows the IPv4 header. */
export function behindIpv4(link: LinkLayer): Value {
  const first = read(link.payload, 1);
  const { slot, add } = link.payload;
  return (frame) => (slot < 0 ? 0 : frame.slots[slot]) + add + 4 * (first(frame) & 0x0f);
}

export const behindIpv6 = ({ payload: { slot, add } }: LinkLayer): Value =>
  slot < 0 ? () => add + IP6_LENGTH : (frame) => frame.slots[slot] + add + IP6_LENGTH;

/** Ports from `least` to `most` of these protocols. */
export function hasPort(
  link: LinkLayer,
  { least, most }: { least: number; most: number },
  protocols: readonly number[],
  direction: Direction,
): Test {
  const portAt = (transport: Value, offset: number): Test =>
    least === most
      ? (frame) => frame.u16(transport(frame) + offset) === least
      : (frame) => {
          const port = frame.u16(transport(frame) + offset);
          return port >= least && port <= most;
        };
  const ports = (transport: Value): Test =>
    oriented(
      direction,
      () => portAt(transport, 0),
      () => portAt(transport, 2),
    );
  const isOneOf = (offset: number): Test => {
    const protocol = read(plus(link.payload, offset), 1);
    return (frame) => protocols.includes(protocol(frame));
  };
  return either(
    all(link.carries(ETHERTYPE_IP6), isOneOf(6), ports(behindIpv6(link))),
    all(link.carries(ETHERTYPE_IP), isOneOf(9), isFirstFragment(link), ports(behindIpv4(link))),
  );
}

/** Extension headers that protochain walks through: hop-by-hop, routing, fragment, destination options. */
const WALKED: ReadonlySet<number> = new Set([0, 43, 44, 60]);
const AUTHENTICATION = 51;
const NO_NEXT_HEADER = 59;

/** The protocol, behind authentication headers (and IPv6's extension headers). */
export function chainHas(link: LinkLayer, protocol: number, version: 4 | 6): Test {
  const etherType = version === 4 ? ETHERTYPE_IP : ETHERTYPE_IP6;
  const first = read(plus(link.payload, version === 4 ? 9 : 6), 1);
  const transport = version === 4 ? behindIpv4(link) : behindIpv6(link);
  return both(link.carries(etherType), (frame) => {
    let next = first(frame);
    let at = transport(frame);
    for (let headers = 0; headers < frame.length && !frame.hasFailed; headers++) {
      if (next === protocol || next === NO_NEXT_HEADER) break;
      if (version === 6 && WALKED.has(next)) {
        next = frame.u8(at);
        at += 8 * (frame.u8(at + 1) + 1);
      } else if (next === AUTHENTICATION) {
        next = frame.u8(at);
        at += 4 * (frame.u8(at + 1) + 2);
      } else break;
    }
    return next === protocol;
  });
}
