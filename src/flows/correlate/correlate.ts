import type { CaptureDigest, Joined } from '../capture/capture-digest.ts';
import type { Conversation, Evidence, KnownCluster } from '../evidence/evidence.ts';
import { type AnyConversation, OrdinaryConversation } from '../evidence/ordinary-conversation.ts';
import { joinCarriers } from './carriers/join-carriers.ts';
import { conversationProtocol, legOf } from './conversations/conversation-leg.ts';
import { flowsInTrouble, isOrdinary, withObjects } from './conversations/drop-ordinary.ts';
import { LoneConversation } from './conversations/lone-conversation.ts';
import { excuseBlindDirections } from './hops/blind-direction.ts';
import { type HopContext, hopsOf } from './hops/conversation-hops.ts';
import { coverageWindows, presumptions } from './hops/coverage-window.ts';
import { alignClocks } from './hosts-and-clocks/clocks.ts';
import { ExpectedPath } from './paths/expected-path.ts';
import { orderAll } from './paths/leg-order.ts';
import { NatMap } from './paths/nat-mappings.ts';
import { PathSummaries } from './paths/path-summaries.ts';
import { UnknownOrders } from './paths/unknown-orders.ts';
import { VethOwners } from './paths/veth-owners.ts';
import type { GivenPoints } from './points/given-points.ts';
import { joinDigests } from './points/join-digests.ts';
import { namePoints } from './points/name-points.ts';
import { type Biflow, biflowsOf, sameEndpoint } from './same-traffic/biflow.ts';
import { rolesOf } from './same-traffic/member-tracks.ts';
import { groupSameTraffic, type Member } from './same-traffic/same-traffic.ts';
import { type CaptureRows, captureRows, openStore } from './same-traffic/sighting-store.ts';
import { finish, ITEMS_A_STEP, type Steps } from './steps.ts';

export interface CorrelateOptions {
  known: KnownCluster;
  /** Where captures were taken, by path; overrides names and traffic. */
  points?: GivenPoints;
}

/**
 * Joins the digests of several captures: which flows are the same traffic, which path it took, and what was lost
 * between which points.
 *
 * @param digests in the order of the captures; they are not changed
 */
export function correlate(digests: readonly CaptureDigest[], options: CorrelateOptions): Evidence {
  return withObjects(finish(compareRows(joinCaptures(digests, options), digests.map(captureRows))).evidence);
}

/** Joins the lists of all captures and names the points; nothing is compared yet. @param how as for `joinDigests` */
export function joinCaptures(
  digests: readonly CaptureDigest[],
  { known, points }: CorrelateOptions,
  how: { takeOver?: boolean } = {},
): Joined {
  const evidence = joinDigests(digests, known, how);
  namePoints(evidence, points ?? {});
  return evidence;
}

/** Flows that are the same traffic, according to the first rows of each. */
export interface SameTraffic {
  biflows: readonly Biflow[];
  groups: readonly Member[][];
}

export interface Comparison {
  evidence: Joined;
  same: SameTraffic;
}

/**
 * Results of an earlier comparison of the same captures, from the first rows of each flow or from the rows of other
 * flows.
 */
export interface Known {
  same: SameTraffic;
  /** Conversations whose rows are no longer available keep these results. */
  conversations: readonly AnyConversation[];
}

interface CompareOptions {
  known?: Known;
  /** Most ordinary conversations that stay complete; of further ones only the fields that totals need are kept. */
  ordinary?: number;
}

/**
 * Finds the same packets at several points, and determines what happened to them on the way.
 *
 * @param joined is not changed
 */
export function* compareRows(
  joined: Joined,
  captures: readonly CaptureRows[],
  { known, ordinary = Infinity }: CompareOptions = {},
): Steps<Comparison> {
  // Host and clock of points are set here. The points of the joined lists stay unchanged, because captures may be
  // compared a second time.
  const points = joined.points.map((point) => ({ ...point }));
  const evidence: Joined = { ...joined, points, conversations: [], notes: [...joined.notes] };
  const biflows = known?.same.biflows ?? biflowsOf(evidence);
  yield;
  const store = yield* openStore(captures, biflows);
  const groups = known?.same.groups ?? (yield* groupSameTraffic(evidence, biflows, store));
  const timeline = yield* alignClocks(evidence, groups, store);
  const windows = coverageWindows(evidence, timeline);
  yield;
  evidence.notes.push(...presumptions(evidence, windows));
  const unknownOrders = new UnknownOrders();
  const context: HopContext = { evidence, store, timeline, windows, veths: new VethOwners(evidence), unknownOrders };
  const nat = new NatMap(store);
  const paths = new PathSummaries(evidence);
  const expected = new ExpectedPath(evidence, store, timeline);
  yield;
  const routes = yield* orderAll(evidence, groups, store, timeline, unknownOrders);
  // At a single point there is no next one to expect.
  for (const [at, ordered] of points.length > 1 ? routes.entries() : []) {
    expected.learn(ordered);
    if (at % ITEMS_A_STEP === 0) yield;
  }
  const troubledFlows = flowsInTrouble(joined);
  let room = ordinary;
  const isToSpare = (conversation: Conversation): boolean =>
    conversation.hops.every(({ matched }) => matched > 0) &&
    isOrdinary(evidence, conversation, troubledFlows) &&
    room-- <= 0;
  for (const [index, ordered] of routes.entries()) {
    const earlier = ordered.some(({ biflow }) => store.isChosen(biflow)) ? undefined : known?.conversations[index];
    const found = earlier ?? conversationOf(context, ordered, expected);
    const isDone = found instanceof OrdinaryConversation || !isToSpare(found);
    const conversation = isDone ? found : new OrdinaryConversation(found);
    evidence.conversations.push(conversation);
    nat.enter(ordered);
    paths.enter(conversation, ordered, store);
    if (index % ITEMS_A_STEP === 0) yield;
  }
  excuseBlindDirections(evidence.conversations);
  yield;
  evidence.nat = nat.list();
  evidence.clocks = timeline.relations;
  evidence.paths = paths.list();
  yield;
  evidence.carriers = joinCarriers(evidence, biflows, store, timeline, windows);
  return { evidence, same: { biflows, groups } };
}

function conversationOf(context: HopContext, ordered: readonly Member[], expected: ExpectedPath): Conversation {
  const [first] = ordered;
  const index = context.evidence.conversations.length;
  const hops = first.biflow.kind === 'arp' ? [] : hopsOf(context, ordered, expected);
  if (ordered.length === 1 && hops.length === 0) return new LoneConversation(index, first);
  const { client, server } = rolesOf(first);
  const { client: clientAfterNat, server: serverAfterNat } = rolesOf(ordered[ordered.length - 1]);
  return {
    index,
    protocol: conversationProtocol(ordered.map(({ biflow }) => biflow)),
    legs: ordered.map(legOf),
    hops,
    client,
    server: serverAfterNat,
    serverBeforeNat: sameEndpoint(server, serverAfterNat) ? null : server,
    clientAfterNat: sameEndpoint(client, clientAfterNat) ? null : clientAfterNat,
  };
}
