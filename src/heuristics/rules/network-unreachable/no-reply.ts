import type {
  Conversation,
  DatagramFlow,
  EchoExchange,
  Evidence,
  PacketRef,
} from '../../../flows/evidence/evidence.ts';
import { isSpecial } from '../../../text/addresses.ts';
import { shellQuote } from '../../../text/shell-quote.ts';
import { attemptsOf } from '../../facts/attempts.ts';
import { CUT_THRESHOLDS, comeAsSyns, isCutTcp } from '../../facts/cut-segments.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { GATES, gatesOf } from '../../facts/gates.ts';
import { isReturnUnseen, ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { inOrder } from '../../facts/packet-order.ts';
import { breakPointOf } from '../../facts/place.ts';
import { SILENT_PORTS } from '../../facts/silent-ports.ts';
import { talksElsewhere } from '../../facts/talks-elsewhere.ts';
import { isProbing, TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import type { Cause } from '../../rule/weigh.ts';
import { appendTo } from '../../words/append-to.ts';
import { againAfter, excerpt, packetsAt } from '../../words/excerpt.ts';
import { pingOctets } from '../../words/ping-octets.ts';

const thresholds = {
  requests: { value: 3, unit: 'packets', source: 'docs/thresholds.md, three-sendings' },
  syns: { value: 3, unit: 'packets', source: 'docs/thresholds.md, three-sendings' },
  due: { value: 2, unit: 'packets', source: 'docs/thresholds.md, one-answer-late' },
  largeOctets: { value: 1280, unit: 'octets', source: 'RFC 8200, 5: every link carries packets of this size' },
  guardSeconds: { value: 1, unit: 's', source: 'docs/thresholds.md, reply-time' },
} as const;

const SENT = {
  echo: { what: 'echo requests (ping)', again: 'ping -c 3' },
  udp: { what: 'UDP datagrams', again: 'nc -vzu -w 3' },
  tcp: { what: 'TCP segments (headers cut)', again: 'nc -vz -w 3' },
};

interface NoReply extends Occurrence {
  client: string;
  server: string;
  kind: 'echo' | 'udp' | 'tcp';
  port: number;
  requests: number;
  serverSpeaks: boolean;
  /** IP length of the smallest echo request, octets; 0 for others. */
  smallest: number;
}

interface Silent {
  conversation: Conversation;
  client: string;
  server: string;
  kind: 'echo' | 'udp' | 'tcp';
  port: number;
  point: number;
  requests: PacketRef[];
  /** Of these, so long before the capture ends that a reply would have come. */
  due: number;
}

/** Requests stay without reply, cause not visible from here. */
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
    rule: 'Three or more echo requests to one host, none answered, two of them 1 s or more before the capture ends; or three or more UDP datagrams to a port that is known to answer, none answered, and 1 s of capture after the last. TCP counts as datagrams do where its headers are cut and its packets come at the waits of a SYN.',
    notThis: [
      'UDP services that never answer (syslog, NetFlow, multicast discovery, tunnels).',
      'Broadcast and multicast.',
      'Only one direction of the traffic is captured: mirrored in GRE, with nothing in the tunnel back; or TCP between the two nets is seen by half.',
      'Large requests only: that is mtu-black-hole.',
      'TCP of the same two hosts is silent too: syn-no-reply leads, and this is a note.',
      'Later requests to the same host are answered: single ones were lost.',
      'Probes of a traceroute expire on their way: traceroute-loss judges them.',
      'The capture dropped packets, cut them too short, or holds one direction only: absence proves nothing.',
      'Peers that try several ports of one host (NAT traversal) and talk on another one.',
    ],
    causes: ['A firewall or NetworkPolicy drops ICMP or the port', 'The host is down', 'The way back is broken'],
    confirm: [{ on: 'the client', command: 'ping -c 3 <server>', expect: 'no answer' }],
    fix: ['Capture nearer to the server to see how far the requests get'],
    references: ['RFC 792', 'RFC 1122, 3.2.2.6'],
  },
  thresholds: { ...thresholds, ...TRACEROUTE_THRESHOLDS, ...CUT_THRESHOLDS, ...GATES, oneWayShare: ONE_WAY_SHARE },

  *detect(evidence) {
    const groups = new Map<string, Silent[]>();
    for (const silent of silentOf(evidence)) {
      const key = `${silent.kind} ${silent.client} ${silent.server} ${silent.port}`;
      appendTo(groups, key, silent);
    }
    for (const group of groups.values()) {
      const total = group.reduce((sum, silent) => sum + silent.requests.length, 0);
      const due = group.reduce((sum, silent) => sum + silent.due, 0);
      if (total < thresholds.requests.value || due < thresholds.due.value) continue;
      const occurrence = occurrenceOf(evidence, group);
      yield isAlsoSilentForTcp(evidence, group[0]) ? { ...occurrence, level: 'note' } : occurrence;
    }
  },

  explain({ client, server, kind, port, requests, serverSpeaks, smallest }, names) {
    const onlyLarge = smallest > thresholds.largeOctets.value;
    const what = kind === 'echo' ? SENT.echo.what : `${SENT[kind].what} to port ${port}`;
    return {
      message: `${requests} ${what} from ${names.address(client)} to ${names.address(server)} stay without a reply`,
      why: 'Nothing comes back, no refusal either. From this point it cannot be told whether the requests or the replies are lost.',
      causes: [
        {
          id: 'filtered',
          cause: 'a firewall or NetworkPolicy drops these packets',
          for: serverSpeaks ? [`${server} answers other traffic`] : [],
          against: [],
        },
        {
          id: 'host-down',
          cause: 'the host is down or cannot be reached',
          for: serverSpeaks ? [] : [`no packet of ${server} in the capture`],
          against: serverSpeaks ? [`${server} answers other traffic`] : [],
        },
        ...(onlyLarge ? [tooLarge(smallest)] : []),
      ],
      confirm: [
        ...(onlyLarge
          ? [
              {
                on: client,
                command: `ping -c 3 -s 56 ${shellQuote(server)}; ping -c 3 -M do -s ${pingOctets(smallest, server)} ${shellQuote(server)}`,
                expect: 'the small ones are answered and the large ones are not: a link with a smaller MTU',
              },
            ]
          : []),
        {
          on: client,
          command: `${SENT[kind].again} ${shellQuote(server)}${kind === 'echo' ? '' : ` ${port}`}`,
          expect: 'no answer',
        },
        {
          on: `the host of ${server}`,
          command: `tcpdump -nn -i any ${shellQuote(`host ${client}`)}`,
          expect: 'shows whether the requests arrive and answers leave',
        },
      ],
      fix: ['Capture nearer to the server: the next device on the path tells whether the requests get there.'],
      wireshark: kind === 'echo' ? `icmp && ip.addr==${server}` : `${kind}.port==${port} && ip.addr==${server}`,
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
  const answered = lastAnswers(evidence);
  const asked = portsThatAnswer(evidence);
  for (const conversation of evidence.conversations) {
    const point = conversation.legs[0]?.point;
    if (point === undefined || !gatesOf(evidence).absence(point).ok || isProbing(evidence, conversation)) continue;
    if (isSpecial(conversation.server.address) || isSpecial(conversation.client.address)) continue;
    const { client, server } = conversation.legs[0];
    if (isReturnUnseen(evidence, point, client.address, server.address)) continue;
    const common = { conversation, client: client.address, server: server.address, point };
    if (conversation.protocol === 'icmp') {
      const seen = silentEchoes(evidence, answered, conversation);
      if (seen !== null) yield { ...common, kind: 'echo', port: 0, ...seen };
    } else if (conversation.protocol === 'udp' || isCutTcp(evidence, conversation)) {
      const [flow] = index.datagrams(conversation);
      if (flow === undefined || flow.packets[1] > 0 || talksElsewhere(evidence, flow)) continue;
      const { port } = flow.server;
      const kind = conversation.protocol === 'udp' ? 'udp' : 'tcp';
      if (kind === 'udp' ? !asked.has(port) || SILENT_PORTS.has(port) : !comeAsSyns(flow.samples[0])) continue;
      if (flow.last[0] === null || flow.last[0].time > index.endOf(point) - thresholds.guardSeconds.value) continue;
      const [requests] = flow.samples;
      if (requests.length > 0) yield { ...common, kind, port, requests, due: requests.length };
    }
  }
}

/**
 * Unanswered echo requests at the point that saw most of them long enough before its capture ends: the last request may
 * be the last packet on a quiet veth, where the NIC's capture shows that time went on. Null when one was answered.
 */
function silentEchoes(
  evidence: Evidence,
  answered: ReadonlyMap<string, number>,
  conversation: Conversation,
): Pick<Silent, 'point' | 'requests' | 'due'> | null {
  const index = indexOf(evidence);
  const [{ point: nearest, client, server }] = conversation.legs;
  const echoes = index.echoes(conversation);
  if (echoes.some((echo) => echo.point === nearest && (echo.reply !== null || isMirroredOneWay(evidence, echo))))
    return null;
  let best: Pick<Silent, 'point' | 'requests' | 'due'> | null = null;
  for (const leg of conversation.legs) {
    if (leg.client.address !== client.address || leg.server.address !== server.address) continue;
    const { point } = leg;
    const since = answered.get(`${point} ${client.address} ${server.address}`) ?? Number.NEGATIVE_INFINITY;
    const requests = echoes.flatMap((echo) =>
      echo.point === point && echo.request !== null && echo.request.time > since ? [echo.request] : [],
    );
    const due = requests.filter(({ time }) => time <= index.endOf(point) - thresholds.guardSeconds.value).length;
    if (requests.length > 0 && due > (best?.due ?? -1)) best = { point, requests, due };
  }
  return best;
}

/** Two hosts between which nothing passes are one fault, whatever is sent: its connections tell most. */
const isAlsoSilentForTcp = (evidence: Evidence, { client, server }: Silent): boolean => {
  const attempts = attemptsOf(evidence).filter(
    ({ connection }) => connection.client.address === client && connection.server.address === server,
  );
  const isTold = attempts.some(({ connection }) => connection.syn.length >= thresholds.syns.value);
  return isTold && attempts.every(({ outcome }) => outcome === 'silent');
};

function smallestEcho(evidence: Evidence, conversations: readonly Conversation[]): number {
  const index = indexOf(evidence);
  return Math.min(
    ...conversations.flatMap((conversation) => index.echoes(conversation).map(({ l3Length }) => l3Length)),
  );
}

/** When the last echo request of each pair that was answered was sent, by point. */
function lastAnswers(evidence: Evidence): Map<string, number> {
  const last = new Map<string, number>();
  for (const { point, source, destination, request, reply } of evidence.echoes) {
    if (request === null || reply === null) continue;
    const key = `${point} ${source} ${destination}`;
    last.set(key, Math.max(last.get(key) ?? 0, request.time));
  }
  return last;
}

/** Mirrored traffic (ERSPAN travels in GRE) often holds one direction only. */
const isMirroredOneWay = (evidence: Evidence, { point, encapsulation }: EchoExchange): boolean =>
  encapsulation.includes('gre') &&
  !evidence.tunnels.some(
    (there) =>
      there.point === point &&
      evidence.tunnels.some(
        (back) => back.point === point && back.source === there.destination && back.destination === there.source,
      ),
  );

/** A UDP port counts as answering when any server answered on it in these captures. */
const portsThatAnswer = (evidence: Evidence): Set<number> =>
  new Set(evidence.datagrams.filter(isTwoWay).map((flow) => flow.server.port));

const isTwoWay = ({ packets }: DatagramFlow): boolean => packets[0] > 0 && packets[1] > 0;

function occurrenceOf(evidence: Evidence, group: readonly Silent[]): NoReply {
  const [{ client, server, kind, port }] = group;
  const requests = group.flatMap((silent) => silent.requests).sort(inOrder);
  const conversations = group.map((silent) => silent.conversation);
  const found = breakPointOf(conversations);
  return {
    key: `${kind} ${client}>${server}:${port}`,
    grade: found?.grade ?? 'inferred',
    subject: {
      protocol: kind === 'echo' ? 'icmp' : kind,
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
    measured: { requests: requests.length },
    client,
    server,
    kind,
    port,
    requests: requests.length,
    smallest: kind === 'echo' ? smallestEcho(evidence, conversations) : 0,
    serverSpeaks: evidence.hosts.some((host) => host.address === server && host.sent > 0),
  };
}
