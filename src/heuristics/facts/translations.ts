import type { Connection, Evidence } from '../../flows/evidence/evidence.ts';
import { TO_SERVER } from '../../flows/evidence/evidence.ts';
import { spokenFor } from './arp-speakers.ts';
import { type Attempt, attemptsOf, endpointText } from './attempts.ts';

/** One connection of a client behind a node, at the NIC by which it leaves the node. */
export interface Passage {
  attempt: Attempt;
  /** The connection as the NIC shows it. */
  connection: Connection;
  /** Address of the client inside the node; null if no other point of the node shows the connection. */
  inner: string | null;
}

/** Connections that leave one NIC for one port of one address, grouped by whether the node translated their source. */
export interface Ledger {
  point: number;
  /** "203.0.113.80:443". */
  remote: string;
  translated: Passage[];
  untranslated: Passage[];
}

/**
 * Initial TTLs of hosts (Linux and macOS, Windows, routers). A packet with one of them comes from a sender on the same
 * link.
 */
const INITIAL_TTLS: ReadonlySet<number> = new Set([64, 128, 255]);

const cache = new WeakMap<Evidence, Ledger[]>();

/**
 * Which connections leave a node translated, and which do not. There are two ways to find out:
 *
 *   pod ─ veth ─ [node] ─ NIC ─▶     two points of one host show one connection: the sources are compared
 *                         NIC ─▶     the NIC alone: the TTL says that the packet was forwarded, the MAC by which node.
 *                                    With an address for which that MAC speaks (ARP, ND) the source is the node's own,
 *                                    so the node translated it. With any other source it did not.
 *
 * Left out are packets that the node sends itself (TTL not decreased) and encapsulated packets.
 */
export function ledgersOf(evidence: Evidence): readonly Ledger[] {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const ledgers = new Map<string, Ledger>();
  for (const attempt of attemptsOf(evidence)) {
    for (const [passage, isTranslated] of passagesOf(evidence, attempt)) {
      const { point, server } = passage.connection;
      const remote = endpointText(server);
      const key = `${point} ${remote}`;
      let ledger = ledgers.get(key);
      if (ledger === undefined) ledgers.set(key, (ledger = { point, remote, translated: [], untranslated: [] }));
      ledger[isTranslated ? 'translated' : 'untranslated'].push(passage);
    }
  }
  const made = [...ledgers.values()];
  cache.set(evidence, made);
  return made;
}

/** The passage of an attempt at each NIC by which it leaves, and whether its source was translated before. */
function* passagesOf(evidence: Evidence, attempt: Attempt): Iterable<[Passage, boolean]> {
  const { legs } = attempt.conversation;
  for (const [at, leg] of legs.entries()) {
    if (leg.kind !== 'tcp' || leg.encapsulation.length > 0 || !mayBeNic(evidence, leg.point)) continue;
    const connection = evidence.connections[leg.index];
    if (connection.syn.length === 0) continue;
    const { host } = evidence.points[leg.point];
    const before = legs.slice(0, at).find(({ point }) => host !== null && evidence.points[point].host === host);
    if (before !== undefined) {
      const inner = before.client.address;
      yield [{ attempt, connection, inner }, inner !== connection.client.address];
    } else if (isForwarded(connection)) {
      yield [{ attempt, connection, inner: null }, isOwnAddress(evidence, connection)];
    }
  }
}

const INSIDE: ReadonlySet<string> = new Set(['pod-veth', 'bridge', 'tunnel-device']);

const mayBeNic = ({ points }: Evidence, point: number): boolean => !INSIDE.has(points[point].role);

function isForwarded({ directions }: Connection): boolean {
  const { ttls } = directions[TO_SERVER];
  return ttls.length > 0 && ttls.every(({ value }) => !INITIAL_TTLS.has(value));
}

/** Whether the MAC that sends these packets speaks for their source address. */
function isOwnAddress(evidence: Evidence, { point, client, directions }: Connection): boolean {
  const macs = directions[TO_SERVER].sourceMacs;
  return spokenFor(evidence, point, client.address).some(({ mac }) => macs.some(({ value }) => value === mac));
}
