import type { Connection, Direction, Evidence, RepeatedRange } from '../../../flows/evidence/evidence.ts';
import { SIZE_THRESHOLDS } from './size-thresholds.ts';

/**
 * Whether the receiver is alive and small packets reach it while the large packet is repeated. One of three signs is
 * enough: the receiver sends something after the first transmission, another connection of the same two hosts exchanges data
 * at that time, or the receiver's silence begins with the first large packet.
 */
export function pathAlive(
  evidence: Evidence,
  legs: readonly Connection[],
  near: Connection,
  repeat: RepeatedRange,
  direction: Direction,
): boolean {
  const back = near.directions[direction === 0 ? 1 : 0];
  const start = repeat.packets[0].time;
  // By half the time to the second transmission, acknowledgements of earlier octets have arrived.
  const answerable = (start + repeat.packets[1].time) / 2;
  if (back.last !== null && back.last.time > answerable) return true;
  // A later packet drew a duplicate acknowledgement: that packet passed, and the large one did not.
  const isOldest = near.directions[direction].unackedSince?.packet === repeat.packets[0].packet;
  const heard = back.last !== null && back.last.time > start;
  if (isOldest && heard && (back.dupAcks > 0 || back.sackedAhead > 0)) return true;
  // Before its first data a client is owed nothing but the SYN-ACK: what the server sends after it answers a later packet.
  // A duplicate acknowledgement is no copy here, because the window of a SYN-ACK is not scaled (RFC 7323, 2.2).
  if (isOldest && heard && direction === 0 && repeat.seqStart === 1 && back.packets > back.syns) return true;
  const elsewhere = evidence.connections.some(
    (other) =>
      other.point === near.point &&
      !legs.includes(other) &&
      sameHosts(other, near) &&
      (other.directions[direction === 0 ? 1 : 0].last?.time ?? 0) > start &&
      other.directions[direction === 0 ? 1 : 0].dataSegments > 0,
  );
  return elsewhere || silentFromFirstLarge(evidence, near, repeat, direction);
}

/**
 * The only sign that one point has of a black hole when nothing small follows: every smaller segment was acknowledged a
 * moment before, no larger one ever was, and the receiver is not heard after the first larger one. A receiver that dies
 * at exactly that packet looks the same, so this stays inferred.
 */
function silentFromFirstLarge(
  evidence: Evidence,
  near: Connection,
  repeat: RepeatedRange,
  direction: Direction,
): boolean {
  const sent = near.directions[direction];
  const heard = near.directions[direction === 0 ? 1 : 0].last;
  const start = repeat.packets[0].time;
  if (heard === null || heard.time > start || start - heard.time > SIZE_THRESHOLDS.lastWordSeconds.value) return false;
  // Routers never fragment IPv6 (RFC 8200, 5), and IPv6 has no "don't fragment" bit.
  const whole = repeat.dontFragment || near.ipVersion === 6;
  if (repeat.sendings < SIZE_THRESHOLDS.sendingsInSilence.value || !whole) return false;
  const opened = direction === 0 ? near.synAck.length > 0 : near.handshakeAck !== null;
  if ((sent.largestAckedL3 === 0 && !opened) || sent.largestAckedL3 >= repeat.smallestL3Length) return false;
  const receiver = direction === 0 ? near.server.address : near.client.address;
  const largerPassed = evidence.connections.some(
    (other) => other.point === near.point && sendsTo(other, receiver) >= repeat.smallestL3Length,
  );
  return !largerPassed && sent.unackedSince?.packet === repeat.packets[0].packet;
}

/**
 * Largest packet that the receiver is known to have got in a connection; 0 when the receiver is not one of its ends.
 */
const sendsTo = ({ client, server, directions }: Connection, receiver: string): number =>
  server.address === receiver
    ? directions[0].largestAckedL3
    : client.address === receiver
      ? directions[1].largestAckedL3
      : 0;

const sameHosts = (a: Connection, b: Connection): boolean =>
  a.client.address === b.client.address && a.server.address === b.server.address;
