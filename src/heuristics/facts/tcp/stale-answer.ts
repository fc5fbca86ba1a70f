import type { Connection, ResetEvent } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { isLater } from '../packet-order.ts';

/** A SYN that was answered by an acknowledgement of something else. */
export interface StaleAnswer {
  /** Resets by which the client refused the acknowledgement. Empty where they are lost before the capture point. */
  resets: ResetEvent[];
  /** Number of such acknowledgements. */
  answers: number;
  /** True when a SYN-ACK came in the end. */
  opened: boolean;
}

/**
 * The server still has a connection from this same port, and answers the SYN with the acknowledgement number of that
 * old connection (RFC 5961, 4). The client does not know the old connection and resets that number (RFC 9293,
 * 3.10.7.3):
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
  // The point is at the server and no reset reaches it: the server acknowledges octets that this client never sent.
  const { ackHigh, packets, resets: ofServer, dataSegments } = directions[TO_CLIENT];
  const isForeign = ackHigh !== null && !isOfThisConnection(iss, ackHigh) && packets > ofServer + dataSegments;
  if (!isForeign || synAck.length > 0 || directions[TO_SERVER].dataSegments > 0) return null;
  return { resets: [], answers: packets, opened: false };
}

/**
 * Whether a reset number is iss or iss + 1 (after the SYN), modulo 2³² (RFC 9293, 3.4): then the client resets its own
 * attempt.
 */
const isOfThisConnection = (iss: number, seq: number): boolean => (seq - iss) >>> 0 <= 1;
