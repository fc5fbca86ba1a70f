import type { LinearMemory } from '../tables/linear-memory.ts';
import { ConnectionAccess } from './connection-access.ts';
import * as R from './record-marks.ts';
import { shiftOf } from './window-scale.ts';

/** Records of connections in one buffer. */
export class ConnectionBlock extends ConnectionAccess {
  /** @param room number of records, or the buffer of such a block @param linear where that room is taken from */
  constructor(room: number | ArrayBuffer, linear?: LinearMemory) {
    super(typeof room === 'number' ? room * R.RECORD_BYTES : room, linear);
  }
}

/** Bits by which the windows of `mine` are shifted; 0 unless both SYNs had the option (RFC 7323, 2.2). */
export const windowShift = (block: ConnectionBlock, mine: number, peer: number): number =>
  shiftOf(block.windowScale(mine), block.windowScale(peer));

/** Origin of relative sequence numbers of `mine`: its initial sequence number, or 0 when that was not seen. */
export const baseOf = (block: ConnectionBlock, mine: number): number =>
  block.hasMarks(mine, R.HAS_ISS) ? block.iss(mine) : 0;

/** The direction of a record that sent last. */
export function lastSpeaker(block: ConnectionBlock, at: number): number {
  const toServer = at + R.DIRECTIONS_AT;
  const toClient = toServer + R.DIRECTION_BYTES;
  return block.lastPacket(toServer) > block.lastPacket(toClient) ? toServer : toClient;
}

/** Shortest round trip of data of `mine` so far, seconds; 0 without one. */
export const shortestByData = (block: ConnectionBlock, mine: number): number =>
  block.rttSamples(mine) === 0 ? 0 : block.rttMin(mine);

/** Seconds from the SYN to the ACK of the handshake; 0 when not seen. */
export function handshakeSeconds(block: ConnectionBlock, at: number): number {
  if (!block.hasMarksAndLetters(at, R.ROLES_FROM_SYN) || block.handshakeAckPacket(at) === 0) return 0;
  return block.handshakeAckTime(at) - block.firstTime(at + R.DIRECTIONS_AT);
}
