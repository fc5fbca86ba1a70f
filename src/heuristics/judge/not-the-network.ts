import type { Connection, Evidence } from '../../flows/evidence/evidence.ts';
import { endpointText } from '../facts/attempts.ts';
import { indexOf } from '../facts/evidence-index.ts';
import type { Judged, NetworkProof } from './judgement.ts';

export const NETWORK_THRESHOLDS = {
  resentShare: { value: 0.005, unit: 'share', source: 'docs/thresholds.md, loss-warning' },
  silenceSeconds: { value: 0.1, unit: 's', source: 'docs/thresholds.md, told-silence' },
} as const;

/**
 * The proof for the verdict, if it is about programs and the packets of its conversations passed. Null where it is
 * about anything else, where too many segments were lost, or where another finding about the network stands
 * beside it.
 */
export function notTheNetwork(evidence: Evidence, findings: readonly Judged[]): NetworkProof | null {
  const [verdict] = findings;
  if (verdict === undefined || verdict.level === 'note' || !isAboutPrograms(verdict)) return null;
  if (findings.some((one) => one.level !== 'note' && one.explainedBy === null && !isAboutPrograms(one))) return null;
  const { conversations, subject } = verdict.occurrence;
  const legs = conversations.flatMap((at) => indexOf(evidence).connections(evidence.conversations[at]).slice(-1));
  const opened = legs.filter(({ synAck }) => synAck.length > 0);
  const sent = opened.flatMap(({ directions }) => directions);
  const dataSegments = sent.reduce((sum, { dataSegments: some }) => sum + some, 0);
  const resent = sent.reduce((sum, { resentSegments }) => sum + resentSegments, 0);
  if (dataSegments === 0 || resent > NETWORK_THRESHOLDS.resentShare.value * dataSegments) return null;
  return {
    roundTripSeconds: leastOf(opened.flatMap(roundTrip)),
    connections: opened.length,
    dataSegments,
    resent,
    ackSeconds: leastOf(opened.flatMap(acknowledged)),
    silence: silenceOf(opened, subject.server),
  };
}

const isAboutPrograms = ({ meta }: Judged): boolean => meta.acquitsNetwork === true;

const roundTrip = ({ handshakeServerSide, handshakeClientSide }: Connection): number[] =>
  handshakeServerSide === null || handshakeClientSide === null ? [] : [handshakeServerSide + handshakeClientSide];

const acknowledged = ({ slowTurns }: Connection): number[] =>
  slowTurns.flatMap(({ ackTime, request }) => (ackTime === null ? [] : [ackTime - request.time]));

const leastOf = (values: readonly number[]): number | null => (values.length === 0 ? null : Math.min(...values));

/** The longest wait for `server`. All waits count where no leg leads to it by this name, as to a service. */
function silenceOf(legs: readonly Connection[], server: string | null): NetworkProof['silence'] {
  const toServer = legs.filter((leg) => endpointText(leg.server) === server);
  const waits = (toServer.length === 0 ? legs : toServer).flatMap(({ slowTurns, end }) =>
    slowTurns.map(({ response, seconds, request }) => ({
      answered: response !== null,
      seconds: response === null && end !== null ? end.time - request.time : seconds,
    })),
  );
  const longest = waits.reduce((most, one) => (one.seconds > most.seconds ? one : most), {
    answered: true,
    seconds: 0,
  });
  return server === null || longest.seconds < NETWORK_THRESHOLDS.silenceSeconds.value ? null : { server, ...longest };
}
