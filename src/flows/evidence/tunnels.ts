/** Tunnels, hosts, fragments and looping packets, each at one point. */

import type { TunnelKind } from '../../decode/packet.ts';
import type { TunnelFates } from './checksums.ts';
import type { PacketRef } from './packet-ref.ts';
import type { CountedValue } from './tcp.ts';

/** One direction of a tunnel at one point: outer source to outer destination, one VNI, one destination port. */
export interface TunnelFlow {
  index: number;
  point: number;
  kind: TunnelKind;
  source: string;
  destination: string;
  networkId: number;
  destinationPort: number;
  packets: number;
  octets: number;
  first: PacketRef;
  last: PacketRef;
  /** Inner Ethernet addresses (VXLAN, Geneve): the VTEPs' own MACs in flannel. Capped at 32. */
  innerSourceMacs: CountedValue<string>[];
  innerDestinationMacs: CountedValue<string>[];
  innerSources: CountedValue<string>[];
  innerDestinations: CountedValue<string>[];
  largestOuterL3: number;
  fragments: number;
  ttls: CountedValue<number>[];
  /** Results for outer UDP checksums. */
  checksums: { good: number; bad: number; partial: number; absent: number; notCaptured: number };
  firstBadChecksum: PacketRef | null;
  fates: TunnelFates;
  /** Outer Ethernet addresses, as seen at this point. */
  sourceMacs: CountedValue<string>[];
  destinationMacs: CountedValue<string>[];
  depth: number;
}

/**
 * Activity of one address at one point. Inner addresses when encapsulated; outer addresses have their own entries
 * (`outer`).
 */
export interface HostActivity {
  point: number;
  address: string;
  outer: boolean;
  sent: number;
  received: number;
  firstSent: number | null;
  lastSent: number | null;
  firstReceived: number | null;
  lastReceived: number | null;
  macs: CountedValue<string>[];
  ttls: CountedValue<number>[];
}

export interface FragmentedDatagram {
  point: number;
  source: string;
  destination: string;
  protocol: number;
  ipId: number;
  first: PacketRef;
  packets: number;
  /** Payload octets of the IP datagram that were seen, and in total (null: the last fragment was not seen). */
  seenOctets: number;
  totalOctets: number | null;
  hasFirst: boolean;
  /** Of a TCP segment whose first fragment was seen: its ports and raw sequence number; null otherwise. */
  tcp: { sourcePort: number; destinationPort: number; seq: number } | null;
  complete: boolean;
  encapsulation: TunnelKind[];
  /** True when it is the outer packet of a tunnel. */
  outer: boolean;
}

/** One packet that passed one point several times with falling TTL. */
export interface PacketLoop {
  point: number;
  source: string;
  destination: string;
  protocol: number;
  ipId: number;
  ttls: number[];
  packets: PacketRef[];
  /** How often the same packet came by with a higher TTL than before: routers only lower it. */
  rises: number;
}
