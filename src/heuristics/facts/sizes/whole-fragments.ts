import {
  type Conversation,
  type Evidence,
  type FragmentedDatagram,
  TO_CLIENT,
  TO_SERVER,
} from '../../../flows/evidence/evidence.ts';

const idOf = ({ source, destination, protocol, ipId }: FragmentedDatagram): string =>
  `${source} ${destination} ${protocol} ${ipId}`;

/**
 * The point right before that of these datagrams on their way, at which each of them was seen whole. Null where there is
 * none, or where absence at that of these datagrams proves nothing.
 */
export function lastWholeAt(
  evidence: Evidence,
  incomplete: readonly FragmentedDatagram[],
  conversations: readonly Conversation[],
): number | null {
  const [{ point, source }] = incomplete;
  const whole = new Set(
    evidence.fragments.filter(({ complete }) => complete).map((one) => `${one.point} ${idOf(one)}`),
  );
  const isWholeAt = (at: number): boolean => incomplete.every((datagram) => whole.has(`${at} ${idOf(datagram)}`));
  for (const { hops, legs } of conversations) {
    const direction = legs.some(({ client }) => client.address === source) ? TO_SERVER : TO_CLIENT;
    const hop = hops.find(
      (one) => one.to === point && one.direction === direction && one.unknown === null && isWholeAt(one.from),
    );
    if (hop !== undefined) return hop.from;
  }
  return null;
}
