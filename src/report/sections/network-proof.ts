import type { NetworkProof } from '../../heuristics/judge/judgement.ts';
import { counted, grouped } from '../../text/counted.ts';
import { duration } from '../../text/duration.ts';

/** Why it is not the network, in one sentence: round trip, losses of how many, acknowledged after how long, then whose silence. */
export function networkProofWords({
  roundTripSeconds,
  dataSegments,
  resent,
  ackSeconds,
  silence,
}: NetworkProof): string {
  const facts = [
    roundTripSeconds !== null && `a round trip takes ${duration(roundTripSeconds)}`,
    `${resent === 0 ? 'none' : grouped(resent)} of ${counted(dataSegments, 'data segment')} was lost`,
    ackSeconds !== null && `the request is acknowledged after ${duration(ackSeconds)}`,
  ].filter((fact) => fact !== false);
  const then =
    silence === null
      ? ''
      : `; then ${silence.server} is silent for ${duration(silence.seconds)}${silence.answered ? '' : ' and never answers'}`;
  return `Not the network: ${facts.join(', ')}${then}`;
}
