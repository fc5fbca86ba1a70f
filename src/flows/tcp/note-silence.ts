import type { Packet } from '../../decode/packet.ts';
import { advance, isAfter } from '../sequence-number.ts';
import type { FollowedConnections } from './followed-connections.ts';
import { withGap } from './idle-gaps.ts';
import * as R from './record-layout.ts';
import type { SegmentContext } from './segment-context.ts';

/** A silence this long, seconds, is kept as an idle gap: the initial retransmission timeout (RFC 6298, 2.1). */
export const IDLE_SECONDS = 1;

/** A pause of the whole connection that `packet` ends. Waiting for an acknowledgement is none. */
export function noteSilence({ troubles }: FollowedConnections, packet: Packet, context: SegmentContext): void {
  const { block, at, mine, peer, time } = context;
  const { words, doubles } = block;
  const speaker = R.lastSpeaker(block, at);
  const lastTime = doubles[(speaker >> 1) + R.LAST_TIME];
  const lastPacket = words[speaker + R.LAST_PACKET];
  if (time - lastTime < IDLE_SECONDS || lastPacket === 0) return;
  const toClient = at + R.DIRECTIONS_AT + R.DIRECTION_WORDS;
  if ((words[at + R.MARKS_AND_LETTERS] & R.HANDSHAKE_DONE) === 0 && words[toClient + R.PACKETS] === 0) return;
  if (waitsForPeer(block, mine, peer) || waitsForPeer(block, peer, mine)) return;
  const gap = {
    from: { packet: lastPacket, time: lastTime },
    to: { packet: packet.number, time },
    direction: context.direction,
    octets: packet.payloadLength,
    keepAlive: packet.payloadLength <= 1 && packet.tcpSeq === advance(words[mine + R.NEXT_SEQ], -1),
  };
  const trouble = troubles.make(context.connection);
  trouble.idleGaps = withGap(trouble.idleGaps, gap);
}

/** Octets of a direction are not acknowledged by a peer that speaks: its sender waits for a timeout and is not idle. */
function waitsForPeer({ words, halves }: R.ConnectionBlock, mine: number, peer: number): boolean {
  if ((halves[(mine << 1) + R.MARKS] & R.HAS_NEXT) === 0 || words[peer + R.PACKETS] === 0) return false;
  if ((halves[(peer << 1) + R.MARKS] & R.HAS_ACK) === 0) return true;
  return isAfter(words[mine + R.NEXT_SEQ], words[peer + R.HIGHEST_ACK]);
}
