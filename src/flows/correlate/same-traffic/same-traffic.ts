import type { Joined } from '../../capture/capture-digest.ts';
import { type Direction, TO_CLIENT, TO_SERVER } from '../../evidence/evidence.ts';
import { MARK_HEADER_CUT } from '../../rows/row-marks.ts';
import { ITEMS_A_STEP, type Steps } from '../steps.ts';
import { type Biflow, PROTOCOL_TCP, sameAddresses, sameEndpoint, sameEnds, sameLayers } from './biflow.ts';
import { FingerprintVotes, type Vote } from './fingerprint-votes.ts';
import { joinByPayload } from './join-by-payload.ts';
import { LinkedSets } from './linked-sets.ts';
import type { SightingStore } from './sighting-store.ts';
import { ENOUGH_BITS, ENOUGH_PACKETS } from './thresholds.ts';

/** Bits that equal addresses and ports add. They are reused, so they count for less than their size. */
const SAME_ADDRESS_BITS = 16;
const SAME_CLIENT_PORT_BITS = 14;
const SAME_SERVER_PORT_BITS = 8;

/** A biflow as part of a conversation. */
export interface Member {
  biflow: Biflow;
  /** Its client is the server of the conversation, because a capture that began later guessed the roles. */
  flipped: boolean;
}

/**
 * Groups biflows that are the same traffic, seen at several points or twice at one point, through NAT and tunnels.
 *
 * @returns groups of biflows, each in order of the list; every biflow is in exactly one
 */
export function* groupSameTraffic(
  evidence: Joined,
  biflows: readonly Biflow[],
  store: SightingStore,
): Steps<Member[][]> {
  const sets = new LinkedSets(biflows.length);
  if (evidence.points.length > 1) {
    for (const vote of yield* votesOf(evidence, biflows, store))
      if (isAccepted(vote, biflows)) sets.join(vote.a, vote.b, isOpposite(vote, biflows));
    yield* joinByPayload(evidence, biflows, store, sets);
    joinArp(biflows, evidence, sets);
  }
  const groups = new Map<number, Biflow[]>();
  for (const biflow of biflows) {
    const root = sets.rootOf(biflow.id);
    const group = groups.get(root);
    if (group === undefined) groups.set(root, [biflow]);
    else group.push(biflow);
  }
  return [...groups.values()].map((group) => withRoles(group, sets));
}

/**
 * Truncated payloads cannot be compared, either with each other or with whole ones. For such datagrams only the lengths
 * are used.
 */
function* votesOf(evidence: Joined, biflows: readonly Biflow[], store: SightingStore): Steps<Vote[]> {
  const isCut = ({ point }: Biflow): boolean => evidence.points[point].quality.cut > 0;
  const entered = biflows.filter(({ kind }) => kind !== 'arp');
  const exact = new FingerprintVotes(biflows, { cut: false });
  for (const biflow of entered) {
    exact.enter(biflow, store);
    if (biflow.id % ITEMS_A_STEP === 0) yield;
  }
  const votes = yield* exact.count();
  if (!entered.some(isCut)) return votes;
  const coarse = new FingerprintVotes(biflows, { cut: true });
  const cutHeaders = entered.some((biflow) => biflow.protocol === PROTOCOL_TCP && hasCutHeaders(biflow, store));
  for (const biflow of entered) {
    if (biflow.id % ITEMS_A_STEP === 0) yield;
    if (biflow.protocol !== PROTOCOL_TCP) coarse.enter(biflow, store);
    else if (cutHeaders) coarse.enterCutSegments(biflow, store);
  }
  const further = (yield* coarse.count()).filter(({ a, b }) => isCut(biflows[a]) || isCut(biflows[b]));
  return [...votes, ...further];
}

const hasCutHeaders = (biflow: Biflow, store: SightingStore): boolean =>
  [TO_SERVER, TO_CLIENT].some((direction) => {
    const { columns, rows } = store.track(biflow, direction as Direction);
    return rows.some((row) => (columns.marks[row] & MARK_HEADER_CUT) !== 0);
  });

/** The biflow with the most certain roles decides who is the client; the others are turned to agree. */
function withRoles(group: Biflow[], sets: LinkedSets): Member[] {
  const best = group.reduce((a, b) => (certainty(b) > certainty(a) ? b : a));
  const turned = sets.parityOf(best.id);
  return group.map((biflow) => ({ biflow, flipped: sets.parityOf(biflow.id) !== turned }));
}

const CERTAINTY = { syn: 3, 'syn-ack': 2, guess: 0 } as const;
const certainty = ({ connection }: Biflow): number => (connection === null ? 1 : CERTAINTY[connection.rolesFrom]);

/**
 * If both have the same two end points, these decide. Otherwise the packets decide, because the answer of an echo
 * server looks like its request.
 */
function isOpposite({ a, b, opposite }: Vote, biflows: readonly Biflow[]): boolean {
  const [x, y] = [biflows[a], biflows[b]];
  return opposite > 0 ? !sameAddresses(x, y) : !sameAddresses(x, y) && sameEnds(x, y);
}

function isAccepted(vote: Vote, biflows: readonly Biflow[]): boolean {
  if (vote.packets >= ENOUGH_PACKETS) return true;
  const [a, b] = [biflows[vote.a], biflows[vote.b]];
  let bits = vote.bits;
  const [client, server] = isOpposite(vote, biflows) ? [b.server, b.client] : [b.client, b.server];
  if (a.client.address === client.address) bits += SAME_ADDRESS_BITS;
  if (a.server.address === server.address) bits += SAME_ADDRESS_BITS;
  if (a.client.port === client.port) bits += SAME_CLIENT_PORT_BITS;
  if (a.server.port === server.port) bits += SAME_SERVER_PORT_BITS;
  // Two passages of one point between the same two hosts are one biflow. With other ports it is another connection, for
  // example of a scanner that increments its ports and reuses the ISN. A translation at one point changes an address.
  if (a.point === b.point && sameHosts(a, b) && sameLayers(a, b)) return false;
  return (
    bits >= ENOUGH_BITS ||
    (bits >= ENOUGH_BITS - 2 * LENIENT && sameEndpoint(a.client, client) && sameEndpoint(a.server, server))
  );
}

/** Equal addresses and ports at two points are the same flow, unless the packets contradict it. */
const LENIENT = 8;

const sameHosts = (a: Biflow, b: Biflow): boolean =>
  a.client.address === b.client.address && a.server.address === b.server.address;

/**
 * ARP is repeated on each segment. The same requester, with the same MAC address, and the same target are one exchange.
 */
function joinArp(biflows: readonly Biflow[], evidence: Joined, sets: LinkedSets): void {
  const first = new Map<string, number>();
  for (const { id, kind, index } of biflows) {
    if (kind !== 'arp') continue;
    const { protocol, asker, askerMac, target } = evidence.arp[index];
    const key = `${protocol} ${asker} ${askerMac} ${target}`;
    const known = first.get(key);
    if (known === undefined) first.set(key, id);
    else sets.join(known, id, false);
  }
}
