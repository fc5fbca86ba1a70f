import type { Endpoint, Evidence } from '../../../flows/evidence/evidence.ts';
import {
  type AnsweringSibling,
  answeringSibling,
  localPolicyCause,
  localPolicyCommands,
  SIBLING_THRESHOLDS,
} from '../../causes/answering-sibling.ts';
import { notListening, wrongTargetPort } from '../../causes/closed-port.ts';
import {
  BACKEND_THRESHOLDS,
  type FailingBackend,
  failingBackend,
  failingBackendCause,
  failingBackendText,
  measuredBackend,
} from '../../causes/failing-backend.ts';
import {
  endpointCommands,
  noEndpointsCause,
  type RefusedService,
  refusedService,
  refuserOf,
} from '../../causes/refused-service.ts';
import {
  ATTEMPT_THRESHOLDS,
  type Attempt,
  attemptsOf,
  endpointText,
  withoutTranslatedCopies,
} from '../../facts/attempts.ts';
import { isLoneStranger, refusedByMany, refusedGroups, SCAN_THRESHOLDS, scansIn } from '../../facts/tcp/port-scans.ts';
import {
  hasFallback,
  listensLater,
  peersConnectBack,
  refusalPackets,
  refusedSyns,
  synsOf,
  targetOf,
} from '../../facts/tcp/refusals.ts';
import {
  madeByTheServer,
  neverArriveBetween,
  RESET_TTL_THRESHOLDS,
  type ResetHopLimit,
  refusedOnTheWay,
  resetByFirewall,
  resetHopLimit,
  resetText,
} from '../../facts/tcp/reset-hop-limit.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Level, type Occurrence } from '../../rule/rule.ts';
import { connects } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { withAddress } from '../../words/display-filter.ts';
import { excerpt } from '../../words/excerpt.ts';

const thresholds = {
  ...SCAN_THRESHOLDS,
  servedShare: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, majority' },
} as const;

interface PortClosed extends Occurrence {
  client: string;
  server: string;
  port: number;
  /** Ports that refuse; more than one for a scan. */
  ports: number;
  /** Servers that refuse; more than one where ten or more refuse the client. */
  servers: number;
  /** Number of clients that are refused; more than one where strangers knock. */
  clients: number;
  refused: number;
  /** SYNs of these attempts that a reset answers. */
  syns: number;
  served: number;
  /** Every attempt after the last refusal is served. */
  listensLater: boolean;
  otherPortsAnswer: boolean;
  /** The endpoint behind the service address, if all attempts were translated to the same one. */
  target: Endpoint | null;
  backend: FailingBackend | null;
  service: RefusedService | null;
  hopLimit: ResetHopLimit | null;
  sibling: AnsweringSibling | null;
}

/** The host itself answers a SYN with a reset. */
export const portClosed = defineRule<PortClosed>({
  meta: {
    id: 'port-closed',
    faultClass: 'port-unreachable',
    level: 'error',
    recordedIn: 'lab/port-app-on-localhost',
    place: 'mechanism',
    summary: 'The host answers SYNs with resets: nothing listens on that port',
    meaning: 'The path works up to the host and back. No process listens on that address and port.',
    rule: 'A SYN answered by RST, no SYN-ACK in the connection. A warning when it happened once; a note for scans and where most attempts are served, unless all refusals come from one endpoint of a service. A scan is one finding: 20 ports tried by one client, or three clients and three ports of one host, or any number of public addresses, each trying twice at most, by clients that the host never served; or a client that asks for ten silent neighbours, or from a public address three ports of a host. A warning, and one finding, where ten servers or more refuse one client; a warning where every attempt after the last refusal is served, and for the only stranger that a port refuses. A note where the refusing host itself connects to that port of its client afterwards.',
    notThis: [
      'A port scan: a client that tries 20 ports or more.',
      'Background noise of the Internet: strangers that try one port each, once or twice.',
      'localhost is tried as ::1 and served as 127.0.0.1.',
      'A server that restarts, or starts late: most attempts are served, or one or two are refused and all others served; told as a note.',
      'Two peers that connect to each other (BGP): one is refused once, and the other one gets through.',
      'A reset after the handshake is another matter (reset-injected, half-open).',
    ],
    causes: [
      'The application has not started or crashed',
      'It listens on 127.0.0.1 only',
      'Wrong targetPort of the service',
      'A service without endpoints, in the modes of kube-proxy that reset',
      'One endpoint of a service, others answer',
    ],
    confirm: [
      {
        on: '<server pod>',
        command: 'nsenter -t <pid> -n ss -lntp',
        expect: 'no line with the port, or 127.0.0.1 only',
      },
    ],
    fix: ['Start the application, let it listen on 0.0.0.0, or correct the targetPort'],
    references: ['RFC 9293, 3.10.7.1'],
  },
  thresholds: {
    ...thresholds,
    ...ATTEMPT_THRESHOLDS,
    ...TRACEROUTE_THRESHOLDS,
    ...BACKEND_THRESHOLDS,
    ...RESET_TTL_THRESHOLDS,
    ...SIBLING_THRESHOLDS,
  },

  *detect(evidence) {
    const attempts = withoutTranslatedCopies(attemptsOf(evidence));
    const groups = refusedGroups(attempts);
    const scans = new Set<Attempt[]>();
    for (const scan of scansIn(evidence, attempts, groups)) {
      for (const group of scan) scans.add(group);
      yield occurrenceOf(evidence, attempts, scan.flat(), true);
    }
    const told = groups.filter((group) => !scans.has(group));
    const many = refusedByMany(told);
    for (const one of many) yield ofManyServers(occurrenceOf(evidence, attempts, one.flat(), false), one);
    const swept = new Set(many.flat());
    for (const group of told) if (!swept.has(group)) yield occurrenceOf(evidence, attempts, group, false);
  },

  explain(found, names) {
    const { client, server, port, ports, refused, target, backend, service, sibling } = found;
    const isService = service?.kind === 'service address';
    const counts = countsOf(found);
    const sentTo =
      backend !== null
        ? `; ${failingBackendText(backend)}`
        : target === null
          ? ''
          : ` (sent to ${endpointText(target)})`;
    return {
      message:
        found.servers > 1
          ? `${found.servers} servers refuse connections of ${names.address(client)}: ${counts} (${names.address(server)} port ${port} and others)`
          : ports > 1
            ? `${names.address(server)} refuses ${counted(refused, 'connection')} to ${ports} ports: it is being scanned`
            : `${found.between == null ? '' : 'Something before '}${names.address(server)} refuses connections of ${names.address(client)} to port ${port}: ${counts}${sentTo}`,
      why:
        found.between != null
          ? refusedOnTheWay(found.between, names)
          : isService
            ? `${names.address(server)} is a service and no machine, and no point shows it translated: the reset comes from a node in its name. Some kube-proxy modes refuse so where a service has no endpoints.`
            : target !== null
              ? `The service is translated to ${endpointText(target)}, and the reset comes from there: packets get there and back. On that address and port nothing listens.`
              : resetText(found.grade, names.address(server)),
      causes: [
        ...(isService ? [noEndpointsCause(service, 'the reset')] : []),
        ...(backend === null ? [] : [failingBackendCause(backend)]),
        ...(sibling === null ? [] : [localPolicyCause({ address: server, port }, sibling)]),
        notListening(found, names),
        ...(ports > 1 ? [] : [wrongTargetPort(found)]),
        ...(service !== null && !isService ? [noEndpointsCause(service, 'the reset')] : []),
        resetByFirewall(found.hopLimit, server, found.between, names),
      ],
      confirm: [
        connects(names.machine(client), server, port, 'refused'),
        ...(sibling === null ? [] : localPolicyCommands({ address: server, port })),
        ...(service !== null && !isService ? endpointCommands(service) : []),
      ],
      fix: [],
      wireshark: `${withAddress(found.servers > 1 ? client : server)}${ports > 1 || found.servers > 1 ? '' : ` && tcp.port==${port}`} && tcp.flags.reset==1`,
    };
  },
});

const countsOf = ({ syns, served, listensLater }: PortClosed): string => {
  const refused = `${counted(syns, 'SYN')} ${syns === 1 ? 'is' : 'are'} answered by a reset`;
  const later = `, ${listensLater ? 'and then ' : ''}${counted(served, 'connection')} ${served === 1 ? 'is' : 'are'} served`;
  return served === 0 ? refused : `${refused}${later}`;
};

/** One finding for all servers that refuse a client. */
const ofManyServers = (one: PortClosed, groups: readonly Attempt[][]): PortClosed => ({
  ...one,
  key: `${one.client} refused by many`,
  level: 'warning',
  place: 'on each of the servers itself',
  servers: new Set(groups.map(([{ connection }]) => connection.server.address)).size,
  otherPortsAnswer: false,
});

function occurrenceOf(
  evidence: Evidence,
  attempts: readonly Attempt[],
  group: readonly Attempt[],
  isScan: boolean,
): PortClosed {
  const { client, server } = group[0].connection;
  const ports = new Set(group.map(({ connection }) => connection.server.port)).size;
  const clients = new Set(group.map(({ connection }) => connection.client.address)).size;
  const same = attempts.filter((other) => other.connection.server.address === server.address);
  const served = same.filter((one) => one.outcome === 'answered' && one.connection.server.port === server.port).length;
  const mostServed = served / (served + group.length) >= thresholds.servedShare.value;
  const asked = ports > 1 ? server.address : endpointText(server);
  const conversations = group.map(({ conversation }) => conversation);
  const target = ports > 1 ? null : targetOf(conversations);
  const backend = ports > 1 ? null : failingBackend(attempts, group);
  const service = ports > 1 || clients > 1 ? null : refusedService(evidence, server, conversations);
  const hopLimit = ports > 1 ? null : resetHopLimit(evidence, group);
  const between = neverArriveBetween(evidence, conversations);
  const asker = clients > 1 ? `${clients} clients` : client.address;
  const isLater = ports === 1 && listensLater(attempts, group);
  const levelOf = (): Level => {
    if (isScan || hasFallback(attempts, server)) return 'note';
    if (mostServed) return backend === null ? 'note' : 'warning';
    if (peersConnectBack(attempts, group) || (isLater && group.length <= thresholds.strayAttempts.value)) return 'note';
    return synsOf(group) < 2 || isLater || isLoneStranger(attempts, group) ? 'warning' : 'error';
  };
  const grade = gradeOf({
    'made-by-the-server': between === null ? madeByTheServer(evidence, group, hopLimit) : 'passed',
  });
  const place =
    grade === 'inferred' && target === null && service === null
      ? `on ${server.address}, or on a device before it that refuses in its name`
      : refuserOf(server, target, service);
  return {
    key: `${clients > 1 ? 'strangers' : client.address}>${asked}`,
    level: levelOf(),
    grade,
    subject: { protocol: 'tcp', client: asker, server: asked },
    conversations: conversations.map(({ index }) => index),
    ...(between === null ? { place } : { between }),
    ...excerpt(group.flatMap(refusalPackets)),
    reach: group.length,
    measured: {
      attempts: group.length,
      served,
      ports,
      clients,
      point: evidence.points[group[0].connection.point].name,
      ...(target === null ? {} : { sentTo: endpointText(target) }),
      ...measuredBackend(backend),
      ...(hopLimit === null ? {} : { resetTtl: hopLimit.reset, usualTtl: hopLimit.usual }),
      ...(service === null ? {} : { looksLike: service.kind }),
    },
    client: client.address,
    server: server.address,
    port: server.port,
    ports,
    clients,
    servers: 1,
    refused: group.length,
    syns: refusedSyns(group),
    served,
    listensLater: isLater,
    otherPortsAnswer: same.some(
      (other) => other.outcome === 'answered' && other.connection.server.port !== server.port,
    ),
    target,
    backend,
    service,
    sibling: ports > 1 ? null : answeringSibling(evidence, server),
    hopLimit,
  };
}
