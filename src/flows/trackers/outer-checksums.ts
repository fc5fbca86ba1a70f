import { checksumAt, isRightAfterOffload } from '../../decode/checksum.ts';
import * as udp from '../../decode/headers/udp.ts';
import { u16 } from '../../decode/octets.ts';
import type { Packet, TunnelHeader } from '../../decode/packet.ts';
import type { PacketRef, TunnelFlow } from '../evidence/evidence.ts';
import type { Seen } from './observation.ts';

/** Verifies the outer UDP checksums of the first packets of one tunnel flow. */
export class OuterChecksums {
  readonly counts: TunnelFlow['checksums'] = { good: 0, bad: 0, partial: 0, absent: 0, notCaptured: 0 };
  firstBad: PacketRef | null = null;
  #left: number;

  /**
   * @param most checksums that are verified; zero ones ("absent") are counted without limit, because that costs nothing
   */
  constructor(most: number) {
    this.#left = most;
  }

  /** Whether no further one is verified. */
  get isDone(): boolean {
    return this.#left === 0;
  }

  onPacket(packet: Packet, outer: TunnelHeader, seen: Seen): void {
    const { udpAt } = outer;
    if (udpAt < 0) return;
    if (u16(packet.bytes, udpAt + udp.CHECKSUM_AT) === 0) this.counts.absent++;
    else if (this.#left > 0) {
      this.#left--;
      this.#verify(packet, outer, seen);
    }
  }

  #verify(packet: Packet, { ipAt, udpAt, moreFragments }: TunnelHeader, { time }: Seen): void {
    const { bytes, end } = packet;
    const place = { ipAt, transportAt: udpAt, protocol: udp.PROTOCOL, length: udp.length(bytes, udpAt), end };
    let result = moreFragments ? 'not-captured' : checksumAt(bytes, place);
    if (result === 'bad' && isRightAfterOffload(packet, place)) result = 'partial';
    if (result === 'not-captured') this.counts.notCaptured++;
    else this.counts[result]++;
    if (result === 'bad') this.firstBad ??= { packet: packet.number, time };
  }
}
