import type { Evidence, IcmpError } from '../../../flows/evidence/evidence.ts';
import { isPublic } from '../../../text/addresses.ts';
import {
  type AnsweringSibling,
  answeringSibling,
  localPolicyCause,
  localPolicyCommands,
  SIBLING_THRESHOLDS,
} from '../../causes/answering-sibling.ts';
import {
  endpointCommands,
  noEndpointsCause,
  type RefusedService,
  refusedService,
} from '../../causes/refused-service.ts';
import { ATTEMPT_THRESHOLDS, attemptsOf } from '../../facts/attempts.ts';
import { type IcmpGroup, icmpGroups } from '../../facts/icmp-findings.ts';
import { LATE_START_THRESHOLDS, servesLater, startsLate } from '../../facts/late-starters.ts';
import { SCAN_THRESHOLDS } from '../../facts/tcp/port-scans.ts';
import { isAnswerToProbe, TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { defineRule, type Level } from '../../rule/rule.ts';
import { firewallRules, kubectl, listens } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { portUnreachable } from '../../words/display-filter.ts';
import { endpointParts } from '../../words/endpoint-parts.ts';

const DNS_PORT = 53; // RFC 1035, 4.2
const TCP = 6;
const UDP = 17;
/** First and last port of classic traceroute. Its probes are meant to cause port unreachable. */
const TRACEROUTE_PORTS = [33434, 33534] as const;

/** Port value when the snapshot length cut the ports of the quoted packet. */
const CUT_PORT = 0;

const thresholds = {
  strayDestinations: { value: 3, unit: 'count', source: 'docs/thresholds.md, stray-datagrams' },
  /** First port that kernels give to clients: Linux 32768 (ip_local_port_range), IANA 49152 (RFC 6335, 6). */
  firstClientPort: { value: 32768, unit: 'port', source: 'docs/thresholds.md, client-ports' },
} as const;

interface Rejected extends IcmpGroup {
  service: RefusedService | null;
  sibling: AnsweringSibling | null;
}

/** A host answers packets to a port with ICMP port unreachable. */
export const portRejected = defineRule<Rejected>({
  meta: {
    id: 'port-rejected',
    faultClass: 'port-unreachable',
    level: 'error',
    recordedIn: 'lab/port-reject-icmp',
    place: 'mechanism',
    explains: ['no-reply', 'syn-no-reply'],
    explainsSymptomsOf: ['lost-between-points'],
    summary: 'A SYN or datagram is answered by ICMP port unreachable',
    meaning:
      'For TCP only a REJECT rule answers like this: a closed TCP port would send a reset. For UDP it also means that no process listens. kube-proxy answers so for a service without endpoints.',
    rule: 'An ICMP port unreachable (IPv4 3/3, IPv6 1/4) that quotes a TCP segment, or a UDP datagram that is neither DNS nor a traceroute probe nor an answer that came too late.',
    notThis: [
      'A closed socket that gets a late UDP answer says port unreachable too: the quoted packet then goes to the port that asked, or from a service port to a client port.',
      'Background noise: single datagrams to three ports or more, each rejected once, are told as notes, and so are one or two datagrams of a public address that nobody here talks with.',
      'Backscatter: errors of a public address to another one about packets that the capture does not hold, told as a note.',
      'A receiver that started late, or opened its port anew: one error, or errors before its first datagram, and the two exchange datagrams over that port afterwards; one that never answers (syslog), where the errors stop and the datagrams go on. Told as a note, and so is a service that first rejects connections and then serves as many.',
      'DNS has its own rule (dns-server-port-closed, dns-reply-wrong-source).',
      'Traceroute probes want this answer: UDP to 33434 to 33534, or to any port with TTLs that rise from 1.',
      'The quoted ports were cut away (`-s 64`): the datagram may be any of these.',
    ],
    causes: [
      'A REJECT rule of a firewall or NetworkPolicy',
      'A service without endpoints',
      'No process listens on the UDP port',
    ],
    confirm: [
      { on: '<who said it>', command: 'iptables-save | grep -i reject', expect: 'a rule with icmp-port-unreachable' },
    ],
    fix: ['Allow the port, or give the service endpoints'],
    references: ['RFC 1122, 3.2.2.1', 'RFC 4443, 3.1', 'iptables-extensions, REJECT'],
  },
  thresholds: {
    ...thresholds,
    strayAttempts: SCAN_THRESHOLDS.strayAttempts,
    ...TRACEROUTE_THRESHOLDS,
    ...ATTEMPT_THRESHOLDS,
    ...SIBLING_THRESHOLDS,
    ...LATE_START_THRESHOLDS,
  },

  *detect(evidence) {
    const asked = new Set(
      evidence.datagrams.map(({ client, server }) => `${server.address} ${client.address} ${client.port}`),
    );
    const isLateAnswer = ({ quoted }: IcmpError): boolean =>
      quoted !== null &&
      quoted.protocol === UDP &&
      (asked.has(`${quoted.source.address} ${quoted.destination.address} ${quoted.destination.port}`) ||
        (quoted.source.port < thresholds.firstClientPort.value &&
          quoted.destination.port >= thresholds.firstClientPort.value));
    const groups = icmpGroups(
      evidence,
      (error) => isPortError(error) && !isLateAnswer(error) && !isAnswerToProbe(evidence, error),
    );
    const strays = groups.filter(isStray).length;
    const served = groups.some(isFew) ? servedAddresses(evidence) : new Set<string>();
    for (const group of groups) {
      const isStranger = isFew(group) && isPublic(group.client) && !served.has(group.client);
      const isNoise = isStranger || (isStray(group) && strays >= thresholds.strayDestinations.value);
      const told = withService(evidence, group);
      const isTcp = group.subject.protocol === 'tcp';
      const isLate = isTcp ? servesLater(attemptsOf(evidence), group) : startsLate(evidence, group);
      const isQuiet = isNoise || isBackscatter(group) || isLate;
      const level: Level = isQuiet ? 'note' : 'warning';
      yield isTcp && !isQuiet ? told : { ...told, level };
    }
  },

  explain({ from, client, destination, errors, subject, service, sibling, version }, names) {
    const tcp = subject.protocol === 'tcp';
    const isService = service?.kind === 'service address';
    const byOther =
      endpointParts(destination).address === from
        ? []
        : [`the error comes from ${names.address(from)}, another address`];
    return {
      message: `${names.address(from)} answers ${names.address(client)} with "port unreachable" for ${names.address(destination)} (${counted(errors, 'time')})`,
      why: isService
        ? `${names.address(service.address)} is a service and no machine: ${from} refuses in its name, before any translation. So does kube-proxy for a service without endpoints.`
        : tcp
          ? 'A closed TCP port answers with a reset. ICMP port unreachable for a SYN comes from a reject rule, or from kube-proxy for a service without endpoints.'
          : 'The datagram arrived at a machine where nothing listens on that port, or a rule rejects it.',
      causes: [
        ...(isService ? [noEndpointsCause(service, 'port unreachable')] : []),
        ...(sibling === null ? [] : [localPolicyCause(endpointParts(destination), sibling)]),
        {
          id: 'reject-rule',
          cause: 'a REJECT rule of a firewall or NetworkPolicy',
          for: [...(tcp ? ['the refused packets are TCP SYNs'] : []), ...byOther],
          against: [],
          confirm: [
            firewallRules(names.machine(from), version, 'reject', {
              expect: `a rule that matches ${names.address(destination)}`,
              shows: { has: 'REJECT|reject' },
            }),
          ],
          fix: [
            `Remove the rule on ${names.address(from)} that rejects ${names.address(destination)}, or let it leave ${names.address(client)} out.`,
          ],
        },
        ...(isService
          ? []
          : [
              service === null
                ? {
                    id: 'no-endpoints',
                    cause: 'the address belongs to a service that has no endpoints',
                    for: [],
                    against: [],
                    confirm: [
                      kubectl('get endpointslices -A', 'no endpoints for the service, if the address is a service'),
                    ],
                    fix: ['Give the service endpoints (selector, readiness), if it is one.'],
                  }
                : noEndpointsCause(service, 'port unreachable'),
            ]),
        {
          id: 'not-listening',
          cause: 'no process listens on the port',
          for:
            tcp || byOther.length > 0
              ? []
              : [`${names.address(from)} answers for itself, and the packets are UDP datagrams`],
          against: [
            ...(isService ? [] : byOther),
            ...(tcp ? ['the kernel would send a reset'] : []),
            ...(isService ? ['no process has a service address'] : []),
          ],
          confirm: [
            listens(
              names.machine(endpointParts(destination).address),
              endpointParts(destination).port,
              tcp ? 'tcp' : 'udp',
              {
                expect: `no socket on port ${endpointParts(destination).port}`,
                shows: { lacks: `:${endpointParts(destination).port}\\b` },
              },
            ),
          ],
          fix: [`Start the process that is to listen on ${names.address(destination)}.`],
        },
      ],
      confirm: [
        ...(sibling === null ? [] : localPolicyCommands(endpointParts(destination))),
        ...(isService || service === null ? [] : endpointCommands(service)),
      ],
      fix: [],
      wireshark: portUnreachable(version),
    };
  },
});

function withService(evidence: Evidence, group: IcmpGroup): Rejected {
  const destination = endpointParts(group.destination);
  const mine = new Set(group.conversations);
  const conversations = evidence.conversations.filter(({ index }) => mine.has(index));
  const service = refusedService(evidence, destination, conversations);
  const sibling = answeringSibling(evidence, destination);
  return {
    ...group,
    measured: { ...group.measured, ...(service === null ? {} : { looksLike: service.kind }) },
    service,
    sibling,
  };
}

/** A client's datagrams were rejected once or twice. */
const isFew = ({ errors, subject }: IcmpGroup): boolean =>
  errors <= SCAN_THRESHOLDS.strayAttempts.value && subject.protocol === 'udp';

/**
 * An error between two public addresses about packets that the capture does not hold: somebody else sent them with the
 * source address of this network, and the answer to them comes here.
 */
const isBackscatter = ({ conversations, from, client }: IcmpGroup): boolean =>
  conversations.length === 0 && isPublic(from) && isPublic(client);

/** A client's datagrams were rejected only once. */
const isStray = ({ errors, subject }: IcmpGroup): boolean => errors === 1 && subject.protocol === 'udp';

/** Addresses that exchange packets with another address in both directions. */
const servedAddresses = ({ connections, datagrams }: Evidence): Set<string> =>
  new Set([
    ...connections
      .filter(
        ({ synAck, directions: [there, back] }) =>
          synAck.length > 0 || (there.payloadOctets > 0 && back.payloadOctets > 0),
      )
      .map(({ client }) => client.address),
    ...datagrams
      .filter(({ packets: [there, back] }) => there > 0 && back > 0)
      .flatMap(({ client, server }) => [client.address, server.address]),
  ]);

function isPortError({ version, type, code, quoted }: IcmpError): boolean {
  if (version === 4 ? type !== 3 || code !== 3 : type !== 1 || code !== 4) return false;
  if (quoted === null || quoted.tunnel !== null) return false;
  if (quoted.protocol === TCP) return true;
  const ports = [quoted.source.port, quoted.destination.port];
  if (quoted.protocol !== UDP || ports.includes(DNS_PORT) || ports.includes(CUT_PORT)) return false;
  return !(quoted.destination.port >= TRACEROUTE_PORTS[0] && quoted.destination.port <= TRACEROUTE_PORTS[1]);
}
