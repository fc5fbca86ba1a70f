import type { TunnelKind } from '../decode/packet.ts';
import type { Connection, TcpDirection, TcpState } from '../flows/evidence/evidence.ts';
import { endText } from '../text/end-text.ts';
import { pointId } from '../text/ids.ts';
import { captureOfPoint, type PointsOfTables } from './row-words.ts';

/** What one end of a connection sent, as one point saw it. */
export interface DirectionRow {
  /** Number of packets. */
  readonly packets: number;
  /** Octets of payload, repeated ones included. */
  readonly payloadOctets: number;
  /** Number of SYNs, SYN-ACKs included. */
  readonly syns: number;
  /** Number of FINs. */
  readonly fins: number;
  /** Number of resets. */
  readonly resets: number;
  /** Number of data segments that were sent again because one was lost. */
  readonly resentSegments: number;
  /** Number of data segments that were sent again without need. */
  readonly needlessSegments: number;
  /** Number of segments out of order. */
  readonly outOfOrder: number;
  /** Octets that were acknowledged and never captured. */
  readonly gapOctets: number;
  /** Octets that were not acknowledged when the connection was last seen. */
  readonly unackedOctets: number;
  /** Number of segments that announced a window of zero. */
  readonly zeroWindows: number;
  /** Size of the largest packet with payload, octets of IP. */
  readonly largestOctets: number;
  /** Maximum segment size that this end announced, octets; null without a SYN. */
  readonly mss: number | null;
  /** Shortest round trip of its data, seconds; null without samples. */
  readonly shortestRoundTrip: number | null;
  /** Median round trip of its data, seconds; null without samples. */
  readonly medianRoundTrip: number | null;
}

/** One TCP connection as one capture point saw it. */
export interface ConnectionRow {
  /** Index of the row in its table, from 0. */
  readonly index: number;
  /** Id of the capture: "c1". */
  readonly capture: string;
  /** Id of the capture point: "p1". */
  readonly point: string;
  /** ADDRESS:PORT of the client. */
  readonly client: string;
  /** ADDRESS:PORT of the server. */
  readonly server: string;
  /** What tells which end is the client: a SYN, a SYN-ACK, or a guess by the ports. */
  readonly rolesFrom: 'syn' | 'syn-ack' | 'guess';
  /** Tunnels around it, outermost first. */
  readonly tunnels: readonly TunnelKind[];
  /** How it stands when the capture ends. */
  readonly state: TcpState;
  /**
   * What was seen, as in Zeek: S SYN, h SYN-ACK, A acknowledgement, D data, F FIN, R reset, T retransmission, G gap, W zero
   * window, Q out of order, C bad checksum; upper case from the client, each letter once. `^` where roles are guessed.
   */
  readonly history: string;
  /** Number of its first packet in the capture. */
  readonly firstPacket: number;
  /** Number of its last packet in the capture. */
  readonly lastPacket: number;
  /** Time of its first packet, seconds since the first packet of the capture. */
  readonly firstTime: number;
  /** Time of its last packet, seconds since the first packet of the capture. */
  readonly lastTime: number;
  /** Seconds from SYN to SYN-ACK at this point; null when one of them was not seen. */
  readonly serverHandshake: number | null;
  /** Seconds from SYN-ACK to its acknowledgement at this point; null when one of them was not seen. */
  readonly clientHandshake: number | null;
  /** Number of requests that were answered: turns of client and server. */
  readonly turns: number;
  /** False when early packets found no room in memory: then absence proves nothing. */
  readonly isComplete: boolean;
  /** What the client sent. */
  readonly toServer: DirectionRow;
  /** What the server sent. */
  readonly toClient: DirectionRow;
}

export function connectionRow(index: number, connection: Connection, points: PointsOfTables): ConnectionRow {
  const { point, client, server, rolesFrom, encapsulation, state, history, first, last, turns, complete } = connection;
  return {
    index,
    capture: captureOfPoint(points, point),
    point: pointId(point),
    client: endText(client),
    server: endText(server),
    rolesFrom,
    tunnels: Object.freeze([...encapsulation]),
    state,
    history,
    firstPacket: first.packet,
    lastPacket: last.packet,
    firstTime: first.time,
    lastTime: last.time,
    serverHandshake: connection.handshakeServerSide,
    clientHandshake: connection.handshakeClientSide,
    turns,
    isComplete: complete,
    toServer: directionRow(connection.directions[0], connection.rtt[0]),
    toClient: directionRow(connection.directions[1], connection.rtt[1]),
  };
}

const directionRow = (sent: TcpDirection, roundTrip: { min: number; median: number } | null): DirectionRow =>
  Object.freeze({
    packets: sent.packets,
    payloadOctets: sent.payloadOctets,
    syns: sent.syns,
    fins: sent.fins,
    resets: sent.resets,
    resentSegments: sent.resentSegments,
    needlessSegments: sent.needlessSegments,
    outOfOrder: sent.outOfOrder,
    gapOctets: sent.gapOctets,
    unackedOctets: sent.unackedOctets,
    zeroWindows: sent.zeroWindows,
    largestOctets: sent.largestL3,
    mss: sent.mss,
    shortestRoundTrip: roundTrip?.min ?? null,
    medianRoundTrip: roundTrip?.median ?? null,
  });
