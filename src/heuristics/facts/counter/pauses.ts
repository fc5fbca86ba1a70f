import type { Connection, Evidence } from '../../../flows/evidence/evidence.ts';
import type { Answer } from '../../rule/grade.ts';

/**
 * Did the connection survive no pause as long as this one? Refuted where this connection, or another one of the same
 * two addresses at the point, continued with an acknowledgement of both sides after a pause at least as long.
 * @param idle seconds
 * @param since seconds, the end of the pause that is said to have ended the connection
 */
export function noLongerPauseSurvived(evidence: Evidence, leg: Connection, idle: number, since: number): Answer {
  const survived = evidence.connections.some(
    (other) =>
      other.point === leg.point &&
      other.client.address === leg.client.address &&
      other.server.address === leg.server.address &&
      other.idleGaps.some(
        ({ seconds, to }) => seconds >= idle && (other !== leg || to.time < since) && wentOn(other, to.time),
      ),
  );
  return survived ? 'refuted' : 'passed';
}

/** Whether both sides sent packets after a moment. */
const wentOn = ({ directions: [there, back] }: Connection, since: number): boolean =>
  (there.last?.time ?? -1) >= since && (back.last?.time ?? -1) > since;
