import type { Connection, ResetEvent } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { isLater } from '../packet-order.ts';

/** A SYN was answered by an acknowledgement that is not about it. */
export interface StaleAnswer {
  /** By which the client refused it; none where they are lost before the capture point. */
  resets: ResetEvent[];
  /** Such answers. */
  answers: number;
  /** A SYN-ACK came in the end. */
  opened: boolean;
}

/**
 * The server still has a connection from this very port, and answers the SYN by what that one has acknowledged
 * (RFC 5961, 4); the client, which knows nothing of it, resets that number (RFC 9293, 3.10.7.3):
 *
 *   SYN  seq = iss      ──►
 *                       ◄──  ACK  ack ≠ iss + 1     no SYN-ACK
 *   RST  seq = that ack ──►                         the server forgets the old connection, if it gets this
 *   SYN again           ──►  ◄── SYN-ACK
 */
export function staleAnswerOf({ syn, synAck, resets, directions }: Connection): StaleAnswer | null {
  const { first } = directions[TO_CLIENT];
  const { iss } = directions[TO_SERVER];
  if (syn.length === 0 || first === null || iss === null) return null;
  if (synAck.length > 0 && !isLater(synAck[0], first)) return null;
  const refused = resets.filter(
    (reset) =>
      reset.direction === TO_SERVER && !reset.hasAck && isLater(reset, first) && !isOfThisConnection(iss, reset.seq),
  );
  if (refused.length > 0) return { resets: refused, answers: refused.length, opened: synAck.length > 0 };
  // At the server, whom no reset reaches: it acknowledges what this client never sent.
  const { ackHigh, packets, resets: ofServer, dataSegments } = directions[TO_CLIENT];
  const isForeign = ackHigh !== null && !isOfThisConnection(iss, ackHigh) && packets > ofServer + dataSegments;
  if (!isForeign || synAck.length > 0 || directions[TO_SERVER].dataSegments > 0) return null;
  return { resets: [], answers: packets, opened: false };
}

/** iss, and iss + 1 behind the SYN, modulo 2³² (RFC 9293, 3.4): what a client resets of its own attempt. */
const isOfThisConnection = (iss: number, seq: number): boolean => (seq - iss) >>> 0 <= 1;
