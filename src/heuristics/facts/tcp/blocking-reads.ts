import type { ApplicationUse, Connection, Evidence } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT } from '../../../flows/evidence/evidence.ts';
import { groupBy } from '../../words/group-by.ts';
import type { AskedServer, Wait } from './waits.ts';

export const BLOCKING_THRESHOLDS = {
  pollSeconds: { value: 2.5, unit: 's', source: 'docs/thresholds.md, server-poll' },
  pollTurns: { value: 3, unit: 'exchanges', source: 'docs/thresholds.md, server-poll' },
  pollSpread: { value: 0.02, unit: 'share', source: 'docs/thresholds.md, server-poll' },
  pollOctets: { value: 600, unit: 'octets', source: 'docs/thresholds.md, server-poll' },
  unequalWaits: { value: 1.25, unit: 'factor', source: 'docs/thresholds.md, blocking-read' },
  eventOctets: { value: 4096, unit: 'octets', source: 'docs/thresholds.md, blocking-read' },
  sameOctets: { value: 16, unit: 'octets', source: 'docs/thresholds.md, blocking-read' },
  againShare: { value: 0.05, unit: 'share', source: 'docs/thresholds.md, blocking-read' },
  againSeconds: { value: 0.05, unit: 's', source: 'docs/thresholds.md, blocking-read' },
} as const;

/**
 * Why the server of these waits need not be slow: the client asked it to hold its answer until there is news (BLPOP,
 * Kafka fetch, long poll). `asked`: the requests say so. `timer`: equal waits. `event`: unequal waits. Null where nothing
 * shows it.
 */
export function blockingReads(evidence: Evidence, asked: AskedServer): 'asked' | 'timer' | 'event' | null {
  const { noted, slow } = asked;
  if (isAskedToWait(evidence, asked)) return 'asked';
  return whyHeld(evidence, { ...asked, noted: noted.filter(isAnswer), slow: slow.filter(isAnswer) });
}

/** At least as many requests as there are long waits ask in so many words to be answered later. */
function isAskedToWait({ applications }: Evidence, { talks, slow, unanswered }: AskedServer): boolean {
  const held = applications.reduce(
    (sum, use) => (use.held !== undefined && talks.some(({ leg }) => isBetween(use, leg)) ? sum + use.held : sum),
    0,
  );
  return held > 0 && held >= slow.length + unanswered.length;
}

const isBetween = (use: ApplicationUse, { point, client, server }: Connection): boolean =>
  use.point === point &&
  use.client === client.address &&
  use.server.address === server.address &&
  use.server.port === server.port;

/**
 * Whether it may be so, and the capture ends too soon to tell: two waits like those of a blocking read, nothing else
 * was answered, and the same request waits again where the capture ends.
 */
export function mayBlock(asked: AskedServer): boolean {
  const { noted, turns, talks } = asked;
  if (noted.length !== BLOCKING_THRESHOLDS.pollTurns.value - 1 || turns !== noted.length) return false;
  const waiting = talks.flatMap(({ leg: { end, slowTurns } }) =>
    end === null ? slowTurns.filter(({ response }) => response === null) : [],
  );
  const octets = [...noted.map(({ turn }) => turn), ...waiting].map(({ requestOctets }) => requestOctets);
  return waiting.length > 0 && areEvents(asked) && areTheSame(octets);
}

/** No server is asked to hold its part of a TLS handshake. */
const isAnswer = ({ turn }: Wait): boolean => !turn.tls;

function whyHeld(evidence: Evidence, asked: AskedServer): 'timer' | 'event' | null {
  if (asked.noted.length < BLOCKING_THRESHOLDS.pollTurns.value || !asksAgain(evidence, asked)) return null;
  if (asked.slow.length > 0 && areTimed(asked)) return 'timer';
  return areEvents(asked) ? 'event' : null;
}

/** All waits are in groups of equal length, for small answers to small requests. They come from a timer, not from work. */
function areTimed({ slow }: AskedServer): boolean {
  const { pollSeconds, pollTurns, pollSpread, pollOctets } = BLOCKING_THRESHOLDS;
  const waits = slow.map(({ turn }) => turn.seconds);
  const isTimer = (seconds: number): boolean =>
    seconds >= pollSeconds.value &&
    waits.filter((other) => Math.abs(other - seconds) <= seconds * pollSpread.value).length >= pollTurns.value;
  return (
    waits.every(isTimer) &&
    slow.every(
      ({ leg, turn }) =>
        leg.directions[TO_CLIENT].payloadOctets <= leg.turns * pollOctets.value &&
        turn.requestOctets <= pollOctets.value,
    )
  );
}

/**
 * The waits differ, the request is the same small one each time, and nobody gives up: the client always waits, and the
 * answers come when something happens. Work that takes its time ends in similar times, and its
 * client does something with the answer.
 */
function areEvents(asked: AskedServer): boolean {
  const { unequalWaits, eventOctets, pollOctets } = BLOCKING_THRESHOLDS;
  const { noted } = asked;
  if (asked.unanswered.some(({ by }) => by === 'client' || by === 'server')) return false;
  const waits = noted.map(({ turn }) => turn.seconds);
  if (Math.max(...waits) < unequalWaits.value * Math.min(...waits)) return false;
  const answers = noted.reduce((sum, { turn }) => sum + turn.answerOctets, 0) / noted.length;
  if (answers > eventOctets.value || noted.some(({ turn }) => turn.requestOctets > pollOctets.value)) return false;
  return clientsOf(noted).every((waitsOfOne) => asksTheSame(waitsOfOne));
}

const clientsOf = (waits: readonly Wait[]): Wait[][] => [...groupBy(waits, ({ leg }) => leg.client.address).values()];

const asksTheSame = (waits: readonly Wait[]): boolean => areTheSame(waits.map(({ turn }) => turn.requestOctets));

const areTheSame = (octets: readonly number[]): boolean =>
  Math.max(...octets) - Math.min(...octets) <= BLOCKING_THRESHOLDS.sameOctets.value;

/** After each answer but the last ones the same client asks again at once, on this connection or on another. */
function asksAgain(evidence: Evidence, { talks, noted }: AskedServer): boolean {
  const { againShare, againSeconds, pollTurns } = BLOCKING_THRESHOLDS;
  const followed = noted.map((wait) => {
    const { turn, leg } = wait;
    const answered = turn.response!.time + turn.answerSeconds;
    const next = talks
      .filter((other) => other.leg.client.address === leg.client.address && other.leg.point === leg.point)
      .map((other) => other.leg.first.time)
      .filter((time) => time >= answered);
    const patience = Math.max(againSeconds.value, againShare.value * turn.seconds);
    const pause = Math.min(turn.thinkSeconds ?? Number.POSITIVE_INFINITY, ...next.map((time) => time - answered));
    const isLast = evidence.points[leg.point].quality.lastTime - answered <= patience;
    return { pause, patience, isLast };
  });
  const counted = followed.filter(({ pause, isLast }) => Number.isFinite(pause) || !isLast);
  const atOnce = counted.filter(({ pause, patience }) => pause <= patience).length;
  return atOnce >= pollTurns.value - 1 && counted.length - atOnce <= clientsOf(noted).length;
}
