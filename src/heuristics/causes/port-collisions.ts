import { type Conversation, type Evidence, TO_SERVER } from '../../flows/evidence/evidence.ts';
import { type Attempt, attemptsOf, endpointText } from '../facts/attempts.ts';
import type { Command } from '../rule/rule.ts';
import type { Cause } from '../rule/weigh.ts';

export const COLLISION_THRESHOLDS = {
  /** SYNs within this time count as sent together: both pass the translation before either is entered in its table. */
  collisionSeconds: { value: 0.005, unit: 's', source: 'docs/thresholds.md, together' },
  /** Fewest dropped SYNs that must have such a sibling, and their share of all dropped SYNs. */
  collisions: { value: 3, unit: 'attempts', source: 'docs/thresholds.md, three-cases' },
  collisionShare: { value: 0.9, unit: 'share', source: 'docs/thresholds.md, nine-of-ten' },
} as const;

/**
 * SYNs that vanished where their source is translated, each at the time of another SYN that got the port both wanted.
 */
export interface PortCollisions {
  collided: number;
  /** "10.0.0.11:41001", the translated end point that both SYNs wanted, and the server. */
  wanted: string;
  server: string;
}

/**
 * Two clients behind one address send a SYN to the same server at the same time, from the same source port. The
 * translation gives both the same port. The second SYN clashes when it is entered in the table, and is dropped.
 *
 *   A:41001  SYN >  ──┐                      ┌─> N:41001  passes
 *   B:41001  SYN >  ──┴─ source translated ──┴─> dropped; repeated after 1 s, gets another port and passes
 *
 * Null unless nearly all dropped SYNs are such. A full table also drops SYNs, and drops their repetitions as well.
 */
export function portCollisions(evidence: Evidence, dropped: readonly Attempt[]): PortCollisions | null {
  const translated = attemptsOf(evidence).filter(({ conversation }) => conversation.clientAfterNat !== null);
  const pairs = dropped.flatMap((attempt): Conversation[] => {
    if (attempt.outcome !== 'answered' || !isLostOnce(attempt.conversation)) return [];
    const sibling = translated.find((other) => tookIts(evidence, other, attempt));
    return sibling === undefined ? [] : [sibling.conversation];
  });
  if (
    pairs.length < COLLISION_THRESHOLDS.collisions.value ||
    pairs.length < COLLISION_THRESHOLDS.collisionShare.value * dropped.length
  )
    return null;
  const [{ clientAfterNat, server }] = pairs;
  return { collided: pairs.length, wanted: endpointText(clientAfterNat!), server: endpointText(server) };
}

const isLostOnce = ({ hops, clientAfterNat }: Conversation): boolean =>
  clientAfterNat !== null &&
  hops.some(
    ({ direction, unknown, lost, matched }) => direction === TO_SERVER && unknown === null && lost > 0 && matched > 0,
  );

/** Whether the other SYN got, to the same server, the port that this one came with, and was sent at the same time. */
function tookIts(evidence: Evidence, other: Attempt, { conversation, connection }: Attempt): boolean {
  const { clientAfterNat, server } = other.conversation;
  if (other.conversation === conversation || clientAfterNat!.port !== connection.client.port) return false;
  if (clientAfterNat!.address !== conversation.clientAfterNat!.address) return false;
  if (endpointText(server) !== endpointText(conversation.server)) return false;
  return (
    Math.abs(timeOf(evidence, other) - timeOf(evidence, { conversation, connection })) <=
    COLLISION_THRESHOLDS.collisionSeconds.value
  );
}

/** Time of the SYN on the common clock. */
const timeOf = (
  evidence: Evidence,
  { connection: { point, syn } }: Pick<Attempt, 'conversation' | 'connection'>,
): number => (syn[0]?.time ?? Number.POSITIVE_INFINITY) + evidence.points[point].timeShift;

export const portCollisionCause = ({ collided, wanted, server }: PortCollisions): Cause => ({
  id: 'snat-port-race',
  cause: 'two clients get the same translated source port at the same time, and the second is dropped (SNAT port race)',
  telling: [
    `${collided} of the dropped SYNs came from the source port that another client got within ${COLLISION_THRESHOLDS.collisionSeconds.value * 1000} ms (${wanted} to ${server})`,
    'each of them passes when it is repeated, and gets another port',
  ],
  for: [],
  against: [],
  fix: [
    'Let masquerade choose ports at random (iptables --random-fully, kube-proxy 1.16 and later does), so that clashes are rare.',
  ],
});

/** @param on the host that translates the source */
export const portCollisionCommands = (on: string): Command[] => [
  { on, command: 'conntrack -S', expect: 'insert_failed rises with each of them (a full table counts as drop alone)' },
  {
    on,
    command: 'iptables-save -t nat | grep -iE "masquerade|snat"',
    expect: 'no --random-fully: it makes clashes rare',
  },
];
