import type { Connection, Conversation, Evidence } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { groupBy } from '../../words/group-by.ts';
import { attemptsOf, endpointText } from '../attempts.ts';
import { indexOf } from '../evidence-index.ts';
import { type Forgotten, forgetfulPeer, forgottenConnections } from './forgotten.ts';
import { octetsBetween } from './halves.ts';
import { AFTER_IDLE_THRESHOLDS } from './sudden-end.ts';

export const MOVED_THRESHOLDS = {
  together: { value: 2, unit: 'connections', source: 'docs/thresholds.md, two-die-together' },
  rhythms: { value: 3, unit: 'factor', source: 'docs/thresholds.md, two-die-together' },
} as const;

/** Connections to one server whose packets reached another machine from one moment on. */
export interface MovedFlows {
  /** "10.1.2.3:80". */
  server: string;
  ends: readonly Forgotten[];
  /**
   * The part of each connection before the move, in the order of `ends`. Empty where one machine or only the client was
   * captured.
   */
  before: readonly Connection[];
  /** Connections to the server that opened after the first of these ended. */
  openedSince: number;
}

/**
 * Seen at both machines: one host has the connection up to an octet. Another host gets the octets that follow and
 * answers that it does not know the connection:
 *
 *   host 1   SYN, SYN-ACK, ACK, data … up to octet n
 *   host 2                                            data from n on, RST
 *
 * Seen at one place: several busy connections to one server end together in this way, within the rhythm of their data.
 * New connections open right after that, so no machine was down.
 */
export function movedFlows(evidence: Evidence): readonly MovedFlows[] {
  const found: MovedFlows[] = [];
  const seenMoving = bothSeen(evidence);
  const told = new Set<string>();
  for (const [server, pairs] of groupBy(seenMoving, ({ end }) => forgetfulPeer(end))) {
    told.add(server);
    const ends = pairs.map(({ end }) => end);
    found.push({ server, ends, before: pairs.map(({ before }) => before), openedSince: openedSince(evidence, ends) });
  }
  const atOnePlace = forgottenConnections(evidence).filter((end) => isBusy(end) && !told.has(forgetfulPeer(end)));
  for (const ends of groupBy(atOnePlace, (end) => `${end.leg.point} ${forgetfulPeer(end)}`).values()) {
    const server = forgetfulPeer(ends[0]);
    if (told.has(server) || !areTogether(ends) || wasDown(evidence, ends)) continue;
    const opened = openedSince(evidence, ends);
    if (opened === 0) continue;
    told.add(server);
    found.push({ server, ends, before: [], openedSince: opened });
  }
  return found;
}

/** Whether the connection had no pause out of its rhythm. Such a pause leaves time for a restart or a timeout. */
const isBusy = ({ idle, survived }: Forgotten): boolean =>
  idle === null || idle.seconds <= survived * AFTER_IDLE_THRESHOLDS.rhythmFactor.value;

/** Whether there are two or more, and each ended with one of its next data segments after the first had ended. */
function areTogether(ends: readonly Forgotten[]): boolean {
  const start = Math.min(...ends.map(({ data }) => data.time));
  const soon = ends.filter(
    ({ data, rhythm }) => rhythm === null || data.time - start <= rhythm * MOVED_THRESHOLDS.rhythms.value,
  );
  return soon.length === ends.length && ends.length >= MOVED_THRESHOLDS.together.value;
}

/** Whether a new connection was refused or unanswered at that time: then the machine itself was restarted. */
function wasDown(evidence: Evidence, ends: readonly Forgotten[]): boolean {
  const start = Math.min(...ends.map(({ leg }) => leg.first.time));
  return attemptsOf(evidence).some(
    ({ outcome, connection }) =>
      (outcome === 'refused' || outcome === 'rejected' || outcome === 'silent') &&
      endpointText(connection.server) === forgetfulPeer(ends[0]) &&
      connection.first.time >= start,
  );
}

function openedSince(evidence: Evidence, ends: readonly Forgotten[]): number {
  const [{ leg }] = ends;
  const start = Math.min(...ends.map(({ data }) => data.time));
  return attemptsOf(evidence).filter(
    ({ connection }) =>
      connection.handshakeAck !== null &&
      connection.syn.length > 0 &&
      connection.point === leg.point &&
      endpointText(connection.server) === forgetfulPeer(ends[0]) &&
      connection.syn[0].time > start,
  ).length;
}

/** Connections reset by a machine that does not know them, with the earlier part at another host. */
function bothSeen(evidence: Evidence): { end: Forgotten; before: Connection }[] {
  const ends = forgottenConnections(evidence).filter(
    ({ leg, midStream }) => midStream && evidence.points[leg.point].host !== null,
  );
  if (ends.length === 0) return [];
  const index = indexOf(evidence);
  const byTuple = groupBy(
    index.tcp.flatMap((conversation: Conversation) => index.connections(conversation)),
    tupleOf,
  );
  return ends.flatMap((end) => {
    const before = (byTuple.get(tupleOf(end.leg)) ?? []).find((one) => isContinuedBy(evidence, one, end));
    return before === undefined ? [] : [{ end, before }];
  });
}

const tupleOf = ({ client, server }: Connection): string => `${endpointText(client)} ${endpointText(server)}`;

/**
 * Whether the connection continues here: the server sent data at the other host, the octets there reach the first octet
 * here, and the octets that follow never came there.
 */
function isContinuedBy({ points }: Evidence, before: Connection, { leg, speaker }: Forgotten): boolean {
  const [there, here] = [before.directions[speaker], leg.directions[speaker]];
  const [host, other] = [points[before.point].host, points[leg.point].host];
  if (host === null || host === other || speaker !== TO_SERVER) return false;
  if (before.directions[TO_CLIENT].dataSegments === 0 || before.resets.length > 0) return false;
  if (there.seqLow === null || there.seqHigh === null || here.seqLow === null || here.seqHigh === null) return false;
  return (
    octetsBetween(there.seqLow, here.seqLow) >= 0 &&
    octetsBetween(here.seqLow, there.seqHigh) >= 0 &&
    octetsBetween(there.seqHigh, here.seqHigh) > 0
  );
}
