import type { Evidence } from '../../../flows/evidence/evidence.ts';
import {
  type AnsweringSibling,
  answeringSibling,
  localPolicyCause,
  localPolicyCommands,
  SIBLING_THRESHOLDS,
} from '../../causes/answering-sibling.ts';
import { explainStale } from '../../causes/explain-stale.ts';
import {
  BACKEND_THRESHOLDS,
  type FailingBackend,
  failingBackend,
  failingBackendCause,
  failingBackendText,
  measuredBackend,
} from '../../causes/failing-backend.ts';
import {
  IGNORED_SYN_THRESHOLDS,
  type IgnoredSyns,
  ignoredSynCauses,
  ignoredSynCommands,
  ignoredSyns,
  measuredIgnored,
} from '../../causes/ignored-syns.ts';
import { silentPortCauses } from '../../causes/silent-port.ts';
import {
  measuredNeighbour,
  type StaleNeighbour,
  staleNeighbour,
  staleNeighbourCause,
  staleNeighbourCommands,
} from '../../causes/stale-neighbour.ts';
import { type MaybeService, maybeService } from '../../causes/untranslated-service.ts';
import {
  ATTEMPT_THRESHOLDS,
  type Attempt,
  attemptsOf,
  endpointText,
  withoutTranslatedCopies,
} from '../../facts/attempts.ts';
import { wasNeverHeard } from '../../facts/claims.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { GATES, gatesOf } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { breakPointOf } from '../../facts/place.ts';
import { halfSeenHosts } from '../../facts/tcp/half-seen-hosts.ts';
import { RETRY_SECONDS } from '../../facts/tcp/listener.ts';
import { staleAnswerOf } from '../../facts/tcp/stale-answer.ts';
import { UNREPEATED_THRESHOLDS, unrepeatedSilence } from '../../facts/tcp/unrepeated-syns.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { connects, routeTo, watches } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { withAddress } from '../../words/display-filter.ts';
import { excerpt, synPackets } from '../../words/excerpt.ts';
import { groupBy } from '../../words/group-by.ts';

const thresholds = {
  minimumSyns: { value: 2, unit: 'packets', source: 'docs/thresholds.md, two-show-a-habit' },
  guardSeconds: { value: 1, unit: 's', source: 'RFC 6298, 2.1: the first retransmission of a SYN' },
  retrySeconds: RETRY_SECONDS,
  scanPorts: { value: 20, unit: 'ports', source: 'docs/thresholds.md, scan-ports' },
  sweptHosts: { value: 20, unit: 'hosts', source: 'docs/thresholds.md, scan-ports' },
} as const;

interface SilentServer extends Occurrence {
  client: string;
  server: string;
  port: number;
  /** Number of servers that stay silent; more than one if a client swept many. */
  servers: number;
  /** Number of addresses that these servers have. */
  hosts: number;
  syns: number;
  /** Answers to the SYNs from an older connection of the same port. They open no connection. */
  stale: number;
  /** Captured resets with which the client refuses those answers. */
  refused: number;
  otherPortsAnswer: boolean;
  /** No capture holds a packet of the server. */
  neverHeard: boolean;
  /** Other connections to the port that were answered. */
  answered: number;
  reachedLastPoint: boolean;
  lastPoint: number;
  backend: FailingBackend | null;
  sibling: AnsweringSibling | null;
  neighbour: StaleNeighbour | null;
  service: MaybeService | null;
  ignored: IgnoredSyns;
}

/** SYNs are repeated and get no answer: no SYN-ACK, no RST, no ICMP error. */
export const synNoReply = defineRule<SilentServer>({
  meta: {
    id: 'syn-no-reply',
    faultClass: 'port-unreachable',
    level: 'error',
    recordedIn: 'test/pcaps/case-1/node1__flannel.1.pcap',
    place: 'last-seen',
    symptomOf: 'silent-path',
    summary: 'SYNs are repeated and nothing answers',
    meaning:
      'The client asks for a connection and hears nothing, neither yes nor no. Something on the way drops the SYN or its answer in silence.',
    rule: 'A SYN sent at least twice, 0.2 s apart or more, no segment back from the server, no ICMP error quoting it, and at least 1 s of capture after two of the SYNs; or three attempts of one client to one port, 0.1 s apart on average or more, none sent twice and none answered; or what comes back is only the ACK of an older connection, which the client resets each time. Twenty silent servers of one client are one finding.',
    notThis: [
      'The capture ends right after the SYN: a SYN within 1 s of the end proves nothing.',
      'Copies of one SYN are no retry: they are less than 0.2 s apart.',
      'A port scan: a client that tries 20 ports or more, or a host at which 20 are tried, is reported as a note.',
      'The reply travels another way: where one direction is missing, of all traffic or of other connections of one of the two, nothing is claimed.',
    ],
    causes: [
      'A firewall, security group or NetworkPolicy drops in silence',
      'The host is down or the route is wrong',
      'The listen queue is full',
      'One endpoint of a service is dead, others answer',
      'A node port of a service with traffic policy Local, on a node without endpoint',
      'The address is that of a Service, and the node of the client does not translate it (kube-proxy)',
      'The sender keeps an old MAC of the address (neighbour entry)',
      'The server compares TCP time stamps by address, and clients share one (tcp_tw_recycle)',
      'The server still has a connection from the same client port (after NAT), and the resets of the client do not reach it',
    ],
    confirm: [
      {
        on: 'the client',
        command: 'nc -vz -w 3 <server> <port>',
        expect: 'times out, where another port of the same host answers',
      },
    ],
    fix: ['Allow the port where the packets vanish, or repair the route'],
    references: ['RFC 9293, 3.8.1', 'Linux net.ipv4.tcp_syn_linear_timeouts'],
  },
  thresholds: {
    ...thresholds,
    ...TRACEROUTE_THRESHOLDS,
    ...UNREPEATED_THRESHOLDS,
    ...ATTEMPT_THRESHOLDS,
    ...GATES,
    oneWayShare: ONE_WAY_SHARE,
    ...BACKEND_THRESHOLDS,
    ...SIBLING_THRESHOLDS,
    ...IGNORED_SYN_THRESHOLDS,
  },

  *detect(evidence) {
    const attempts = attemptsOf(evidence);
    const halfSeen = halfSeenHosts(evidence);
    const once = unrepeatedSilence(evidence, attempts);
    const isWanted = (attempt: Attempt) => once.has(attempt) || isSilent(evidence, attempt);
    const isWhole = (attempt: Attempt) => !endsOf(attempt).some((end) => halfSeen.has(end));
    const silent = withoutTranslatedCopies(attempts).filter((attempt) => isWanted(attempt) && isWhole(attempt));
    const isStale = ({ connection }: Attempt) => staleAnswerOf(connection) !== null;
    const groups = [...groupBy(silent, (attempt) => `${pairOf(attempt)} ${isStale(attempt)}`).values()];
    const known = {
      attempts,
      byClient: groupBy(attempts, ({ connection }) => connection.client.address),
      byServer: groupBy(attempts, ({ connection }) => connection.server.address),
    };
    for (const ofClient of groupBy(groups, ([{ connection }]) => connection.client.address).values()) {
      const swept = ofClient.length >= thresholds.sweptHosts.value;
      for (const group of swept ? [ofClient.flat()] : ofClient) yield occurrenceOf(evidence, known, group);
    }
  },

  explain(found, names) {
    if (found.stale > 0) return explainStale(found, names);
    const { client, server, port, servers, hosts, syns, reachedLastPoint, lastPoint } = found;
    const { backend, sibling, neighbour, service, ignored, answered } = found;
    const address = names.address(server);
    const special = [
      ...(neighbour === null ? [] : [staleNeighbourCause(neighbour)]),
      ...(backend === null ? [] : [failingBackendCause(backend)]),
      ...(sibling === null ? [] : [localPolicyCause({ address: server, port }, sibling)]),
      ...ignoredSynCauses(ignored),
    ];
    return {
      message:
        servers === 1
          ? `${answered === 0 ? `${names.address(client)} cannot reach ${address} port ${port}: ${counted(syns, 'SYN')} without a reply` : `${counted(syns, 'SYN')} of ${names.address(client)} to ${address} port ${port} ${syns === 1 ? 'gets' : 'get'} no reply, and ${counted(answered, 'other connection')} to it ${answered === 1 ? 'is' : 'are'} answered`}${backend === null ? '' : `; ${failingBackendText(backend)}`}`
          : hosts === 1
            ? `${servers} ports of ${address} do not answer ${names.address(client)}: ${syns} SYNs without a reply (port ${port} and others)`
            : `${servers} servers do not answer ${names.address(client)}: ${syns} SYNs without a reply (${address} port ${port} and others)`,
      why: 'A SYN that meets a closed port draws a reset, one that meets a reject rule draws an ICMP error. Silence means that something dropped the SYN or its answer.',
      causes: [...special, ...silentPortCauses(found, names)],
      confirm: [
        ...(neighbour === null ? [] : staleNeighbourCommands(neighbour, client)),
        ...(sibling === null ? [] : localPolicyCommands({ address: server, port })),
        ...ignoredSynCommands(ignored, names.address(server)),
        connects(names.machine(client), server, port, 'times out'),
        watches(
          reachedLastPoint ? names.host(lastPoint) : service === null ? names.address(server) : names.nodeOf(client),
          `dst host ${server} and tcp port ${port}`,
          {
            expect:
              service === null || reachedLastPoint
                ? 'whether the SYNs arrive there, and whether an answer leaves'
                : 'whether the SYNs leave the node with this address: then it does not translate them',
          },
        ),
        routeTo(names.machine(client), server, { expect: 'the way that the SYNs take' }),
      ],
      fix: [],
      wireshark: `${withAddress(hosts > 1 ? client : server)}${servers > 1 ? '' : ` && tcp.port==${port}`} && tcp.flags.syn==1`,
    };
  },
});

/** The client repeats the SYN by its own timer, and at least two SYNs had enough time for an answer. */
function isSilent(evidence: Evidence, { outcome, connection }: Attempt): boolean {
  const { syn, point } = connection;
  const isOpen = outcome !== 'silent' && staleAnswerOf(connection)?.opened !== false;
  if (isOpen || syn.length < thresholds.minimumSyns.value) return false;
  if (!gatesOf(evidence).absence(point).ok) return false;
  const end = indexOf(evidence).endOf(point);
  const answerable = syn.filter(({ time }) => end - time >= thresholds.guardSeconds.value);
  if (answerable.length < thresholds.minimumSyns.value) return false;
  return syn[syn.length - 1].time - syn[0].time >= thresholds.retrySeconds.value;
}

const pairOf = ({ connection: { client, server } }: Attempt): string => `${client.address} ${endpointText(server)}`;
const endsOf = ({ connection: { point, client, server } }: Attempt): string[] =>
  [client, server].map(({ address }) => `${point} ${address}`);

const portsOf = (attempts: readonly Attempt[]): number =>
  new Set(attempts.map(({ connection }) => connection.server.port)).size;

interface KnownAttempts {
  attempts: readonly Attempt[];
  /** Attempts by client address. */
  byClient: ReadonlyMap<string, readonly Attempt[]>;
  byServer: ReadonlyMap<string, readonly Attempt[]>;
}

function occurrenceOf(evidence: Evidence, known: KnownAttempts, group: readonly Attempt[]): SilentServer {
  const { client, server } = group[0].connection;
  const conversations = group.map((attempt) => attempt.conversation);
  const found = breakPointOf(conversations);
  const packets = group.flatMap(({ connection }) => synPackets(connection));
  const servers = new Set(group.map(({ connection }) => endpointText(connection.server))).size;
  const hosts = new Set(group.map(({ connection }) => connection.server.address)).size;
  const ofClient = known.byClient.get(client.address) ?? [];
  const atServer = known.byServer.get(server.address) ?? [];
  const otherPortsAnswer = atServer.some(
    (other) => other.outcome === 'answered' && other.connection.server.port !== server.port,
  );
  const scanned = Math.max(portsOf(ofClient), servers === 1 ? portsOf(atServer) : 0);
  const backend = failingBackend(known.attempts, group);
  const sibling = servers === 1 ? answeringSibling(evidence, server) : null;
  const neighbour = staleNeighbour(
    evidence,
    group.map(({ connection }) => connection),
  );
  const ignored = ignoredSyns(evidence, server);
  const stale = group.reduce((sum, { connection }) => sum + (staleAnswerOf(connection)?.answers ?? 0), 0);
  const refused = group.reduce((sum, { connection }) => sum + (staleAnswerOf(connection)?.resets.length ?? 0), 0);
  const target = servers === 1 ? endpointText(server) : hosts === 1 ? server.address : `${servers} servers`;
  return {
    key: `${client.address} ${servers === 1 ? endpointText(server) : 'many'}${stale > 0 ? ' stale' : ''}`,
    ...(scanned >= thresholds.scanPorts.value
      ? { level: 'note' as const }
      : servers > 1 && ofClient.some(({ outcome }) => outcome === 'answered') && { level: 'warning' as const }),
    grade: found?.grade ?? 'inferred',
    subject: { protocol: 'tcp', client: client.address, server: target },
    conversations: conversations.map((conversation) => conversation.index),
    between: found?.between ?? null,
    ...excerpt(packets),
    reach: group.length,
    measured: {
      attempts: group.length,
      syns: packets.length,
      servers,
      ...(stale > 0 && { staleAnswers: stale }),
      ...measuredBackend(backend),
      ...measuredNeighbour(neighbour),
      ...measuredIgnored(ignored),
    },
    client: client.address,
    server: server.address,
    port: server.port,
    servers,
    hosts,
    syns: packets.length,
    stale,
    refused,
    otherPortsAnswer,
    answered: atServer.filter((one) => one.outcome === 'answered' && one.connection.server.port === server.port).length,
    neverHeard: wasNeverHeard(evidence, server.address),
    reachedLastPoint: found === null && conversations[0].legs.length > 1,
    lastPoint: conversations[0].legs.at(-1)?.point ?? 0,
    backend,
    sibling,
    neighbour,
    service: servers === 1 ? maybeService(evidence, server, conversations) : null,
    ignored,
  };
}
