import { type ChecksumResult, ipv4HeaderChecksum, transportChecksum } from '../../decode/checksum.ts';
import type { Packet } from '../../decode/packet.ts';
import type { PointQuality } from '../evidence/evidence.ts';

/**
 * Verifies the checksums of the innermost headers of the first packets at each point. Verifying all packets costs too
 * much.
 */
export class SampledChecksums {
  readonly #most: number;

  /** @param most packets of one point that are verified */
  constructor(most: number) {
    this.#most = most;
  }

  /** @param quality of the point, including this packet */
  onPacket(quality: PointQuality, packet: Packet): void {
    if (quality.packets > this.#most) return;
    if (packet.ipVersion === 4) count(quality, ipv4HeaderChecksum(packet.bytes, packet.ipAt, packet.end));
    count(quality, transportChecksum(packet));
  }
}

function count(quality: PointQuality, result: ChecksumResult | undefined): void {
  if (result === 'bad') quality.badChecksums++;
  else if (result === 'partial') quality.partialChecksums++;
}
