import { AddressBook, FIRST_IPV6 } from '../../../src/decode/address-book.ts';
import { Packet } from '../../../src/decode/packet.ts';
import { MD5_SIGNATURE, TCP_AO } from '../../../src/decode/read-tcp-options.ts';
import type { Connection } from '../../../src/flows/evidence/evidence.ts';
import * as K from '../../../src/flows/tcp/segment-kind.ts';
import { TcpTracker, type TcpTrackerOptions } from '../../../src/flows/tcp/tcp-tracker.ts';

/**
 * A trace is lines in packetdrill's manner, `>` from the client:
 *
 *   0.000 > S 0:0 win 65535 mss 1460 ws 7 sackok      SYN, times are seconds, `+0.1` counts from the line before
 *   +0.01 < S. 0:0 ack 1 win 65535
 *   +0.01 > P. 1:101 ack 1 win 502 id 7 ts 10 ttl 63 len 1500 sack 201:301 df
 *
 * `port` is that of the client and `listener` that of the server; `len` is the length of the IP packet, `wire` that of the frame, `mac 2:3` its link addresses, `tunnel` the number of the
 * tunnel. Sequence numbers are relative to the iss of their sender. What follows `#` are the kinds that are expected, in
 * alphabetical order; a line without it expects none.
 */
export interface Traced {
  /** Kinds of each line, by name. */
  kinds: string[];
  /** Kinds that the trace expects. */
  expected: string[];
  connections: Connection[];
  tracker: TcpTracker;
}

export const CLIENT = 0x0a000001;
export const SERVER = 0x0a000002;

const KIND_NAMES: readonly [string, number][] = [
  ['retransmission', K.RETRANSMISSION],
  ['fast', K.FAST_RETRANSMISSION],
  ['spurious', K.SPURIOUS_RETRANSMISSION],
  ['outOfOrder', K.OUT_OF_ORDER],
  ['lost', K.PREVIOUS_SEGMENT_NOT_CAPTURED],
  ['dupAck', K.DUP_ACK],
  ['zeroWindow', K.ZERO_WINDOW],
  ['windowFull', K.WINDOW_FULL],
  ['keepAlive', K.KEEP_ALIVE],
  ['ackedUnseen', K.ACKED_UNSEEN_SEGMENT],
  ['probe', K.ZERO_WINDOW_PROBE],
  ['probeAck', K.ZERO_WINDOW_PROBE_ACK],
  ['windowUpdate', K.WINDOW_UPDATE],
  ['keepAliveAck', K.KEEP_ALIVE_ACK],
  ['portsReused', K.PORTS_REUSED],
];

export const kindNames = (kinds: number): string =>
  KIND_NAMES.filter(([, bit]) => (kinds & bit) !== 0)
    .map(([name]) => name)
    .sort()
    .join(' ');

const FLAG_LETTERS: Record<string, number> = { F: 1, S: 2, R: 4, P: 8, '.': 16 };

export function newTracker(options: Partial<TcpTrackerOptions> = {}): TcpTracker {
  let flows = 0;
  const addresses = new AddressBook();
  return new TcpTracker({
    nextFlow: () => flows++,
    formatAddress: (address) => addresses.format(address),
    formatMac: (mac) => mac.toString(16),
    connections: 1000,
    unackedSegments: 10_000,
    ...options,
  });
}

export interface TraceOptions {
  /** The first sequence numbers, client's and server's. */
  iss?: [number, number];
  tracker?: TcpTracker;
  point?: number;
  encapsulation?: number;
  isIpv6?: boolean;
  /** Is called after each packet. */
  after?: (tracker: TcpTracker) => void;
}

/** Runs a trace. */
export function trace(text: string, options: TraceOptions = {}): Traced {
  const { iss = [1000, 5000], tracker = newTracker(), point = 0, encapsulation = 0, isIpv6 = false, after } = options;
  const kinds: string[] = [];
  const expected: string[] = [];
  const packet = new Packet(new AddressBook());
  let time = 0;
  for (const line of text.split('\n').filter((each) => each.trim() !== '')) {
    const [words, comment = ''] = line.split('#');
    time = fill(packet, words.trim().split(/\s+/), time, iss);
    packet.number = kinds.length + 1;
    if (isIpv6) {
      packet.ipVersion = 6;
      packet.source += FIRST_IPV6;
      packet.destination += FIRST_IPV6;
    }
    tracker.onPacket(packet, point, time, Number(/ tunnel (\d+)/.exec(words)?.[1] ?? -1), encapsulation);
    kinds.push(kindNames(tracker.kinds));
    after?.(tracker);
    expected.push(comment.trim().split(/\s+/).sort().join(' '));
  }
  return { kinds, expected, connections: tracker.finish(1000).connections, tracker };
}

function fill(packet: Packet, words: string[], before: number, iss: [number, number]): number {
  const [when, arrow, letters, range, ...options] = words;
  const fromClient = arrow === '>';
  const [mine, peer] = fromClient ? iss : [iss[1], iss[0]];
  const [start, end] = range.split(':').map(Number);
  reset(packet);
  packet.source = fromClient ? CLIENT : SERVER;
  packet.destination = fromClient ? SERVER : CLIENT;
  packet.sourcePort = fromClient ? 40000 : 80;
  packet.destinationPort = fromClient ? 80 : 40000;
  packet.tcpFlags = [...letters].reduce((flags, letter) => flags | FLAG_LETTERS[letter], 0);
  packet.tcpSeq = (mine + start) >>> 0;
  packet.payloadLength = end - start;
  packet.l3Length = 40 + end - start;
  applyOptions(packet, options, mine, peer);
  return when.startsWith('+') ? before + Number(when.slice(1)) : Number(when);
}

function applyOptions(packet: Packet, options: string[], mine: number, peer: number): void {
  for (let at = 0; at < options.length; at += 2) {
    const [name, word] = [options[at], options[at + 1]];
    const value = Number(word);
    if (name === 'ack') packet.tcpAck = (peer + value) >>> 0;
    else if (name === 'win') packet.tcpWindow = value;
    else if (name === 'mss') packet.tcpMss = value;
    else if (name === 'ws') packet.tcpWindowScale = value;
    else if (name === 'id') packet.ipId = value;
    else if (name === 'ttl') packet.ttl = value;
    else if (name === 'len') packet.l3Length = value;
    else if (name === 'wire') packet.originalLength = value;
    else if (name === 'port') packet[packet.source === CLIENT ? 'sourcePort' : 'destinationPort'] = value;
    else if (name === 'listener') packet[packet.source === CLIENT ? 'destinationPort' : 'sourcePort'] = value;
    else if (name === 'signature') packet.tcpSignature = word === 'md5' ? MD5_SIGNATURE : TCP_AO;
    else if (name === 'mac') {
      const [source, destination] = word.split(':').map(Number);
      packet.bytes = new Uint8Array(12).fill(destination, 5, 6).fill(source, 11, 12);
      [packet.destinationMacAt, packet.sourceMacAt] = [0, 6];
    } else if (name === 'ts') {
      packet.tcpHasTimestamps = true;
      packet.tcpTsValue = value;
    } else if (name === 'sack') {
      for (const edges of word.split(',')) {
        const [left, right] = edges.split(':').map(Number);
        packet.tcpSack[packet.tcpSackCount * 2] = (peer + left) >>> 0;
        packet.tcpSack[packet.tcpSackCount * 2 + 1] = (peer + right) >>> 0;
        packet.tcpSackCount++;
      }
    } else if (name === 'sackok') {
      packet.tcpSackPermitted = true;
      at--;
    } else if (name === 'df') {
      packet.dontFragment = true;
      at--;
    } else if (name !== 'tunnel') throw new Error(`unknown word in a trace: ${name} (sequence ${mine})`);
  }
}

function reset(packet: Packet): void {
  packet.ipVersion = 4;
  packet.protocol = 6;
  packet.transportAt = 0;
  packet.start = 100;
  packet.ipAt = 114;
  packet.originalLength = 65_535;
  packet.ttl = 64;
  packet.ipId = 0;
  packet.dontFragment = false;
  packet.sourceMacAt = -1;
  packet.destinationMacAt = -1;
  packet.tcpAck = 0;
  packet.tcpWindow = 65535;
  packet.tcpMss = -1;
  packet.tcpWindowScale = -1;
  packet.tcpSackPermitted = false;
  packet.tcpSignature = 0;
  packet.tcpHasTimestamps = false;
  packet.tcpTsValue = 0;
  packet.tcpSackCount = 0;
}

/** A handshake of 20 ms round trip to put in front of a trace. */
export const HANDSHAKE = `
  0.000 > S  0:0 win 65535 mss 1460 ws 0 sackok
  0.010 < S. 0:0 ack 1 win 65535 mss 1460 ws 0 sackok
  0.020 > .  1:1 ack 1 win 65535
`;
