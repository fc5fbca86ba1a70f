import type { CapturePoint, Conversation, Evidence, Leg, PacketRef } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT } from '../../../flows/evidence/evidence.ts';
import { INITIAL_TTLS } from '../../../flows/evidence/initial-ttls.ts';
import { shellQuote } from '../../../text/shell-quote.ts';
import { endpointText } from '../../facts/attempts.ts';
import { type Detour, detoursOf } from '../../facts/detours.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { GATES, gatesOf } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { inOrder } from '../../facts/packet-order.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type EvidencePacket, type Occurrence } from '../../rule/rule.ts';
import { escaped, firewallRules, routes, runs } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { bothWays, familyOf } from '../../words/display-filter.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';
import { groupBy } from '../../words/group-by.ts';

const thresholds = {
  askedAgain: { value: 2, unit: 'packets', source: 'docs/thresholds.md, two-show-a-habit' },
  apart: { value: 0.2, unit: 's', source: 'docs/thresholds.md, partner-retry' },
} as const;

interface ReplyLeavesByOtherInterface extends Occurrence {
  client: string;
  server: string;
  serverAddress: string;
  replySource: string;
  inPoint: number;
  outPoint: number;
  /** Connections and exchanges with a request at one interface and replies at the other. */
  flows: number;
  replies: number;
  /** Requests that were repeated after a reply had left. */
  askedAgain: number;
  /** Where the client was captured: the replies do not arrive there. Null when no point shows it. */
  clientPoint: number | null;
}

/** The request enters a node by one interface, and the reply leaves by another one and is lost. */
export const replyLeavesByOtherInterface = defineRule<ReplyLeavesByOtherInterface>({
  meta: {
    id: 'reply-leaves-by-other-interface',
    faultClass: 'service',
    level: 'error',
    recordedIn: 'test/pcaps/reply-by-other-interface',
    place: 'mechanism',
    explains: ['listen-queue-overflow'],
    explainsSymptomsOf: ['lost-between-points', 'silent-path'],
    summary: 'Requests enter the node by one interface, replies leave by another one and get lost',
    meaning:
      'The route back to the client leads to another interface than the request came by. What is behind that interface drops the reply: it has the wrong source address for that link (source check of the cloud, rp_filter, a firewall that saw no request).',
    rule: 'One interface of a host shows the request and no reply, another one shows the reply to exactly this request (the SYN-ACK acknowledges it; same addresses and ports; same echo) and no request. Requests are repeated twice or more after a reply left, or the client was captured too and gets none of two replies or more.',
    notThis: [
      'Asymmetric routing that works: the client goes on after the reply.',
      'Two interfaces of one bond share a MAC address.',
      'A SYN that is repeated once: the reply may be lost by chance.',
      'A reply at another host: its way back is not this node’s choice.',
      'A point on the way shows no reply: the replies may pass elsewhere. Only the client’s own link counts.',
      'Replies leave by the interface of the request too.',
      'Replies outside the tunnel at the same interface are asymmetric-return.',
    ],
    causes: [
      'The route to the client’s network leads to a second interface, and no policy route (ip rule) takes replies back',
      'The pod’s address belongs to a second network interface of the cloud instance, and the mark that takes node-port replies to the first one is not restored',
      'Source/destination check of the cloud, or rp_filter of the next router, drops the reply',
    ],
    confirm: [
      { on: '<node>', command: 'ip route get <client> from <server>', expect: 'another interface than the request’s' },
      {
        on: '<node>',
        command: 'ip rule; ip route show table all',
        expect: 'no rule for the source or mark of replies',
      },
    ],
    fix: ['Route replies by the interface of the request (ip rule with source or connection mark)'],
    references: ['RFC 3704', 'Linux net.ipv4.conf.*.rp_filter', 'AWS VPC CNI: AWS_VPC_CNI_NODE_PORT_SUPPORT'],
  },
  thresholds: { ...thresholds, ...GATES, oneWayShare: ONE_WAY_SHARE },

  *detect(evidence) {
    const all = detoursOf(evidence);
    const works = new Set(all.filter(({ goesOn }) => goesOn).map(wayOf));
    const silent = all.filter((detour) => !works.has(wayOf(detour)) && gatesOf(evidence).absence(detour.inPoint).ok);
    for (const detours of groupBy(silent, (detour) => `${wayOf(detour)} ${endpointText(detour.server)}`).values()) {
      const found = occurrenceOf(evidence, detours);
      if (found !== null) yield found;
    }
  },

  explain(found, names) {
    const { client, server, serverAddress, replySource, replies, flows, askedAgain, clientPoint } = found;
    const [enter, leave, host] = [names.point(found.inPoint), names.point(found.outPoint), names.host(found.inPoint)];
    const lost = clientPoint === null ? 'the client asks again' : `none arrives at ${names.point(clientPoint)}`;
    return {
      message: `Requests of ${names.address(client)} to ${server} come in by ${enter}, their replies leave by ${leave}, and ${lost}`,
      why: `${counted(replies, 'reply', 'replies')} to ${counted(flows, 'flow')} left by ${leave} and none by ${enter}.${askedAgain > 0 ? ` ${counted(askedAgain, 'request')} came again after a reply had left.` : ''}`,
      causes: [
        {
          id: 'route-back-elsewhere',
          cause: `${host} routes ${client} by another interface than its requests come by`,
          telling: [`the replies to ${client} leave by ${leave}`],
          for: [],
          against: [],
          fix: [
            `Send replies from ${replySource} out by the interface of the requests on ${host}: a policy route by source address, or a connection mark that is restored on replies.`,
          ],
        },
        {
          id: 'dropped-by-source-check',
          cause: 'what is behind that interface drops the reply (source check of the cloud, rp_filter, firewall)',
          for: clientPoint === null ? [] : [`the replies were captured at ${leave} and not at the client`],
          against: [],
          confirm: [
            familyOf(client) === 6
              ? firewallRules(host, 6, 'rpfilter|fib saddr', {
                  expect: 'whether this node itself drops what comes by an unexpected interface',
                })
              : runs(
                  host,
                  'nstat -az TcpExtIPReversePathFilter; sysctl net.ipv4.conf.all.rp_filter net.ipv4.conf.default.rp_filter',
                  { expect: 'whether this node itself drops what comes by an unexpected interface' },
                ),
          ],
          fix: [`Or let the network behind ${leave} accept the source ${replySource}.`],
        },
        {
          id: 'reply-not-translated-back',
          cause: 'the reply leaves with another source address than was asked',
          telling:
            replySource === serverAddress
              ? []
              : [`the client asked ${serverAddress}, the reply is from ${replySource}`],
          for: [],
          against: replySource === serverAddress ? ['the reply has the address that was asked'] : [],
        },
      ],
      confirm: [
        runs(host, `ip route get ${shellQuote(client)} from ${shellQuote(replySource)}`, {
          expect: 'the interface of the replies',
          ...(names.device(found.outPoint) === null
            ? {}
            : { shows: { has: `dev ${escaped(names.device(found.outPoint) ?? '')} ` } }),
        }),
        routes(host, familyOf(client), {
          expect: `no rule that takes replies from ${replySource} to the interface of the requests`,
        }),
      ],
      fix: [],
      wireshark: bothWays(client, serverAddress, replySource),
    };
  },
});

const wayOf = ({ inPoint, outPoint, client }: Detour): string => `${inPoint} ${outPoint} ${client.address}`;

function occurrenceOf(evidence: Evidence, detours: readonly Detour[]): ReplyLeavesByOtherInterface | null {
  const [{ inPoint, outPoint, client, server, replySource, protocol }] = detours;
  const askedAgain = detours.reduce((sum, detour) => sum + askedAgainIn(evidence, detour), 0);
  const replies = detours.reduce((sum, detour) => sum + detour.replies.length, 0);
  const clientPoint = clientPointOf(evidence, detours);
  const isAskedAgain = askedAgain >= thresholds.askedAgain.value;
  if (!isAskedAgain && (clientPoint === null || replies < thresholds.askedAgain.value)) return null;
  const packets: EvidencePacket[] = detours.flatMap((detour) => [
    ...packetsAt(inPoint, detour.requests.slice(0, SHOWN_OF_EACH), 'request, comes in', '>'),
    ...packetsAt(outPoint, detour.replies.slice(0, SHOWN_OF_EACH), 'reply, leaves here', '<'),
  ]);
  const text = protocol === 'icmp' ? server.address : endpointText(server);
  return {
    key: `${client.address}>${text}`,
    grade: gradeOf({ 'asked-again-after-the-reply': whereSeen(isAskedAgain || clientPoint !== null) }),
    subject: { protocol, client: client.address, server: text },
    conversations: [...new Set(detours.flatMap(({ conversations }) => conversations))],
    between: clientPoint === null ? null : [outPoint, clientPoint],
    place: `behind ${evidence.points[outPoint].name}, by which the replies leave`,
    ...excerpt(packets.sort(inOrder)),
    reach: detours.length,
    measured: { flows: detours.length, replies, askedAgain, replySource },
    client: client.address,
    server: text,
    serverAddress: server.address,
    replySource,
    inPoint,
    outPoint,
    flows: detours.length,
    replies,
    askedAgain,
    clientPoint,
  };
}

/** Packets of each direction that are shown of one flow. */
const SHOWN_OF_EACH = 3;

/** Requests that came after a reply had left, without copies. UDP asks again only where its payload says so (DNS). */
function askedAgainIn(evidence: Evidence, { protocol, requests, replies, inPoint, outPoint, client }: Detour): number {
  const shift = evidence.points[outPoint].timeShift - evidence.points[inPoint].timeShift;
  const since = Math.min(...replies.map(({ time }) => time)) + shift;
  if (protocol === 'tcp') return againAfter(requests, since);
  const lookups = evidence.dns.filter(
    (one) => one.point === inPoint && one.client.address === client.address && one.client.port === client.port,
  );
  return lookups.reduce((sum, { queries }) => sum + (queries.length > 1 ? againAfter(queries, since) : 0), 0);
}

function againAfter(requests: readonly PacketRef[], since: number): number {
  let last = since;
  let again = 0;
  for (const { time } of requests) {
    if (time - last < thresholds.apart.value) continue;
    again++;
    last = time;
  }
  return again;
}

/**
 * A point on the client's link, where its packets still have their initial hop limit, that shows the requests of all
 * these flows and no reply. Replies may take another way to the client than past other points.
 */
function clientPointOf(evidence: Evidence, detours: readonly Detour[]): number | null {
  const silentAt = detours.map((detour) => silentBefore(evidence, detour));
  return silentAt[0].find((point) => silentAt.every((points) => points.includes(point))) ?? null;
}

function silentBefore(evidence: Evidence, { conversations, inPoint, client }: Detour): number[] {
  const own = evidence.points[inPoint];
  const isElsewhere = ({ host, capture }: CapturePoint): boolean =>
    host !== null ? host !== own.host : capture !== own.capture;
  return conversations.flatMap((at) => {
    const conversation = evidence.conversations[at];
    const enters = conversation.legs.findIndex(({ point }) => point === inPoint);
    return conversation.legs
      .slice(0, Math.max(enters, 0))
      .filter(({ point }) => isElsewhere(evidence.points[point]) && gatesOf(evidence).absence(point).ok)
      .filter(({ point }) => isOnItsLink(evidence, point, client.address))
      .filter((leg) => !isAnsweredAt(evidence, conversation, leg))
      .map(({ point }) => point);
  });
}

const isOnItsLink = ({ hosts }: Evidence, at: number, sender: string): boolean =>
  hosts.some(
    ({ point, address, ttls }) =>
      point === at && address === sender && ttls.some(({ value }) => INITIAL_TTLS.includes(value)),
  );

function isAnsweredAt(evidence: Evidence, conversation: Conversation, { kind, index, point }: Leg): boolean {
  if (kind === 'tcp') return evidence.connections[index].directions[TO_CLIENT].packets > 0;
  if (kind === 'datagram') return evidence.datagrams[index].packets[TO_CLIENT] > 0;
  return indexOf(evidence)
    .echoes(conversation)
    .some((echo) => echo.point === point && echo.reply !== null);
}
