import type { Joined } from '../../capture/capture-digest.ts';
import { type AnyDatagram, CompactDatagram } from '../../compact/compact-datagram.ts';
import { type AnyLookup, CompactLookup } from '../../compact/compact-lookup.ts';
import { OpenedLeftOut } from '../../compact/opened-left-out.ts';
import type {
  Connection,
  Conversation,
  DatagramFlow,
  DnsExchange,
  Evidence,
  Leg,
  OpenedConnections,
} from '../../evidence/evidence.ts';
import { type AnyConversation, OrdinaryConversation } from '../../evidence/ordinary-conversation.ts';
import type { AnyConnection } from '../../tcp/compact-connection.ts';
import { CompactConnection } from '../../tcp/compact-connection.ts';
import { belongsToTrouble } from '../../trackers/kept-exchanges.ts';
import { LoneConversation } from './lone-conversation.ts';

/**
 * Ordinary conversations that rules get for comparison. Each one costs 30 µs over all rules (measured), and further
 * ones add no information.
 */
export const ORDINARY_KEPT = 1_000;

/**
 * Drops ordinary conversations beyond the first thousand, with their connections and datagrams. Ordinary means:
 * complete on every leg, nothing lost between points, nothing repeated, late or refused. Totals, paths and the NAT map
 * still count them. Evidence with fewer of them is returned unchanged. Where nothing was compared, ordinary connections
 * beyond the first thousand are dropped.
 *
 * @param evidence is not changed
 */
export function dropOrdinary(evidence: Joined, most = ORDINARY_KEPT): Evidence {
  if (evidence.conversations.length === 0 && evidence.connections.length > most) return uncompared(evidence, most);
  if (evidence.conversations.length <= most) return withObjects(evidence);
  const troubledFlows = flowsInTrouble(evidence);
  let room = most;
  const [kept, left]: [Conversation[], AnyConversation[]] = [[], []];
  for (const conversation of evidence.conversations) {
    if (conversation instanceof OrdinaryConversation) left.push(conversation);
    else if (!isOrdinary(evidence, conversation, troubledFlows) || room-- > 0) kept.push(conversation);
    else left.push(conversation);
  }
  if (left.length === 0) return withObjects(evidence);
  const leaving = { tcp: new Set<number>(), datagram: new Set<number>(), flows: new Set<number>() };
  for (const { legs } of left) {
    for (const { kind, index, point, flow } of legs) {
      if (kind === 'tcp' || kind === 'datagram') leaving[kind].add(index);
      leaving.flows.add(flowKey(point, flow));
    }
  }
  const connections = renumbered(evidence.connections, leaving.tcp, connectionObject);
  const datagrams = renumbered(evidence.datagrams, leaving.datagram, datagramObject);
  const isLeaving = ({ point, flow }: AnyLookup): boolean => leaving.flows.has(flowKey(point, flow));
  const dns = evidence.dns.filter((lookup) => !isLeaving(lookup)).map(lookupObject);
  const indexOf = ({ kind, index }: Leg): number =>
    kind === 'tcp' ? connections.to[index] : kind === 'datagram' ? datagrams.to[index] : index;
  return {
    ...evidence,
    connections: connections.items,
    datagrams: datagrams.items,
    dns,
    openedLeftOut: openedLeftOut(evidence, leaving.tcp),
    hopsLeftOut: packetsByHop(left),
    datagramsLeftOut: datagramsByHop(left),
    answeredLeftOut: answeredLeftOut(
      evidence.datagrams.filter(({ index }) => leaving.datagram.has(index)),
      evidence.dns.filter(isLeaving),
    ),
    conversations: kept.map((conversation, index) => ({
      ...conversationObject(conversation),
      index,
      legs: conversation.legs.map((leg) => ({ ...leg, index: indexOf(leg) })),
    })),
  };
}

/** Without conversations, since the comparison was stopped: each ordinary connection stands for itself. */
function uncompared(evidence: Joined, most: number): Evidence {
  const ordinary = evidence.connections.filter(isOrdinaryConnection);
  const leaving = new Set(ordinary.slice(most).map(({ index }) => index));
  const connections = renumbered(evidence.connections, leaving, connectionObject).items;
  return withObjects({ ...evidence, connections, openedLeftOut: openedLeftOut(evidence, leaving) });
}

/** The same, with an object for every conversation, connection, datagram flow and lookup. @param evidence all of it */
export function withObjects(evidence: Joined): Evidence {
  const { conversations, connections, datagrams, dns } = evidence;
  return {
    ...evidence,
    conversations: (conversations as Conversation[]).map(conversationObject),
    connections: connections.map(connectionObject),
    datagrams: datagrams.map(datagramObject),
    dns: dns.map(lookupObject),
  };
}

const conversationObject = (conversation: Conversation): Conversation =>
  conversation instanceof LoneConversation ? conversation.toObject() : conversation;

export const connectionObject = (connection: AnyConnection, index: number): Connection =>
  connection instanceof CompactConnection ? connection.toObject(index) : withIndex(connection, index);

export const datagramObject = (flow: AnyDatagram, index: number): DatagramFlow =>
  flow instanceof CompactDatagram ? flow.toObject(index) : withIndex(flow, index);

export const lookupObject = (lookup: AnyLookup, index: number): DnsExchange =>
  lookup instanceof CompactLookup ? lookup.toObject(index) : withIndex(lookup, index);

const withIndex = <T extends { index: number }>(item: T, index: number): T =>
  item.index === index ? item : { ...item, index };

const UDP = 17;

/** Key of a flow at a point: flow numbers have 32 bits, points 16. */
export const flowKey = (point: number, flow: number): number => point * 2 ** 32 + flow;

const inTrouble = new WeakMap<Joined['dns'], ReadonlySet<number>>();

/**
 * Flows of lookups in trouble, and of related lookups (`belongsToTrouble`). Found once for one list of lookups: a
 * comparison asks, and so does what drops ordinary conversations afterwards.
 */
export function flowsInTrouble({ dns, points }: Pick<Joined, 'dns' | 'points'>): ReadonlySet<number> {
  const known = inTrouble.get(dns);
  if (known !== undefined) return known;
  const belongs = belongsToTrouble(dns, ({ point }) => points[point].capture);
  const flows = new Set(dns.filter(belongs).map(({ point, flow }) => flowKey(point, flow)));
  inTrouble.set(dns, flows);
  return flows;
}

/**
 * Whether a conversation is complete on every leg, with nothing lost between points and nothing repeated, late or
 * refused. @param troubledFlows from `flowsInTrouble`
 */
export function isOrdinary(
  evidence: Joined,
  { legs, hops }: Conversation,
  troubledFlows: ReadonlySet<number>,
): boolean {
  if (hops.some(({ lost, unknown }) => lost > 0 || unknown !== null)) return false;
  return legs.every(({ kind, index, point, flow }) => {
    if (kind === 'tcp') return isOrdinaryConnection(evidence.connections[index]);
    return kind === 'datagram' && isAnswered(evidence.datagrams[index]) && !troubledFlows.has(flowKey(point, flow));
  });
}

const isAnswered = ({ packets: [there, back] }: AnyDatagram): boolean => there > 0 && back > 0;

function isOrdinaryConnection(connection: AnyConnection): boolean {
  if (connection instanceof CompactConnection) return true;
  const { directions, state } = connection;
  return (
    connection.eventsTotal === 0 &&
    connection.resets.length === 0 &&
    connection.slowTurns.length === 0 &&
    connection.application === null &&
    connection.transfer === null &&
    connection.stalls[0] + connection.stalls[1] === 0 &&
    !(connection.end?.openRequest || connection.end?.crossed) &&
    connection.syn.length <= 1 &&
    connection.synAck.length <= 1 &&
    (state === 'closed' || state === 'established') &&
    directions.every(({ packets, unackedOctets, holesTotal }) => packets > 0 && unackedOctets === 0 && holesTotal === 0)
  );
}

function openedLeftOut(evidence: Joined, leaving: ReadonlySet<number>): OpenedConnections[] {
  const opened = new OpenedLeftOut(evidence.openedLeftOut);
  for (const { index, point, server, syn } of evidence.connections)
    if (leaving.has(index) && syn.length > 0) opened.add(point, server, syn[0].time);
  return opened.list();
}

function answeredLeftOut(flows: readonly AnyDatagram[], lookups: readonly AnyLookup[]): Evidence['answeredLeftOut'] {
  const counts = new Map<number, Evidence['answeredLeftOut'][number]>();
  const countOf = (point: number): Evidence['answeredLeftOut'][number] => {
    const known = counts.get(point) ?? { point, udp: 0, lookups: 0 };
    counts.set(point, known);
    return known;
  };
  for (const { point, protocol } of flows) if (protocol === UDP) countOf(point).udp++;
  for (const { point } of lookups) countOf(point).lookups++;
  return [...counts.values()];
}

function packetsByHop(conversations: readonly AnyConversation[]): Evidence['hopsLeftOut'] {
  const totals = new Map<string, Evidence['hopsLeftOut'][number]>();
  for (const conversation of conversations) {
    if (conversation.protocol !== 'tcp') continue;
    for (const { from, to, packets } of hopsOfOrdinary(conversation)) {
      const total = totals.get(`${from} ${to}`);
      if (total === undefined) totals.set(`${from} ${to}`, { from, to, packets });
      else total.packets += packets;
    }
  }
  return [...totals.values()];
}

function datagramsByHop(conversations: readonly AnyConversation[]): Evidence['datagramsLeftOut'] {
  const totals = new Map<string, Evidence['datagramsLeftOut'][number]>();
  for (const conversation of conversations) {
    if (conversation.protocol === 'tcp') continue;
    const [client, server] = [conversation.client.address, conversation.server.address];
    for (const { from, to, direction, packets } of hopsOfOrdinary(conversation)) {
      const key = `${from} ${to} ${direction} ${client} ${server}`;
      const total = totals.get(key) ?? { from, to, direction, client, server, packets: 0, conversations: 0 };
      totals.set(key, total);
      total.packets += packets;
      total.conversations++;
    }
  }
  return [...totals.values()];
}

const hopsOfOrdinary = (conversation: AnyConversation): OrdinaryConversation['passed'] =>
  conversation instanceof OrdinaryConversation ? conversation.passed : conversation.hops;

/** Items without the dropped ones, and the new index of each item by its old index. */
function renumbered<T extends { index: number }, U>(
  items: readonly T[],
  leaving: ReadonlySet<number>,
  wholeOf: (item: T, index: number) => U,
) {
  const kept: U[] = [];
  const to = new Int32Array(items.length);
  for (const item of items) {
    if (leaving.has(item.index)) continue;
    to[item.index] = kept.length;
    kept.push(wholeOf(item, kept.length));
  }
  return { items: kept, to };
}
