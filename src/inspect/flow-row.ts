/** One connection or exchange between two ends, as it is listed. */
export interface FlowRow {
  /** From 1, in the order of first packets: the number that `follow` takes. */
  number: number;
  /** TCP, UDP, ICMP … */
  protocol: string;
  /** Tunnels around it, outermost first: `vxlan 1`. */
  tunnels: string[];
  /** The end that sent the first SYN, or the first packet. */
  client: string;
  /** The other end. */
  server: string;
  /** Packets from the client, and from the server. */
  packets: [number, number];
  /** Octets of their frames on the wire. */
  octets: [number, number];
  /** Octets of payload by the headers, repeated ones included. */
  payload: [number, number];
  /** Seconds since the first packet of the capture. */
  first: number;
  /** Seconds from the first to the last packet. */
  duration: number;
  /**
   * What was seen, in order and once each, upper case from the client, lower case from the server: S SYN, H SYN-ACK,
   * A acknowledgement, D data, F FIN, R reset (the letters of Zeek).
   */
  history: string;
  /**
   * Seconds from the SYN to the acknowledgement of its SYN-ACK, or from the first packet to the first answer; null
   * where one of them is not there.
   */
  roundTrip: number | null;
  /** Number of data segments of which every octet was sent before. */
  sentAgain: number;
  /** How it stands at the end of the capture. */
  state: FlowState;
}

/** How a flow stands: `refused` is a reset in answer to a SYN, `answered` is of protocols without connections. */
export type FlowState =
  | 'no answer'
  | 'one way'
  | 'refused'
  | 'reset by client'
  | 'reset by server'
  | 'closed'
  | 'half closed'
  | 'open'
  | 'answered';

const SYN = 0x02;
const FIN = 0x01;
const RST = 0x04;
const ACK = 0x10;

/** A row while packets come in, with what is needed to count on. */
export class GrowingFlow {
  readonly row: FlowRow;
  /** Which end of the key is the client: 0 is the lower one. */
  clientSide = 0;
  isTcp = false;
  #synTime = -1;
  #hasSynAck = false;
  /** Initial sequence number of each side; -1 before its SYN. */
  readonly #initial: [number, number] = [-1, -1];
  /** End of the sequence space that each side has sent; NaN before its first segment. */
  readonly #sent: [number, number] = [Number.NaN, Number.NaN];
  readonly #has = new Set<string>();

  constructor(row: FlowRow) {
    this.row = row;
  }

  /** @param from 0 for the client, 1 for the server */
  add(from: 0 | 1, time: number, frame: number, payload: number): void {
    const { row } = this;
    row.packets[from]++;
    row.octets[from] += frame;
    row.payload[from] += payload;
    row.duration = Math.max(row.duration, time - row.first);
    if (!this.isTcp && from === 1) row.roundTrip ??= time - row.first;
  }

  addSegment(from: 0 | 1, time: number, flags: number, seq: number, payload: number): void {
    const { row } = this;
    const mark = (letter: string): void => {
      const one = from === 0 ? letter : letter.toLowerCase();
      if (this.#has.has(one)) return;
      this.#has.add(one);
      row.history += one;
    };
    if ((flags & SYN) !== 0) mark((flags & ACK) === 0 ? 'S' : 'H');
    if ((flags & (SYN | FIN | RST | ACK)) === ACK && payload === 0) mark('A');
    if (payload > 0) mark('D');
    if ((flags & FIN) !== 0) mark('F');
    if ((flags & RST) !== 0) mark('R');
    if ((flags & SYN) !== 0) this.#initial[from] = seq;
    if ((flags & SYN) !== 0 && from === 0) this.#synTime = time;
    if ((flags & (SYN | ACK)) === (SYN | ACK) && from === 1) this.#hasSynAck = true;
    else if (this.#hasSynAck && from === 0 && (flags & ACK) !== 0 && this.#synTime >= 0)
      row.roundTrip ??= time - this.#synTime;
    const end = (seq + payload) >>> 0;
    // Sequence numbers wrap: the sign of the 32-bit difference orders them (RFC 9293, 3.4).
    const isNew = Number.isNaN(this.#sent[from]) || ((end - this.#sent[from]) | 0) > 0;
    if (payload > 0 && !isNew) row.sentAgain++;
    if (isNew) this.#sent[from] = end;
  }

  /**
   * Whether a SYN from an end begins another connection: it has another initial sequence number, or the connection was
   * running when the capture began. Both ends may open one at once (RFC 9293, 3.5): a SYN in answer to nothing but a SYN
   * begins no other.
   *
   * @param side of the key
   */
  isEndedBySyn(side: number, seq: number): boolean {
    const from = side === this.clientSide ? 0 : 1;
    if (this.#initial[from] >= 0) return this.#initial[from] !== seq;
    if (from === 1 && this.#initial[0] >= 0) return this.row.history !== 'S';
    return !Number.isNaN(this.#sent[from]);
  }

  /** The row as it stands. */
  finish(): FlowRow {
    this.row.state = this.isTcp ? this.#tcpState() : this.row.packets[1] > 0 ? 'answered' : 'no answer';
    return this.row;
  }

  #tcpState(): FlowState {
    const has = (letter: string): boolean => this.#has.has(letter);
    if (this.row.packets[1] === 0) return has('S') ? 'no answer' : 'one way';
    if (has('r')) return has('h') || has('d') || !has('S') ? 'reset by server' : 'refused';
    if (has('R')) return 'reset by client';
    if (has('F') && has('f')) return 'closed';
    return has('F') || has('f') ? 'half closed' : 'open';
  }
}
