import type { Connection, Direction, ResetEvent } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { INITIAL_TTLS } from '../../../flows/evidence/initial-ttls.ts';
import type { Answer } from '../../rule/grade.ts';

/**
 * Programs that set the TTL themselves use 255: GTSM (RFC 5082, 3), scanners. Their kernel sends resets with its own
 * default.
 */
const SET_BY_PROGRAM = 255;

export const TTL_DISTANCE = { value: 2, unit: 'hops', source: 'docs/thresholds.md, ttl-distance' } as const;

const initialOf = (ttl: number): number => INITIAL_TTLS.find((initial) => initial >= ttl) ?? SET_BY_PROGRAM;

/** Routers that the packet passed, counted from the next initial TTL above. 0 to 126. */
export const hopsOf = (ttl: number): number => initialOf(ttl) - ttl;

/**
 * Do a reset and the other packets of its host come from different distances? Packets that are equally far from two
 * initial TTLs may come from one machine: from its program and its kernel, or from two programs.
 *
 *   SYN 248, RST 57     7 routers each   → refuted
 *   data 64, RST 250    0 and 5          → passed
 *   data 64, RST 128    0 and 0          → unchecked where something tells of a device on the link, else refuted
 *
 * @param isOdd whether work was open, the reset lies outside the window, or the side that it names goes on
 */
export function comesFromElsewhere(usual: number, reset: number, isOdd: boolean): Answer {
  if (Math.abs(hopsOf(usual) - hopsOf(reset)) > TTL_DISTANCE.value) return 'passed';
  if (initialOf(usual) === initialOf(reset) || initialOf(usual) === SET_BY_PROGRAM) return 'refuted';
  return isOdd ? 'unchecked' : 'refuted';
}

/**
 * Was there a connection to cut? It counts when a handshake was completed, when data passed on a connection older than
 * the capture, or when the host itself answers the SYN after the reset in its name.
 */
export function hadSomethingToCut(leg: Connection, reset: ResetEvent): Answer {
  const isEstablished =
    leg.handshakeAck !== null ||
    leg.rolesFrom === 'guess' ||
    (leg.synAck.length > 0 && leg.directions[TO_SERVER].dataSegments > 0);
  const contradictsItself = reset.direction === TO_CLIENT && leg.synAck.some(({ time }) => time > reset.time);
  return isEstablished || contradictsItself ? 'passed' : 'refuted';
}

/**
 * Was the connection still in use when the reset came? Yes when neither side had begun to end it: no FIN was seen, or
 * the reset came before the first one. A side that sends a FIN after a reset has refused the reset. Also when work was
 * open: data without acknowledgement, or a request that the client followed by a FIN and that has no answer yet. After a
 * FIN and with nothing open, a reset only clears state: of a NAT, or of a kernel whose program has ended.
 */
export function wasStillOpen({ directions, end }: Connection, reset: ResetEvent): Answer {
  const [there, back] = directions;
  if (there.fins + back.fins === 0 || end?.packet === reset.packet) return 'passed';
  const isUnacked = ([TO_SERVER, TO_CLIENT] as const).some((direction) => unackedData(directions[direction]) > 0);
  const isUnanswered = back.fins === 0 && there.dataSegments > 0 && back.dataSegments === 0;
  return isUnacked || isUnanswered ? 'passed' : 'refuted';
}

/**
 * Whether a reset with an acknowledgement carries a number that its receiver has acknowledged before, or does not take
 * yet. A TCP that ends a connection sends the next number that it has not used (RFC 9293, 3.10.5): whoever made this one
 * knew less of the connection.
 */
export const isOutsideWindow = ({ hasAck, inWindow }: ResetEvent): boolean => hasAck && !inWindow;

/** Whether the side that a reset names goes on to its FIN: it has not sent the reset, which would have been its end. */
export const goesOn = ({ directions, end }: Connection, reset: ResetEvent): boolean =>
  end?.packet === reset.packet && directions[reset.direction].fins > 0;

/** Whether data is not yet acknowledged, or a request has not yet got the first octet of an answer. */
export function isWorkOpen({ directions }: Connection): boolean {
  const [there, back] = directions;
  return unackedData(there) > 0 || unackedData(back) > 0 || (there.dataSegments > 0 && back.dataSegments === 0);
}

/** A FIN takes one sequence number (RFC 9293, 3.4). */
const unackedData = ({ unackedOctets, fins }: Connection['directions'][Direction]): number =>
  unackedOctets - Math.min(fins, 1);
