import type { Conversation, DatagramFlow, Evidence, PacketRef } from '../../../flows/evidence/evidence.ts';
import { isSpecial } from '../../../text/addresses.ts';
import { shellQuote } from '../../../text/shell-quote.ts';
import { attemptsOf } from '../../facts/attempts.ts';
import { wasNeverHeard } from '../../facts/claims.ts';
import { hadTimeLeft } from '../../facts/counter/capture-end.ts';
import { datagramIsForOne } from '../../facts/counter/group-address.ts';
import { CUT_THRESHOLDS, comeAsSyns, isCutTcp } from '../../facts/cut-segments.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { GATES, gatesOf } from '../../facts/gates.ts';
import { ANSWERS_STOP_THRESHOLDS, answersStop, requestsUntil } from '../../facts/hosts/answers-stop.ts';
import { silentEchoes, smallestEcho, type Unanswered, unanswered } from '../../facts/hosts/silent-echoes.ts';
import { isReturnUnseen, ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { breakPointOf } from '../../facts/place.ts';
import { SILENT_PORTS } from '../../facts/silent-ports.ts';
import { isAnsweredElsewhere, SCTP, talksElsewhere } from '../../facts/talks-elsewhere.ts';
import { isProbing, TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import type { Cause } from '../../rule/weigh.ts';
import { appendTo } from '../../words/append-to.ts';
import { pings, pingsWhole, runs, watches } from '../../words/commands.ts';
import { echoOf, withAddress } from '../../words/display-filter.ts';
import { againAfter, excerpt, packetsAt } from '../../words/excerpt.ts';

const thresholds = {
  requests: { value: 3, unit: 'packets', source: 'docs/thresholds.md, three-sendings' },
  syns: { value: 3, unit: 'packets', source: 'docs/thresholds.md, three-sendings' },
  due: { value: 2, unit: 'packets', source: 'docs/thresholds.md, one-answer-late' },
  largeOctets: { value: 1280, unit: 'octets', source: 'RFC 8200, 5: every link carries packets of this size' },
  guardSeconds: { value: 1, unit: 's', source: 'docs/thresholds.md, reply-time' },
} as const;

const DNS_PORT = 53; // RFC 1035, 4.2

const SENT = {
  echo: { what: 'echo requests (ping)', again: 'ping -c 3', outcome: 'no answer' },
  // nc calls a UDP port open as long as no ICMP error comes back.
  udp: {
    what: 'UDP datagrams',
    again: 'nc -vzu -w 3',
    outcome: 'not refused; it says open or succeeded also in silence',
  },
  tcp: { what: 'TCP segments (headers cut)', again: 'nc -vz -w 3', outcome: 'no answer' },
  sctp: { what: 'SCTP packets', again: 'ncat --sctp -vz -w 3', outcome: 'no answer' },
};
type Kind = keyof typeof SENT;

interface NoReply extends Occurrence {
  client: string;
  server: string;
  kind: Kind;
  port: number;
  requests: number;
  /** The server sends something after the first of these requests. */
  serverSpeaks: boolean;
  /** The server was heard before, and no more since these requests. */
  heardBefore: boolean;
  /** Earlier requests of the same flows that were answered. */
  answered: number;
  /** IP length of the smallest echo request, octets; 0 if the requests are not echo requests. */
  smallest: number;
}

interface Silent extends Unanswered {
  conversation: Conversation;
  client: string;
  server: string;
  kind: Kind;
  port: number;
  point: number;
}

/** Requests get no reply, and this capture does not show the cause. */
export const noReply = defineRule<NoReply>({
  meta: {
    id: 'no-reply',
    faultClass: 'network-unreachable',
    level: 'error',
    recordedIn: 'lab/cni-ipip-blocked/node2__tunl0.pcap',
    place: 'last-seen',
    symptomOf: 'silent-path',
    summary: 'Requests stay without any reply',
    meaning:
      'The packets leave this point and nothing comes back: lost on the way there, not answered, or lost on the way back. One capture point cannot tell which.',
    rule: 'Three or more echo requests to one host, none answered, two of them 1 s or more before the capture ends; or three or more UDP datagrams to a port that is known to answer, none answered, and 1 s of capture after the last; or three or more datagrams after the last answer of a flow of requests and answers. SCTP counts at any port. TCP counts as datagrams do where its headers are cut and its packets come at the waits of a SYN.',
    notThis: [
      'UDP services that never answer (syslog, NetFlow, multicast discovery, tunnels).',
      'Broadcast and multicast, by the address or by the MAC it is sent to (a directed broadcast).',
      'What comes after the last answer is no request: keep-alives, streams, reports.',
      'Only one direction of the traffic is captured: mirrored in GRE, with nothing in the tunnel back; or TCP between the two nets is seen by half.',
      'Large requests only: that is mtu-black-hole.',
      'TCP of the same two hosts is silent too: syn-no-reply leads, and this is a note.',
      'Later requests to the same host are answered: single ones were lost.',
      'Probes of a traceroute expire on their way: traceroute-loss judges them.',
      'The capture dropped packets, cut them too short, or holds one direction only: absence proves nothing.',
      'SCTP associations with several addresses: another one answers between the same ports.',
      'Peers that try several ports of one host (NAT traversal) and talk on another one.',
    ],
    causes: ['A firewall or NetworkPolicy drops ICMP or the port', 'The host is down', 'The way back is broken'],
    confirm: [{ on: 'the client', command: 'ping -c 3 <server>', expect: 'no answer' }],
    fix: ['Capture nearer to the server to see how far the requests get'],
    references: ['RFC 792', 'RFC 1122, 3.2.2.6'],
  },
  thresholds: {
    ...thresholds,
    ...TRACEROUTE_THRESHOLDS,
    ...CUT_THRESHOLDS,
    ...ANSWERS_STOP_THRESHOLDS,
    ...GATES,
    oneWayShare: ONE_WAY_SHARE,
  },

  *detect(evidence) {
    const groups = new Map<string, Silent[]>();
    for (const silent of silentOf(evidence)) {
      const key = `${silent.kind} ${silent.client} ${silent.server} ${silent.port}`;
      appendTo(groups, key, silent);
    }
    for (const group of groups.values()) {
      const total = group.reduce((sum, silent) => sum + silent.total, 0);
      const due = group.reduce((sum, silent) => sum + silent.due, 0);
      if (total < thresholds.requests.value || due < thresholds.due.value) continue;
      const occurrence = occurrenceOf(evidence, group);
      yield isAlsoSilentForTcp(evidence, group[0]) ? { ...occurrence, level: 'note' } : occurrence;
    }
  },

  explain({ client, server, kind, port, requests, answered, serverSpeaks, heardBefore, smallest, between }, names) {
    const onlyLarge = smallest > thresholds.largeOctets.value;
    const what = kind === 'echo' ? SENT.echo.what : `${SENT[kind].what} to port ${port}`;
    return {
      message: `${requests} ${what} from ${names.address(client)} to ${names.address(server)} stay without a reply${answered === 0 ? '' : `, after ${answered} of this flow that ${answered === 1 ? 'was' : 'were'} answered`}`,
      why: `Nothing comes back, no refusal either. ${between == null ? 'From this point it cannot be told whether the requests or the replies are lost.' : `The requests pass ${names.point(between[0])} and do not reach ${names.point(between[1])}.`}`,
      causes: [
        {
          id: 'filtered',
          cause: 'a firewall or NetworkPolicy drops these packets',
          for: serverSpeaks ? [`${server} answers other traffic`] : [],
          against: [],
          fix: [
            `Allow ${kind === 'echo' ? 'ICMP echo' : `${kind.toUpperCase()} port ${port}`} from ${names.address(client)} to ${names.address(server)} where the packets vanish.`,
          ],
        },
        {
          id: 'host-down',
          cause: 'the host is down or cannot be reached',
          for: serverSpeaks
            ? []
            : [heardBefore ? `nothing of ${server} is heard any more` : `no packet of ${server} in the capture`],
          against: serverSpeaks ? [`${server} answers other traffic`] : [],
        },
        ...(onlyLarge ? [tooLarge(smallest)] : []),
      ],
      confirm: [
        ...(onlyLarge
          ? [
              pings(names.machine(client), server, true, ': small packets pass'),
              pingsWhole(names.machine(client), server, smallest, false, ': a link with a smaller MTU'),
            ]
          : []),
        kind === 'echo'
          ? pings(names.machine(client), server, false)
          : runs(names.machine(client), `${SENT[kind].again} ${shellQuote(server)} ${port}`, {
              expect: SENT[kind].outcome,
            }),
        watches(names.machine(server), `host ${client} and host ${server}`, {
          expect: 'whether the requests arrive and answers leave',
        }),
      ],
      fix: [
        `Capture at ${names.address(server)}, and on its node: that tells whether the requests get there and answers leave.`,
      ],
      wireshark: kind === 'echo' ? echoOf(server) : `${kind}.port==${port} && ${withAddress(server)}`,
    };
  },
});

const tooLarge = (smallest: number): Cause => ({
  id: 'smaller-mtu',
  cause: `a link on the path has a smaller MTU: no packet below ${smallest} octets was tried`,
  for: [],
  against: [],
});

function* silentOf(evidence: Evidence): Iterable<Silent> {
  const index = indexOf(evidence);
  const asked = portsThatAnswer(evidence);
  for (const conversation of evidence.conversations) {
    const point = conversation.legs[0]?.point;
    if (point === undefined || !gatesOf(evidence).absence(point).ok || isProbing(evidence, conversation)) continue;
    if (isSpecial(conversation.server.address) || isSpecial(conversation.client.address)) continue;
    const { client, server } = conversation.legs[0];
    if (isReturnUnseen(evidence, point, client.address, server.address)) continue;
    const common = { conversation, client: client.address, server: server.address, point };
    if (conversation.protocol === 'icmp') {
      const seen = silentEchoes(evidence, conversation, thresholds.guardSeconds.value);
      if (seen !== null) yield { ...common, kind: 'echo', port: 0, ...seen };
    } else if (
      conversation.protocol === 'udp' ||
      isCutTcp(evidence, conversation) ||
      index.datagrams(conversation)[0]?.protocol === SCTP
    ) {
      const [flow] = index.datagrams(conversation);
      if (flow === undefined || datagramIsForOne(flow) === 'refuted') continue;
      const isDue = ({ time }: PacketRef): boolean =>
        hadTimeLeft(evidence, point, time, thresholds.guardSeconds.value) === 'passed';
      const stop = conversation.protocol === 'udp' && flow.server.port !== DNS_PORT ? answersStop(flow) : null;
      if (stop !== null) {
        const all = unanswered(stop.packets, stop.requests, stop.answered);
        const due = requestsUntil(stop, index.endOf(point) - thresholds.guardSeconds.value);
        yield { ...common, kind: 'udp', port: flow.server.port, ...all, due };
      }
      if (flow.packets[1] > 0 || talksElsewhere(evidence, flow)) continue;
      const { port } = flow.server;
      const kind = flow.protocol === SCTP ? 'sctp' : conversation.protocol === 'udp' ? 'udp' : 'tcp';
      if (kind === 'udp' && (!asked.has(port) || SILENT_PORTS.has(port))) continue;
      if (kind === 'sctp' && isAnsweredElsewhere(evidence, flow)) continue;
      if (kind === 'tcp' && !comeAsSyns(flow.samples[0])) continue;
      const [requests] = flow.samples;
      if (flow.last[0] !== null && isDue(flow.last[0]) && requests.length > 0)
        yield { ...common, kind, port, ...unanswered(requests) };
    }
  }
}

/**
 * Two hosts with no answered traffic between them are one fault. The TCP connections between them show most about it.
 */
const isAlsoSilentForTcp = (evidence: Evidence, { client, server }: Silent): boolean => {
  const attempts = attemptsOf(evidence).filter(
    ({ connection }) => connection.client.address === client && connection.server.address === server,
  );
  const isTold = attempts.some(({ connection }) => connection.syn.length >= thresholds.syns.value);
  return isTold && attempts.every(({ outcome }) => outcome === 'silent');
};

/** A UDP port counts as answering when any server answered on it in these captures. */
const portsThatAnswer = (evidence: Evidence): Set<number> =>
  new Set(evidence.datagrams.filter(isTwoWay).map((flow) => flow.server.port));

const isTwoWay = ({ packets }: DatagramFlow): boolean => packets[0] > 0 && packets[1] > 0;

function occurrenceOf(evidence: Evidence, group: readonly Silent[]): NoReply {
  const [{ client, server, kind, port }] = group;
  const total = group.reduce((sum, silent) => sum + silent.total, 0);
  const answered = group.reduce((sum, silent) => sum + silent.answered, 0);
  const conversations = group.map((silent) => silent.conversation);
  const found = breakPointOf(conversations);
  const serverSpeaks = speaksAfter(evidence, server, group[0].point, group[0].requests[0]);
  return {
    key: `${kind} ${client}>${server}:${port}`,
    grade: found?.grade ?? 'inferred',
    subject: {
      protocol: kind === 'echo' ? 'icmp' : kind === 'sctp' ? 'ip' : kind,
      client,
      server: kind === 'echo' ? server : `${server}:${port}`,
    },
    conversations: conversations.map((conversation) => conversation.index),
    between: found?.between ?? null,
    ...excerpt(
      group.flatMap((silent) =>
        packetsAt(silent.point, silent.requests, againAfter('request', group[0].requests[0]), '>'),
      ),
    ),
    reach: group.length,
    measured: { requests: total, ...(answered > 0 && { answered }) },
    client,
    server,
    kind,
    port,
    requests: total,
    answered,
    smallest: kind === 'echo' ? smallestEcho(evidence, conversations) : 0,
    serverSpeaks,
    heardBefore: !serverSpeaks && (answered > 0 || wasHeard(evidence, server)),
  };
}

/**
 * Whether a host sends anything after a request at the point of the request, or anything at all at another point, where
 * its answers may be on their way.
 */
const speaksAfter = ({ hosts }: Evidence, server: string, point: number, { time }: PacketRef): boolean =>
  hosts.some(
    (host) => host.address === server && host.sent > 0 && (host.point !== point || (host.lastSent ?? 0) > time),
  );

const wasHeard = (evidence: Evidence, server: string): boolean =>
  !wasNeverHeard(evidence, server) ||
  evidence.echoes.some(({ destination, reply }) => destination === server && reply !== null);
