import { u16, u32 } from '../../decode/octets.ts';
import type { Packet } from '../../decode/packet.ts';
import { formatMac } from '../compact/link-address.ts';
import type { CheckedSender } from '../evidence/evidence.ts';
import type { LinearMemory } from '../tables/linear-memory.ts';
import { finish, mix, SEED } from '../tables/mix.ts';
import { NO_ROW, RowTable } from '../tables/row-table.ts';
import { SenderAccess } from './sender-access.ts';
import { SENDER_BYTES } from './sender-layout.ts';

/** Sender of a packet that found no room. */
export const NO_SENDER = 0xffff;

const FIRST_SENDERS = 64;
const NO_MAC = -1;
const UPPER: number = 2 ** 32;

/** Senders of verified packets, by link address and point, in records. */
export class CheckedSenders {
  readonly records = new SenderAccess(FIRST_SENDERS * SENDER_BYTES);
  readonly #most: number;
  #length = 0;
  readonly #bySender = new RowTable((row) => {
    const at = row * SENDER_BYTES;
    return hashOf(this.records.macUpper(at), this.records.macLower(at), this.records.point(at));
  });

  /** @param most senders that are told apart */
  constructor(most: number) {
    this.#most = Math.min(most, NO_SENDER);
  }

  /** Number of the sender of `packet`; NO_SENDER when there are too many. */
  find({ bytes, sourceMacAt }: Packet, point: number): number {
    const upper = sourceMacAt < 0 ? NO_MAC : u16(bytes, sourceMacAt);
    const lower = sourceMacAt < 0 ? NO_MAC : u32(bytes, sourceMacAt + 2) | 0;
    const { records } = this;
    const bySender = this.#bySender;
    for (let row = bySender.first(hashOf(upper, lower, point)); row !== NO_ROW; row = bySender.next()) {
      const at = row * SENDER_BYTES;
      if (records.macUpper(at) === upper && records.macLower(at) === lower && records.point(at) === point) return row;
    }
    if (this.#length >= this.#most) return NO_SENDER;
    const row = this.#length++;
    const at = row * SENDER_BYTES;
    if (at === records.capacity) records.resize(2 * at);
    records.setMacUpper(at, upper);
    records.setMacLower(at, lower);
    records.setPoint(at, point);
    bySender.put(row);
    return row;
  }

  /** Link address of a sender as text, null without one. */
  macOf(sender: number): string | null {
    const at = sender * SENDER_BYTES;
    const upper = this.records.macUpper(at);
    return upper === NO_MAC ? null : formatMac(upper * UPPER + (this.records.macLower(at) >>> 0));
  }

  pointOf(sender: number): number {
    return this.records.point(sender * SENDER_BYTES);
  }

  /** Moves all senders into linear memory, where they stay. */
  moveInto(linear: LinearMemory): void {
    this.records.moveInto(linear);
    this.#bySender.moveInto(linear);
  }

  /** Where a core finds them: addresses of the records and of the slots, and the bits of a slot. */
  get places(): { senders: number; senderSlots: number; senderMask: number } {
    const { linearAddress: senderSlots, mask: senderMask } = this.#bySender;
    return { senders: this.records.linearAddress, senderSlots, senderMask };
  }

  /** Those of whom a packet was answered or wrong. */
  finish(): CheckedSender[] {
    const { records } = this;
    const all = Array.from({ length: this.#length }, (_, sender): CheckedSender => {
      const at = sender * SENDER_BYTES;
      return {
        point: records.point(at),
        mac: this.macOf(sender),
        rightAnswered: records.rightAnswered(at),
        wrong: records.wrong(at),
        wrongAnswered: records.wrongAnswered(at),
      };
    });
    return all.filter(({ rightAnswered, wrong }) => rightAnswered + wrong > 0);
  }
}

const hashOf = (upper: number, lower: number, point: number): number =>
  finish(mix(mix(mix(SEED, upper), lower), point));
