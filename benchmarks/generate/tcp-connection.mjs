/**
 * One TCP connection as two end points play it: handshake, requests and answers, SACK loss recovery, retransmission
 * time-outs, the FINs. It is a small model of Linux, enough that a capture of it looks like one; it is not a test of
 * TCP. Sequence numbers here count from the ISN and never wrap; they get their 32 bits when a packet is written.
 */

import { PROTOCOL_TCP } from './packet-bytes.mjs';

const FIN = 0x01;
const SYN = 0x02;
const PSH = 0x08;
const ACK = 0x10;

const INITIAL_WINDOW_SEGMENTS = 10; // RFC 6928
const DUP_THRESHOLD = 3; // RFC 6675
const LEAST_RTO_SECONDS = 0.2; // Linux TCP_RTO_MIN
const FIRST_RTO_SECONDS = 1; // RFC 6298
const DELAYED_ACK_SECONDS = 0.04; // Linux TCP_DELACK_MIN
const WINDOW_SCALE = 7;
const WINDOW_FIELD = 502; // 64256 octets, as Linux says after a handshake with 65160
const WINDOW_OCTETS = WINDOW_FIELD << WINDOW_SCALE;
const SYN_WINDOW_FIELD = 64240;
const MOST_SACK_BLOCKS = 3; // beside timestamps
const BITS_PER_SECOND = 10e9;
const SECONDS_PER_PACKET_SENT = 1.2e-6;

/** One end point of a connection. */
class EndPoint {
  constructor(fromClient, random) {
    this.fromClient = fromClient;
    this.iss = random.u32();
    this.ipId = random.u32() & 0xffff;
    this.tsOffset = random.u32();
    this.textPlace = random.u32() & 0xffff;
    this.sndUna = 0;
    this.sndNxt = 0;
    /** Where the octets end that the application wrote; the SYN is octet 0. */
    this.writeEnd = 1;
    this.rcvNxt = 0;
    this.tsRecent = 0;
    /** Ranges received beyond rcvNxt, the latest first: [left, right]. */
    this.beyond = [];
    /** Segments sent and not acknowledged, in order. */
    this.inFlight = [];
    this.lostCount = 0;
    this.sackedCount = 0;
    this.cwnd = INITIAL_WINDOW_SEGMENTS;
    this.ssthresh = WINDOW_OCTETS;
    this.recoverAt = 0;
    this.backoff = 1;
    this.timerPending = false;
    this.rtoDeadline = 0;
    this.unacked = 0;
    this.delayedAckAt = 0;
    this.closing = false;
    this.finSent = false;
    this.busyUntil = 0;
  }
}

export class TcpConnection {
  /**
   * @param network what carries packets and keeps time: `send(packet, seconds)`, `at(seconds, event)`
   * @param options addresses, delaySeconds (one way), mss, random, `repeatsAcks` (each pure ACK is sent twice), and
   *   `onReceived(endPoint)`, called when octets arrived in order
   */
  constructor(network, { addresses, delaySeconds, mss, random, repeatsAcks = false, onReceived }) {
    this.network = network;
    this.addresses = addresses;
    this.delaySeconds = delaySeconds;
    this.mss = mss;
    this.repeatsAcks = repeatsAcks;
    this.client = new EndPoint(true, random);
    this.server = new EndPoint(false, random);
    this.onReceived = onReceived;
  }

  open(now) {
    this.#sendSegment(this.client, { seq: 0, length: 0, end: 1, flags: SYN }, now);
  }

  /** The application writes `octets`. */
  write(endPoint, octets, now) {
    endPoint.writeEnd += octets;
    this.#sendWhatMayGo(endPoint, now);
  }

  close(endPoint, now) {
    endPoint.closing = true;
    this.#sendWhatMayGo(endPoint, now);
  }

  /** A packet reached its end point. */
  receive(packet, now) {
    const own = packet.fromClient ? this.server : this.client;
    const peer = packet.fromClient ? this.client : this.server;
    if (packet.acks) this.#receiveAck(own, packet, now);
    if (packet.seq <= own.rcvNxt) own.tsRecent = packet.tsVal;
    const sequenceLength = packet.end - packet.seq;
    let mustAck = false;
    if (sequenceLength > 0) {
      if (packet.end <= own.rcvNxt) return this.#receiveOld(own, packet, now);
      if (packet.seq > own.rcvNxt) {
        keepRange(own.beyond, packet.seq, packet.end);
        mustAck = true;
      } else {
        mustAck = own.beyond.length > 0;
        own.rcvNxt = takeRanges(own.beyond, packet.end);
        own.unacked++;
        if (packet.flags & SYN && own.fromClient) this.#sendAck(own, now);
        // A FIN is answered with a FIN: the application closes as soon as it reads the end.
        if (peer.finSent && own.rcvNxt > peer.writeEnd) own.closing = true;
        this.onReceived(this, own, now);
      }
    }
    this.#sendWhatMayGo(own, now);
    const sawAll = packet.endsBurst && (packet.flags & PSH) === 0;
    if (mustAck || own.unacked >= 2 || (own.unacked > 0 && sawAll)) {
      this.#sendAck(own, now);
    } else if (own.unacked > 0 && own.delayedAckAt === 0) {
      own.delayedAckAt = now + DELAYED_ACK_SECONDS;
      this.network.at(own.delayedAckAt, { kind: 'delayed-ack', connection: this, endPoint: own });
    }
  }

  /** A timer of this connection went off. */
  onTimer(kind, endPoint, now) {
    if (kind === 'delayed-ack') {
      if (endPoint.unacked > 0 && now >= endPoint.delayedAckAt) this.#sendAck(endPoint, now);
      else if (endPoint.unacked === 0) endPoint.delayedAckAt = 0;
      return;
    }
    endPoint.timerPending = false;
    if (endPoint.inFlight.length === 0) return;
    if (now < endPoint.rtoDeadline) return this.#keepTimer(endPoint);
    for (const segment of endPoint.inFlight) {
      segment.sacked = false;
      segment.resent = false;
      segment.lost = true;
    }
    endPoint.sackedCount = 0;
    endPoint.lostCount = endPoint.inFlight.length;
    endPoint.ssthresh = Math.max(endPoint.inFlight.length >> 1, 2);
    endPoint.cwnd = 1;
    endPoint.recoverAt = endPoint.sndNxt;
    endPoint.backoff = Math.min(endPoint.backoff * 2, 64);
    endPoint.rtoDeadline = now + this.#rto(endPoint);
    this.#resend(endPoint, endPoint.inFlight[0], now);
    this.#keepTimer(endPoint);
  }

  #receiveOld(own, packet, now) {
    const head = own.inFlight[0];
    if (packet.flags & SYN && head !== undefined && head.flags & SYN) return this.#resend(own, head, now);
    this.#sendAck(own, now, [packet.seq, packet.end]); // D-SACK, RFC 2883
  }

  #receiveAck(own, packet, now) {
    const { inFlight } = own;
    if (packet.ack > own.sndUna) {
      let acked = 0;
      while (acked < inFlight.length && inFlight[acked].end <= packet.ack) {
        if (inFlight[acked].sacked) own.sackedCount--;
        if (inFlight[acked].lost) own.lostCount--;
        acked++;
      }
      inFlight.splice(0, acked);
      own.sndUna = packet.ack;
      own.backoff = 1;
      own.rtoDeadline = now + this.#rto(own);
      own.cwnd += own.cwnd < own.ssthresh ? acked : acked / own.cwnd;
    }
    if (packet.sack === null || inFlight.length === 0) return;
    for (const segment of inFlight) {
      if (segment.sacked || !packet.sack.some(([left, right]) => left <= segment.seq && segment.end <= right)) continue;
      segment.sacked = true;
      own.sackedCount++;
      if (segment.lost) {
        segment.lost = false;
        own.lostCount--;
      }
    }
    let sackedAbove = own.sackedCount;
    for (const segment of inFlight) {
      if (sackedAbove < DUP_THRESHOLD) break;
      if (segment.sacked) sackedAbove--;
      else if (!segment.lost && !segment.resent) {
        segment.lost = true;
        own.lostCount++;
      }
    }
    if (own.lostCount > 0 && own.sndUna >= own.recoverAt) {
      own.recoverAt = own.sndNxt;
      own.ssthresh = Math.max(inFlight.length >> 1, 2);
      own.cwnd = own.ssthresh;
    }
  }

  #sendWhatMayGo(own, now) {
    if (own.rcvNxt === 0) return; // not connected
    let last;
    let onTheWay = own.inFlight.length - own.sackedCount - own.lostCount;
    if (own.lostCount > 0) {
      for (const segment of own.inFlight) {
        if (onTheWay >= own.cwnd) break;
        if (!segment.lost) continue;
        this.#resend(own, segment, now);
        onTheWay++;
      }
    }
    while (own.sndNxt < own.writeEnd && own.sndNxt > 0 && onTheWay < own.cwnd) {
      const length = Math.min(this.mss, own.writeEnd - own.sndNxt);
      const end = own.sndNxt + length;
      if (end - own.sndUna > WINDOW_OCTETS) break;
      const flags = end === own.writeEnd ? ACK | PSH : ACK;
      last = this.#sendSegment(own, { seq: own.sndNxt, length, end, flags }, now);
      onTheWay++;
    }
    if (own.closing && !own.finSent && own.sndNxt === own.writeEnd) {
      own.finSent = true;
      last = this.#sendSegment(own, { seq: own.sndNxt, length: 0, end: own.sndNxt + 1, flags: ACK | FIN }, now);
    }
    if (own.sndNxt === 0 && !own.fromClient) {
      last = this.#sendSegment(own, { seq: 0, length: 0, end: 1, flags: SYN | ACK }, now);
    }
    if (last !== undefined) last.endsBurst = true;
  }

  #sendSegment(own, { seq, length, end, flags }, now) {
    own.sndNxt = end;
    if (own.inFlight.length === 0) own.rtoDeadline = now + this.#rto(own);
    own.inFlight.push({ seq, length, end, flags, sacked: false, lost: false, resent: false });
    this.#keepTimer(own);
    return this.#send(own, seq, length, end, flags, null, now);
  }

  #resend(own, segment, now) {
    if (segment.lost) {
      segment.lost = false;
      own.lostCount--;
    }
    segment.resent = true;
    const packet = this.#send(own, segment.seq, segment.length, segment.end, segment.flags, null, now);
    packet.endsBurst = true;
  }

  /** A pure ACK, with SACK blocks for what arrived beyond a gap. */
  #sendAck(own, now, duplicate) {
    let sack = null;
    if (duplicate !== undefined || own.beyond.length > 0) {
      sack = duplicate === undefined ? [] : [duplicate];
      for (const [left, right] of own.beyond) {
        if (sack.length < MOST_SACK_BLOCKS) sack.push([left, right]);
      }
    }
    for (let times = this.repeatsAcks ? 2 : 1; times > 0; times--)
      this.#send(own, own.sndNxt, 0, own.sndNxt, ACK, sack, now);
  }

  #send(own, seq, length, end, flags, sack, now) {
    own.unacked = 0;
    own.delayedAckAt = 0;
    const sentAt = Math.max(now, own.busyUntil) + SECONDS_PER_PACKET_SENT;
    own.busyUntil = sentAt + (length * 8) / BITS_PER_SECOND;
    const peer = own.fromClient ? this.server : this.client;
    const packet = {
      kind: 'packet',
      protocol: PROTOCOL_TCP,
      connection: this,
      addresses: this.addresses,
      delaySeconds: this.delaySeconds,
      fromClient: own.fromClient,
      lostAfter: 2,
      sentAt,
      outerIpId: 0,
      ipId: own.ipId,
      seqBase: own.iss,
      ackBase: peer.iss,
      textPlace: own.textPlace,
      seq,
      length,
      end,
      flags,
      acks: (flags & ACK) !== 0,
      ack: own.rcvNxt,
      sack,
      window: flags & SYN ? SYN_WINDOW_FIELD : WINDOW_FIELD,
      windowScale: WINDOW_SCALE,
      mss: this.mss + 12, // the option does not count TCP options (RFC 6691); timestamps take 12
      tsVal: (own.tsOffset + Math.floor(sentAt * 1000)) >>> 0,
      tsEcr: own.tsRecent,
      endsBurst: false,
    };
    own.ipId = (own.ipId + 1) & 0xffff;
    this.network.send(packet);
    return packet;
  }

  #rto(own) {
    const first = own.sndUna === 0;
    const seconds = first ? FIRST_RTO_SECONDS : Math.max(LEAST_RTO_SECONDS, 2 * this.delaySeconds + LEAST_RTO_SECONDS);
    return seconds * own.backoff;
  }

  #keepTimer(own) {
    if (own.timerPending) return;
    own.timerPending = true;
    this.network.at(own.rtoDeadline, { kind: 'retransmission', connection: this, endPoint: own });
  }
}

/** Adds a range to those received beyond a gap; the one that holds the newest octets comes first (RFC 2018, 4). */
function keepRange(ranges, left, right) {
  for (let i = ranges.length - 1; i >= 0; i--) {
    const range = ranges[i];
    if (range[0] > right || range[1] < left) continue;
    left = Math.min(left, range[0]);
    right = Math.max(right, range[1]);
    ranges.splice(i, 1);
  }
  ranges.unshift([left, right]);
}

/** Where the octets in order end, once everything up to `end` is there; ranges that became part of it are taken out. */
function takeRanges(ranges, end) {
  for (let again = true; again; ) {
    again = false;
    for (let i = ranges.length - 1; i >= 0; i--) {
      if (ranges[i][0] > end) continue;
      end = Math.max(end, ranges[i][1]);
      ranges.splice(i, 1);
      again = true;
    }
  }
  return end;
}
