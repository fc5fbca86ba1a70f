import type { Conversation, Endpoint, Evidence, Leg, TcpDirection, TunnelFlow } from '../../flows/evidence/evidence.ts';
import { TO_SERVER } from '../../flows/evidence/evidence.ts';
import { isSpecial } from '../../text/addresses.ts';
import { type Attempt, attemptsOf } from '../facts/attempts.ts';
import { isUnanswered, type Lookup, lookupsOf } from '../facts/dns-lookups.ts';
import { indexOf } from '../facts/evidence-index.ts';
import { gatesOf } from '../facts/gates.ts';
import { stuckAtOffer } from '../facts/tcp/offers.ts';
import { isProbing } from '../facts/traceroutes.ts';

/** Anything that a client tried and that can be judged as working or failed: connections, lookups, pings. */
export interface Trial {
  protocol: 'TCP' | 'UDP' | 'ICMP';
  failed: boolean;
  /** The client as seen at the point nearest to it. */
  client: Endpoint;
  server: Endpoint;
  /** The first capture point that saw the trial. */
  point: number;
  /** Largest IP packet that got through, or smallest that did not, in bytes; 0 when size does not matter. */
  size: number;
  conversation: Conversation | null;
  /** Tunnels that carried its requests. */
  tunnels: readonly TunnelFlow[];
}

export const TRIAL_THRESHOLDS = {
  /**
   * Seconds of silence after a SYN or a ping before "nothing came back" is claimed: the first retransmission time-out
   * (RFC 6298, 2.1).
   */
  trialGuardSeconds: { value: 1, unit: 's', source: 'RFC 6298, 2.1: the first retransmission of a SYN' },
  /** Transmissions without an acknowledgement after which a segment counts as stuck: the first transmission and two time-outs. */
  stuckSendings: { value: 3, unit: 'packets', source: 'docs/thresholds.md, three-sendings' },
} as const;

/** All trials whose outcome is known, in order of kind and of the evidence. */
export const trialsOf = (evidence: Evidence): Trial[] => [
  ...tcpTrials(evidence),
  ...lookupsOf(evidence).flatMap((lookup) => lookupTrial(evidence, lookup)),
  ...evidence.conversations.flatMap((conversation) => echoTrials(evidence, conversation)),
];

function tcpTrials(evidence: Evidence): Trial[] {
  const offered = stuckAtOffer(evidence);
  return attemptsOf(evidence).flatMap((attempt) => tcpTrial(evidence, attempt, offered));
}

/** @param offered conversations in which only a SYN-ACK came back, which is no success */
function tcpTrial(
  evidence: Evidence,
  { conversation, connection, outcome: told }: Attempt,
  offered: ReadonlySet<Conversation>,
): Trial[] {
  const outcome = offered.has(conversation) ? 'silent' : told;
  const { client, server, point, directions } = connection;
  if (outcome === 'unknown' || isSpecial(server.address)) return [];
  if (told === 'silent' && !mayClaimSilence(evidence, point, connection.syn[0]?.time ?? connection.first.time))
    return [];
  const stuck = outcome === 'answered' ? directions.flatMap(stuckSizes) : [];
  const through = Math.max(...directions.map((direction) => direction.largestAckedL3));
  return [
    {
      protocol: 'TCP',
      failed: outcome !== 'answered' || stuck.length > 0,
      client,
      server,
      point,
      size: outcome !== 'answered' ? 0 : stuck.length > 0 ? Math.min(...stuck) : through,
      conversation,
      tunnels: tunnelsOf(evidence, conversation),
    },
  ];
}

const stuckSizes = ({ repeats }: TcpDirection): number[] =>
  repeats
    .filter(({ ackedTime, sendings }) => ackedTime === null && sendings >= TRIAL_THRESHOLDS.stuckSendings.value)
    .map((range) => range.smallestL3Length);

/** Any answer counts as a success, also SERVFAIL: the path works. Lookups over TCP are counted as connections. */
function lookupTrial(evidence: Evidence, lookup: Lookup): Trial[] {
  const { exchange, answer, error, fromElsewhere, client, server, conversation } = lookup;
  if (exchange.transport === 'tcp') return [];
  const silent = isUnanswered(evidence, lookup);
  if (answer === null && error === null && !silent) return [];
  // A point between translations shows the query after its translation and the answer before it, or the other way
  // round.
  const halfTranslated = answer?.from.address === conversation?.serverBeforeNat?.address;
  return [
    {
      protocol: 'UDP',
      failed: answer === null || (fromElsewhere && !halfTranslated),
      client,
      server,
      point: exchange.point,
      size: 0,
      conversation,
      tunnels: tunnelsOf(evidence, conversation),
    },
  ];
}

function echoTrials(evidence: Evidence, conversation: Conversation): Trial[] {
  const nearest = conversation.legs.find(({ kind }) => kind === 'echo');
  if (nearest === undefined || isProbing(evidence, conversation)) return [];
  const trials: Trial[] = [];
  for (const echo of indexOf(evidence).echoes(conversation)) {
    if (echo.point !== nearest.point || echo.flow !== nearest.flow || echo.request === null) continue;
    if (isSpecial(echo.destination)) continue;
    if (echo.reply === null && !mayClaimSilence(evidence, echo.point, echo.request.time)) continue;
    trials.push({
      protocol: 'ICMP',
      failed: echo.reply === null,
      client: { address: echo.source, port: 0 },
      server: { address: echo.destination, port: 0 },
      point: echo.point,
      size: echo.l3Length,
      conversation,
      tunnels: tunnelsOf(evidence, conversation),
    });
  }
  return trials;
}

/** Whether the capture went on for long enough after a request, and would show its answer. */
export const mayClaimSilence = (evidence: Evidence, point: number, asked: number): boolean =>
  indexOf(evidence).endOf(point) - asked >= TRIAL_THRESHOLDS.trialGuardSeconds.value &&
  gatesOf(evidence).absence(point).ok;

function tunnelsOf(evidence: Evidence, conversation: Conversation | null): TunnelFlow[] {
  return (conversation?.legs ?? []).flatMap((leg) =>
    carriersOf(evidence, leg).map((number) => evidence.tunnels[number]),
  );
}

/** Indexes of the tunnels that carried the client's packets. Pings do not record their tunnels. */
function carriersOf(evidence: Evidence, leg: Leg): readonly number[] {
  if (leg.kind === 'tcp') return evidence.connections[leg.index].directions[TO_SERVER].tunnels;
  if (leg.kind === 'datagram')
    return evidence.datagrams[leg.index].tunnels.filter((number) =>
      sends(evidence.tunnels[number], leg.client.address),
    );
  return [];
}

const sends = (tunnel: TunnelFlow, address: string): boolean =>
  tunnel.innerSources.some(({ value }) => value === address);
