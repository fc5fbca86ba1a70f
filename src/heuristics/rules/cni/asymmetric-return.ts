import type {
  Connection,
  DatagramFlow,
  EchoExchange,
  Endpoint,
  Evidence,
  PacketRef,
} from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { inOrder } from '../../facts/packet-order.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type EvidencePacket, type Occurrence } from '../../rule/rule.ts';
import { appendTo } from '../../words/append-to.ts';
import { routes, routeTo, TUNNEL_DEVICES } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { bothWays, familyOf } from '../../words/display-filter.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';

const thresholds = { packets: { value: 2, unit: 'packets', source: 'docs/thresholds.md, two-show-a-habit' } } as const;

/** A conversation with requests that come through a tunnel and replies that leave outside it, at the same point. */
interface Split {
  point: number;
  client: string;
  server: string;
  conversations: number[];
  /** The source of the replies: the server, or the address that its node gives them. */
  replySource: string;
  requests: PacketRef[];
  replies: PacketRef[];
}

interface AsymmetricReturn extends Occurrence {
  client: string;
  server: string;
  replies: number;
  replySource: string;
  conversationsSplit: number;
  host: number;
}

/** Replies take a different way back, outside the tunnel, and are lost. */
export const asymmetricReturn = defineRule<AsymmetricReturn>({
  meta: {
    id: 'asymmetric-return',
    faultClass: 'cni',
    level: 'error',
    recordedIn: 'lab/cni-asymmetric-return',
    place: 'mechanism',
    explains: ['tunnel-blocked', 'reply-leaves-by-other-interface'],
    explainsSymptomsOf: ['lost-between-points', 'silent-path'],
    summary: 'Requests come through the tunnel, replies leave outside it and get lost',
    meaning:
      'The receiving node has no route through the tunnel back to the client’s pod range, so its replies go to the default gateway with pod addresses that nobody there knows.',
    rule: 'At one point the requests of a conversation are encapsulated and its replies are not (two replies or more), and the requests are repeated as if no reply had come.',
    notThis: [
      'An any-capture that sees each packet inside and outside of the tunnel: both directions appear in both forms.',
      'Direct server return by design: the client goes on, nothing is repeated.',
    ],
    causes: [
      'The route to the client’s pod range is missing on the replying node',
      'A policy route takes replies elsewhere',
    ],
    confirm: [
      {
        on: '<replying node>',
        command: 'ip route get <client>',
        expect: 'the default gateway instead of the tunnel device',
      },
    ],
    fix: ['Restore the route (restart the CNI agent of that node)'],
    references: ['RFC 3704', 'flannel: route per node range through flannel.1'],
  },
  thresholds,

  *detect(evidence) {
    const groups = new Map<string, Split[]>();
    for (const split of [...tcpSplits(evidence), ...datagramSplits(evidence), ...echoSplits(evidence)]) {
      const key = `${split.point} ${split.client} ${split.server}`;
      appendTo(groups, key, split);
    }
    for (const splits of groups.values()) {
      const replies = splits.flatMap((split) => split.replies);
      if (replies.length >= thresholds.packets.value) yield occurrenceOf(evidence, splits);
    }
  },

  explain({ client, server, replies, replySource, conversationsSplit, host }, names) {
    return {
      message: `Requests of ${names.address(client)} reach ${names.address(server)} through the tunnel, but ${replies} replies leave ${names.host(host)} outside it and get lost`,
      why: `${replySource === server ? 'The replies carry pod addresses and go to the ordinary network, which does not know them.' : `The replies carry the source ${names.address(replySource)} instead of ${names.address(server)} and go to the ordinary network.`} The client goes on asking as if nothing had come.`,
      causes: [
        {
          id: 'tunnel-route-missing',
          cause: `the route to ${client} through the tunnel device is missing on ${names.host(host)}`,
          for: [
            `${counted(conversationsSplit, 'conversation comes', 'conversations come')} in encapsulated and ${conversationsSplit === 1 ? 'goes' : 'go'} out plain`,
          ],
          against: [],
          fix: [
            `Restore the route to the pod range of ${client} through the tunnel device on ${names.host(host)} (restart its CNI agent).`,
          ],
        },
        {
          id: 'policy-route',
          cause: 'a policy route or a second interface takes the replies elsewhere',
          for: [],
          against: [],
          fix: [`Take the replies to ${client} out of the policy route on ${names.host(host)}.`],
        },
      ],
      confirm: [
        routeTo(names.host(host), client, {
          expect: 'another device than that of the tunnel: the NIC, or the default gateway',
          shows: { lacks: TUNNEL_DEVICES },
        }),
        routes(names.host(host), familyOf(client), { expect: `no route to the pod range of ${client}` }),
      ],
      fix: [],
      wireshark: bothWays(client, server, replySource),
    };
  },
});

function* tcpSplits(evidence: Evidence): Iterable<Split> {
  const index = indexOf(evidence);
  const plain = new Map<string, Connection>();
  for (const connection of evidence.connections) {
    if (connection.encapsulation.length > 0) continue;
    plain.set(tupleKey(connection), connection);
    if (connection.synAckAcks !== null) plain.set(acknowledgedKey(connection, connection.synAckAcks), connection);
  }
  for (const request of evidence.connections) {
    const [out, back] = request.directions;
    if (request.encapsulation.length === 0 || out.syns < thresholds.packets.value || back.packets > 0) continue;
    const { iss } = out;
    const reply =
      plain.get(tupleKey(request)) ??
      plain.get(swappedKey(request)) ??
      (iss === null ? undefined : plain.get(acknowledgedKey(request, (iss + 1) >>> 0)));
    if (reply === undefined) continue;
    const direction =
      reply.client.address === request.client.address && reply.client.port === request.client.port
        ? TO_CLIENT
        : TO_SERVER;
    const { packets, first, last } = reply.directions[direction];
    if (
      packets < thresholds.packets.value ||
      reply.directions[1 - direction].packets > 0 ||
      first === null ||
      last === null
    )
      continue;
    const conversations = [request, reply].flatMap((leg) => index.conversationOf('tcp', leg.index)?.index ?? []);
    yield {
      point: request.point,
      client: request.client.address,
      server: request.server.address,
      conversations: [...new Set(conversations)],
      replySource: direction === TO_CLIENT ? reply.server.address : reply.client.address,
      requests: request.syn,
      replies: reply.synAck.length > 0 ? reply.synAck : [first, last],
    };
  }
}

const tupleKey = ({ point, client, server }: Connection): string =>
  `${point} ${client.address} ${client.port} ${server.address} ${server.port}`;
/** The node may give replies that leave outside the tunnel another source: then the SYN that they acknowledge tells. */
const acknowledgedKey = ({ point, client }: Connection, acknowledged: number): string =>
  `${point} ${client.address} ${client.port} acknowledges ${acknowledged}`;
const swappedKey = ({ point, client, server }: Connection): string =>
  `${point} ${server.address} ${server.port} ${client.address} ${client.port}`;

function* datagramSplits(evidence: Evidence): Iterable<Split> {
  const index = indexOf(evidence);
  const plain = new Map<string, DatagramFlow>();
  for (const flow of evidence.datagrams)
    if (flow.encapsulation.length === 0) plain.set(`${flow.point} ${endsOf(flow.client, flow.server)}`, flow);
  for (const request of evidence.datagrams) {
    const { point, client, server, packets, samples } = request;
    if (request.encapsulation.length === 0 || packets[TO_SERVER] === 0 || packets[TO_CLIENT] > 0) continue;
    const reply = plain.get(`${point} ${endsOf(client, server)}`) ?? plain.get(`${point} ${endsOf(server, client)}`);
    if (reply === undefined) continue;
    const back = reply.client.address === client.address && reply.client.port === client.port ? TO_CLIENT : TO_SERVER;
    if (reply.packets[back] === 0 || reply.packets[1 - back] > 0) continue;
    const conversations = [request, reply].flatMap((flow) => index.conversationOf('datagram', flow.index)?.index ?? []);
    yield {
      point,
      client: client.address,
      server: server.address,
      conversations: [...new Set(conversations)],
      replySource: back === TO_CLIENT ? reply.server.address : reply.client.address,
      requests: samples[TO_SERVER],
      replies: reply.samples[back],
    };
  }
}

const endsOf = (a: Endpoint, b: Endpoint): string => `${a.address} ${a.port} ${b.address} ${b.port}`;

function* echoSplits(evidence: Evidence): Iterable<Split> {
  const index = indexOf(evidence);
  const key = (echo: EchoExchange): string =>
    `${echo.point} ${echo.source} ${echo.destination} ${echo.id} ${echo.sequence}`;
  const plainReplies = new Map(
    evidence.echoes
      .filter((echo) => echo.encapsulation.length === 0 && echo.request === null && echo.reply !== null)
      .map((echo) => [key(echo), echo]),
  );
  for (const request of evidence.echoes) {
    if (request.encapsulation.length === 0 || request.request === null || request.reply !== null) continue;
    const reply = plainReplies.get(key(request));
    if (reply === undefined) continue;
    const conversations = [request, reply].flatMap(
      (echo) => index.conversationOfFlow(echo.point, echo.flow)?.index ?? [],
    );
    yield {
      point: request.point,
      client: request.source,
      server: request.destination,
      conversations: [...new Set(conversations)],
      replySource: reply.destination,
      requests: [request.request],
      replies: [reply.reply!],
    };
  }
}

function occurrenceOf(evidence: Evidence, splits: readonly Split[]): AsymmetricReturn {
  const [{ point, client, server, replySource }] = splits;
  const replies = splits.flatMap((split) => split.replies);
  const packets: EvidencePacket[] = splits.flatMap((split) => [
    ...packetsAt(point, split.requests.slice(0, 3), 'request, encapsulated', '>'),
    ...packetsAt(point, split.replies.slice(0, 3), 'reply, not encapsulated', '<'),
  ]);
  return {
    key: `${client}>${server}`,
    grade: gradeOf({ 'replies-outside-the-tunnel': 'passed' }),
    subject: { protocol: 'ip', client, server },
    conversations: [...new Set(splits.flatMap((split) => split.conversations))],
    place: `on the node of ${server}, where the replies are routed; seen at ${evidence.points[point].name}`,
    ...excerpt(packets.sort(inOrder)),
    reach: splits.length,
    measured: { conversations: splits.length, replies: replies.length },
    client,
    server,
    replies: replies.length,
    replySource,
    conversationsSplit: splits.length,
    host: point,
  };
}
