import type { Conversation, Evidence, IcmpError } from '../../../flows/evidence/evidence.ts';
import { nodeOfClients, untranslatedCommands } from '../../causes/untranslated-service.ts';
import { attemptsOf, endpointText } from '../../facts/attempts.ts';
import { answeredFromElsewhere } from '../../facts/client-sockets.ts';
import { isUnanswered, LOOKUP_THRESHOLDS, lookupPackets, lookupsOf, refusedAnswers } from '../../facts/dns-lookups.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { GATES, gatesOf } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { isTranslated, nicOf, serviceAddressesOf } from '../../facts/service-addresses.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type EvidencePacket, type Occurrence } from '../../rule/rule.ts';
import { appendTo } from '../../words/append-to.ts';
import { counted } from '../../words/counted.ts';
import { toAddress } from '../../words/display-filter.ts';
import { endpointParts } from '../../words/endpoint-parts.ts';
import { excerpt, synPackets } from '../../words/excerpt.ts';

const thresholds = {
  services: { value: 2, unit: 'services', source: 'docs/thresholds.md, two-show-a-habit' },
  retries: { value: 2, unit: 'packets', source: 'docs/thresholds.md, two-show-a-habit' },
  guardSeconds: LOOKUP_THRESHOLDS.answerGuardSeconds,
} as const;

/** One conversation with a destination, as seen by its client. */
interface Trial {
  conversation: Conversation;
  client: string;
  /** Protocol and endpoint, such as "udp 10.96.0.10:53". */
  destination: string;
  address: string;
  point: number;
  outcome: 'answered' | 'silent' | 'open';
  packets: EvidencePacket[];
}

interface NotTranslated extends Occurrence {
  host: string;
  hostPoint: number;
  clients: string[];
  services: string[];
  example: { address: string; port: string; because: string };
  answering: string[];
  /** Outside interface where the untranslated packets were seen leaving. Null if none was captured. */
  leavingAt: number | null;
}

/** Packets keep the service address as destination, because no device translates it to a pod. */
export const serviceIpNotTranslated = defineRule<NotTranslated>({
  meta: {
    id: 'service-ip-not-translated',
    faultClass: 'service',
    level: 'error',
    recordedIn: 'test/pcaps/case-3',
    place: 'mechanism',
    explains: ['no-route', 'dns-wrong-server', 'arp-unanswered'],
    explainsSymptomsOf: ['lost-between-points', 'silent-path'],
    summary: 'Packets to service addresses are not translated to a pod',
    meaning:
      'kube-proxy has not programmed this node, or not any more. Packets to any service leave the node with the service address, which no machine has, and get lost. DNS by its service address fails first.',
    rule: 'On one host every service-looking destination is silent (two at least, or one that is surely a service and is seen leaving the NIC unencapsulated), none is translated or answered, and other addresses answer.',
    notThis: [
      'The answer of a translated lookup or SYN comes from the address of the pod, and the client refuses it (dns-reply-wrong-source, reply-not-untranslated).',
      'Another service answers on this host: kube-proxy works, one service has trouble.',
      'One silent service alone, not seen at a NIC: its endpoint may be silent.',
      'A further point shows the packets with a pod address: they are translated.',
      'Nothing answers at all: the network is down, not the translation.',
      'The silent address is a machine: it resolves by ARP, is reached by a tunnel, or shares its /24 with machines.',
      'The capture ends within 2 s, or holds one direction only.',
    ],
    causes: [
      'kube-proxy is pending, evicted or crashing on this node',
      'kube-proxy runs in a mode whose kernel modules are missing (ip_vs)',
      'The node was added and pods started before kube-proxy did',
    ],
    confirm: [
      {
        on: 'a machine with kubectl',
        command: 'kubectl -n kube-system get pods -o wide -l k8s-app=kube-proxy',
        expect: 'none Running on this node',
      },
      { on: '<node>', command: 'iptables-save -t nat | grep <service address>', expect: 'no rule' },
      { on: '<node>', command: 'ipvsadm -Ln', expect: 'no entry for the service' },
    ],
    fix: ['Get kube-proxy running on the node; give it priorityClassName system-node-critical'],
    references: ['Kubernetes: Virtual IPs and Service Proxies', 'kube-proxy'],
  },
  thresholds: { ...thresholds, ...TRACEROUTE_THRESHOLDS, ...GATES, oneWayShare: ONE_WAY_SHARE },

  *detect(evidence) {
    const byHost = new Map<string, Trial[]>();
    for (const trial of trialsOf(evidence)) {
      const host = hostOf(evidence, trial.point);
      appendTo(byHost, host, trial);
    }
    for (const [host, trials] of byHost) {
      const found = judgeHost(evidence, host, trials);
      if (found !== null) yield found;
    }
  },

  explain(found, names) {
    const node = nodeOfClients(found, names);
    const services = found.services.slice(0, 3).join(', ');
    const leaving =
      found.leavingAt === null
        ? []
        : [`packets to ${found.example.address} leave ${names.point(found.leavingAt)} with that address`];
    return {
      message: `Service addresses are not translated on ${node}: ${services} ${found.services.length === 1 ? 'gets' : 'get'} no answer, other addresses do`,
      why: 'No machine has a service address: kube-proxy on the node must translate it to a pod. Here every service is silent, whereas pods, nodes or outside addresses answer the same host.',
      causes: [
        {
          id: 'kube-proxy-down',
          cause: 'kube-proxy does not run on this node, or has not written its rules',
          for: [
            ...leaving,
            `${counted(found.services.length, 'service destination is', 'service destinations are')} silent, none answers`,
            found.answering.length === 1
              ? `another address answers, ${names.address(found.answering[0])}`
              : `${found.answering.length} other addresses answer, ${names.address(found.answering[0])} among them`,
            `${found.example.address}: ${found.example.because}`,
          ],
          against: [],
          fix: [
            `Get kube-proxy running on ${node}: look at its events (Pending, Evicted, CrashLoopBackOff) and its log.`,
            'Give its DaemonSet priorityClassName system-node-critical, so that it is never evicted.',
          ],
        },
        {
          id: 'filtered',
          cause: 'a NetworkPolicy drops traffic to these services',
          for: [],
          against: leaving,
        },
        {
          id: 'pods-silent',
          cause: 'the pods behind all of these services are silent',
          for: [],
          against: [
            ...leaving,
            ...(found.services.length > 1 ? [`${found.services.length} different ones at once`] : []),
          ],
        },
      ],
      confirm: untranslatedCommands(node, found, names),
      fix: [],
      wireshark: found.services
        .map((service) => toAddress(endpointParts(service.split(' ')[1]).address))
        .slice(0, 3)
        .join(' || '),
    };
  },
});

function trialsOf(evidence: Evidence): Trial[] {
  return [...tcpTrials(evidence), ...dnsTrials(evidence)];
}

function tcpTrials(evidence: Evidence): Trial[] {
  return attemptsOf(evidence).map(({ conversation, connection, outcome, error }) => {
    const tried = connection.syn.length >= thresholds.retries.value;
    const isTaken =
      outcome === 'answered' || outcome === 'refused' || answeredFromElsewhere(evidence, connection) !== undefined;
    const lost =
      (outcome === 'silent' && tried && isOver(evidence, connection.point, connection.syn[0].time)) || isNoRoute(error);
    return {
      conversation,
      client: connection.client.address,
      destination: `tcp ${endpointText(connection.server)}`,
      address: connection.server.address,
      point: connection.point,
      outcome: isTaken ? 'answered' : lost ? 'silent' : 'open',
      packets: lost ? synPackets(connection) : [],
    };
  });
}

function dnsTrials(evidence: Evidence): Trial[] {
  const refused = refusedAnswers(evidence);
  return lookupsOf(evidence).flatMap((lookup) => {
    const { conversation, exchange, answer, error, server, client } = lookup;
    if (conversation === null || exchange.transport !== 'udp') return [];
    const lost = isUnanswered(evidence, lookup) || (answer === null && isNoRoute(error));
    const isRefused = refused.has(`${exchange.point} ${client.address} ${client.port}`);
    const answered = answer !== null || isRefused || (error !== null && !isNoRoute(error));
    return [
      {
        conversation,
        client: client.address,
        destination: `udp ${endpointText(server)}`,
        address: server.address,
        point: exchange.point,
        outcome: answered ? 'answered' : lost ? 'silent' : ('open' as const),
        packets: lost ? lookupPackets(lookup) : [],
      } satisfies Trial,
    ];
  });
}

const isOver = (evidence: Evidence, point: number, time: number): boolean =>
  indexOf(evidence).endOf(point) - time >= thresholds.guardSeconds.value && gatesOf(evidence).absence(point).ok;

/**
 * A router has no route, or the last router finds no host. This is normal for a service address outside the cluster.
 */
const isNoRoute = (error: IcmpError | null): boolean =>
  error !== null &&
  (error.version === 4
    ? error.type === 3 && error.code <= 1
    : error.type === 1 && (error.code === 0 || error.code === 3));

const hostOf = ({ points }: Evidence, point: number): string => points[point].host ?? points[point].name;

function judgeHost(evidence: Evidence, host: string, trials: readonly Trial[]): NotTranslated | null {
  const services = serviceAddressesOf(evidence);
  const toServices = trials.filter(({ address }) => services.signOf(address) !== null);
  const works = toServices.some(({ outcome, conversation }) => outcome === 'answered' || isTranslated(conversation));
  const silent = toServices.filter(({ outcome }) => outcome === 'silent');
  const answering = new Set(
    trials.filter((trial) => trial.outcome === 'answered' && !toServices.includes(trial)).map(({ address }) => address),
  );
  if (works || silent.length === 0 || answering.size === 0 || translatesOthers(evidence, host)) return null;
  const destinations = new Set(silent.map(({ destination }) => destination));
  const leaving =
    silent.map(({ conversation, address }) => nicOf(evidence, conversation, address)).find((at) => at !== null) ?? null;
  const sure = silent.some(({ address }) => services.signOf(address)?.strength === 'strong');
  if (destinations.size < thresholds.services.value && !(sure && leaving !== null)) return null;
  return occurrenceOf(evidence, host, silent, [...answering].sort(), leaving, sure);
}

/** A point shows that this host translates other destinations. */
const translatesOthers = (evidence: Evidence, host: string): boolean =>
  evidence.nat.some(
    ({ kind, before, between: [from, to] }) =>
      kind === 'dnat' &&
      serviceAddressesOf(evidence).signOf(before.address) !== null &&
      (hostOf(evidence, from) === host || hostOf(evidence, to) === host),
  );

function occurrenceOf(
  evidence: Evidence,
  host: string,
  silent: readonly Trial[],
  answering: string[],
  leavingAt: number | null,
  sure: boolean,
): NotTranslated {
  const services = serviceAddressesOf(evidence);
  const destinations = [...new Set(silent.map(({ destination }) => destination))].sort();
  const clients = [...new Set(silent.map(({ client }) => client))].sort();
  const conversations = [...new Set(silent.map(({ conversation }) => conversation.index))];
  const shown = silent.find(({ address }) => services.signOf(address)?.strength === 'strong') ?? silent[0];
  const packets = silent
    .flatMap((trial) => trial.packets)
    .sort((a, b) => a.time - b.time || a.point - b.point || a.packet - b.packet);
  return {
    key: `${destinations.join(',')}`,
    grade: gradeOf({ 'seen-leaving': whereSeen(leavingAt !== null && sure) }),
    subject: { protocol: 'ip', client: clients.join(', '), server: destinations.join(', '), serverBeforeNat: null },
    conversations,
    place: 'on the node of the clients: packets to services are not translated there',
    ...excerpt(packets),
    reach: conversations.length,
    measured: { silentServices: destinations, answering, leavesNic: leavingAt !== null },
    host,
    hostPoint: silent[0].point,
    clients,
    services: destinations,
    example: {
      address: shown.address,
      port: String(endpointParts(shown.destination).port),
      because: services.signOf(shown.address)?.because ?? '',
    },
    answering,
    leavingAt,
  };
}
