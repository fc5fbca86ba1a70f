import {
  type Conversation,
  type DatagramFlow,
  type Endpoint,
  type Evidence,
  TO_CLIENT,
  TO_SERVER,
} from '../../../flows/evidence/evidence.ts';
import { packetsAt } from '../../words/excerpt.ts';
import { groupBy } from '../../words/group-by.ts';
import { endpointText } from '../attempts.ts';
import { indexOf } from '../evidence-index.ts';
import { gatesOf } from '../gates.ts';
import type { ServiceTry } from './service-tries.ts';

export const STALE_FLOW_THRESHOLDS = {
  /** Datagrams without an answer, and seconds over which they were sent: two retries, 1 s apart. */
  staleDatagrams: { value: 3, unit: 'datagrams', source: 'docs/thresholds.md, silent-flow' },
  staleSeconds: { value: 2, unit: 's', source: 'docs/thresholds.md, silent-flow' },
} as const;

/** DNS lookups are judged one by one (`serviceTries`). */
const DNS_PORT = 53;

/**
 * UDP flows that still go to an endpoint that has fallen silent, and newer flows that go to another endpoint and are
 * answered.
 */
export interface StaleFlows {
  stale: ServiceTry[];
  others: ServiceTry[];
  endpoint: Endpoint;
}

/**
 * A translation of UDP lasts as long as its flow sends packets. A client that keeps its source port never gets a new
 * endpoint.
 *
 *   port 20044   > answered > answered   > > > > > > > >     all to the pod that is gone
 *   other ports                             > answered > answered    to the new one
 */
export function* staleFlows(evidence: Evidence): Generator<StaleFlows> {
  const flows = evidence.conversations.flatMap((conversation) => translatedFlow(evidence, conversation));
  const byEndpoint = groupBy(flows, ({ service, conversation }) => `${service} ${endpointText(conversation.server)}`);
  for (const group of byEndpoint.values()) {
    if (!group.every(isSilent)) continue;
    const since = Math.min(...group.map(({ silentSince }) => silentSince));
    const [{ service, conversation }] = group;
    if (speaksAfter(evidence, conversation.server.address, since)) continue;
    const others = flows.filter((other) => other.service === service && !group.includes(other) && other.heard > since);
    if (others.length > 0) yield { stale: group.map(asTry), others: others.map(asTry), endpoint: conversation.server };
  }
}

interface TranslatedFlow {
  conversation: Conversation;
  service: string;
  serviceAddress: string;
  /** As seen nearest to the client. */
  flow: DatagramFlow;
  /** On the common clock: the start of the silence, and the time of the last answer. */
  silentSince: number;
  heard: number;
}

function translatedFlow(evidence: Evidence, conversation: Conversation): TranslatedFlow[] {
  const { protocol, serverBeforeNat } = conversation;
  if (protocol !== 'udp' || serverBeforeNat === null || serverBeforeNat.port === DNS_PORT) return [];
  const [flow] = indexOf(evidence).datagrams(conversation);
  const first = flow?.first[TO_SERVER];
  if (first == null || !gatesOf(evidence).absence(flow.point).ok) return [];
  const shift = evidence.points[flow.point].timeShift;
  const answered = flow.last[TO_CLIENT];
  return [
    {
      conversation,
      service: endpointText(serverBeforeNat),
      serviceAddress: serverBeforeNat.address,
      flow,
      silentSince: (answered?.time ?? first.time) + shift,
      heard: answered === null ? Number.NEGATIVE_INFINITY : answered.time + shift,
    },
  ];
}

const isSilent = ({ flow: { packets, first, last } }: TranslatedFlow): boolean =>
  packets[TO_SERVER] - packets[TO_CLIENT] >= STALE_FLOW_THRESHOLDS.staleDatagrams.value &&
  (last[TO_SERVER]?.time ?? 0) - (last[TO_CLIENT]?.time ?? first[TO_SERVER]!.time) >=
    STALE_FLOW_THRESHOLDS.staleSeconds.value;

/**
 * Whether any packet of that address is seen at any point. Then the host is alive, and only this service of it is
 * silent.
 */
const speaksAfter = ({ hosts, points }: Evidence, address: string, since: number): boolean =>
  hosts.some((host) => host.address === address && (host.lastSent ?? -1) + points[host.point].timeShift > since);

function asTry({ conversation, service, serviceAddress, flow }: TranslatedFlow): ServiceTry {
  const heard = flow.last[TO_CLIENT]?.time ?? Number.NEGATIVE_INFINITY;
  const unanswered = [...flow.samples[TO_SERVER], ...(flow.last[TO_SERVER] === null ? [] : [flow.last[TO_SERVER]])]
    .filter(({ time }) => time > heard)
    .filter(({ packet }, nth, all) => nth === 0 || packet !== all[nth - 1].packet);
  return {
    protocol: 'udp',
    conversation,
    client: flow.client,
    service,
    serviceAddress,
    translated: true,
    point: flow.point,
    time: flow.first[TO_SERVER]!.time,
    outcome: 'failed',
    error: null,
    packets: packetsAt(flow.point, unanswered, 'datagram without an answer', '>'),
  };
}
