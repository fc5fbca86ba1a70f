import type { Conversation, Endpoint, Evidence, IcmpError } from '../../../flows/evidence/evidence.ts';
import type { EvidencePacket } from '../../rule/rule.ts';
import { synPackets } from '../../words/excerpt.ts';
import { attemptsOf, endpointText } from '../attempts.ts';
import { isUnanswered, lookupPackets, lookupsOf } from '../dns-lookups.ts';

/** A connection, DNS question or other UDP flow of a client, with the facts that matter for a service. */
export interface ServiceTry {
  protocol: 'tcp' | 'dns' | 'udp';
  conversation: Conversation;
  /** As seen nearest to the client. */
  client: Endpoint;
  /** The service as the client asked for it: "10.96.0.20:80". */
  service: string;
  serviceAddress: string;
  /** True when a point shows that another address received the request. */
  translated: boolean;
  point: number;
  /** Seconds on the clock of that point. */
  time: number;
  /** `failed`: silence or an ICMP error. `other`: refused, or the outcome is unknown. */
  outcome: 'answered' | 'failed' | 'other';
  error: IcmpError | null;
  packets: EvidencePacket[];
}

/** All connections and DNS questions over UDP. */
export const serviceTries = (evidence: Evidence): ServiceTry[] => [...connectionsTried(evidence), ...asked(evidence)];

const connectionsTried = (evidence: Evidence): ServiceTry[] =>
  attemptsOf(evidence)
    .filter(({ connection }) => connection.syn.length > 0)
    .map(({ conversation, connection, outcome, error }) => ({
      protocol: 'tcp',
      conversation,
      client: connection.client,
      ...serviceOf(conversation, connection.server),
      point: connection.point,
      time: connection.syn[0].time,
      outcome: outcome === 'answered' ? outcome : outcome === 'silent' || outcome === 'rejected' ? 'failed' : 'other',
      error,
      packets: synPackets(connection),
    }));

const asked = (evidence: Evidence): ServiceTry[] =>
  lookupsOf(evidence).flatMap((lookup): ServiceTry[] => {
    const { conversation, exchange, client, server, answer, error } = lookup;
    if (conversation === null || exchange.transport !== 'udp') return [];
    const failed = answer === null && (error !== null || isUnanswered(evidence, lookup));
    return [
      {
        protocol: 'dns',
        conversation,
        client,
        ...serviceOf(conversation, server),
        point: exchange.point,
        time: exchange.queries[0].time,
        outcome: answer !== null ? 'answered' : failed ? 'failed' : 'other',
        error,
        packets: lookupPackets(lookup),
      },
    ];
  });

function serviceOf(
  { serverBeforeNat }: Conversation,
  seen: Endpoint,
): Pick<ServiceTry, 'service' | 'serviceAddress' | 'translated'> {
  const service = serverBeforeNat ?? seen;
  return { service: endpointText(service), serviceAddress: service.address, translated: serverBeforeNat !== null };
}
