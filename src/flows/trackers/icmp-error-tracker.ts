import type { Packet, TunnelKind } from '../../decode/packet.ts';
import { type QuotedPacket as DecodedQuote, decodeQuoted } from '../../decode/quoted-packet.ts';
import { formatMac, macAt } from '../compact/link-address.ts';
import { tunnelKindsOf } from '../encapsulation.ts';
import type { IcmpError, QuotedPacket } from '../evidence/evidence.ts';
import type { Limits } from '../limits.ts';

const UDP = 17;
const GRE = 47;
const IPV4_IN_IP = 4;
const IPV6_IN_IP = 41;
/** IANA's VXLAN and Geneve ports, and the VXLAN port of Linux and flannel. */
const VXLAN_PORTS: readonly number[] = [4789, 8472];
const GENEVE_PORT = 6081;

/** ICMP errors with the packet they quote. The first ones are kept, because they are closest to the cause. */
export class IcmpErrorTracker {
  readonly errors: IcmpError[] = [];
  total = 0;
  readonly #limits: Limits;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  onPacket(packet: Packet, point: number, time: number, encapsulation: number): void {
    this.total++;
    if (this.errors.length >= this.#limits.icmpErrors || packet.ipVersion === 0) return;
    const { addresses } = packet;
    const quoted = decodeQuoted(packet);
    this.errors.push({
      packet: packet.number,
      time,
      point,
      version: packet.ipVersion,
      type: packet.icmpType,
      code: packet.icmpCode,
      from: addresses.format(packet.source),
      to: addresses.format(packet.destination),
      mtu: packet.icmpMtu,
      quoted: quoted === undefined ? null : toEvidence(quoted, (address) => addresses.format(address)),
      encapsulation: tunnelKindsOf(encapsulation),
      sourceMac: packet.sourceMacAt < 0 ? null : formatMac(macAt(packet.bytes, packet.sourceMacAt)),
      ttl: packet.ttl,
    });
  }
}

const toEvidence = (quoted: DecodedQuote, format: (address: number) => string): QuotedPacket => ({
  ipVersion: quoted.ipVersion,
  protocol: quoted.protocol,
  source: { address: format(quoted.source), port: quoted.sourcePort },
  destination: { address: format(quoted.destination), port: quoted.destinationPort },
  tcpSeq: quoted.tcpSeq ?? null,
  ipId: quoted.ipId,
  l3Length: quoted.l3Length,
  sequence: quoted.icmpSequence ?? null,
  tunnel: tunnelOf(quoted),
});

/** The quotation may be too short to recognise a tunnel by its content. Then the port or protocol number decides. */
function tunnelOf(quoted: DecodedQuote): TunnelKind | null {
  switch (quoted.protocol) {
    case IPV4_IN_IP:
      return quoted.ipVersion === 4 ? 'ipip' : '4in6';
    case IPV6_IN_IP:
      return quoted.ipVersion === 4 ? '6in4' : '6in6';
    case GRE:
      return 'gre';
    case UDP:
      if (quoted.destinationPort === GENEVE_PORT) return 'geneve';
      return quoted.inner !== undefined || VXLAN_PORTS.includes(quoted.destinationPort) ? 'vxlan' : null;
    default:
      return null;
  }
}
