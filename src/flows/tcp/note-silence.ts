import type { Packet } from '../../decode/packet.ts';
import { advance, isAfter } from '../sequence-number.ts';
import { type ConnectionBlock, lastSpeaker } from './connection-block.ts';
import type { FollowedConnections } from './followed-connections.ts';
import { withGap } from './idle-gaps.ts';
import * as R from './record-marks.ts';
import type { SegmentContext } from './segment-context.ts';
import { IDLE_SECONDS } from './turn-limits.ts';

/** Notes a pause of the whole connection that `packet` ends. Waiting for an acknowledgement is not a pause. */
export function noteSilence({ troubles }: FollowedConnections, packet: Packet, context: SegmentContext): void {
  const { block, at, mine, peer, time } = context;

  const speaker = lastSpeaker(block, at);
  const lastTime = block.lastTime(speaker);
  const lastPacket = block.lastPacket(speaker);
  if (time - lastTime < IDLE_SECONDS || lastPacket === 0) return;
  const toClient = at + R.DIRECTIONS_AT + R.DIRECTION_BYTES;
  if (!block.hasMarksAndLetters(at, R.HANDSHAKE_DONE) && block.packets(toClient) === 0) return;
  if (waitsForPeer(block, mine, peer) || waitsForPeer(block, peer, mine)) return;
  const gap = {
    from: { packet: lastPacket, time: lastTime },
    to: { packet: packet.number, time },
    direction: context.direction,
    octets: packet.payloadLength,
    keepAlive:
      packet.payloadLength <= 1 &&
      block.hasMarks(mine, R.HAS_NEXT) &&
      packet.tcpSeq === advance(block.nextSeq(mine), -1),
  };
  const trouble = troubles.make(context.connection);
  trouble.idleGaps = withGap(trouble.idleGaps, gap);
}

/**
 * Whether octets of a direction are unacknowledged although the peer sends. Then the sender waits for a timeout and is
 * not idle.
 */
function waitsForPeer(block: ConnectionBlock, mine: number, peer: number): boolean {
  if (!block.hasMarks(mine, R.HAS_NEXT) || block.packets(peer) === 0) return false;
  if (!block.hasMarks(peer, R.HAS_ACK)) return true;
  return isAfter(block.nextSeq(mine), block.highestAck(peer));
}
