import type { TunnelKind } from '../decode/packet.ts';
import type { TunnelFlow } from '../flows/evidence/evidence.ts';
import { pointId } from '../text/ids.ts';
import { captureOfPoint, type PointsOfTables } from './row-words.ts';

/** Outer UDP checksums of a tunnel, by what they are. */
export interface TunnelChecksums {
  /** Number of right ones. */
  readonly good: number;
  /** Number of wrong ones. */
  readonly bad: number;
  /** Number of partial ones, which transmit offload completes later. */
  readonly partial: number;
  /** Number of packets without one. */
  readonly absent: number;
  /** Number of packets that were not captured in full. */
  readonly notCaptured: number;
}

/** One direction of a tunnel as one capture point saw it. */
export interface TunnelRow {
  /** Index of the row in its table, from 0. */
  readonly index: number;
  /** Id of the capture: "c1". */
  readonly capture: string;
  /** Id of the capture point: "p1". */
  readonly point: string;
  /** Kind of the tunnel. */
  readonly kind: TunnelKind;
  /** Outer source address. */
  readonly source: string;
  /** Outer destination address. */
  readonly destination: string;
  /** VXLAN or Geneve network identifier, key of GRE; the number 0 without one. */
  readonly networkId: number;
  /** Number of the outer UDP destination port; 0 without one. */
  readonly destinationPort: number;
  /** Number of tunnels around this one. */
  readonly depth: number;
  /** Number of packets. */
  readonly packets: number;
  /** Octets of its outer packets (IP). */
  readonly octets: number;
  /** Number of its first packet in the capture. */
  readonly firstPacket: number;
  /** Number of its last packet in the capture. */
  readonly lastPacket: number;
  /** Time of its first packet, seconds since the first packet of the capture. */
  readonly firstTime: number;
  /** Time of its last packet, seconds since the first packet of the capture. */
  readonly lastTime: number;
  /** Size of the largest outer packet, octets of IP. */
  readonly largestOctets: number;
  /** Number of outer packets that are fragments. */
  readonly fragments: number;
  /** Outer UDP checksums. */
  readonly checksums: TunnelChecksums;
}

export function tunnelRow(index: number, tunnel: TunnelFlow, points: PointsOfTables): TunnelRow {
  const { point, kind, source, destination, networkId, destinationPort, depth, packets, octets, first, last } = tunnel;
  return {
    index,
    capture: captureOfPoint(points, point),
    point: pointId(point),
    kind,
    source,
    destination,
    networkId,
    destinationPort,
    depth,
    packets,
    octets,
    firstPacket: first.packet,
    lastPacket: last.packet,
    firstTime: first.time,
    lastTime: last.time,
    largestOctets: tunnel.largestOuterL3,
    fragments: tunnel.fragments,
    checksums: Object.freeze({ ...tunnel.checksums }),
  };
}
