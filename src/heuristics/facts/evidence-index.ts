import type {
  Connection,
  Conversation,
  DatagramFlow,
  DnsExchange,
  EchoExchange,
  Evidence,
  Hop,
  Leg,
} from '../../flows/evidence/evidence.ts';

type Place = Pick<Hop, 'from' | 'to' | 'direction'>;

/** Look-ups over one evidence that many rules need. Built once, on first use. */
export interface EvidenceIndex {
  /** Conversation of a leg, by `kind` and index in its list. */
  conversationOf(kind: Leg['kind'], index: number): Conversation | undefined;
  /** Conversation of a biflow, by global point and flow number. */
  conversationOfFlow(point: number, flow: number): Conversation | undefined;
  /** TCP connections of a conversation, in path order from the client. */
  connections(conversation: Conversation): readonly Connection[];
  datagrams(conversation: Conversation): readonly DatagramFlow[];
  /** Echo exchanges of a conversation, at one point or at all points, in order of the request. */
  echoes(conversation: Conversation): EchoExchange[];
  /** DNS exchanges carried by a conversation, at all its points. */
  dns(conversation: Conversation): DnsExchange[];
  /** Conversations with TCP legs, in order. */
  tcp: Conversation[];
  /** Packets of ordinary datagram flows between two addresses that were left out at a hop. */
  datagramsLeftOut(hop: Place, client: string, server: string): number;
  /** Seconds from the capture point's first packet to its last. */
  endOf(point: number): number;
}

const cache = new WeakMap<Evidence, EvidenceIndex>();

export function indexOf(evidence: Evidence): EvidenceIndex {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const made = makeIndex(evidence);
  cache.set(evidence, made);
  return made;
}

function makeIndex(evidence: Evidence): EvidenceIndex {
  const byLeg: Record<Leg['kind'], (Conversation | undefined)[]> = { tcp: [], datagram: [], echo: [], arp: [] };
  const byFlow = new Map<number, Conversation>();
  for (const conversation of evidence.conversations) {
    for (const leg of conversation.legs) {
      byLeg[leg.kind][leg.index] = conversation;
      byFlow.set(flowKey(leg.point, leg.flow), conversation);
    }
  }
  const echoes = groupBy(evidence.echoes, (echo) => byFlow.get(flowKey(echo.point, echo.flow)));
  const dns = groupBy(evidence.dns, (exchange) => byFlow.get(flowKey(exchange.point, exchange.flow)));
  const leftOut = new Map(
    evidence.datagramsLeftOut.map((left) => [endsKey(left, left.client, left.server), left.packets]),
  );
  return {
    conversationOf: (kind, index) => byLeg[kind][index],
    conversationOfFlow: (point, flow) => byFlow.get(flowKey(point, flow)),
    connections: remembered((conversation) =>
      conversation.legs.flatMap((leg) => (leg.kind === 'tcp' ? evidence.connections[leg.index] : [])),
    ),
    datagrams: remembered((conversation) =>
      conversation.legs.flatMap((leg) => (leg.kind === 'datagram' ? evidence.datagrams[leg.index] : [])),
    ),
    echoes: (conversation) => echoes.get(conversation) ?? [],
    dns: (conversation) => dns.get(conversation) ?? [],
    tcp: evidence.conversations.filter((conversation) => conversation.protocol === 'tcp'),
    datagramsLeftOut: (hop, client, server) => leftOut.get(endsKey(hop, client, server)) ?? 0,
    endOf: (point) => evidence.points[point].quality.lastTime,
  };
}

const endsKey = ({ from, to, direction }: Place, client: string, server: string): string =>
  `${from} ${to} ${direction} ${client} ${server}`;

/** Flow numbers are 32 bits wide, points 16. */
const flowKey = (point: number, flow: number): number => point * 2 ** 32 + flow;

function remembered<T>(
  make: (conversation: Conversation) => readonly T[],
): (conversation: Conversation) => readonly T[] {
  const made = new Map<Conversation, readonly T[]>();
  return (conversation) => {
    let list = made.get(conversation);
    if (list === undefined) made.set(conversation, (list = make(conversation)));
    return list;
  };
}

/** Items of no conversation are together, too; nobody asks for them. */
function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
