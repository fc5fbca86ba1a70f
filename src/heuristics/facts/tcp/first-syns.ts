import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { groupBy } from '../../words/group-by.ts';
import { type Attempt, attemptsOf, endpointText, withoutTranslatedCopies } from '../attempts.ts';
import { areLostByChance, LOST_BY_CHANCE_THRESHOLDS } from '../lost-by-chance.ts';
import { lifeOf } from './life.ts';
import { RETRY_SECONDS, wasIgnored } from './listener.ts';

export const FIRST_SYN_THRESHOLDS = {
  ...LOST_BY_CHANCE_THRESHOLDS,
  lost: { value: 3, unit: 'connections', source: 'docs/thresholds.md, three-cases' },
  share: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, majority' },
  retrySeconds: RETRY_SECONDS,
  /**
   * The answer to a first SYN that was only late comes well before the repetition or well after it, not promptly after
   * it.
   */
  promptShare: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, majority' },
} as const;

/** Connections of one client to one listener that opened only with the second SYN. */
export interface FirstSynsLost {
  lost: readonly Attempt[];
  /**
   * Connections that opened with the first SYN, between the first and the last of these. Includes those that are only
   * counted.
   */
  atOnce: number;
}

/**
 * Finds clients whose first SYN is lost and whose second SYN passes, most of the time:
 *
 *   SYN ──► ×      1 s      SYN ──► ◄── SYN-ACK     and the next connection, and the next one
 */
export function firstSynsLost(evidence: Evidence): readonly FirstSynsLost[] {
  const repeated = evidence.connections.reduce((count, { syn }) => count + (syn.length > 1 ? 1 : 0), 0);
  if (repeated < FIRST_SYN_THRESHOLDS.lost.value) return [];
  const opened = withoutTranslatedCopies(attemptsOf(evidence)).filter(
    ({ conversation, connection }) => connection.syn.length > 0 && lifeOf(evidence, conversation).stage === 'opened',
  );
  const groups = groupBy(
    opened,
    ({ connection: { point, client, server } }) => `${point} ${client.address} ${endpointText(server)}`,
  );
  return [...groups.values()].flatMap((group) => {
    const lost = group.filter(isLostOnce);
    if (lost.length < FIRST_SYN_THRESHOLDS.lost.value) return [];
    const times = lost.map(({ connection }) => connection.syn[0].time);
    const [from, to] = [Math.min(...times), Math.max(...times)];
    const isMeanwhile = (time: number): boolean => time >= from && time <= to;
    const { point, server } = lost[0].connection;
    const counted = evidence.openedLeftOut
      .filter((left) => left.point === point && endpointText(left.server) === endpointText(server))
      .flatMap((left) => left.times.filter(isMeanwhile));
    const others = group.filter((one) => !lost.includes(one) && isMeanwhile(one.connection.syn[0].time));
    const atOnce = others.length + counted.length;
    if (lost.length < (lost.length + atOnce) * FIRST_SYN_THRESHOLDS.share.value) return [];
    return areLostByChance(evidence, lost, lost.length + atOnce) ? [] : [{ lost, atOnce }];
  });
}

/** Whether the SYN was repeated and one answer came promptly after a repetition. */
function isLostOnce({ connection }: Attempt): boolean {
  const { syn, synAck } = connection;
  if (!wasIgnored(connection) || synAck.length !== 1) return false;
  const asked = syn.filter(({ time }) => time <= synAck[0].time);
  const last = asked[asked.length - 1];
  const before = asked[asked.length - 2];
  if (before === undefined) return false;
  return synAck[0].time - last.time <= (last.time - before.time) * FIRST_SYN_THRESHOLDS.promptShare.value;
}
