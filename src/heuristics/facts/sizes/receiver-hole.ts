import type {
  Connection,
  Conversation,
  Direction,
  Evidence,
  SequenceHole,
  TcpDirection,
} from '../../../flows/evidence/evidence.ts';
import { indexOf } from '../evidence-index.ts';
import { gatesOf } from '../gates.ts';
import type { Cliff } from './cliff.ts';
import { SIZE_THRESHOLDS, TCP_IP_OCTETS, TIMESTAMP_OCTETS } from './size-thresholds.ts';

/**
 * Octets that never arrive although the receiver hears their sender, seen at a point where they should have come in.
 */
interface Gap {
  hole: SequenceHole;
  /** Full segments that fit into the gap, and the IP length of one. */
  segments: number;
  l3Length: number;
  /** Seconds from the request, or from the first packet behind the gap, to the end. */
  waited: number;
}

/**
 * The black hole as its receiver sees it. Whole segments are missing at the next octet that the receiver waits for, and
 * only smaller packets arrive from the sender. Such a packet may be a pure acknowledgement, whose sequence number tells
 * how much was sent (SND.NXT, RFC 9293, 3.10.7.4):
 *
 *   request → · ACK ← · (1448 1448 1448 vanish, again and again) · 212 octets ← or ACK ← beyond the hole
 */
export function receiverCliff(evidence: Evidence, conversation: Conversation, direction: Direction): Cliff | null {
  const legs = indexOf(evidence).connections(conversation);
  const missing = legs.map((leg) => missingAt(evidence, leg, direction));
  const last = direction === 0 ? legs.length - 1 : 0;
  const found = missing[last];
  if (!found || missing.includes(null)) return null;
  const leg = legs[last];
  const [sender, receiver] = direction === 0 ? [leg.client, leg.server] : [leg.server, leg.client];
  const { hole, segments, l3Length, waited } = found;
  const octets = hole.seqEnd - hole.seqStart;
  return {
    conversations: [conversation],
    direction,
    sender: sender.address,
    receiver: receiver.address,
    largestPassed: largestFrom(evidence, leg, sender.address, receiver.address),
    smallestLost: l3Length,
    sendings: 0,
    dontFragment: false,
    icmp: 'none',
    icmpMtu: 0,
    icmpFrom: null,
    errors: [],
    confirmed: false,
    missing: { octets, segments, seconds: waited },
    packets: [
      {
        ...hole.noticed,
        point: leg.point,
        direction: direction === 0 ? '>' : '<',
        note: `${octets} octets before it never arrive`,
      },
    ],
  };
}

function missingAt(evidence: Evidence, connection: Connection, direction: Direction): Gap | null {
  const { point, directions, ipVersion, slowTurns, last, complete } = connection;
  if (!complete || !gatesOf(evidence).loss(point).ok) return null;
  const sent = directions[direction];
  const received = directions[direction === 0 ? 1 : 0];
  const { mss } = received;
  if (mss === null || sent.iss === null || sent.gapOctets > 0) return null;
  const segment = Math.min(mss, sent.mss ?? mss) - (sent.timestamps ? TIMESTAMP_OCTETS : 0);
  const l3Length = Math.min(mss, sent.mss ?? mss) + TCP_IP_OCTETS[ipVersion];
  const hole = wholeHole(sent, segment);
  if (hole === undefined || l3Length < SIZE_THRESHOLDS.smallestLost.value) return null;
  const pending = slowTurns.find(({ response, request }) => response === null && request.time <= hole.noticed.time);
  const start = pending?.request.time ?? hole.noticed.time;
  const isHabit = waitsTogether(evidence, connection, direction, segment);
  const waited = (isHabit ? indexOf(evidence).endOf(point) : last.time) - start;
  if (waited < SIZE_THRESHOLDS.unfilledSeconds.value) return null;
  const [from, to] = direction === 0 ? [connection.client, connection.server] : [connection.server, connection.client];
  if (largestFrom(evidence, connection, from.address, to.address) >= l3Length) return null;
  const heard = lastHeard(evidence, connection, from.address, to.address) - start;
  if (heard < SIZE_THRESHOLDS.heardSeconds.value) return null;
  return { hole, segments: (hole.seqEnd - hole.seqStart) / segment, l3Length, waited };
}

/** A hole of whole segments that was never filled. */
const wholeHole = ({ holes }: TcpDirection, segment: number): SequenceHole | undefined =>
  holes.find(
    ({ seqStart, seqEnd, filledTime, acknowledged }) =>
      filledTime === null && !acknowledged && seqEnd > seqStart && (seqEnd - seqStart) % segment === 0,
  );

/**
 * Whether another connection of the two hosts has such a hole as well, and nobody has ended either: then each waits as
 * long as the capture runs, although its sender only repeats what never arrives.
 */
function waitsTogether(evidence: Evidence, connection: Connection, direction: Direction, segment: number): boolean {
  const { client, server, point } = connection;
  const waits = ({ directions, end }: Connection): boolean =>
    end === null && wholeHole(directions[direction], segment) !== undefined;
  return (
    waits(connection) &&
    evidence.connections.some(
      (other) =>
        other.index !== connection.index &&
        other.point === point &&
        other.client.address === client.address &&
        other.server.address === server.address &&
        waits(other),
    )
  );
}

/** Data of all connections of two hosts at one point. */
function* between(
  evidence: Evidence,
  { point }: Connection,
  from: string,
  to: string,
): Iterable<Connection['directions'][number]> {
  for (const { point: at, client, server, directions } of evidence.connections) {
    if (at !== point) continue;
    if (client.address === from && server.address === to) yield directions[0];
    else if (server.address === from && client.address === to) yield directions[1];
  }
}

function largestFrom(evidence: Evidence, connection: Connection, from: string, to: string): number {
  let largest = 0;
  for (const { largestL3 } of between(evidence, connection, from, to)) largest = Math.max(largest, largestL3);
  return largest;
}

function lastHeard(evidence: Evidence, connection: Connection, from: string, to: string): number {
  let heard = 0;
  for (const { last } of between(evidence, connection, from, to)) heard = Math.max(heard, last?.time ?? 0);
  return heard;
}
