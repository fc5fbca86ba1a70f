import type { Connection, Conversation, Evidence } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { groupBy } from '../../words/group-by.ts';
import { type Attempt, attemptsOf, endpointText, withoutTranslatedCopies } from '../attempts.ts';
import { LIFE_THRESHOLDS, type Life, lifeOf, timedOffers } from './life.ts';
import { staleAnswerOf } from './stale-answer.ts';

export const OFFER_THRESHOLDS = {
  ...LIFE_THRESHOLDS,
  /** A SYN-ACK that is lost once or twice comes through with the next one. */
  offersOfOne: { value: 4, unit: 'packets', source: 'docs/thresholds.md, three-sendings' },
  connections: { value: 2, unit: 'connections', source: 'docs/thresholds.md, two-show-a-habit' },
  /** Of a client that never repeats its SYN. */
  unrepeated: { value: 3, unit: 'connections', source: 'docs/thresholds.md, three-cases' },
  /** Share of the time from one SYN-ACK to the next: what starts closer together is a burst of one program. */
  burstShare: { value: 0.1, unit: 'share', source: 'docs/thresholds.md, burst-of-syns' },
} as const;

/** Connections of one client to one listener that got no further than the SYN-ACK. */
export interface Offers {
  client: string;
  server: Connection['server'];
  /** True when the client acknowledges and the server takes nothing. */
  acknowledged: boolean;
  stuck: readonly Offer[];
}

interface Offer {
  conversation: Conversation;
  life: Life;
  /** The connection where the SYN-ACKs were captured. */
  connection: Connection;
  /** Times of its SYN-ACKs, copies apart. */
  times: readonly number[];
  /** SYNs that were captured anywhere. */
  syns: number;
}

/**
 * Clients to whom a server offers a connection again and again:
 *
 *   SYN      ──►                             SYN, SYN-ACK, ACK, data, data, data …  ──►
 *            ◄──  SYN-ACK, SYN-ACK, SYN-ACK          ◄──  SYN-ACK, SYN-ACK, SYN-ACK
 *
 * Left: nobody acknowledges. Right: the acknowledgement does not get to the server. Scanners and spoofed SYNs look like
 * the left one: they do not repeat the SYN, nor do they come back to the same port with the options of a real stack.
 */
export function offersOf(evidence: Evidence): readonly Offers[] {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const found = findOffers(evidence);
  cache.set(evidence, found);
  return found;
}
const cache = new WeakMap<Evidence, readonly Offers[]>();

/** Conversations that got no further than a SYN-ACK that was sent again and again. */
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

function offerOf(evidence: Evidence, { conversation, connection }: Attempt): Offer | null {
  const life = lifeOf(evidence, conversation);
  if (connection.synAck.length === 0 || life.views.some(({ resets }) => resets.length > 0)) return null;
  if (!connection.complete || staleAnswerOf(connection) !== null) return null;
  const times = timedOffers(connection.synAck);
  if (times.length < OFFER_THRESHOLDS.offers.value) return null;
  const syns = Math.max(...life.views.map(({ syn }) => syn.length));
  return { conversation, life, connection, times, syns };
}

/** A client that wants the connection: it repeats its SYN, or comes back with the options of a real stack. */
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

/** All stacks in use offer SACK (RFC 2018) in their SYN; scanners and floods make SYNs of their own. */
const hasUsualOptions = ({ views }: Life): boolean =>
  views.every(({ syn, directions }) => syn.length === 0 || directions[TO_SERVER].sackPermitted);

/** No connection of this listener was ever taken: a full accept queue takes some before and after. */
function isNeverTaken(evidence: Evidence, stuck: readonly Offer[], attempts: readonly Attempt[]): boolean {
  const [{ connection }] = stuck;
  if (stuck.length < OFFER_THRESHOLDS.connections.value && stuck[0].times.length < OFFER_THRESHOLDS.offersOfOne.value)
    return false;
  // A listener that waits for data (TCP_DEFER_ACCEPT) offers again to a client that sends none.
  if (!stuck.some(({ life }) => life.views.some(({ directions }) => directions[TO_SERVER].dataSegments > 0)))
    return false;
  return !attempts.some(
    (other) =>
      endpointText(other.connection.server) === endpointText(connection.server) &&
      other.connection.directions[TO_CLIENT].packets > 0 &&
      lifeOf(evidence, other.conversation).stage === 'opened',
  );
}
