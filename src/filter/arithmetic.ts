import { ALWAYS, all, both, equals, plus, type Test, type Value } from './frame.ts';
import { ETHERTYPE_ARP, ETHERTYPE_IP, ETHERTYPE_IP6, ETHERTYPE_RARP, type LinkLayer } from './link-layer.ts';
import { behindIpv4, behindIpv6, ICMP6, isFirstFragment } from './network-layer.ts';
import type { Arithmetic, Protocol } from './syntax.ts';

/** A number of 32 bits, and what has to hold before it may be read; otherwise the comparison is false. */
export interface Computed {
  value: Value;
  guard: Test;
}

/** @param isProtocol the test of a word such as `tcp` */
export function computed(
  term: Arithmetic,
  link: LinkLayer,
  isProtocol: (protocol: Protocol, at: number) => Test,
): Computed {
  switch (term.node) {
    case 'number':
      return { value: () => term.value, guard: ALWAYS };
    case 'length':
      return { value: (frame) => frame.wireLength, guard: ALWAYS };
    case 'negative': {
      const { value, guard } = computed(term.of, link, isProtocol);
      return { value: (frame) => -value(frame) >>> 0, guard };
    }
    case 'operation': {
      const left = computed(term.left, link, isProtocol);
      const right = computed(term.right, link, isProtocol);
      // As libpcap has it: what is on the right of a sign is read without asking for its protocol.
      return { value: operation(term.sign, left.value, right.value), guard: left.guard };
    }
    case 'octets': {
      const index = computed(term.index, link, isProtocol);
      const { value, guard } = octets(term.protocol, term.size, index.value, link, isProtocol, term.at);
      return { value, guard: together(index.guard, guard) };
    }
  }
}

export const together = (first: Test, second: Test): Test => {
  if (first === ALWAYS) return second;
  return second === ALWAYS ? first : both(first, second);
};

function operation(sign: string, a: Value, b: Value): Value {
  switch (sign) {
    case '+':
      return (frame) => (a(frame) + b(frame)) >>> 0;
    case '-':
      return (frame) => (a(frame) - b(frame)) >>> 0;
    case '*':
      return (frame) => Math.imul(a(frame), b(frame)) >>> 0;
    case '&':
      return (frame) => (a(frame) & b(frame)) >>> 0;
    case '|':
      return (frame) => (a(frame) | b(frame)) >>> 0;
    case '^':
      return (frame) => (a(frame) ^ b(frame)) >>> 0;
    case '<<':
      return (frame) => shifted(a(frame), b(frame), (value, by) => value << by);
    case '>>':
      return (frame) => shifted(a(frame), b(frame), (value, by) => value >>> by);
    default:
      return (frame) => {
        const [dividend, divisor] = [a(frame), b(frame)];
        // A division by zero selects nothing, as a read past the end.
        if (divisor === 0) frame.hasFailed = true;
        if (divisor === 0) return 0;
        return sign === '/' ? Math.floor(dividend / divisor) : dividend % divisor;
      };
  }
}

/** BPF shifts by 32 and more to 0; JavaScript takes the lowest five bits of the distance. */
const shifted = (value: number, by: number, shift: (value: number, by: number) => number): number =>
  by > 31 ? 0 : shift(value, by) >>> 0;

const NETWORK: ReadonlyMap<Protocol, number> = new Map([
  ['ip', ETHERTYPE_IP],
  ['ip6', ETHERTYPE_IP6],
  ['arp', ETHERTYPE_ARP],
  ['rarp', ETHERTYPE_RARP],
]);

function octets(
  protocol: Protocol,
  size: 1 | 2 | 4,
  index: Value,
  link: LinkLayer,
  isProtocol: (protocol: Protocol, at: number) => Test,
  at: number,
): Computed {
  if (protocol === 'link') return { value: readAt(link.header, size, index), guard: ALWAYS };
  const etherType = NETWORK.get(protocol);
  if (etherType !== undefined || LINK_PROTOCOLS.has(protocol))
    return { value: readAt(link.payload, size, index), guard: isProtocol(protocol, at) };
  if (protocol === 'icmp6') {
    const transport = behindIpv6(link);
    const guard = both(link.carries(ETHERTYPE_IP6), equals(plus(link.payload, 6), 1, ICMP6));
    return { value: (frame) => readOctets(frame, transport(frame), index(frame), size), guard };
  }
  // Octets of a transport header are those behind IPv4, in a first fragment (pcap-filter(7)).
  const transport = behindIpv4(link);
  return {
    value: (frame) => readOctets(frame, transport(frame), index(frame), size),
    guard: all(link.carries(ETHERTYPE_IP), isProtocol(protocol, at), isFirstFragment(link)),
  };
}

const LINK_PROTOCOLS: ReadonlySet<Protocol> = new Set(['atalk', 'aarp', 'decnet', 'lat', 'sca', 'moprc', 'mopdl']);

function readAt(offset: LinkLayer['header'], size: 1 | 2 | 4, index: Value): Value {
  const { slot, add } = offset;
  return (frame) => readOctets(frame, (slot < 0 ? 0 : frame.slots[slot]) + add, index(frame), size);
}

/** The sum has 32 bits: `tcp[-1]` is the octet before the header. */
function readOctets(frame: Parameters<Value>[0], base: number, index: number, size: 1 | 2 | 4): number {
  const at = (base + index) >>> 0;
  if (size === 1) return frame.u8(at);
  return size === 2 ? frame.u16(at) : frame.u32(at);
}

export const comparison: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
};
