/** An expression as a test on frames of one link type. Words are compiled in the order in which they are written. */

import { LINKTYPE_LINUX_SLL2 } from '../decode/link-types.ts';
import { DIRECTION_INBOUND, DIRECTION_OUTBOUND } from '../decode/packet.ts';
import { comparison, computed, together } from './arithmetic.ts';
import { FilterError } from './filter-error.ts';
import { ALWAYS, all, any, both, either, equals, fixed, NEVER, not, plus, read, type Test } from './frame.ts';
import { IdentifierError, identifierTest } from './identifiers.ts';
import { ETHERTYPE_ARP, ETHERTYPE_IP, ETHERTYPE_IP6, ETHERTYPE_RARP, LinkLayer } from './link-layer.ts';
import { ETHER_PROTOCOLS } from './names.ts';
import { ICMP6, ip6ProtocolIs, ipProtocolIs, SCTP, TCP, UDP } from './network-layer.ts';
import type { Expression, Protocol } from './syntax.ts';
import { enter, LARGEST_NUMBER } from './tunnels.ts';

/** @throws FilterError for values that no packet can have, with the place */
export function compile(expression: string, parsed: Expression, linkType: number): Test {
  return new Compiler(expression, linkType).test(parsed);
}

/** IP protocols that a word stands for, in which versions of IP. */
const OVER_IP: ReadonlyMap<Protocol, { protocol: number; versions: readonly (4 | 6)[] }> = new Map([
  ['tcp', { protocol: TCP, versions: [4, 6] }],
  ['udp', { protocol: UDP, versions: [4, 6] }],
  ['sctp', { protocol: SCTP, versions: [4, 6] }],
  ['icmp', { protocol: 1, versions: [4] }],
  ['icmp6', { protocol: ICMP6, versions: [6] }],
  ['igmp', { protocol: 2, versions: [4] }],
  ['igrp', { protocol: 9, versions: [4] }],
  ['pim', { protocol: 103, versions: [4, 6] }],
  ['vrrp', { protocol: 112, versions: [4] }],
  ['carp', { protocol: 112, versions: [4] }],
  ['ah', { protocol: 51, versions: [4, 6] }],
  ['esp', { protocol: 50, versions: [4, 6] }],
]);

const ETHERTYPES: ReadonlyMap<Protocol, number> = new Map<Protocol, number>([
  ['ip', ETHERTYPE_IP],
  ['ip6', ETHERTYPE_IP6],
  ['arp', ETHERTYPE_ARP],
  ['rarp', ETHERTYPE_RARP],
  ...(['decnet', 'lat', 'sca', 'moprc', 'mopdl'] as const).map(
    (name) => [name, ETHER_PROTOCOLS.get(name) ?? 0] as [Protocol, number],
  ),
  // SAPs of IEEE 802.2.
  ['iso', 0xfe],
  ['stp', 0x42],
  ['netbeui', 0xf0],
]);

/** First octet behind the SAPs (ISO/IEC TR 9577). */
const OVER_ISO: ReadonlyMap<Protocol, number> = new Map([
  ['clnp', 0x81],
  ['esis', 0x82],
  ['isis', 0x83],
]);

class Compiler {
  readonly #expression: string;
  readonly #link: LinkLayer;

  constructor(expression: string, linkType: number) {
    this.#expression = expression;
    this.#link = new LinkLayer(linkType);
  }

  test(expression: Expression): Test {
    const link = this.#link;
    switch (expression.node) {
      case 'and':
        return both(this.test(expression.left), this.test(expression.right));
      case 'or':
        return either(this.test(expression.left), this.test(expression.right));
      case 'not':
        return not(this.test(expression.of));
      case 'id':
        return this.#placed(expression.id.at, () => identifierTest(expression.id, expression.qualifiers, link));
      case 'protocol':
        return this.#isProtocol(expression.protocol, expression.at);
      case 'cast':
        return this.#cast(expression);
      case 'relation':
        return this.#relation(expression);
      case 'length': {
        const { atMost, octets } = expression;
        return (frame) => (atMost ? frame.wireLength <= octets : frame.wireLength >= octets);
      }
      case 'layer': {
        const { layer, number, at } = expression;
        if (number !== undefined && number > LARGEST_NUMBER[layer])
          throw new FilterError(`${layer} ${number}: the largest is ${LARGEST_NUMBER[layer]}`, this.#expression, at);
        return enter(layer, number, link);
      }
      case 'way': {
        const direction = expression.way === 'inbound' ? DIRECTION_INBOUND : DIRECTION_OUTBOUND;
        return ({ packet }) => packet?.direction === direction;
      }
      case 'ifindex':
        return link.linkType === LINKTYPE_LINUX_SLL2 ? equals(fixed(4), 4, expression.index) : NEVER;
    }
  }

  #isProtocol(protocol: Protocol, at: number): Test {
    const link = this.#link;
    const etherType = ETHERTYPES.get(protocol);
    if (etherType !== undefined) return link.carries(etherType);
    const overIp = OVER_IP.get(protocol);
    if (overIp !== undefined) {
      const tests = overIp.versions.map((version) =>
        version === 4 ? ipProtocolIs(link, overIp.protocol) : ip6ProtocolIs(link, overIp.protocol),
      );
      return any(tests[0], ...tests.slice(1));
    }
    const overIso = OVER_ISO.get(protocol);
    if (overIso !== undefined)
      return both(link.carries(0xfe), equals(plus(link.payload, link.octetsBeforeIso), 1, overIso));
    if (protocol === 'atalk') return this.#snapOrType(0x080007, 0x809b);
    if (protocol === 'aarp') return this.#snapOrType(0, 0x80f3);
    if (protocol === 'ipx') return this.#isIpx();
    throw new FilterError(`"${protocol}" is not a test by itself`, this.#expression, at);
  }

  #snapOrType(organisation: number, etherType: number): Test {
    const link = this.#link;
    return either(both(link.isLength(), link.snap(organisation, etherType)), link.carries(etherType));
  }

  /** IPX has four ways onto Ethernet: Ethernet II, 802.2, 802.3 alone, and SNAP. */
  #isIpx(): Test {
    const link = this.#link;
    const inFrame = any(equals(link.payload, 1, 0xe0), equals(link.payload, 2, 0xffff), link.snap(0, 0x8137));
    return either(link.carries(0x8137), both(link.isLength(), inFrame));
  }

  #cast({ protocol, to, at }: Extract<Expression, { node: 'cast' }>): Test {
    const link = this.#link;
    const broadcast = (): Test =>
      all(link.hasHeader(), equals(plus(link.header, 2), 4, 0xffffffff), equals(link.header, 2, 0xffff));
    if (protocol === undefined || protocol === 'link') {
      if (!link.isEthernet) return NEVER;
      return to === 'broadcast' ? broadcast() : both(link.hasHeader(), equals(link.header, 1, 1, 1));
    }
    const destination = plus(link.payload, 16);
    if (protocol === 'ip') {
      const address = read(destination, to === 'broadcast' ? 4 : 1);
      return both(link.carries(ETHERTYPE_IP), (frame) => {
        const value = address(frame);
        return to === 'multicast' ? value >= 224 : value === 0 || value === 0xffffffff;
      });
    }
    if (protocol === 'ip6' && to === 'multicast')
      return both(link.carries(ETHERTYPE_IP6), equals(plus(link.payload, 24), 1, 0xff));
    throw new FilterError(`"${protocol}" does not go with ${to}`, this.#expression, at);
  }

  #relation({ sign, left, right }: Extract<Expression, { node: 'relation' }>): Test {
    const isProtocol = (protocol: Protocol, at: number): Test => this.#isProtocol(protocol, at);
    const a = computed(left, this.#link, isProtocol);
    const b = computed(right, this.#link, isProtocol);
    const holds = comparison[sign];
    const test: Test = (frame) => holds(a.value(frame), b.value(frame));
    const guard = together(a.guard, b.guard);
    return guard === ALWAYS ? test : both(guard, test);
  }

  #placed(at: number, make: () => Test): Test {
    try {
      return make();
    } catch (error) {
      if (error instanceof IdentifierError) throw new FilterError(error.message, this.#expression, at);
      throw error;
    }
  }
}
