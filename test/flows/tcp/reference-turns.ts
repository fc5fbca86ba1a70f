/** Requests, answers, large transfers, delayed acknowledgements and the end of a connection, read naively. */
import type { Connection, ConnectionEnd, Transfer, Turn } from '../../../src/flows/evidence/evidence.ts';
import type { ReferenceConnection, ReferenceSide, Seen } from './reference-connection.ts';

/** Data of one side in a row, without what was sent again. */
interface Run {
  side: 0 | 1;
  sent: Seen[];
  /** When the peer acknowledged all of it without data. */
  ackTime: number | null;
}

/** A segment of a large transfer whose round trip is measured. */
interface Probe {
  end: number;
  time: number;
  flight: number;
}

const LARGE = 16_384;
const octetsOf = (sent: readonly Seen[]): number => sent.reduce((sum, { length }) => sum + length, 0);
const firstOf = ({ sent }: Run): Seen => sent[0];
const lastOf = ({ sent }: Run): Seen => sent[sent.length - 1];
const refOf = ({ number, time }: Seen) => ({ packet: number, time });

export class ReferenceTurns {
  readonly #connection: ReferenceConnection;
  readonly #runs: Run[] = [];
  #transfer: {
    side: 0 | 1;
    sent: { s: Seen; pause: number; window: number }[];
    pauses: number[];
    held: number[];
    room: number;
    probes: Probe[];
    samples: { flight: number; seconds: number }[];
  } | null = null;
  readonly #stalls: { side: 0 | 1; seconds: number }[] = [];
  #end: { s: Seen; waits: boolean; idle: number; unread: boolean } | null = null;
  #crossed = false;
  #ignored = false;

  constructor(connection: ReferenceConnection) {
    this.#connection = connection;
  }

  /** Takes a segment before it changes what is acknowledged. @param again it repeats octets, or probes */
  take(s: Seen, again: boolean): void {
    const [mine, peer] = [this.#connection.sides[s.side], this.#connection.sides[1 - s.side]];
    const run = this.#runs.at(-1);
    if (s.length > 0 && !again) {
      if (run?.side === s.side) this.#continue(s, run, mine, peer);
      else this.#runs.push({ side: s.side, sent: [s], ackTime: null });
    } else if (s.length === 0 && s.side === 1 && run?.side === 0 && s.ack !== null && s.ack === peer.next) {
      run.ackTime ??= s.time;
    }
    this.#takeEnd(s, mine, peer);
  }

  #continue(s: Seen, run: Run, mine: ReferenceSide, peer: ReferenceSide): void {
    const sent = octetsOf(run.sent);
    const pause = s.time - lastOf(run).time;
    if (sent >= LARGE) this.#takeLarge(s, pause, mine, peer);
    const stall = pause < 0.03 ? 0 : this.#stallOf(s, lastOf(run).time, sent, mine, peer);
    if (stall > 0) this.#stalls.push({ side: s.side, seconds: stall });
    run.sent.push(s);
    run.ackTime = null;
  }

  /** Seconds that a small segment waited for an acknowledgement that its peer delayed. */
  #stallOf(s: Seen, since: number, sent: number, mine: ReferenceSide, peer: ReferenceSide): number {
    const acked = peer.packets.at(-1)?.time ?? 0;
    const most = peer.firstSyn?.mss ?? 536;
    const isAllAcked = peer.lastAck === mine.next && s.seq === mine.next;
    const isSmall = s.length < most - 40 && sent <= 2 * most;
    if (acked <= since || !isAllAcked || !isSmall) return 0;
    const roundTrip = this.#connection.handshakeSeconds;
    const [there, back] = this.#connection.sides.map(({ packets }) => packets[0]?.time ?? 0);
    const toServer = back - there;
    const known = roundTrip > 0;
    const ahead = known ? (s.side === 0 ? roundTrip - toServer : toServer) : (peer.rtt?.min ?? 0);
    const delay = known ? s.time - since - roundTrip : acked - since - (mine.rtt?.min ?? 0);
    const isDelayed = delay >= 0.03 && delay <= 0.5;
    return isDelayed && s.time - acked <= ahead * 1.25 + 0.002 ? delay : 0;
  }

  #takeLarge(s: Seen, pause: number, mine: ReferenceSide, peer: ReferenceSide): void {
    this.#transfer ??= {
      side: s.side,
      sent: [],
      pauses: [],
      held: [],
      room: Number.POSITIVE_INFINITY,
      probes: [],
      samples: [],
    };
    const transfer = this.#transfer;
    if (transfer.side !== s.side) return;
    const window = peer.window * 2 ** peer.shiftAgainst(mine);
    transfer.sent.push({ s, pause, window });
    const { room, probes } = transfer;
    if (peer.lastAck !== null) {
      const flight = s.seq - peer.lastAck + s.length;
      if (peer.firstSyn !== null) transfer.room = window - flight;
      const end = s.seq + s.length;
      const latest = probes.at(-1);
      if (probes.length < 4 && (latest === undefined || 4 * (end - latest.end) >= flight))
        probes.push({ end, time: s.time, flight });
    }
    const roundTrip = this.#connection.handshakeSeconds;
    if (pause < 0.005 || pause < 2 * roundTrip) return;
    const wasFull = room >= 0 && room < (peer.firstSyn?.mss ?? 536);
    if (wasFull) transfer.held.push(pause);
    const sincePeer = s.time - (peer.packets.at(-1)?.time ?? 0);
    const hasNothing = peer.lastAck === s.seq && peer.window > 0;
    if (!wasFull && pause >= 0.02 && sincePeer > roundTrip + 0.002 && hasNothing) transfer.pauses.push(pause);
  }

  /** A round trip was measured: of the latest probe that the acknowledgement covers. */
  onRoundTrip(s: Seen, ack: number): void {
    const transfer = this.#transfer;
    if (transfer === null || transfer.side === s.side) return;
    const acked = transfer.probes.filter(({ end }) => end <= ack);
    const probe = acked.at(-1);
    if (probe === undefined) return;
    transfer.samples.push({ flight: probe.flight, seconds: s.time - probe.time });
    transfer.probes = transfer.probes.filter(({ end }) => end > ack);
  }

  #takeEnd(s: Seen, mine: ReferenceSide, peer: ReferenceSide): void {
    if (this.#end !== null) {
      if (s.length === 0 || this.#end.s.side === s.side || (mine.next !== null && mine.next > s.seq)) return;
      if (s.ack !== null && peer.next !== null && s.ack >= peer.next) this.#ignored = true;
      else this.#crossed = true;
      return;
    }
    if (!s.fin && !s.rst) return;
    const acked = s.rst ? mine.highestAck : s.ack;
    const data = this.#runs.map((run) => lastOf(run).time);
    const last = data.length > 0 ? Math.max(...data) : (this.#connection.sides[0].packets[0]?.time ?? 0);
    this.#end = {
      s,
      waits: this.#runs.at(-1)?.side === 0,
      idle: s.time - last,
      unread:
        peer.next !== null && (acked === null ? peer.packets.some(({ length }) => length > 0) : peer.next > acked),
    };
  }

  evidence(
    last: Seen,
  ): Pick<
    Connection,
    'slowTurns' | 'turns' | 'turnSeconds' | 'fastestTurn' | 'end' | 'transfer' | 'stalls' | 'stallSeconds'
  > {
    const runs = this.#runs;
    const all = runs.flatMap((request, index) => (request.side === 0 ? [this.#turn(request, index, last)] : []));
    const answered = all.filter(({ response }) => response !== null).map(({ seconds }) => seconds);
    const slow = all.filter(({ response, seconds }) => response === null || seconds >= 0.1);
    return {
      slowTurns: slow.sort((a, b) => b.seconds - a.seconds).slice(0, 8),
      turns: answered.length,
      turnSeconds: answered.reduce((sum, seconds) => sum + seconds, 0),
      fastestTurn: answered.length === 0 ? 0 : Math.min(...answered),
      end: this.#endEvidence(),
      transfer: this.#transferEvidence(),
      stalls: [0, 1].map((side) => this.#stalls.filter((stall) => stall.side === side).length) as [number, number],
      stallSeconds: this.#stalls.reduce((sum, { seconds }) => sum + seconds, 0),
    };
  }

  #turn(request: Run, index: number, last: Seen): Turn {
    const [answer, next] = this.#runs.slice(index + 1);
    const sent = lastOf(request);
    return {
      request: refOf(sent),
      requestOctets: octetsOf(request.sent),
      requestSeconds: sent.time - firstOf(request).time,
      ackTime: request.ackTime,
      response: answer === undefined ? null : refOf(firstOf(answer)),
      seconds: (answer === undefined ? last : firstOf(answer)).time - sent.time,
      answerOctets: answer === undefined ? 0 : octetsOf(answer.sent),
      answerSeconds: answer === undefined ? 0 : lastOf(answer).time - firstOf(answer).time,
      thinkSeconds: answer === undefined || next === undefined ? null : firstOf(next).time - lastOf(answer).time,
      tls: false,
    };
  }

  #endEvidence(): ConnectionEnd | null {
    if (this.#end === null) return null;
    const { s, waits, idle, unread } = this.#end;
    const requests = this.#runs.filter(({ side }) => side === 0);
    const latest = requests.at(-1);
    return {
      ...refOf(s),
      direction: s.side,
      byReset: s.rst,
      openRequest: waits,
      waitedSeconds: waits ? idle : 0,
      requestOctets: latest === undefined ? 0 : octetsOf(latest.sent),
      idleSeconds: waits ? this.#idleBefore() : idle,
      unread,
      crossed: this.#crossed,
      ignored: this.#ignored,
    };
  }

  /** Without data before the latest request; 0 for the first one, and when an answer came in the end. */
  #idleBefore(): number {
    const request = this.#runs.findLast(({ side }) => side === 0);
    const answer = this.#runs.findLast(({ side }) => side === 1);
    const isFirst = this.#runs.findIndex(({ side }, index) => side === 1 && this.#runs[index - 1]?.side === 0) < 0;
    if (isFirst || request === undefined || answer === undefined) return 0;
    return Math.max(0, firstOf(request).time - lastOf(answer).time);
  }

  #transferEvidence(): Transfer | null {
    if (this.#transfer === null) return null;
    const { side, sent, pauses, held, samples } = this.#transfer;
    const seconds = sum(sent.map(({ pause }) => pause));
    const octets = octetsOf(sent.map(({ s }) => s));
    if (octets < 32_768 || seconds < 1) return null;
    return {
      direction: side,
      octets,
      segments: sent.length,
      seconds,
      pauses: pauses.length,
      pausedSeconds: sum(pauses),
      heldSeconds: sum(held),
      meanWindow: sum(sent.map(({ window }) => window)) / sent.length,
      queue: queueOf(samples),
    };
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Regression of the round trip on the octets under way, by deviations from the means. */
function queueOf(samples: readonly { flight: number; seconds: number }[]): Transfer['queue'] {
  if (samples.length === 0) return null;
  const flights = samples.map(({ flight }) => flight);
  const times = samples.map(({ seconds }) => seconds);
  const [least, most] = [Math.min(...flights), Math.max(...flights)];
  if (least === most || Math.min(...times) === Math.max(...times)) return null;
  const [meanFlight, meanTime] = [sum(flights) / samples.length, sum(times) / samples.length];
  const together = sum(samples.map(({ flight, seconds }) => (flight - meanFlight) * (seconds - meanTime)));
  const ofFlights = sum(flights.map((flight) => (flight - meanFlight) ** 2));
  const ofTimes = sum(times.map((time) => (time - meanTime) ** 2));
  return {
    samples: samples.length,
    leastFlight: least,
    mostFlight: most,
    risen: (together / ofFlights) * (most - least),
    correlation: together / Math.sqrt(ofFlights * ofTimes),
  };
}
