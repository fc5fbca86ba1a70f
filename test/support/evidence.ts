/**
 * Hand-made evidence for the tests of rules: a row says only what matters to it.
 *
 *   const silent = connection({ server: '10.96.0.10:80', syn: [0, 1, 3] });
 *   evidence({ connections: [silent] })
 *
 * `evidence` gives every item its index and its flow (by point and five-tuple), makes the datagram flow that carries a
 * DNS exchange when there is none, and one conversation per biflow. `paths` joins biflows of several points into one
 * conversation instead: `paths: [{ of: [atPod, atNic], hops: [{ from: 0, to: 1, lost: 3 }] }]`.
 */
import {
  type ArpExchange,
  type Connection,
  type Conversation,
  type DatagramFlow,
  type DnsExchange,
  type EchoExchange,
  type Endpoint,
  type Evidence,
  type Hop,
  type KnownCluster,
  type Leg,
  NOTHING_KNOWN,
  type Probe,
} from '../../src/flows/evidence/evidence.ts';
import { capture, datagram, type EndpointText, endpoint, hop, point } from './evidence-items.ts';

export * from './evidence-items.ts';
export { ruleTable } from './rule-table.ts';

type Biflow = Connection | DatagramFlow | EchoExchange | ArpExchange;
type Item = Biflow | DnsExchange;

/** One conversation over several points: its biflows along the path, and the hops between them. */
export interface Path {
  of: Item[];
  hops?: Partial<Hop>[];
  client?: EndpointText;
  server?: EndpointText;
  serverBeforeNat?: EndpointText | null;
  clientAfterNat?: EndpointText | null;
}

export interface EvidenceParts extends Omit<Partial<Evidence>, 'conversations' | 'known' | 'paths'> {
  paths?: Path[];
  known?: Partial<KnownCluster>;
}

/** Evidence of these parts; one point named "point" when none is given. */
export function evidence(parts: EvidenceParts = {}): Evidence {
  const points = (parts.points ?? [point()]).map((one, index) => ({ ...one, index }));
  const flows = flowNumbers();
  const copies = new Map<Item, Item>();
  const place = <T extends Item>(items: readonly T[], tuple: (item: T) => string): T[] =>
    items.map((item, index) => {
      const flow = item.flow >= 0 ? item.flow : flows(item.point, tuple(item));
      const copy = { ...item, index, flow };
      copies.set(item, copy);
      return copy;
    });
  const connections = place(parts.connections ?? [], (item) => `tcp ${tupleOf(item)}`);
  const dnsList = place(parts.dns ?? [], (item) => `${item.transport} ${tupleOf(item)}`);
  const given = parts.datagrams ?? [];
  const made = carriers(parts.dns ?? [], given);
  const datagrams = place([...given, ...made], (item) => `udp ${tupleOf(item)}`);
  const echoes = place(parts.echoes ?? [], (item) => `echo ${item.source} ${item.destination} ${item.id}`);
  const arps = place(parts.arp ?? [], (item) => `arp ${item.asker} ${item.target} ${item.requests[0]?.time}`);
  const conversations = conversationsOf({ connections, dns: dnsList, datagrams, echoes, arp: arps }, parts, copies);
  const { paths: _paths, known, ...rest } = parts;
  return {
    captures: [capture()],
    connectionsTotal: connections.length,
    connectionsEvicted: 0,
    openedLeftOut: [],
    applications: [],
    timeServers: [],
    dnsTotal: dnsList.length,
    echoesTotal: echoes.length,
    claims: [],
    leases: [],
    dhcpClients: [],
    icmpErrors: [],
    icmpErrorsTotal: parts.icmpErrors?.length ?? 0,
    probesTotal: parts.probes?.length ?? 0,
    tunnels: [],
    hosts: [],
    fragments: [],
    fragmentsTotal: parts.fragments?.length ?? 0,
    fragmentsIncomplete: parts.fragments?.filter((one) => !one.complete).length ?? 0,
    loops: [],
    checked: [],
    checkedSenders: [],
    carriers: [],
    hopsLeftOut: [],
    datagramsLeftOut: [],
    answeredLeftOut: [],
    nat: [],
    clocks: [],
    notes: [],
    ...rest,
    paths: [],
    points,
    connections,
    dns: dnsList,
    datagrams,
    echoes,
    arp: arps,
    probes: (parts.probes ?? []).map((one) => ({ ...one, flow: flows(one.point, probeTuple(one)) })),
    conversations,
    known: { ...NOTHING_KNOWN, ...known },
  };
}

type Flows = Pick<Evidence, 'connections' | 'dns' | 'datagrams' | 'echoes' | 'arp'>;

/** Of the biflow that the probe belongs to. */
const probeTuple = ({ protocol, source, destination }: Probe): string =>
  protocol === 6 || protocol === 17
    ? `${protocol === 6 ? 'tcp' : 'udp'} ${tupleOf({ client: source, server: destination })}`
    : `echo ${source.address} ${destination.address} ${source.port}`;

const tupleOf = ({ client, server }: { client: Endpoint; server: Endpoint }): string =>
  `${client.address} ${client.port} ${server.address} ${server.port}`;

function flowNumbers(): (point: number, tuple: string) => number {
  const numbers = new Map<string, number>();
  return (at, tuple) => {
    const key = `${at} ${tuple}`;
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, numbers.size);
    return numbers.size - 1;
  };
}

/** The datagram flows that carry DNS exchanges over UDP, where the row gives none. */
function carriers(exchanges: readonly DnsExchange[], given: readonly DatagramFlow[]): DatagramFlow[] {
  const present = new Set(given.map((flow) => `${flow.point} ${tupleOf(flow)}`));
  const made = new Map<string, DnsExchange[]>();
  for (const exchange of exchanges) {
    const key = `${exchange.point} ${tupleOf(exchange)}`;
    if (exchange.transport !== 'udp' || present.has(key)) continue;
    made.set(key, [...(made.get(key) ?? []), exchange]);
  }
  return [...made.values()].map((group) =>
    datagram({
      point: group[0].point,
      client: group[0].client,
      server: group[0].server,
      sent: group.flatMap(({ queries }) => queries.map(({ packet, time }) => ({ packet, time }))),
      back: group.flatMap(({ responses, server }) =>
        responses.filter(({ from }) => from.address === server.address).map(({ packet, time }) => ({ packet, time })),
      ),
      encapsulation: group[0].encapsulation,
    }),
  );
}

function conversationsOf(flows: Flows, { paths = [] }: EvidenceParts, copies: Map<Item, Item>): Conversation[] {
  const conversations: Conversation[] = [];
  const taken = new Set<string>();
  const add = (items: Item[], path: Partial<Path>): void => {
    const legs = items.map((item) => legOf(flows, item)).filter((leg) => leg !== null);
    if (legs.length === 0 || legs.some((leg) => taken.has(`${leg.point} ${leg.flow}`))) return;
    for (const leg of legs) taken.add(`${leg.point} ${leg.flow}`);
    const [{ kind, index }] = legs;
    const ofKind = ({ tcp: 'tcp', datagram: 'udp', echo: 'icmp', arp: 'arp' } as const)[kind];
    const isCutTcp = kind === 'datagram' && flows.datagrams[index].protocol === 6;
    const protocol = isCutTcp ? 'other' : ofKind;
    conversations.push({
      index: conversations.length,
      protocol,
      legs,
      hops: (path.hops ?? []).map(hop),
      client: endpoint(path.client ?? legs[0].client),
      server: endpoint(path.server ?? legs[legs.length - 1].server),
      serverBeforeNat: path.serverBeforeNat == null ? null : endpoint(path.serverBeforeNat),
      clientAfterNat: path.clientAfterNat == null ? null : endpoint(path.clientAfterNat),
    });
  };
  for (const path of paths)
    add(
      path.of.map((item) => copies.get(item) as Item),
      path,
    );
  for (const item of [...flows.connections, ...flows.datagrams, ...flows.echoes, ...flows.arp]) add([item], {});
  return conversations;
}

function legOf(flows: Flows, item: Item): Leg | null {
  const base = { point: item.point, flow: item.flow };
  if ('directions' in item)
    return { ...base, kind: 'tcp', index: item.index, ...ends(item), encapsulation: item.encapsulation };
  if ('queries' in item) {
    const carrier = flows.datagrams.find(({ point: at, flow }) => at === item.point && flow === item.flow);
    return carrier === undefined ? null : legOf(flows, carrier);
  }
  if ('samples' in item)
    return { ...base, kind: 'datagram', index: item.index, ...ends(item), encapsulation: item.encapsulation };
  if ('asker' in item)
    return {
      ...base,
      kind: 'arp',
      index: item.index,
      client: { address: item.asker, port: 0 },
      server: { address: item.target, port: 0 },
      encapsulation: [],
    };
  const first = flows.echoes.find(({ point: at, flow }) => at === item.point && flow === item.flow) ?? item;
  return {
    ...base,
    kind: 'echo',
    index: first.index,
    client: { address: item.source, port: item.id },
    server: { address: item.destination, port: item.id },
    encapsulation: item.encapsulation,
  };
}

const ends = ({ client, server }: { client: Endpoint; server: Endpoint }) => ({ client, server });
