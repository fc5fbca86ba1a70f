import { FIRST_IPV6 } from '../../decode/address-book.ts';
import type { Packet } from '../../decode/packet.ts';
import { tunnelKindsOf } from '../encapsulation.ts';
import type { Probe } from '../evidence/evidence.ts';
import type { Limits } from '../limits.ts';
import { isEchoRequest } from './echo-tracker.ts';
import type { Seen } from './observation.ts';
import { MOST_PROBE_TTL } from './probe-limits.ts';

const ICMP = 1;
const TCP = 6;
const UDP = 17;
const ICMPV6 = 58;
const SYN = 2;
const SYN_ACK = 18;
/** IPv4 multicast and broadcast, as `AddressBook` numbers (RFC 5771; RFC 919). */
const FIRST_MULTICAST = 224 * 2 ** 24;

/**
 * Packets with a small TTL that require an answer, as traceroute and mtr send them. Only packets with a TTL up to
 * `MOST_PROBE_TTL` get here, so ordinary ones cost one comparison. The first ones are kept.
 */
export class ProbeTracker {
  readonly probes: Probe[] = [];
  total = 0;
  readonly #limits: Limits;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Whether `packet` may be a probe: a quick check for the caller. */
  static concerns({ ttl }: Packet): boolean {
    return ttl <= MOST_PROBE_TTL;
  }

  onPacket(packet: Packet, { point, time, flow }: Seen, encapsulation: number): void {
    if (packet.transportAt < 0 || packet.ipVersion === 0 || packet.ttl === 0 || !asks(packet)) return;
    if (packet.destination >= FIRST_MULTICAST && packet.destination < FIRST_IPV6) return;
    const { addresses } = packet;
    const destination = addresses.format(packet.destination);
    if (packet.ipVersion === 6 && destination.startsWith('ff')) return;
    this.total++;
    if (this.probes.length >= this.#limits.probes) return;
    this.probes.push({
      packet: packet.number,
      time,
      point,
      flow,
      ipVersion: packet.ipVersion,
      protocol: packet.protocol,
      source: { address: addresses.format(packet.source), port: packet.sourcePort },
      destination: { address: destination, port: packet.destinationPort },
      ttl: packet.ttl,
      ipId: packet.ipId,
      sequence: packet.protocol === TCP || packet.protocol === UDP ? null : packet.icmpSequence,
      encapsulation: tunnelKindsOf(encapsulation),
    });
  }
}

/** A datagram, the first segment of a connection, or an echo request. */
function asks(packet: Packet): boolean {
  switch (packet.protocol) {
    case UDP:
      return true;
    case TCP:
      return (packet.tcpFlags & SYN_ACK) === SYN;
    case ICMP:
    case ICMPV6:
      return isEchoRequest(packet);
    default:
      return false;
  }
}
