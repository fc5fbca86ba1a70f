import * as tcp from '../../decode/headers/tcp.ts';
import type { Packet } from '../../decode/packet.ts';
import type { ChecksumHeader, WrongChecksum } from '../evidence/evidence.ts';
import { distance } from '../sequence-number.ts';
import { SYN } from '../tcp/segment-kind.ts';
import type { Seen } from './observation.ts';

interface WrongOfRow {
  packets: WrongChecksum[];
  total: number;
  /** Without an answer so far. */
  open: { packet: WrongChecksum; start: number; expected: number }[];
}

/** Packets with wrong checksums by direction of their biflow, until they are answered. */
export class OpenPackets {
  readonly #byRow = new Map<number, WrongOfRow>();
  readonly #mostPackets: number;
  readonly #mostRows: number;

  /** @param mostPackets of one direction; further ones are counted */
  constructor(mostPackets: number, mostRows: number) {
    this.#mostPackets = mostPackets;
    this.#mostRows = mostRows;
  }

  of(row: number): { packets: WrongChecksum[]; total: number } | undefined {
    return this.#byRow.get(row);
  }

  /** @returns whether it waits for an answer now */
  add(row: number, packet: Packet, { time, tunnel }: Seen, header: ChecksumHeader, expected: number): boolean {
    let found = this.#byRow.get(row);
    if (found === undefined) {
      if (this.#byRow.size >= this.#mostRows) return false;
      found = { packets: [], total: 0, open: [] };
      this.#byRow.set(row, found);
    }
    found.total++;
    if (found.packets.length >= this.#mostPackets) return found.open.length > 0;
    const isSyn = packet.protocol === tcp.PROTOCOL && (packet.tcpFlags & SYN) !== 0;
    const wrong: WrongChecksum = { packet: packet.number, time, header, tunnel, isSyn, outcome: 'none' };
    found.packets.push(wrong);
    found.open.push({ packet: wrong, start: packet.tcpSeq, expected });
    return true;
  }

  /** `packet` has no wrong checksum: those that it repeats are sent again. */
  resend(row: number, packet: Packet): void {
    const { protocol, tcpFlags, tcpSeq, payloadLength } = packet;
    for (const { packet: wrong, start } of this.#byRow.get(row)?.open ?? []) {
      const from = distance(tcpSeq, start);
      const isSyn = protocol === tcp.PROTOCOL && (tcpFlags & SYN) !== 0;
      const isSame = protocol !== tcp.PROTOCOL || (isSyn ? wrong.isSyn : from >= 0 && from < payloadLength);
      if (isSame && wrong.outcome === 'none') wrong.outcome = 'resent';
    }
  }

  /**
   * Gives those that an answer is for their outcome.
   * @param isAnswered by the acknowledgement number that a packet expects
   * @param onAnswered of each that was answered without being sent again
   * @returns whether no further one waits
   */
  close(row: number, isAnswered: (expected: number) => boolean, onAnswered: (wrong: WrongChecksum) => void): boolean {
    const found = this.#byRow.get(row);
    if (found === undefined) return true;
    found.open = found.open.filter(({ packet, expected }) => {
      if (!isAnswered(expected)) return true;
      if (packet.outcome === 'resent') packet.outcome = 'answered-when-resent';
      else {
        packet.outcome = 'answered';
        onAnswered(packet);
      }
      return false;
    });
    return found.open.length === 0;
  }
}
