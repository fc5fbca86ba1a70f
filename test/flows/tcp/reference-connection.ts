/**
 * A second, naive reading of a TCP connection: a list of segments, numbers that do not wrap, sets of octets and lists of
 * objects. Written from the docstrings of `src/flows/evidence` and from Wireshark's definitions, to be compared with the
 * tracker field by field.
 */
import type {
  Connection,
  CountedValue,
  PacketRef,
  RttSummary,
  SegmentKind,
  SequenceHole,
  TcpDirection,
} from '../../../src/flows/evidence/evidence.ts';
import { ReferenceTurns } from './reference-turns.ts';

/** One segment. `seq` and `ack` count without end; a raw number is `raw` of them. */
export interface Seen {
  number: number;
  time: number;
  side: 0 | 1;
  syn: boolean;
  fin: boolean;
  rst: boolean;
  psh: boolean;
  seq: number;
  /** null without the ACK flag. */
  ack: number | null;
  length: number;
  window: number;
  /** Options of a SYN; null when absent. */
  mss: number | null;
  scale: number | null;
  timestamp: number | null;
  sack: [left: number, right: number][];
  ttl: number;
  ipId: number;
  dontFragment: boolean;
  mac: number;
  tunnel: number;
}

export const raw = (number: number): number => number >>> 0;
const l3Of = ({ length }: Seen): number => 40 + length;
const endOf = ({ seq, length, syn, fin }: Seen): number => seq + length + (syn || fin ? 1 : 0);
const refOf = ({ number, time }: Seen): PacketRef => ({ packet: number, time });

/** A segment that its sender may have to send again. */
interface Waiting {
  seen: Seen;
  end: number;
  /** Packets of the peer when it was sent. */
  reverse: number;
  again: boolean;
  sacked: boolean;
}

interface Repeat {
  start: number;
  end: number;
  l3: number[];
  packets: PacketRef[];
  sendings: number;
  dontFragment: boolean;
  acked: Seen | null;
  reverseBefore: number;
  reverseLast: number;
  isCounted: boolean;
}

/** What one side did so far. */
export class ReferenceSide {
  packets: Seen[] = [];
  /** Highest number behind its octets, and end of those without a gap; null before the first. */
  next: number | null = null;
  contiguous: number | null = null;
  lastAck: number | null = null;
  highestAck: number | null = null;
  window = 0;
  firstSyn: Seen | null = null;
  syns = 0;
  waiting: Waiting[] = [];
  kinds = new Set<string>();
  dupAcksInRow = 0;
  idLast = 0;
  idsRise = false;
  idsFall = false;
  holes: { hole: SequenceHole; noticed: number }[] = [];
  /** Octets that were skipped and are still open, with their hole. */
  missing = new Map<number, SequenceHole>();
  repeats: Repeat[] = [];
  repeatsTotal = 0;
  sack: [number, number][] = [];
  roundTrips: number[] = [];
  rtt: RttSummary | null = null;
  firstAckedData: PacketRef | null = null;
  largestAckedL3 = 0;
  largestFlight = 0;
  superSegments = 0;
  count: Record<Counted, number> = Object.fromEntries(COUNTED.map((name) => [name, 0])) as Record<Counted, number>;
  foreignSacks: PacketRef[] = [];

  get last(): Seen {
    return this.packets[this.packets.length - 1];
  }

  /** Bits by which its windows are shifted: both SYNs have to carry the option (RFC 7323, 2.2). */
  shiftAgainst(peer: ReferenceSide): number {
    const mine = this.firstSyn?.scale ?? null;
    return mine === null || peer.firstSyn?.scale === null ? 0 : Math.min(14, mine);
  }

  get base(): number {
    return this.firstSyn === null ? 0 : this.firstSyn.seq;
  }

  get lowest(): number {
    const counted = this.packets.filter(({ rst, ack }, index) => index === 0 || !(rst && ack === null));
    return Math.min(...counted.map(({ seq }) => seq));
  }
}

const COUNTED = [
  'synsAgain',
  'finsAgain',
  'resentSegments',
  'needlessSegments',
  'resentLate',
  'retransmissions',
  'retransmittedOctets',
  'fastRetransmissions',
  'spuriousRetransmissions',
  'timeoutRetransmissions',
  'outOfOrder',
  'previousSegmentNotCaptured',
  'ackedUnseen',
  'gapOctets',
  'dupAcks',
  'zeroWindows',
  'keepAlives',
  'zeroWindowProbes',
  'duplicateSacks',
  'foreignSacksTotal',
] as const;
type Counted = (typeof COUNTED)[number];

/** Kinds that become events, the most informative first. */
const EVENTS: readonly [string, SegmentKind][] = [
  ['spurious', 'spuriousRetransmission'],
  ['fast', 'fastRetransmission'],
  ['retransmission', 'retransmission'],
  ['outOfOrder', 'outOfOrder'],
  ['keepAlive', 'keepAlive'],
  ['probe', 'zeroWindowProbe'],
  ['zeroWindow', 'zeroWindow'],
  ['lost', 'previousSegmentNotCaptured'],
  ['ackedUnseen', 'ackedUnseenSegment'],
  ['windowFull', 'windowFull'],
  ['dupAck', 'dupAck'],
];

export class ReferenceConnection {
  readonly sides = [new ReferenceSide(), new ReferenceSide()] as const;
  readonly turns = new ReferenceTurns(this);
  readonly all: Seen[] = [];
  handshakeDone = false;
  handshakeAck: Seen | null = null;
  synAck: Seen[] = [];
  syn: Seen[] = [];
  letters: string[] = [];
  events: Connection['events'] = [];
  eventsTotal = 0;
  resets: Connection['resets'] = [];
  spans: Connection['zeroWindowSpans'] = [];
  gaps: Connection['idleGaps'] = [];

  /** Takes the next segment. @returns names of its kinds, in alphabetical order */
  take(s: Seen): string {
    const mine = this.sides[s.side];
    const peer = this.sides[1 - s.side];
    this.#noteSilence(s, mine);
    const kinds = this.#kindsOf(s, mine, peer);
    const isAnswerToSyn = kinds.has('retransmission') && s.syn && s.ack !== null && s.time - mine.last.time < 0.2;
    if (!isAnswerToSyn) {
      this.#noteKinds(s, mine, peer, kinds);
      if (s.syn) this.#noteSyn(s, mine);
    }
    if (kinds.has('retransmission') && s.syn && mine.firstSyn?.seq === s.seq) mine.count.synsAgain++;
    if (s.rst) this.#noteReset(s, mine, peer);
    if (s.length > 0 && s.length > (peer.firstSyn?.mss ?? Number.POSITIVE_INFINITY)) mine.superSegments++;
    mine.packets.push(s);
    this.all.push(s);
    this.#noteHandshake(s);
    this.turns.take(s, kinds.has('retransmission') || kinds.has('keepAlive') || kinds.has('probe'));
    if (s.ack !== null) this.#takeAcknowledgement(s, s.ack, peer);
    if (s.ack !== null && s.sack.length > 0) this.#takeSack(s, s.ack, mine, peer);
    this.#moveOn(s, mine, peer, kinds);
    this.#write(s, kinds);
    mine.kinds = kinds;
    return [...kinds].sort().join(' ');
  }

  // -------------------------------------------------------------------------------------------- kinds

  #kindsOf(s: Seen, mine: ReferenceSide, peer: ReferenceSide): Set<string> {
    const kinds = new Set<string>();
    const isControl = s.syn || s.fin || s.rst;
    const { next } = mine;
    if (s.length === 1 && next === s.seq && peer.lastAck !== null && peer.window === 0) {
      kinds.add('probe');
      this.#ackKinds(s, mine, peer, kinds);
      return kinds;
    }
    if (s.window === 0 && !isControl) kinds.add('zeroWindow');
    if (next !== null && s.seq > next && !s.rst) kinds.add('lost');
    if (s.length <= 1 && next !== null && s.seq === next - 1 && !isControl) kinds.add('keepAlive');
    const fills = peer.lastAck !== null && peer.firstSyn !== null;
    const full = (peer.lastAck ?? 0) + peer.window * 2 ** peer.shiftAgainst(mine);
    if (!isControl && s.length > 0 && fills && s.seq + s.length === full) kinds.add('windowFull');
    if (s.length === 0 && !isControl && next === s.seq && mine.lastAck !== null) this.#bareAck(s, mine, peer, kinds);
    this.#ackKinds(s, mine, peer, kinds);
    if ((s.length > 0 || s.syn || s.fin) && !kinds.has('keepAlive')) this.#repetition(s, mine, peer, kinds);
    return kinds;
  }

  #bareAck(s: Seen, mine: ReferenceSide, peer: ReferenceSide, kinds: Set<string>): void {
    if (s.ack === null || mine.lastAck === null) return;
    if (s.window === 0) {
      const advanced = s.ack - mine.lastAck;
      if (peer.kinds.has('probe') && mine.window === 0 && (advanced === 0 || advanced === 1)) kinds.add('probeAck');
    } else if (s.ack === mine.lastAck) {
      if (s.window !== mine.window) kinds.add('windowUpdate');
      else kinds.add(peer.kinds.has('keepAlive') ? 'keepAliveAck' : 'dupAck');
    }
  }

  /** Octets acknowledged that were never captured; the octet of a probe of the zero window is none of them. */
  #ackKinds(s: Seen, mine: ReferenceSide, peer: ReferenceSide, kinds: Set<string>): void {
    if (s.ack === null || peer.contiguous === null || s.ack <= peer.contiguous) return;
    const takesProbe = peer.kinds.has('probe') && s.ack === (mine.lastAck ?? -2) + 1 && s.seq === mine.next;
    peer.contiguous = s.ack;
    for (const { seen, end } of peer.waiting) if (seen.seq === peer.contiguous) peer.contiguous = end;
    if (!takesProbe) kinds.add('ackedUnseen');
    else {
      peer.next = Math.max(peer.next ?? 0, s.ack);
      if (!['windowUpdate', 'keepAliveAck', 'probeAck'].some((kind) => kinds.has(kind))) kinds.add('windowUpdate');
    }
  }

  #repetition(s: Seen, mine: ReferenceSide, peer: ReferenceSide, kinds: Set<string>): void {
    const end = s.seq + s.length;
    if (s.length > 0 && peer.lastAck !== null && end <= peer.lastAck) {
      kinds.add('retransmission').add('spurious');
      return;
    }
    if (mine.next === null || s.seq >= mine.next) return;
    if (s.length > 1 && s.seq === mine.next - 1) return;
    // What the peer asks for: the octets at its acknowledgement, or any that its SACK does not name.
    const isSacked = peer.sack.some(([left, right]) => s.seq >= left && end <= right);
    const isAskedFor = s.seq === peer.lastAck || (peer.sack.length > 0 && !isSacked);
    if (peer.dupAcksInRow >= 2 && s.time - peer.last.time < 0.02 && isAskedFor) {
      if (this.#order(s, mine) < 0) kinds.add('outOfOrder');
      else kinds.add('retransmission').add('fast');
      return;
    }
    // A bare FIN is missing where the octets on both sides of it are.
    const isMissing =
      s.length > 0
        ? octets(s.seq, end).some((octet) => mine.missing.has(octet))
        : mine.missing.has(s.seq - 1) && mine.missing.has(s.seq);
    const isThere =
      mine.waiting.some(({ seen, end: other }) => s.seq >= seen.seq && end <= other) ||
      (s.seq >= mine.lowest && !isMissing);
    if (end === mine.next || isThere) kinds.add('retransmission');
    else kinds.add(this.#isLate(s, mine) ? 'outOfOrder' : 'retransmission');
  }

  #isLate(s: Seen, mine: ReferenceSide): boolean {
    const order = this.#order(s, mine);
    if (order !== 0) return order < 0;
    return this.#sinceNoticed(s, mine) < (this.handshakeSeconds || 0.003);
  }

  /** Whether the segment was sent before (-1) or after (1) the highest one of its sender; 0 when nothing tells. */
  #order(s: Seen, mine: ReferenceSide): number {
    if (s.ipId !== 0 && mine.idsRise && !mine.idsFall) {
      const step = ((s.ipId - mine.idLast + 32_768 + 65_536) % 65_536) - 32_768;
      if (step !== 0 && Math.abs(step) < 4096) return Math.sign(step);
    }
    const stamps = mine.packets.flatMap(({ timestamp }) => (timestamp === null ? [] : [timestamp]));
    return s.timestamp === null || stamps.length === 0 ? 0 : Math.sign(s.timestamp - Math.max(...stamps));
  }

  /** Seconds since the octet at its beginning was first missing. */
  #sinceNoticed(s: Seen, mine: ReferenceSide): number {
    const hole = mine.missing.get(s.seq);
    return hole === undefined ? Number.POSITIVE_INFINITY : s.time - hole.noticed.time;
  }

  /** From the SYN to the ACK of the handshake; 0 when one of them was not seen. */
  get handshakeSeconds(): number {
    if (this.syn.length === 0 || this.handshakeAck === null) return 0;
    return this.handshakeAck.time - this.sides[0].packets[0].time;
  }

  get #cleanHandshake(): number {
    return this.sides.every(({ syns }) => syns === 1) ? this.handshakeSeconds : 0;
  }

  // -------------------------------------------------------------------------------------------- what is counted

  #noteKinds(s: Seen, mine: ReferenceSide, peer: ReferenceSide, kinds: ReadonlySet<string>): void {
    const { count } = mine;
    if (kinds.has('retransmission')) this.#noteRetransmission(s, mine, peer, kinds);
    if (kinds.has('outOfOrder')) {
      count.outOfOrder++;
      const since = this.#sinceNoticed(s, mine);
      const roundTrip = this.#cleanHandshake;
      if (s.length > 0 && roundTrip > 0 && since < Number.POSITIVE_INFINITY && since > 2 * roundTrip) {
        count.resentSegments++;
        count.resentLate++;
      }
    }
    if (kinds.has('lost')) count.previousSegmentNotCaptured++;
    if (kinds.has('ackedUnseen')) count.ackedUnseen++;
    if (kinds.has('dupAck')) count.dupAcks++;
    if (kinds.has('zeroWindow')) count.zeroWindows++;
    const isShut = peer.lastAck !== null && peer.window === 0;
    if (kinds.has('probe') || (kinds.has('keepAlive') && isShut)) count.zeroWindowProbes++;
    else if (kinds.has('keepAlive')) count.keepAlives++;
    const isOpen = (side: number) => this.spans.find(({ direction, end }) => direction === side && end === null);
    if (kinds.has('zeroWindow') && isOpen(s.side) === undefined && this.spans.length < 32)
      this.spans.push({ direction: s.side, start: refOf(s), end: null, probes: 0, lastTime: s.time });
    const probed = isOpen(1 - s.side);
    if ((kinds.has('keepAlive') || kinds.has('probe')) && isShut && probed !== undefined) probed.probes++;
    const event = EVENTS.find(([name]) => kinds.has(name));
    if (event === undefined) return;
    this.eventsTotal++;
    if (this.events.length === 200) return;
    this.events.push({
      ...refOf(s),
      direction: s.side,
      kind: event[1],
      flags: flagsOf(s),
      seqStart: raw(s.seq - mine.base),
      seqEnd: raw(s.seq + s.length - mine.base),
      ack: raw((s.ack ?? 0) - peer.base),
      window: s.window * 2 ** mine.shiftAgainst(peer),
      l3Length: l3Of(s),
      ttl: s.ttl,
      ipId: s.ipId,
    });
  }

  #noteRetransmission(s: Seen, mine: ReferenceSide, peer: ReferenceSide, kinds: ReadonlySet<string>): void {
    const { count } = mine;
    const end = s.seq + s.length;
    count.retransmissions++;
    count.retransmittedOctets += s.length;
    for (const waiting of mine.waiting) if (waiting.seen.seq < end && waiting.end > s.seq) waiting.again = true;
    const resending = this.#resending(s, mine, kinds);
    if (resending === 'needless') count.needlessSegments++;
    if (resending === 'resent') count.resentSegments++;
    if (kinds.has('spurious')) count.spuriousRetransmissions++;
    else if (kinds.has('fast')) count.fastRetransmissions++;
    else if (resending === 'resent' && s.time - mine.last.time >= 0.2 && peer.dupAcksInRow < 3)
      count.timeoutRetransmissions++;
    if (resending !== 'nothing' && !kinds.has('spurious')) this.#noteRepeat(s, mine, peer, resending === 'resent');
  }

  #resending(s: Seen, mine: ReferenceSide, kinds: ReadonlySet<string>): 'nothing' | 'needless' | 'resent' {
    if (s.syn) return 'nothing';
    // Ethernet pads a frame to 46 octets of payload; an application's write ends with PSH.
    if (s.length === 0 || (l3Of(s) <= 46 && !s.psh)) {
      if (s.fin) mine.count.finsAgain++;
      return 'nothing';
    }
    if (mine.next !== null && s.seq + s.length > mine.next && mine.next - s.seq <= 6) return 'nothing';
    const before = mine.waiting.filter(({ seen, end }) => seen.seq <= s.seq && s.seq < end).at(-1);
    if (before?.seen.syn) return 'nothing';
    const handshake = this.#cleanHandshake;
    const least = Math.min(handshake > 0 ? handshake : Number.POSITIVE_INFINITY, mine.rtt?.min ?? (handshake || 0));
    const isTooSoon = before !== undefined && s.time - before.seen.time < 0.5 * least;
    return isTooSoon || kinds.has('spurious') ? 'needless' : 'resent';
  }

  #noteRepeat(s: Seen, mine: ReferenceSide, peer: ReferenceSide, isCounted: boolean): void {
    let repeat = mine.repeats.find(({ start }) => start === s.seq);
    if (repeat === undefined) {
      const first = mine.waiting.find(({ seen, end }) => !seen.syn && seen.seq <= s.seq && s.seq < end);
      repeat = {
        start: s.seq,
        end: s.seq + s.length,
        l3: first === undefined ? [] : [l3Of(first.seen)],
        packets: first === undefined ? [] : [refOf(first.seen)],
        sendings: first === undefined ? 0 : 1,
        dontFragment: s.dontFragment,
        acked: null,
        reverseBefore: first === undefined ? peer.packets.length : first.reverse,
        reverseLast: 0,
        isCounted,
      };
      mine.repeatsTotal++;
      // A full list drops the oldest range whose second transmission arrived.
      const settled = mine.repeats.findIndex(({ acked, sendings }) => acked !== null && sendings <= 2);
      if (mine.repeats.length === 32 && settled < 0) return;
      if (mine.repeats.length === 32) mine.repeats.splice(settled, 1);
      mine.repeats.push(repeat);
    }
    repeat.sendings++;
    repeat.packets.push(refOf(s));
    repeat.l3.push(l3Of(s));
    repeat.end = Math.max(repeat.end, s.seq + s.length);
    repeat.reverseLast = peer.packets.length;
    repeat.isCounted = isCounted;
  }

  #noteSyn(s: Seen, mine: ReferenceSide): void {
    mine.syns++;
    mine.firstSyn ??= s;
    (s.ack === null ? this.syn : this.synAck).push(s);
  }

  #noteReset(s: Seen, mine: ReferenceSide, peer: ReferenceSide): void {
    if (this.resets.length === 8) return;
    const from = peer.highestAck;
    const window = Math.max(1, peer.window * 2 ** peer.shiftAgainst(mine));
    this.resets.push({
      ...refOf(s),
      direction: s.side,
      seq: raw(s.seq),
      ack: raw(s.ack ?? 0),
      hasAck: s.ack !== null,
      ttl: s.ttl,
      ipId: s.ipId,
      inWindow: from === null || (s.seq >= from && s.seq <= from + window),
      sincePeer: peer.packets.length === 0 ? null : s.time - peer.last.time,
    });
  }

  #noteHandshake(s: Seen): void {
    if (this.handshakeDone || s.ack === null || s.syn || s.rst) return;
    if (this.synAck.length === 0) this.handshakeDone = this.syn.length === 0;
    else if (s.side === 0) {
      this.handshakeDone = true;
      this.handshakeAck = s;
    }
  }

  #noteSilence(s: Seen, mine: ReferenceSide): void {
    const last = this.all.at(-1);
    if (last === undefined || s.time - last.time < 1) return;
    if (!this.handshakeDone && this.sides[1].packets.length === 0) return;
    const waits = (one: ReferenceSide, other: ReferenceSide) =>
      one.next !== null && other.packets.length > 0 && (other.highestAck === null || one.next > other.highestAck);
    const [there, back] = this.sides;
    if (waits(there, back) || waits(back, there)) return;
    this.gaps.push({
      seconds: s.time - last.time,
      from: refOf(last),
      to: refOf(s),
      direction: s.side,
      octets: s.length,
      keepAlive: s.length <= 1 && mine.next !== null && s.seq === mine.next - 1,
    });
  }

  // -------------------------------------------------------------------------------------------- acknowledgements

  #takeAcknowledgement(s: Seen, ack: number, peer: ReferenceSide): void {
    const beyond = peer.waiting.findIndex(({ end }) => end > ack);
    const taken = peer.waiting.splice(0, beyond < 0 ? peer.waiting.length : beyond);
    for (const { again, seen } of taken) if (!again) peer.largestAckedL3 = Math.max(peer.largestAckedL3, l3Of(seen));
    if (taken.some(({ seen }) => seen.length > 0)) peer.firstAckedData ??= refOf(s);
    const newest = taken.at(-1);
    const isSyn = newest?.seen.seq === peer.firstSyn?.seq;
    if (newest !== undefined && newest.end === ack && !newest.again && !newest.sacked && !isSyn) {
      sample(peer, s.time - newest.seen.time);
      this.turns.onRoundTrip(s, ack);
    }
    for (const repeat of peer.repeats) if (repeat.acked === null && repeat.end <= ack) settle(repeat, s, peer);
  }

  #takeSack(s: Seen, ack: number, mine: ReferenceSide, peer: ReferenceSide): void {
    const [first, second] = s.sack;
    const isBelow = first[0] < ack && first[1] <= ack;
    const isInside = second !== undefined && first[0] >= second[0] && first[1] <= second[1];
    if (isBelow || isInside) mine.count.duplicateSacks++;
    const limit = 1_000_000;
    if (peer.next !== null && ack <= peer.next + limit) {
      const { next } = peer;
      if (s.sack.every(([left, right]) => left > next + limit || right < ack - limit)) {
        mine.count.foreignSacksTotal++;
        if (mine.foreignSacks.length < 8) mine.foreignSacks.push(refOf(s));
      }
    }
    mine.sack = s.sack;
    const isNamed = (start: number, end: number) => s.sack.some(([left, right]) => start >= left && end <= right);
    for (const waiting of peer.waiting) {
      if (waiting.sacked || !isNamed(waiting.seen.seq, waiting.end)) continue;
      if (!waiting.again) peer.largestAckedL3 = Math.max(peer.largestAckedL3, l3Of(waiting.seen));
      waiting.sacked = true;
    }
    for (const repeat of peer.repeats)
      if (repeat.acked === null && repeat.end >= ack && isNamed(repeat.start, repeat.end)) settle(repeat, s, peer);
  }

  // -------------------------------------------------------------------------------------------- state

  #moveOn(s: Seen, mine: ReferenceSide, peer: ReferenceSide, kinds: ReadonlySet<string>): void {
    const end = endOf(s);
    const isProbe = kinds.has('probe');
    if (end > s.seq && !isProbe) {
      const again = kinds.has('retransmission');
      mine.waiting.push({ seen: s, end, reverse: peer.packets.length, again, sacked: false });
      if (peer.highestAck !== null) mine.largestFlight = Math.max(mine.largestFlight, end - peer.highestAck);
    }
    this.#noteHoles(s, mine, peer, kinds);
    if (!isProbe && (!s.rst || mine.next === null)) {
      if (mine.next === null || end > mine.next) {
        if (s.ipId !== 0) {
          if (mine.next !== null && mine.idLast !== 0) {
            const step = ((s.ipId - mine.idLast + 32_768 + 65_536) % 65_536) - 32_768;
            if (step <= 0 || step > 4096) mine.idsFall = true;
            else mine.idsRise = true;
          }
          mine.idLast = s.ipId;
        }
        mine.next = end;
      }
      if (mine.contiguous === null || (s.seq <= mine.contiguous && end > mine.contiguous))
        mine.contiguous = Math.max(end, Math.min(mine.next, ...mine.missing.keys()));
    }
    if (s.ack !== null) {
      mine.highestAck = Math.max(mine.highestAck ?? s.ack, s.ack);
      mine.lastAck = s.ack;
    }
    mine.window = s.window;
  }

  #noteHoles(s: Seen, mine: ReferenceSide, peer: ReferenceSide, kinds: ReadonlySet<string>): void {
    if (kinds.has('dupAck')) mine.dupAcksInRow++;
    else if (s.ack !== mine.lastAck || s.ack === null) mine.dupAcksInRow = 0;
    if (kinds.has('lost')) {
      const { next } = mine;
      if (next === null) throw new Error('nothing was skipped');
      const acked = peer.highestAck ?? 0;
      const hole: SequenceHole = {
        seqStart: raw(next - mine.base),
        seqEnd: raw(s.seq - mine.base),
        noticed: refOf(s),
        filledTime: null,
        acknowledged: acked > next,
      };
      mine.holes.push({ hole, noticed: s.time });
      for (const octet of octets(Math.max(next, acked), s.seq)) mine.missing.set(octet, hole);
    }
    for (const span of this.spans) {
      if (span.end !== null) continue;
      span.lastTime = s.time;
      if (s.rst || (span.direction === s.side && s.window > 0 && !s.syn)) span.end = refOf(s);
    }
    const filled = new Set<SequenceHole>();
    if (s.length > 0)
      for (const octet of octets(s.seq, endOf(s))) {
        const hole = mine.missing.get(octet);
        if (hole !== undefined) filled.add(hole);
        mine.missing.delete(octet);
      }
    const left = new Set(mine.missing.values());
    for (const hole of filled) if (!left.has(hole)) hole.filledTime = s.time;
    if (s.ack === null) return;
    for (const [octet, hole] of peer.missing) {
      if (octet >= s.ack) continue;
      hole.acknowledged = true;
      peer.count.gapOctets++;
      peer.missing.delete(octet);
    }
    if (kinds.has('ackedUnseen') && peer.next !== null)
      peer.count.gapOctets += Math.max(0, s.ack - Math.max(peer.next, mine.highestAck ?? 0));
  }

  #write(s: Seen, kinds: ReadonlySet<string>): void {
    const told: string[] = [];
    if (s.syn) told.push(s.ack === null ? 'S' : 'H');
    else if (s.length === 0 && s.ack !== null && !s.fin && !s.rst) told.push('A');
    if (s.length > 0) told.push('D');
    if (s.fin) told.push('F');
    if (s.rst) told.push('R');
    if (kinds.has('retransmission')) told.push('T');
    if (kinds.has('lost')) told.push('G');
    if (kinds.has('zeroWindow')) told.push('W');
    if (kinds.has('outOfOrder')) told.push('Q');
    for (const letter of told) {
      const written = s.side === 0 ? letter : letter.toLowerCase();
      if (!this.letters.includes(written) && this.letters.length < 10) this.letters.push(written);
    }
  }

  // -------------------------------------------------------------------------------------------- evidence

  /** All that does not depend on where the connection was captured. */
  evidence(): Omit<Connection, 'index' | 'point' | 'flow' | 'client' | 'server' | 'ipVersion' | 'encapsulation'> {
    const [first, last] = [this.all[0], this.all[this.all.length - 1]];
    const isGreeted = this.syn.length > 0;
    const { syn, synAck, handshakeAck } = this;
    const serverSide = syn.length === 1 && synAck.length > 0 ? synAck[0].time - syn[0].time : null;
    const clientSide = synAck.length === 1 && handshakeAck !== null ? handshakeAck.time - synAck[0].time : null;
    return {
      rolesFrom: isGreeted ? 'syn' : 'guess',
      directions: [this.#direction(0), this.#direction(1)],
      state: this.#state(),
      history: `${isGreeted ? '' : '^'}${this.letters.join('')}`,
      syn: kept(syn),
      synAck: kept(synAck),
      synAckAcks: synAck.length === 0 ? null : raw(synAck[0].ack ?? 0),
      handshakeAck: handshakeAck === null ? null : refOf(handshakeAck),
      handshakeServerSide: serverSide,
      handshakeClientSide: clientSide,
      rtt: [this.sides[0].rtt, this.sides[1].rtt],
      events: this.events,
      eventsTotal: this.eventsTotal,
      resets: this.resets,
      zeroWindowSpans: this.spans,
      idleGaps: [...this.gaps].sort((a, b) => b.seconds - a.seconds).slice(0, 8),
      ...this.turns.evidence(last),
      tlsTurns: 0,
      application: null,
      first: refOf(first),
      last: refOf(last),
      complete: true,
    };
  }

  #state(): Connection['state'] {
    const [there, back] = this.sides.map(({ packets }) => packets);
    const has = (packets: Seen[], what: (s: Seen) => boolean) => packets.some(what);
    const fins = [there, back].filter((packets) => has(packets, ({ fin }) => fin)).length;
    if (fins === 2) return 'closed';
    if (has(this.all, ({ rst }) => rst)) return 'reset';
    if (fins === 1) return 'closing';
    if (this.handshakeAck !== null || has(this.all, ({ length }) => length > 0)) return 'established';
    if (this.synAck.length > 0) return 'syn-received';
    return this.syn.length > 0 && back.length === 0 ? 'syn-sent' : 'unknown';
  }

  #direction(side: 0 | 1): TcpDirection {
    const mine = this.sides[side];
    const peer = this.sides[1 - side];
    const { packets, count, next, base } = mine;
    const stamps = packets.flatMap(({ timestamp }) => (timestamp === null ? [] : [timestamp]));
    const data = packets.filter(({ length }) => length > 0);
    const oldest = mine.waiting[0];
    const isOpen = peer.highestAck === null || (next ?? 0) > peer.highestAck;
    const highestAck = mine.highestAck ?? 0;
    return {
      packets: packets.length,
      payloadOctets: data.reduce((sum, { length }) => sum + length, 0),
      dataSegments: data.length,
      first: packets.length === 0 ? null : refOf(packets[0]),
      last: packets.length === 0 ? null : refOf(mine.last),
      syns: mine.syns,
      fins: packets.filter(({ fin }) => fin).length,
      resets: packets.filter(({ rst }) => rst).length,
      iss: mine.firstSyn === null ? null : raw(mine.firstSyn.seq),
      seqLow: packets.length === 0 ? null : raw(mine.lowest),
      seqHigh: next === null ? null : raw(next),
      ackHigh: mine.highestAck === null ? null : raw(mine.highestAck),
      mss: mine.firstSyn?.mss ?? null,
      windowScale: mine.firstSyn?.scale ?? null,
      sackPermitted: mine.firstSyn !== null,
      signature: null,
      timestamps: stamps.length > 0,
      tsFirst: stamps.length === 0 ? null : raw(stamps[0]),
      tsLast: stamps.length === 0 ? null : raw(Math.max(...stamps)),
      firstAckedData: mine.firstAckedData,
      ...count,
      sackedAhead: mine.sack.reduce((sum, [left, right]) => sum + (left > highestAck ? right - left : 0), 0),
      foreignSacks: mine.foreignSacks,
      largestL3: Math.max(0, ...data.map(l3Of)),
      largestAckedL3: mine.largestAckedL3,
      unackedOctets: peer.highestAck === null ? 0 : Math.max(0, (next ?? 0) - peer.highestAck),
      unackedSince: oldest === undefined || !isOpen ? null : refOf(oldest.seen),
      repeats: mine.repeats.map((repeat) => ({
        seqStart: raw(repeat.start - base),
        seqEnd: raw(repeat.end - base),
        l3Length: Math.max(...repeat.l3),
        smallestL3Length: Math.min(...repeat.l3),
        packets:
          repeat.packets.length <= 16 ? repeat.packets : [...repeat.packets.slice(0, 15), ...repeat.packets.slice(-1)],
        sendings: repeat.sendings,
        dontFragment: repeat.dontFragment,
        ackedTime: repeat.acked?.time ?? null,
        ackedPacket: repeat.acked?.number ?? null,
        reversePacketsMeanwhile: repeat.reverseLast - repeat.reverseBefore,
      })),
      repeatsTotal: mine.repeatsTotal,
      holes: mine.holes.slice(0, 64).map(({ hole }) => hole),
      holesTotal: mine.holes.length,
      ttls: counted(packets.map(({ ttl }) => ttl)),
      sourceMacs: counted(packets.map(({ mac }) => macText(mac))),
      destinationMacs: counted(packets.map(({ mac }) => macText(mac))),
      tunnels: [...new Set(packets.map(({ tunnel }) => tunnel))].filter((tunnel) => tunnel >= 0).sort((a, b) => a - b),
      dontFragment: packets.some(({ dontFragment }) => dontFragment),
      largestFlight: mine.largestFlight,
    };
  }
}

const octets = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);

const flagsOf = ({ fin, syn, rst, psh, ack }: Seen): number =>
  (fin ? 1 : 0) + (syn ? 2 : 0) + (rst ? 4 : 0) + (psh ? 8 : 0) + (ack === null ? 0 : 16);

/** The link address of six octets `mac`. */
const macText = (mac: number): string => Array<string>(6).fill(mac.toString(16).padStart(2, '0')).join(':');

const kept = (seen: readonly Seen[]): PacketRef[] => seen.slice(0, 17).map(refOf);

function counted<T>(values: readonly T[]): CountedValue<T>[] {
  const counts = [...new Set(values)].map((value) => ({ value, count: values.filter((one) => one === value).length }));
  return counts.sort((a, b) => b.count - a.count);
}

/** The least, the largest, and a median that moves by a twentieth towards each sample; in 32 bits. */
function sample(side: ReferenceSide, seconds: number): void {
  side.roundTrips.push(seconds);
  const float = Math.fround;
  const median = side.rtt?.median ?? 0;
  const moved = seconds > median ? Math.min(seconds, median * 1.05) : Math.max(seconds, median * 0.95);
  side.rtt = {
    samples: side.roundTrips.length,
    min: float(Math.min(...side.roundTrips)),
    median: float(median === 0 ? seconds : moved),
    max: float(Math.max(...side.roundTrips)),
  };
}

/** A range that was sent again has arrived. An answer to the transmission before the last one shows the last to be needless. */
function settle(repeat: Repeat, s: Seen, sender: ReferenceSide): void {
  const [before, last] = repeat.packets.slice(-2);
  const { rtt, count } = sender;
  if (repeat.isCounted && rtt !== null && last !== undefined)
    if (s.time - last.time < 0.5 * rtt.min && s.time - before.time <= 1.5 * rtt.max) {
      count.resentSegments--;
      count.needlessSegments++;
    }
  repeat.acked = s;
}
