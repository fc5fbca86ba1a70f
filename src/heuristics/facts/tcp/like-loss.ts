import type {
  Connection,
  Conversation,
  Direction,
  Endpoint,
  Evidence,
  TcpDirection,
} from '../../../flows/evidence/evidence.ts';

/**
 * Whether the receiver reports data that it got twice (RFC 2883). Retransmitted data that it does not report had been
 * lost, even where many packets came late.
 */
export const tellsDuplicates = ({ directions }: Connection, direction: Direction): boolean =>
  directions[1 - direction].duplicateSacks > 0;

/**
 * Whether ICMP "fragmentation needed" or "packet too big" is about this conversation. Its packets are sent again
 * because of their size then.
 */
export function hadToShrink(evidence: Evidence, conversation: Conversation): boolean {
  return evidence.icmpErrors.some(
    ({ version, type, code, quoted }) =>
      quoted !== null &&
      (version === 4 ? type === 3 && code === 4 : type === 2) &&
      conversation.legs.some(
        ({ client, server }) => isEnd(quoted.source, client, server) && isEnd(quoted.destination, client, server),
      ),
  );
}

const isEnd = (one: Endpoint, ...ends: Endpoint[]): boolean =>
  ends.some(({ address, port }) => address === one.address && port === one.port);

/** Whether most repetitions are of octets that never got through. That is not random loss. */
export function isHopeless(stats: TcpDirection): boolean {
  const hopeless = stats.repeats
    .filter((repeat) => repeat.ackedTime === null)
    .reduce((total, repeat) => total + repeat.sendings - 1, 0);
  return hopeless * 2 >= stats.resentSegments;
}
