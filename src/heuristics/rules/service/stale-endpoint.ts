import type { ArpExchange, Endpoint, Evidence } from '../../../flows/evidence/evidence.ts';
import { shellQuote } from '../../../text/shell-quote.ts';
import { endpointText } from '../../facts/attempts.ts';
import { LOOKUP_THRESHOLDS } from '../../facts/dns-lookups.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { GATES } from '../../facts/gates.ts';
import { type ServiceTry, serviceTries } from '../../facts/hosts/service-tries.ts';
import { STALE_FLOW_THRESHOLDS, staleFlows } from '../../facts/hosts/stale-flows.ts';
import { arpsFor, askedMeanwhile, UNRESOLVED_THRESHOLDS } from '../../facts/hosts/unresolved.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { inOrder } from '../../facts/packet-order.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type EvidencePacket, type Occurrence } from '../../rule/rule.ts';
import type { Cause } from '../../rule/weigh.ts';
import { kubectl, natRulesFor, ofFamily, trackedTo } from '../../words/commands.ts';
import { familyOf, withAddress } from '../../words/display-filter.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';
import { groupBy } from '../../words/group-by.ts';

interface StaleEndpoint extends Occurrence {
  service: string;
  serviceAddress: string;
  /** What the clients send: connections, lookups or datagrams. */
  protocolWord: string;
  /** Null if no point shows the endpoint. */
  endpoint: string | null;
  endpointAddress: string | null;
  attempts: number;
  otherEndpoints: string[];
  othersAnswer: number;
  notListed: boolean;
  noAddress: boolean;
  point: number;
}

/** A service sends connections to a pod address that no longer exists. */
export const staleEndpoint = defineRule<StaleEndpoint>({
  meta: {
    id: 'stale-endpoint',
    faultClass: 'service',
    level: 'error',
    recordedIn: 'test/pcaps/stale-endpoint',
    place: 'mechanism',
    explains: ['no-route', 'arp-unanswered'],
    explainsSymptomsOf: ['lost-between-points', 'silent-path'],
    summary: 'A service sends traffic to a pod address that no longer exists',
    meaning:
      'The pod is gone and its address is still in the translation rules of a node. The share of connections that is sent there fails; the rest works.',
    rule: 'Connections or DNS questions to a service are translated to an address that never sends a packet, and that address is not among the given endpoints, or does not resolve (ARP unanswered; host unreachable while another endpoint of the service answers). Where the endpoint is in the segment of the node that translates, nothing is sent to it: the address is the one that this node asks for by ARP, in vain, from the SYN up to its host unreachable. Without ARP in view, such an error in the name of the service itself tells it. Or: a UDP flow to a service is translated to an address that is silent since, three datagrams and 2 s or more, while newer flows to the same service go to another endpoint and are answered.',
    notThis: [
      'The endpoint lives and its port is closed, or it is only slow.',
      'The endpoint is only silent: its node may be down, or a policy drops.',
      'No other endpoint of the service answers, no endpoint list is given and no ARP in vain is seen: the whole network of the endpoint may be gone.',
      'A UDP flow is silent, and newer ones are silent too, or go to the same endpoint, or that endpoint still sends.',
      'Two silent addresses are asked for while the SYN waits: either may be meant.',
    ],
    causes: [
      'kube-proxy on the node does not follow the EndpointSlices (stuck, no API server)',
      'conntrack entries of UDP that outlived the pod',
      'Endpoints managed by hand',
    ],
    confirm: [
      {
        on: 'a machine with kubectl',
        command: 'kubectl get endpointslices -A -o wide',
        expect: 'the address is not listed',
      },
      { on: '<node>', command: 'iptables-save -t nat | grep <address>', expect: 'a rule that still sends there' },
    ],
    fix: ['Restart kube-proxy on the node; delete old conntrack entries'],
    references: ['Kubernetes: EndpointSlices'],
  },
  thresholds: {
    ...UNRESOLVED_THRESHOLDS,
    ...TRACEROUTE_THRESHOLDS,
    ...LOOKUP_THRESHOLDS,
    ...GATES,
    oneWayShare: ONE_WAY_SHARE,
    ...STALE_FLOW_THRESHOLDS,
  },

  *detect(evidence) {
    const tries = serviceTries(evidence);
    const translated = tries.filter((one) => one.translated);
    const groups = groupBy(translated, (one) => `${one.service} ${endpointText(one.conversation.server)}`);
    for (const group of groups.values()) {
      const found = judgeEndpoint(evidence, translated, group);
      if (found !== null) yield found;
    }
    yield* neverSent(evidence, tries);
    for (const { stale, others, endpoint } of staleFlows(evidence)) {
      const unresolved = arpsFor(evidence, endpoint.address);
      const flags = { notListed: isNotListed(evidence, endpoint), noAddress: unresolved.length > 0 };
      yield occurrenceOf(evidence, stale, others, unresolved, endpoint, flags);
    }
  },

  explain(found, names) {
    const { endpointAddress: address } = found;
    const endpoint = found.endpoint === null ? null : names.address(found.endpoint);
    const it = address ?? 'the endpoint';
    const node = names.host(found.point);
    const search = address === null ? '' : ` | grep -F ${shellQuote(address)}`;
    return {
      message: `Service ${names.address(found.service)} sends ${found.protocolWord} to ${endpoint === null ? 'an endpoint' : `${endpoint},`} ${endpoint === null ? 'that' : 'which'} ${found.noAddress || found.notListed ? 'does not exist any more' : 'answers no more'} (${found.attempts} fail or wait)`,
      why:
        endpoint === null
          ? 'A router says that the host is unreachable, and its error arrives in the name of the service: it is about the endpoint that this node translated to. Others of the same service answer.'
          : `The node translates these ${found.protocolWord} to ${endpoint}, ${found.noAddress || found.notListed ? 'and nobody has that address' : 'which is silent by now'}.`,
      causes: [
        ...(found.protocolWord === 'datagrams' ? [outlivedEntry(found)] : []),
        {
          id: 'stale-rule',
          cause: 'kube-proxy on this node still has the rule of a pod that is gone',
          for: [
            ...(found.notListed ? [`${it} is not among the given endpoints`] : []),
            ...(found.noAddress ? [`${it} does not resolve on its own network`] : []),
            ...(found.otherEndpoints.length > 0
              ? [`${found.otherEndpoints.join(', ')} behind the same service answers`]
              : found.othersAnswer > 0
                ? ['others to the same service are answered']
                : []),
          ],
          against: found.protocolWord === 'datagrams' ? ['new source ports are sent elsewhere'] : [],
        },
      ],
      confirm: [
        ...(found.protocolWord === 'datagrams'
          ? [
              trackedTo(node, 'udp', found.serviceAddress, {
                expect: `an entry with the old source port whose reply comes from ${it}`,
              }),
            ]
          : []),
        natRulesFor(node, address ?? found.serviceAddress, familyOf(found.serviceAddress), {
          expect: 'a DNAT rule that still sends there',
          shows: { has: 'DNAT|KUBE' },
        }),
        kubectl(
          `get endpointslices -A -o wide${search}`,
          address === null ? 'the endpoints of the service: each must be a pod that runs' : 'nothing',
        ),
      ],
      fix: [
        ...(found.protocolWord === 'datagrams' && address !== null
          ? [
              {
                on: node,
                command: `conntrack -D${ofFamily(address)} -p udp -r ${shellQuote(address)}`,
                note: 'removes what is left of UDP',
              },
            ]
          : []),
        `Restart kube-proxy on ${node}, and look why it does not follow the EndpointSlices.`,
        ...(found.protocolWord !== 'datagrams' && address !== null
          ? [`Or delete the endpoint ${address}, if no pod has it any more.`]
          : []),
      ],
      wireshark: withAddress(address ?? found.serviceAddress),
    };
  },
});

function judgeEndpoint(
  evidence: Evidence,
  translated: readonly ServiceTry[],
  group: readonly ServiceTry[],
): StaleEndpoint | null {
  const { server } = group[0].conversation;
  if (group.some(({ outcome }) => outcome !== 'failed')) return null;
  if (evidence.hosts.some(({ address, sent }) => address === server.address && sent > 0)) return null;
  const notListed = isNotListed(evidence, server);
  const unresolved = arpsFor(evidence, server.address);
  const noAddress = unresolved.length > 0 || group.some(({ error }) => isHostUnreachable(error));
  const others = translated.filter(
    (other) =>
      other.outcome === 'answered' &&
      other.service === group[0].service &&
      other.conversation.server.address !== server.address,
  );
  if (!notListed && unresolved.length === 0 && !(noAddress && others.length > 0)) return null;
  return occurrenceOf(evidence, group, others, unresolved, server, { notListed, noAddress });
}

const isNotListed = ({ known: { endpoints } }: Evidence, { address }: Endpoint): boolean =>
  endpoints !== null && !endpoints.includes(address);

/** UDP has no handshake that would end a translation. The translation lives as long as the flow sends. */
const outlivedEntry = ({ endpoint, attempts, othersAnswer }: StaleEndpoint): Cause => ({
  id: 'outlived-conntrack-entry',
  cause: 'a conntrack entry of UDP has outlived the pod: a flow that keeps its source port keeps its endpoint',
  telling: [
    `${attempts === 1 ? 'one flow goes' : `${attempts} flows go`} on to ${endpoint} without an answer`,
    `${othersAnswer} from other source ports meanwhile are sent elsewhere and answered`,
  ],
  for: [],
  against: [],
});

/**
 * The endpoint is in the node's own segment, and its address does not resolve. The packet waits for ARP, so its
 * translated form is never on a wire. The node holds the packet and asks for the address. Then it tells the client that
 * the host is unreachable. Meanwhile, a retry may go to another endpoint and succeed.
 *
 *   client   SYN to service ……………………… host unreachable
 *   node         who has T?   T?   T?          other SYNs to the service go to other endpoints and are answered
 *
 * If no ARP was captured, an error from the very address that was asked also shows this. No machine reports itself as
 * unreachable, so a router behind the translation reported another address.
 */
function* neverSent(evidence: Evidence, tries: readonly ServiceTry[]): Generator<StaleEndpoint> {
  for (const group of groupBy(tries, ({ service }) => service).values()) {
    const waiting = group.filter(
      ({ translated, outcome, error }) => isHostUnreachable(error) && (!translated || outcome === 'answered'),
    );
    const others = group.filter(({ outcome, error }) => outcome === 'answered' && error === null);
    if (waiting.length === 0 || others.length === 0) continue;
    const byTarget = askedMeanwhile(evidence, waiting);
    const isService = group.some(({ translated }) => translated) || waiting.every(saysItself);
    if (isService)
      for (const [target, some] of byTarget)
        yield occurrenceOf(evidence, some, others, arpsFor(evidence, target), { address: target, port: 0 }, ARP_FAILS);
    const told = [...byTarget.values()].flat();
    const untold = waiting.filter((one) => !told.includes(one) && saysItself(one));
    if (untold.length > 0 && byTarget.size === 0) yield occurrenceOf(evidence, untold, others, [], null, ARP_FAILS);
  }
}

const ARP_FAILS = { notListed: false, noAddress: true };

/** The error comes from the address that the client asked, because its source was translated back. */
const saysItself = ({ error, serviceAddress }: ServiceTry): boolean => error?.from === serviceAddress;

const isHostUnreachable = (error: ServiceTry['error']): boolean =>
  error !== null && (error.version === 4 ? error.type === 3 && error.code === 1 : error.type === 1 && error.code === 3);

/** @param endpoint null if no capture shows it; port 0 if only its address is known */
function occurrenceOf(
  evidence: Evidence,
  group: readonly ServiceTry[],
  others: readonly ServiceTry[],
  unresolved: readonly ArpExchange[],
  endpoint: Endpoint | null,
  { notListed, noAddress }: { notListed: boolean; noAddress: boolean },
): StaleEndpoint {
  const [{ service, client, point, protocol }] = group;
  const text = endpoint === null ? null : endpoint.port === 0 ? endpoint.address : endpointText(endpoint);
  const arps = unresolved.flatMap((one): EvidencePacket[] =>
    packetsAt(one.point, one.requests, `ARP: who has ${one.target}? No answer`),
  );
  const errors = group.flatMap(({ error }): EvidencePacket[] =>
    error === null ? [] : packetsAt(error.point, [error], `host unreachable, says ${error.from}`, '<'),
  );
  const packets = [...group.flatMap((one) => one.packets), ...arps, ...errors];
  const index = indexOf(evidence);
  const arpConversations = unresolved.flatMap(({ point: at, flow }) => index.conversationOfFlow(at, flow) ?? []);
  const conversations = new Set([...group.map((one) => one.conversation), ...arpConversations]);
  return {
    key: `${service}>${text ?? ''}`,
    grade: gradeOf({ 'nobody-has-the-address': whereSeen(noAddress && others.length > 0 && text !== null) }),
    subject: { protocol, client: client.address, server: text ?? service, serverBeforeNat: service },
    conversations: [...conversations].map((conversation) => conversation.index),
    place: 'at the node that translates the service address',
    ...excerpt(packets.sort(inOrder)),
    reach: group.length,
    measured: { attempts: group.length, otherEndpointsAnswer: others.length, notListed, noAddress },
    service,
    serviceAddress: group[0].serviceAddress,
    protocolWord: { tcp: 'connections', dns: 'lookups', udp: 'datagrams' }[protocol],
    endpoint: text,
    endpointAddress: endpoint?.address ?? null,
    attempts: group.length,
    otherEndpoints: [
      ...new Set(
        others.filter((other) => other.translated).map(({ conversation }) => endpointText(conversation.server)),
      ),
    ]
      .sort()
      .slice(0, 3),
    othersAnswer: others.length,
    notListed,
    noAddress,
    point,
  };
}
