import type {
  Connection,
  Conversation,
  Direction,
  Endpoint,
  Evidence,
  TcpDirection,
} from '../../../flows/evidence/evidence.ts';

/** The receiver reports what it got twice (RFC 2883): what it does not report had been lost, however much came late. */
export const tellsDuplicates = ({ directions }: Connection, direction: Direction): boolean =>
  directions[1 - direction].duplicateSacks > 0;

/** ICMP "fragmentation needed" or "packet too big" about this conversation: it repeats because of the size. */
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

/** Most of the repetition is of octets that never got through: that is no random loss. */
export function isHopeless(stats: TcpDirection): boolean {
  const hopeless = stats.repeats
    .filter((repeat) => repeat.ackedTime === null)
    .reduce((total, repeat) => total + repeat.sendings - 1, 0);
  return hopeless * 2 >= stats.resentSegments;
}
