import {
  type Connection,
  type Evidence,
  type Opening,
  TO_CLIENT,
  TO_SERVER,
} from '../../../flows/evidence/evidence.ts';
import { blockingReads } from './blocking-reads.ts';
import { isAnswerMissing } from './data-in-vain.ts';
import { wantsAnswer } from './endings.ts';
import { type ChainStep, innermostServers } from './wait-chain.ts';
import type { Wait } from './waits.ts';

export const GIVE_UP_THRESHOLDS = {
  givenUp: { value: 2, unit: 'requests', source: 'docs/thresholds.md, two-show-a-habit' },
  answeredShare: { value: 0.3, unit: 'share', source: 'docs/thresholds.md, slow-exchanges' },
} as const;

export const FIXED_TIME_THRESHOLDS = {
  /** Share of the answered connections that end after the same time: then the client ends every connection so. */
  sameTimeShare: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, majority' },
  equalPatience: { value: 1.1, unit: 'factor', source: 'docs/thresholds.md, near-timeout' },
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

/** Protocols in which each request of the client gets an answer soon: one that waits for news is not among them. */
const ANSWERED: ReadonlySet<Opening> = new Set(['http1', 'postgresql', 'mysql']);

/**
 * Servers of which two requests or more were given up, without those that wait for another server themselves. One
 * request is enough where its protocol has an answer to each, and the server answered nobody.
 */
export function unansweredServers(evidence: Evidence): Unanswered[] {
  return [...innermostServers(evidence).values()].flatMap(({ asked, outer, chain }) => {
    const waits = asked.unanswered.filter((wait) => isGivenUp(evidence, wait));
    const isLone = waits.length === 1 && asked.turns === 0 && expectsAnswer(evidence, waits[0]);
    if ((waits.length < GIVE_UP_THRESHOLDS.givenUp.value && !isLone) || blockingReads(evidence, asked) !== null)
      return [];
    return [{ server: asked.server, waits, answered: asked.turns, outer, chain }];
  });
}

/** Whether the client of the wait speaks such a protocol to the server, and got no answer in it. */
const expectsAnswer = ({ applications }: Evidence, { leg: { point, client, server } }: Wait): boolean =>
  applications.some(
    (use) =>
      use.point === point &&
      use.client === client.address &&
      use.server.address === server.address &&
      use.server.port === server.port &&
      use.answers === 0 &&
      ANSWERED.has(use.protocol),
  );

/** The client asked once and waited, and no answer was lost on its way; it did not send on and on, as one that reports to a collector does. */
function isGivenUp(evidence: Evidence, { by, leg, turn, from, to }: Wait): boolean {
  if (by !== 'client' || leg.end === null || !wantsAnswer(evidence, leg, leg.end)) return false;
  if (isAnswerMissing(evidence, leg)) return false;
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

/**
 * Whether the same clients end their answered connections after the same time as those without an answer: they stay a
 * fixed time, and did not wait for the answer.
 */
export function staysFixedTime({ connections }: Evidence, waits: readonly Wait[]): boolean {
  const [{ leg }] = waits;
  const clients = new Set(waits.map(({ leg: { client } }) => client.address));
  const open = new Set(waits.map(({ leg: one }) => one));
  const lasted = ({ first, last }: Connection): number => last.time - first.time;
  const times = [...open].map(lasted);
  const [shortest, longest] = [Math.min(...times), Math.max(...times)];
  const { equalPatience, sameTimeShare } = FIXED_TIME_THRESHOLDS;
  const answered = connections.filter(
    (one) =>
      !open.has(one) &&
      one.point === leg.point &&
      clients.has(one.client.address) &&
      one.server.address === leg.server.address &&
      one.server.port === leg.server.port &&
      one.directions[TO_SERVER].payloadOctets > 0 &&
      one.directions[TO_CLIENT].payloadOctets > 0,
  );
  const alike = answered.filter(
    (one) => lasted(one) >= shortest / equalPatience.value && lasted(one) <= longest * equalPatience.value,
  );
  return alike.length >= GIVE_UP_THRESHOLDS.givenUp.value && alike.length >= sameTimeShare.value * answered.length;
}
