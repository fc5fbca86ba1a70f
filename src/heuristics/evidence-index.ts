import type {
  Connection,
  Conversation,
  DatagramFlow,
  DnsExchange,
  EchoExchange,
  Evidence,
  Leg,
} from '../flows/evidence.ts';

/** Look-ups over one evidence that many rules need; built once, on first use. */
export interface EvidenceIndex {
  /** Conversation of a leg, by `kind` and index in its list. */
  conversationOf(kind: Leg['kind'], index: number): Conversation | undefined;
  /** Conversation of a biflow, by global point and flow number. */
  conversationOfFlow(point: number, flow: number): Conversation | undefined;
  /** TCP connections of a conversation, in path order from the client. */
  connections(conversation: Conversation): Connection[];
  datagrams(conversation: Conversation): DatagramFlow[];
  /** Echo exchanges of a conversation at one point or at all, in order of the request. */
  echoes(conversation: Conversation): EchoExchange[];
  /** DNS exchanges carried by a conversation, at all its points. */
  dns(conversation: Conversation): DnsExchange[];
  /** Conversations with TCP legs, in order. */
  tcp: Conversation[];
  /** Seconds after the capture point's first packet when it saw its last. */
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
  const byLeg = new Map<string, Conversation>();
  const byFlow = new Map<string, Conversation>();
  for (const conversation of evidence.conversations) {
    for (const leg of conversation.legs) {
      byLeg.set(`${leg.kind} ${leg.index}`, conversation);
      byFlow.set(`${leg.point} ${leg.flow}`, conversation);
    }
  }
  const echoes = groupBy(evidence.echoes, (echo) => byFlow.get(`${echo.point} ${echo.flow}`));
  const dns = groupBy(evidence.dns, (exchange) => byFlow.get(`${exchange.point} ${exchange.flow}`));
  const legsOf = (conversation: Conversation, kind: Leg['kind']) =>
    conversation.legs.filter((leg) => leg.kind === kind);
  return {
    conversationOf: (kind, index) => byLeg.get(`${kind} ${index}`),
    conversationOfFlow: (point, flow) => byFlow.get(`${point} ${flow}`),
    connections: (conversation) => legsOf(conversation, 'tcp').map((leg) => evidence.connections[leg.index]),
    datagrams: (conversation) => legsOf(conversation, 'datagram').map((leg) => evidence.datagrams[leg.index]),
    echoes: (conversation) => echoes.get(conversation) ?? [],
    dns: (conversation) => dns.get(conversation) ?? [],
    tcp: evidence.conversations.filter((conversation) => conversation.protocol === 'tcp'),
    endOf: (point) => evidence.points[point].quality.lastTime,
  };
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => Conversation | undefined): Map<Conversation, T[]> {
  const groups = new Map<Conversation, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
