import { readDnsMessage } from '../../decode/messages/dns-message.ts';
import { u16 } from '../../decode/octets.ts';
import type { Packet } from '../../decode/packet.ts';
import { advance, distance } from '../sequence-number.ts';
import { HEAD_OCTETS, NO_HEAD, StreamHeads } from '../tcp/stream-head.ts';

/** Octets of the length field before a DNS message over TCP (RFC 1035, 4.2.2). */
const LENGTH_OCTETS = 2;
/** A message has a header at least (RFC 1035, 4.1.1). */
const LEAST_MESSAGE = 12;
/** Directions that are followed at once. The one that was begun first gives way. */
const MOST_DIRECTIONS = 1_024;

/** One direction of a connection. */
interface Followed {
  /** Sequence number at which the next message begins. */
  next: number;
  /** Head that collects it while segments are missing; NO_HEAD without. */
  head: number;
}

/** Is told where a message lies; the last segment of it is at hand. */
export type OnDnsMessage = (bytes: Uint8Array, at: number, end: number) => void;

/**
 * Finds DNS messages in TCP streams: several in one segment, one in several segments, and the length in a segment of its
 * own. Of a message that was cut or is larger than a head, the beginning is handed on.
 */
export class DnsStream {
  readonly #followed = new Map<number, Followed>();
  /** Made when the first message does not fit into its segment: most captures have none. */
  #heads: StreamHeads | undefined;

  /** @param owner number of the direction to which the segment belongs */
  onSegment(owner: number, packet: Packet, onMessage: OnDnsMessage): void {
    const known = this.#followed.get(owner);
    const followed = known ?? { next: packet.tcpSeq, head: NO_HEAD };
    const offset = distance(packet.tcpSeq, followed.next);
    // Octets before are missing: a head waits for them, otherwise the search begins anew with a message.
    const isNew = known === undefined || offset < (followed.head === NO_HEAD ? 0 : -HEAD_OCTETS);
    if (isNew && !mayBegin(packet)) return;
    if (offset >= packet.payloadLength) return;
    if (isNew) this.#forget(owner, followed, packet.tcpSeq);
    if (followed.head !== NO_HEAD) this.#addToHead(followed, packet, onMessage);
    if (followed.head === NO_HEAD) this.#readSegment(owner, followed, packet, onMessage);
    this.#keep(owner, followed);
  }

  /** Reads on at `next`. What does not fit into the segment is collected. */
  #readSegment(owner: number, followed: Followed, packet: Packet, onMessage: OnDnsMessage): void {
    const { tcpSeq, bytes, payloadAt, payloadEnd, payloadLength } = packet;
    const from = payloadAt + distance(tcpSeq, followed.next);
    if (from < payloadAt || from >= payloadAt + payloadLength) return;
    const read = messagesIn(bytes, from, payloadEnd, onMessage);
    followed.next = advance(tcpSeq, read - payloadAt);
    const rest = payloadLength - (read - payloadAt);
    if (rest === 0) return;
    const isCut = payloadEnd - payloadAt < payloadLength;
    if (isCut || rest >= HEAD_OCTETS) this.#handOnBeginning(followed, bytes, read, payloadEnd, onMessage);
    else {
      this.#followed.set(owner, followed);
      this.#collect(owner, followed, packet);
    }
  }

  /** The message at hand will not be whole: what is there of it counts. */
  #handOnBeginning(followed: Followed, bytes: Uint8Array, at: number, end: number, onMessage: OnDnsMessage): void {
    if (at + LENGTH_OCTETS + LEAST_MESSAGE > end) return;
    onMessage(bytes, at + LENGTH_OCTETS, Math.min(end, at + LENGTH_OCTETS + u16(bytes, at)));
    followed.next = advance(followed.next, LENGTH_OCTETS + u16(bytes, at));
  }

  #collect(owner: number, followed: Followed, packet: Packet): void {
    this.#heads ??= new StreamHeads();
    followed.head = this.#heads.open(owner, followed.next, this.#onHeadEvicted);
    this.#heads.put(followed.head, packet.tcpSeq, packet.bytes, packet.payloadAt, packet.payloadEnd);
  }

  #onHeadEvicted = (owner: number): void => {
    this.#followed.delete(owner);
  };

  #addToHead(followed: Followed, packet: Packet, onMessage: OnDnsMessage): void {
    const heads = this.#heads as StreamHeads;
    const { head } = followed;
    for (;;) {
      heads.put(head, packet.tcpSeq, packet.bytes, packet.payloadAt, packet.payloadEnd);
      const start = heads.startOf(head);
      const octets = heads.octetsOf(head);
      const read = messagesIn(heads.bytes, start, start + octets, onMessage);
      followed.next = advance(followed.next, read - start);
      if (read === start && octets < HEAD_OCTETS) return;
      if (read === start) {
        this.#handOnBeginning(followed, heads.bytes, start, start + octets, onMessage);
        break;
      }
      heads.moveTo(head, followed.next);
      // The segment may reach beyond a head that was full.
      if (octets < HEAD_OCTETS && heads.octetsOf(head) > 0) return;
      if (octets < HEAD_OCTETS) break;
    }
    heads.close(head);
    followed.head = NO_HEAD;
  }

  #forget(owner: number, followed: Followed, next: number): void {
    if (followed.head !== NO_HEAD) this.#heads?.close(followed.head);
    followed.head = NO_HEAD;
    followed.next = next;
    this.#followed.delete(owner);
  }

  #keep(owner: number, followed: Followed): void {
    if (!this.#followed.has(owner) && this.#followed.size >= MOST_DIRECTIONS) {
      const [oldest] = this.#followed.keys();
      this.#forget(oldest, this.#followed.get(oldest) as Followed, 0);
    }
    this.#followed.set(owner, followed);
  }
}

/** Whether a message may begin with the segment: its length alone, or a length and a header that DNS has. */
function mayBegin({ bytes, payloadAt, payloadEnd, payloadLength }: Packet): boolean {
  if (payloadAt + LENGTH_OCTETS > payloadEnd || u16(bytes, payloadAt) < LEAST_MESSAGE) return false;
  return payloadLength === LENGTH_OCTETS || readDnsMessage(bytes, payloadAt + LENGTH_OCTETS, payloadEnd) !== undefined;
}

/** Hands on all whole messages from `at` on. @returns place behind them */
function messagesIn(bytes: Uint8Array, at: number, end: number, onMessage: OnDnsMessage): number {
  let place = at;
  while (place + LENGTH_OCTETS <= end) {
    const next = place + LENGTH_OCTETS + u16(bytes, place);
    if (next > end) break;
    if (next - place >= LENGTH_OCTETS + LEAST_MESSAGE) onMessage(bytes, place + LENGTH_OCTETS, next);
    place = next;
  }
  return place;
}
