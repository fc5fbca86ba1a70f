import { type Conversation, type Evidence, TO_SERVER } from '../../flows/evidence/evidence.ts';
import { type Attempt, attemptsOf, endpointText } from '../facts/attempts.ts';
import type { Command } from '../rule/rule.ts';
import type { Cause } from '../rule/weigh.ts';

export const COLLISION_THRESHOLDS = {
  /** SYNs sent at the same time: both pass the translation before one of them is entered. */
  collisionSeconds: { value: 0.005, unit: 's', source: 'docs/thresholds.md, together' },
  /** Dropped SYNs that must have such a sibling, and their share of all dropped ones. */
  collisions: { value: 3, unit: 'attempts', source: 'docs/thresholds.md, three-cases' },
  collisionShare: { value: 0.9, unit: 'share', source: 'docs/thresholds.md, nine-of-ten' },
} as const;

/** SYNs that vanished where their source is translated, each beside one that got the port it wanted. */
export interface PortCollisions {
  collided: number;
  /** "10.0.0.11:41001", the translated end point that two wanted, and the server. */
  wanted: string;
  server: string;
}

/**
 * Two clients behind one address send a SYN to the same server at the same time, from the same source port: the
 * translation gives both the same, and when the second is to be entered into the table it clashes and is dropped.
 *
 *   A:41001  SYN >  ──┐                      ┌─> N:41001  passes
 *   B:41001  SYN >  ──┴─ source translated ──┴─> dropped; repeated after 1 s, gets another port and passes
 *
 * Null unless nearly all dropped ones are such: a full table drops whatever comes, and repeats too.
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

/** The other one has, to the same server, the port that this one came with, and its SYN was sent at the same time. */
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

/** On the common clock. */
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
});

/** @param on the host that translates */
export const portCollisionCommands = (on: string): Command[] => [
  { on, command: 'conntrack -S', expect: 'insert_failed rises with each of them (a full table counts as drop alone)' },
  {
    on,
    command: 'iptables-save -t nat | grep -iE "masquerade|snat"',
    expect: 'no --random-fully: it makes clashes rare',
  },
];
