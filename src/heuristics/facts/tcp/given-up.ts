import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { blockingReads } from './blocking-reads.ts';
import { wantsAnswer } from './endings.ts';
import { type ChainStep, innermostServers } from './wait-chain.ts';
import type { Wait } from './waits.ts';

export const GIVE_UP_THRESHOLDS = {
  givenUp: { value: 2, unit: 'requests', source: 'docs/thresholds.md, two-show-a-habit' },
  answeredShare: { value: 0.3, unit: 'share', source: 'docs/thresholds.md, slow-exchanges' },
} as const;

/** Requests to one server whose clients ended the connection before an answer came. */
export interface Unanswered {
  server: string;
  waits: Wait[];
  /** Requests that it answered. */
  answered: number;
  /** Waits of others for those that wait here. */
  outer: Wait[];
  chain: ChainStep[];
}

/** Servers of which two requests or more were given up, without those that wait for another server themselves. */
export function unansweredServers(evidence: Evidence): Unanswered[] {
  return [...innermostServers(evidence).values()].flatMap(({ asked, outer, chain }) => {
    const waits = asked.unanswered.filter(isGivenUp);
    if (waits.length < GIVE_UP_THRESHOLDS.givenUp.value || blockingReads(evidence, asked) !== null) return [];
    return [{ server: asked.server, waits, answered: asked.turns, outer, chain }];
  });
}

/** The client asked once and waited; it did not send on and on, as one that reports to a collector does. */
function isGivenUp({ by, leg, turn, from, to }: Wait): boolean {
  if (by !== 'client' || leg.end === null || !wantsAnswer(leg, leg.end)) return false;
  return turn.requestSeconds < (to - from) / 2;
}

/** Whether the server answers next to nobody. */
export const isSilent = ({ waits, answered }: Unanswered): boolean =>
  answered <= GIVE_UP_THRESHOLDS.answeredShare.value * (answered + waits.length);

/** How long clients waited before they gave up, seconds. */
export function patienceOf(waits: readonly Wait[]): { shortest: number; longest: number } {
  const seconds = waits.map(({ from, to }) => to - from);
  return { shortest: Math.min(...seconds), longest: Math.max(...seconds) };
}
