import type { ArpExchange, Evidence } from '../../flows/evidence.ts';
import { appendTo } from '../append-to.ts';
import { type Attempt, attemptsOf, endpointText } from '../attempts.ts';
import { excerpt, packetsAt, synPackets } from '../excerpt.ts';
import { groupBy } from '../group-by.ts';
import { defineHeuristic, type EvidencePacket, type Occurrence } from '../heuristic.ts';
import { shellQuote } from '../shell-quote.ts';

const thresholds = {
  minimumArps: { value: 2, source: 'Linux asks three times, 1 s apart; two show that the first got no answer' },
};

interface StaleEndpoint extends Occurrence {
  service: string;
  endpoint: string;
  endpointAddress: string;
  attempts: number;
  otherEndpoints: string[];
  notListed: boolean;
  noAddress: boolean;
  point: number;
}

/** A service sends connections to a pod address that no longer exists. */
export const staleEndpoint = defineHeuristic<StaleEndpoint>({
  meta: {
    id: 'stale-endpoint',
    faultClass: 'service',
    level: 'error',
    recordedIn: 'test/pcaps/stale-endpoint',
    summary: 'A service sends traffic to a pod address that no longer exists',
    meaning:
      'The pod is gone and its address is still in the translation rules of a node. The share of connections that is sent there fails; the rest works.',
    rule: 'Connections to a service are translated to an address that never sends a packet, and that address is not among the given endpoints, or does not resolve (ARP unanswered, host unreachable) while another endpoint of the service answers. Where the endpoint is in the segment of the node that translates, nothing is sent to it: the address is the one that this node asks for by ARP, in vain, from the SYN up to its host unreachable.',
    notThis: [
      'The endpoint lives and its port is closed, or it is only slow.',
      'The endpoint is only silent: its node may be down, or a policy drops.',
      'The service has no other endpoint that answers and no endpoint list is given.',
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
  thresholds,

  *detect(evidence) {
    const translated = attemptsOf(evidence).filter(({ conversation }) => conversation.serverBeforeNat !== null);
    const groups = new Map<string, Attempt[]>();
    for (const attempt of translated) {
      const key = `${serviceOf(attempt)} ${endpointText(attempt.conversation.server)}`;
      appendTo(groups, key, attempt);
    }
    for (const group of groups.values()) {
      const found = judgeEndpoint(evidence, translated, group);
      if (found !== null) yield found;
    }
    yield* neverSent(evidence, translated);
  },

  explain(found, names) {
    const endpoint = names.address(found.endpoint);
    return {
      message: `Service ${names.address(found.service)} sends connections to ${endpoint}, which does not exist any more (${found.attempts} fail)`,
      why: `The node translates these connections to ${endpoint}, and nobody has that address.`,
      hypotheses: [
        {
          cause: 'kube-proxy on this node still has the rule of a pod that is gone',
          likelihood: 'likely',
          for: [
            ...(found.notListed ? [`${found.endpointAddress} is not among the given endpoints`] : []),
            ...(found.noAddress ? [`${found.endpointAddress} does not resolve on its own network`] : []),
            ...(found.otherEndpoints.length > 0
              ? [`${found.otherEndpoints.join(', ')} behind the same service answers`]
              : []),
          ],
          against: [],
        },
      ],
      confirm: [
        {
          on: 'a machine with kubectl',
          command: `kubectl get endpointslices -A -o wide | grep -F ${shellQuote(found.endpointAddress)}`,
          expect: 'nothing',
        },
        {
          on: names.host(found.point),
          command: `iptables-save -t nat | grep -F ${shellQuote(found.endpointAddress)}`,
          expect: 'a DNAT rule that still sends there',
        },
      ],
      fix: [
        'Restart kube-proxy on this node and look why it does not follow the EndpointSlices.',
        `conntrack -D -d ${shellQuote(found.endpointAddress)} removes what is left of UDP.`,
      ],
      wireshark: `ip.addr==${found.endpointAddress}`,
    };
  },
});

const serviceOf = ({ conversation }: Attempt): string =>
  conversation.serverBeforeNat === null ? '' : endpointText(conversation.serverBeforeNat);

function judgeEndpoint(
  evidence: Evidence,
  translated: readonly Attempt[],
  group: readonly Attempt[],
): StaleEndpoint | null {
  const { server } = group[0].conversation;
  if (group.some(({ outcome }) => outcome === 'answered' || outcome === 'refused' || outcome === 'unknown'))
    return null;
  if (evidence.hosts.some(({ address, sent }) => address === server.address && sent > 0)) return null;
  const { endpoints } = evidence.known;
  const notListed = endpoints !== null && !endpoints.includes(server.address);
  const unresolved = arpsFor(evidence, server.address);
  const noAddress = unresolved.length > 0 || group.some(({ error }) => isHostUnreachable(error));
  const others = translated.filter(
    (other) =>
      other.outcome === 'answered' &&
      serviceOf(other) === serviceOf(group[0]) &&
      other.conversation.server.address !== server.address,
  );
  if (!notListed && !(noAddress && others.length > 0)) return null;
  const endpoint = { service: serviceOf(group[0]), text: endpointText(server), address: server.address };
  return occurrenceOf(group, others, unresolved, endpoint, { notListed, noAddress });
}

const arpsFor = ({ arp }: Evidence, target: string): ArpExchange[] =>
  arp.filter(
    (one) => one.target === target && one.replies.length === 0 && one.requestsTotal >= thresholds.minimumArps.value,
  );

/**
 * An endpoint of the node's own segment whose address does not resolve: the SYN waits for ARP, so its translation is never
 * on a wire. The node asks for an address while it holds the SYN, then tells the client that the host is unreachable.
 *
 *   client   SYN to service ……………………… host unreachable
 *   node         who has T?   T?   T?          other SYNs to the service go to other endpoints and are answered
 */
function* neverSent(evidence: Evidence, translated: readonly Attempt[]): Generator<StaleEndpoint> {
  const answering = groupBy(
    translated.filter(({ outcome }) => outcome === 'answered'),
    serviceOf,
  );
  const waiting = attemptsOf(evidence).filter(
    ({ conversation, error }) => conversation.serverBeforeNat === null && isHostUnreachable(error),
  );
  for (const [service, group] of groupBy(waiting, ({ conversation }) => endpointText(conversation.server))) {
    const others = answering.get(service);
    if (others === undefined) continue;
    for (const [target, attempts] of askedMeanwhile(evidence, group)) {
      const endpoint = { service, text: target, address: target };
      yield occurrenceOf(attempts, others, arpsFor(evidence, target), endpoint, { notListed: false, noAddress: true });
    }
  }
}

/** The attempts by the address that nobody answered for while they waited; those for which only one comes into question. */
function askedMeanwhile(evidence: Evidence, waiting: readonly Attempt[]): Map<string, Attempt[]> {
  const silent = evidence.arp.filter(
    ({ replies, requestsTotal, target }) =>
      replies.length === 0 &&
      requestsTotal >= thresholds.minimumArps.value &&
      !evidence.hosts.some(({ address, sent }) => address === target && sent > 0),
  );
  const shiftOf = (point: number): number => evidence.points[point].timeShift;
  const found = new Map<string, Attempt[]>();
  for (const attempt of waiting) {
    const { connection, error } = attempt;
    const from = connection.syn[0].time + shiftOf(connection.point);
    const until = error!.time + shiftOf(error!.point);
    const targets = new Set(
      silent
        .filter(({ point, requests }) =>
          requests.some(({ time }) => time + shiftOf(point) >= from && time + shiftOf(point) <= until),
        )
        .map(({ target }) => target),
    );
    if (targets.size === 1) appendTo(found, [...targets][0], attempt);
  }
  return found;
}

const isHostUnreachable = (error: Attempt['error']): boolean =>
  error !== null && (error.version === 4 ? error.type === 3 && error.code === 1 : error.type === 1 && error.code === 3);

function occurrenceOf(
  group: readonly Attempt[],
  others: readonly Attempt[],
  unresolved: readonly ArpExchange[],
  { service, text, address }: { service: string; text: string; address: string },
  { notListed, noAddress }: { notListed: boolean; noAddress: boolean },
): StaleEndpoint {
  const { connection } = group[0];
  const arps = unresolved.flatMap((one): EvidencePacket[] =>
    packetsAt(one.point, one.requests, `ARP: who has ${one.target}? No answer`),
  );
  const packets = [...group.flatMap((attempt) => synPackets(attempt.connection)), ...arps];
  return {
    key: `${service}>${text}`,
    grade: noAddress ? 'confirmed' : 'inferred',
    subject: {
      protocol: 'tcp',
      client: connection.client.address,
      server: text,
      serverBeforeNat: service,
    },
    conversations: [...new Set(group.map((attempt) => attempt.conversation.index))],
    place: 'where the service address is translated',
    ...excerpt(packets.sort((a, b) => a.time - b.time || a.packet - b.packet)),
    reach: group.length,
    measured: { attempts: group.length, otherEndpointsAnswer: others.length, notListed, noAddress },
    service,
    endpoint: text,
    endpointAddress: address,
    attempts: group.length,
    otherEndpoints: [...new Set(others.map((other) => endpointText(other.conversation.server)))].sort().slice(0, 3),
    notListed,
    noAddress,
    point: connection.point,
  };
}
