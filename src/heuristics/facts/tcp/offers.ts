import type { Connection, Conversation, Evidence } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { groupBy } from '../../words/group-by.ts';
import { type Attempt, attemptsOf, endpointText, withoutTranslatedCopies } from '../attempts.ts';
import { LIFE_THRESHOLDS, type Life, lifeOf, timedOffers } from './life.ts';
import { staleAnswerOf } from './stale-answer.ts';

export const OFFER_THRESHOLDS = {
  ...LIFE_THRESHOLDS,
  /** Fewest SYN-ACKs of one connection: if only one or two are lost, the next one arrives. */
  offersOfOne: { value: 4, unit: 'packets', source: 'docs/thresholds.md, three-sendings' },
  connections: { value: 2, unit: 'connections', source: 'docs/thresholds.md, two-show-a-habit' },
  /** Fewest connections of a client that never repeats its SYN. */
  unrepeated: { value: 3, unit: 'connections', source: 'docs/thresholds.md, three-cases' },
  /**
   * Share of the time from one SYN-ACK to the next. Connections that start closer together are one burst of a program.
   */
  burstShare: { value: 0.1, unit: 'share', source: 'docs/thresholds.md, burst-of-syns' },
} as const;

/** Connections of one client to one listener that got no further than the SYN-ACK. */
export interface Offers {
  client: string;
  server: Connection['server'];
  /** True when the client acknowledges the SYN-ACK and the server does not get the acknowledgement. */
  acknowledged: boolean;
  stuck: readonly Offer[];
}

interface Offer {
  conversation: Conversation;
  life: Life;
  /** The connection at the point where the SYN-ACKs were captured. */
  connection: Connection;
  /** Times of its SYN-ACKs, without copies. */
  times: readonly number[];
  /** Number of SYNs that were captured at any point. */
  syns: number;
}

/**
 * Clients to which a server sends its SYN-ACK again and again:
 *
 *   SYN      ──►                             SYN, SYN-ACK, ACK, data, data, data …  ──►
 *            ◄──  SYN-ACK, SYN-ACK, SYN-ACK          ◄──  SYN-ACK, SYN-ACK, SYN-ACK
 *
 * Left: nobody acknowledges the SYN-ACK. Right: the acknowledgement does not reach the server. Scanners and spoofed
 * SYNs look like the left case, but they do not repeat the SYN and do not return to the same port with the options of a
 * real stack.
 */
export function offersOf(evidence: Evidence): readonly Offers[] {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const found = findOffers(evidence);
  cache.set(evidence, found);
  return found;
}
const cache = new WeakMap<Evidence, readonly Offers[]>();

/** Conversations that got no further than a repeated SYN-ACK. */
export const stuckAtOffer = (evidence: Evidence): ReadonlySet<Conversation> =>
  new Set(offersOf(evidence).flatMap(({ stuck }) => stuck.map(({ conversation }) => conversation)));

function findOffers(evidence: Evidence): Offers[] {
  const found: Offers[] = [];
  const attempts = withoutTranslatedCopies(attemptsOf(evidence));
  for (const group of groupBy(attempts, groupKey).values()) {
    const offers = group.flatMap((attempt) => offerOf(evidence, attempt) ?? []);
    for (const stage of ['offered', 'not-taken'] as const) {
      const stuck = offers.filter(({ life }) => life.stage === stage);
      if (stuck.length === 0) continue;
      const { client, server } = stuck[0].connection;
      const acknowledged = stage === 'not-taken';
      if (acknowledged ? isNeverTaken(evidence, stuck, attempts) : isRealClient(stuck))
        found.push({ client: client.address, server, acknowledged, stuck });
    }
  }
  return found;
}

const groupKey = ({ connection: { point, client, server } }: Attempt): string =>
  `${point} ${client.address} ${endpointText(server)}`;

function offerOf(evidence: Evidence, { conversation, connection: asked }: Attempt): Offer | null {
  const life = lifeOf(evidence, conversation);
  // Where the requests were captured apart from the replies, another view has the SYN-ACKs.
  const connection = [asked, ...life.views].find(({ synAck }) => synAck.length > 0) ?? asked;
  if (connection.synAck.length === 0 || life.views.some(({ resets }) => resets.length > 0)) return null;
  if (!connection.complete || staleAnswerOf(connection) !== null) return null;
  const times = timedOffers(connection.synAck);
  if (times.length < OFFER_THRESHOLDS.offers.value) return null;
  const syns = Math.max(...life.views.map(({ syn }) => syn.length));
  return { conversation, life, connection, times, syns };
}

/** Whether the client wants the connection: it repeats its SYN, or returns with the options of a real stack. */
function isRealClient(stuck: readonly Offer[]): boolean {
  const asking = stuck.filter(({ syns }) => syns >= 2);
  if (asking.length >= OFFER_THRESHOLDS.connections.value) return true;
  if (asking.some(({ syns, times }) => Math.min(syns, times.length) >= OFFER_THRESHOLDS.offersOfOne.value)) return true;
  if (stuck.length < OFFER_THRESHOLDS.unrepeated.value || !stuck.every(({ life }) => hasUsualOptions(life)))
    return false;
  const starts = stuck.map(({ times }) => times[0]).sort((a, b) => a - b);
  const closest = (stuck[0].times[1] - stuck[0].times[0]) * OFFER_THRESHOLDS.burstShare.value;
  return starts.every((time, at) => at === 0 || time - starts[at - 1] >= closest);
}

/**
 * Whether the SYN has the usual options. All current stacks offer SACK (RFC 2018); scanners and floods build SYNs of
 * their own.
 */
const hasUsualOptions = ({ views }: Life): boolean =>
  views.every(({ syn, directions }) => syn.length === 0 || directions[TO_SERVER].sackPermitted);

/**
 * Whether this listener never accepted a connection. A listener with a full accept queue accepts some before and after.
 */
function isNeverTaken(evidence: Evidence, stuck: readonly Offer[], attempts: readonly Attempt[]): boolean {
  const [{ connection }] = stuck;
  if (stuck.length < OFFER_THRESHOLDS.connections.value && stuck[0].times.length < OFFER_THRESHOLDS.offersOfOne.value)
    return false;
  // A listener that waits for data (TCP_DEFER_ACCEPT) repeats its SYN-ACK to a client that sends none.
  if (!stuck.some(({ life }) => life.views.some(({ directions }) => directions[TO_SERVER].dataSegments > 0)))
    return false;
  return !attempts.some(
    (other) =>
      endpointText(other.connection.server) === endpointText(connection.server) &&
      lifeOf(evidence, other.conversation).stage === 'opened' &&
      lifeOf(evidence, other.conversation).views.some(({ directions }) => directions[TO_CLIENT].packets > 0),
  );
}
