import { type Evidence, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { groupBy } from '../../words/group-by.ts';
import { type Attempt, endpointText } from '../attempts.ts';
import { indexOf } from '../evidence-index.ts';
import { gatesOf } from '../gates.ts';

export const UNREPEATED_THRESHOLDS = {
  silentAttempts: { value: 3, unit: 'attempts', source: 'docs/thresholds.md, three-sendings' },
  attemptGapSeconds: { value: 0.1, unit: 's', source: 'docs/thresholds.md, burst-of-syns' },
  attemptGuardSeconds: { value: 1, unit: 's', source: 'RFC 6298, 2.1: the first retransmission of a SYN' },
} as const;

/**
 * Attempts of a client that gives up before its SYN is repeated, and begins anew from another port: each has one SYN, and
 * none of those to the same end point was answered. Attempts in a burst, as a scan or flood sends them, are left out.
 */
export function unrepeatedSilence(evidence: Evidence, attempts: readonly Attempt[]): ReadonlySet<Attempt> {
  const found = new Set<Attempt>();
  const pairs = groupBy(attempts, ({ connection: { point, client, server } }) =>
    [point, client.address, endpointText(server)].join(' '),
  );
  for (const group of pairs.values()) {
    const { point } = group[0].connection;
    const end = indexOf(evidence).endOf(point);
    // A client that goes on after its SYN was answered, elsewhere than this point sees.
    const isOne = ({ outcome, connection: { syn, directions } }: Attempt) =>
      outcome === 'silent' && syn.length === 1 && directions[TO_SERVER].packets === 1;
    if (group.length < UNREPEATED_THRESHOLDS.silentAttempts.value || !group.every(isOne)) continue;
    if (!gatesOf(evidence).absence(point).ok) continue;
    const times = group.map(({ connection: { syn } }) => syn[0].time).sort((a, b) => a - b);
    const answerable = times.filter((time) => end - time >= UNREPEATED_THRESHOLDS.attemptGuardSeconds.value);
    if (answerable.length < UNREPEATED_THRESHOLDS.silentAttempts.value) continue;
    const gap = (times[times.length - 1] - times[0]) / (times.length - 1);
    if (gap < UNREPEATED_THRESHOLDS.attemptGapSeconds.value) continue;
    for (const attempt of group) found.add(attempt);
  }
  return found;
}
