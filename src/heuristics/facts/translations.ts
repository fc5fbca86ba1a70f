import type { Connection, Conversation, Endpoint, Evidence, Leg, PacketRef } from '../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../flows/evidence/evidence.ts';
import { INITIAL_TTLS } from '../../flows/evidence/initial-ttls.ts';
import { spokenFor } from './arp-speakers.ts';
import { type Attempt, attemptsOf, endpointText } from './attempts.ts';

/** One connection or UDP exchange of a client behind a node, at the NIC by which it leaves the node. */
export interface Passage {
  protocol: 'tcp' | 'udp';
  conversation: Conversation;
  point: number;
  /** As the NIC shows them. */
  client: Endpoint;
  server: Endpoint;
  /** SYNs, or the first datagrams to the server. */
  requests: readonly PacketRef[];
  /** As in `Attempt`; a datagram is answered or silent. */
  outcome: Attempt['outcome'];
  /** Address of the client inside the node; null if no other point of the node shows the connection. */
  inner: string | null;
  /** Of the packets to the server; undefined where they are not known (UDP). */
  mac: string | undefined;
  ttl: number | undefined;
}

/** Connections or UDP exchanges that leave one NIC for one port of one address, grouped by whether the node translated their source. */
export interface Ledger {
  point: number;
  protocol: Passage['protocol'];
  /** "203.0.113.80:443". */
  remote: string;
  translated: Passage[];
  untranslated: Passage[];
}

const cache = new WeakMap<Evidence, Ledger[]>();

/**
 * Which connections leave a node translated, and which do not. There are two ways to find out:
 *
 *   pod ─ veth ─ [node] ─ NIC ─▶     two points of one host show one connection: the sources are compared
 *                         NIC ─▶     the NIC alone: the TTL says that the packet was forwarded, the MAC by which node.
 *                                    With an address for which that MAC speaks (ARP, ND) the source is the node's own,
 *                                    so the node translated it. With any other source it did not.
 *
 * Left out are packets that the node sends itself (TTL not decreased) and encapsulated packets. Of UDP neither TTL nor MAC
 * is kept, so only what two points show is counted.
 */
export function ledgersOf(evidence: Evidence): readonly Ledger[] {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const ledgers = new Map<string, Ledger>();
  for (const [passage, isTranslated] of allPassages(evidence)) {
    const { point, protocol } = passage;
    const remote = endpointText(passage.server);
    const key = `${point} ${protocol} ${remote}`;
    let ledger = ledgers.get(key);
    if (ledger === undefined)
      ledgers.set(key, (ledger = { point, protocol, remote, translated: [], untranslated: [] }));
    ledger[isTranslated ? 'translated' : 'untranslated'].push(passage);
  }
  const made = [...ledgers.values()];
  cache.set(evidence, made);
  return made;
}

function* allPassages(evidence: Evidence): Iterable<[Passage, boolean]> {
  for (const attempt of attemptsOf(evidence)) yield* passagesOf(evidence, attempt);
  for (const conversation of evidence.conversations)
    if (conversation.protocol === 'udp' && conversation.legs.length > 1)
      yield* datagramPassagesOf(evidence, conversation);
}

/** The passage of an attempt at each NIC by which it leaves, and whether its source was translated before. */
function* passagesOf(evidence: Evidence, { conversation, outcome }: Attempt): Iterable<[Passage, boolean]> {
  for (const [at, leg] of conversation.legs.entries()) {
    if (leg.kind !== 'tcp' || leg.encapsulation.length > 0 || !mayBeNic(evidence, leg.point)) continue;
    const connection = evidence.connections[leg.index];
    const { syn, point, client, server, directions } = connection;
    if (syn.length === 0) continue;
    const before = insideBefore(evidence, conversation, at);
    const inner = before?.client.address ?? null;
    const [{ sourceMacs, ttls }] = directions;
    const [mac, ttl] = [sourceMacs[0]?.value, ttls[0]?.value];
    const passage: Passage = {
      protocol: 'tcp',
      conversation,
      point,
      client,
      server,
      requests: syn,
      outcome,
      inner,
      mac,
      ttl,
    };
    if (inner !== null) yield [passage, inner !== client.address];
    else if (isForwarded(connection)) yield [passage, isOwnAddress(evidence, connection)];
  }
}

function* datagramPassagesOf(evidence: Evidence, conversation: Conversation): Iterable<[Passage, boolean]> {
  const flowOf = ({ index }: Leg) => evidence.datagrams[index];
  const legs = conversation.legs.filter(({ kind }) => kind === 'datagram');
  const outcome = legs.some((leg) => flowOf(leg).packets[TO_CLIENT] > 0) ? 'answered' : 'silent';
  for (const [at, leg] of conversation.legs.entries()) {
    if (leg.kind !== 'datagram' || leg.encapsulation.length > 0 || !mayBeNic(evidence, leg.point)) continue;
    const { point, client, server, samples, toGroup } = flowOf(leg);
    const inner = insideBefore(evidence, conversation, at)?.client.address;
    if (inner === undefined || toGroup[TO_SERVER] || samples[TO_SERVER].length === 0) continue;
    const requests = samples[TO_SERVER];
    const unknown = { mac: undefined, ttl: undefined };
    yield [
      { protocol: 'udp', conversation, point, client, server, requests, outcome, inner, ...unknown },
      inner !== client.address,
    ];
  }
}

/** The conversation at a point that it passed before in the same host. */
function insideBefore({ points }: Evidence, { legs }: Conversation, at: number): Leg | undefined {
  const { host } = points[legs[at].point];
  return legs.slice(0, at).find(({ point }) => host !== null && points[point].host === host);
}

const INSIDE: ReadonlySet<string> = new Set(['pod-veth', 'bridge', 'tunnel-device']);

const mayBeNic = ({ points }: Evidence, point: number): boolean => !INSIDE.has(points[point].role);

function isForwarded({ directions }: Connection): boolean {
  const { ttls } = directions[TO_SERVER];
  return ttls.length > 0 && ttls.every(({ value }) => !INITIAL_TTLS.includes(value));
}

/** Whether the MAC that sends these packets speaks for their source address. */
function isOwnAddress(evidence: Evidence, { point, client, directions }: Connection): boolean {
  const macs = directions[TO_SERVER].sourceMacs;
  return spokenFor(evidence, point, client.address).some(({ mac }) => macs.some(({ value }) => value === mac));
}
