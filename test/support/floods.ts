/**
 * Captures that hold more of one thing than a budget: what a scan, a flood, a broken host or an attacker makes. Each kind
 * is a frame by its number, written to a file in pieces.
 */
import { closeSync, openSync, writeSync } from 'node:fs';

interface Frame {
  bytes: Buffer;
  microseconds: number;
}

const TCP = 6;
const UDP = 17;
const ICMP = 1;
const SYN = 2;
const ACK = 16;
const PUSH_ACK = 24;

const spread = (nth: number): number => Math.imul(nth, 0x9e3779b1) >>> 0;
const address = (base: number, offset: number): number => (base + offset) >>> 0;
const TEN = 0x0a000000;
const ELEVEN = 0x0b000000;
const SERVICE = 0x0a600001;

function ethernet(etherType: number, payload: Buffer, sourceMac = 0x040404040404): Buffer {
  const header = Buffer.alloc(14, 2);
  header.writeUIntBE(sourceMac, 6, 6);
  header.writeUInt16BE(etherType, 12);
  return Buffer.concat([header, payload]);
}

function ipv4(
  protocol: number,
  source: number,
  destination: number,
  id: number,
  payload: Buffer,
  fragment = 0x4000,
): Buffer {
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(20 + payload.length, 2);
  header.writeUInt16BE(id & 0xffff, 4);
  header.writeUInt16BE(fragment, 6);
  header[8] = 64;
  header[9] = protocol;
  header.writeUInt32BE(source, 12);
  header.writeUInt32BE(destination, 16);
  return Buffer.concat([header, payload]);
}

function segment(from: number, to: number, seq: number, ack: number, flags: number, octets = 0): Buffer {
  const bytes = Buffer.alloc(20 + octets);
  bytes.writeUInt16BE(from, 0);
  bytes.writeUInt16BE(to, 2);
  bytes.writeUInt32BE(seq >>> 0, 4);
  bytes.writeUInt32BE(ack >>> 0, 8);
  bytes[12] = 0x50;
  bytes[13] = flags;
  bytes.writeUInt16BE(65000, 14);
  return bytes;
}

function datagram(from: number, to: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(from, 0);
  header.writeUInt16BE(to, 2);
  header.writeUInt16BE(8 + payload.length, 4);
  return Buffer.concat([header, payload]);
}

const syn = (source: number, destination: number, nth: number, to = 443): Buffer =>
  ethernet(0x0800, ipv4(TCP, source, destination, nth, segment(1024 + (nth % 64000), to, nth * 7919, 0, SYN)));

function query(nth: number): Buffer {
  const label = Buffer.from(`n${nth.toString(36)}${'x'.repeat(20)}`);
  const message = Buffer.concat([
    Buffer.from([(nth >> 8) & 255, nth & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, label.length]),
    label,
    Buffer.from([3, 0x63, 0x6f, 0x6d, 0, 0, 1, 0, 1]),
  ]);
  return datagram(1024 + (nth % 60000), 53, message);
}

function arpRequest(nth: number): Buffer {
  const body = Buffer.alloc(28);
  body.writeUIntBE(0x000108000604, 0, 6);
  body[7] = 1;
  body.writeUInt32BE(nth, 10);
  body.writeUInt32BE(address(TEN, nth), 14);
  body.writeUInt32BE(address(ELEVEN, nth), 24);
  return ethernet(0x0806, body);
}

function inVxlan(nth: number): Buffer {
  const header = Buffer.alloc(8);
  header[0] = 8;
  header.writeUIntBE(nth & 0xffffff, 4, 3);
  const inner = syn(address(TEN, 0xf40001 + (nth % 250)), address(TEN, 0xf40101), nth, 80);
  const outer = datagram(40000 + (nth % 20000), 8472, Buffer.concat([header, inner]));
  return ethernet(0x0800, ipv4(UDP, address(TEN, 1), address(TEN, 2), nth, outer));
}

function unreachable(nth: number): Buffer {
  const quoted = ipv4(
    UDP,
    address(TEN, 0x10002),
    address(ELEVEN, nth),
    nth,
    datagram(40000 + (nth % 20000), 33434, Buffer.alloc(0)),
  );
  const message = Buffer.concat([Buffer.from([3, nth % 4, 0, 0, 0, 0, 0, 0]), quoted]);
  return ethernet(0x0800, ipv4(ICMP, address(TEN, 1 + (nth % 5000)), address(TEN, 0x10002), nth, message));
}

function ping(nth: number): Buffer {
  const message = Buffer.from([8, 0, 0, 0, (nth >> 8) & 255, nth & 255, (nth >> 12) & 255, (nth >> 4) & 255]);
  return ethernet(0x0800, ipv4(ICMP, address(TEN, 1 + (nth % 5000)), address(ELEVEN, nth), nth, message));
}

function ipv6Syn(nth: number): Buffer {
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  header.writeUInt16BE(20, 4);
  header[6] = TCP;
  header[7] = 64;
  header.writeUInt32BE(0xfd000001, 8);
  header.writeUInt32BE(spread(nth), 20);
  header.writeUInt32BE(0xfd000002, 24);
  header.writeUInt32BE(nth, 36);
  return ethernet(0x86dd, Buffer.concat([header, segment(1024 + (nth % 60000), 443, nth, 0, SYN)]));
}

/** One connection with 100 octets a segment, an acknowledgement for each second one, and now and then one sent again. */
function longTransfer(nth: number): Buffer {
  const [client, server] = [address(TEN, 1), address(TEN, 2)];
  const sent = 1 + 100 * (nth - Math.floor(nth / 3));
  if (nth % 3 === 2) return ethernet(0x0800, ipv4(TCP, server, client, nth, segment(80, 40000, 1, sent, ACK)));
  const seq = nth % 500 === 7 ? sent - 200 : sent;
  return ethernet(0x0800, ipv4(TCP, client, server, nth, segment(40000, 80, seq, 1, PUSH_ACK, 100)));
}

const KINDS = {
  'SYNs of many clients': (nth) => syn(address(TEN, spread(nth) >>> 8), SERVICE, nth),
  'SYNs to many ports': (nth) =>
    syn(address(TEN, 1 + (nth >> 16)), address(SERVICE, (nth >> 10) & 255), nth, 1 + ((nth * 31) % 65535)),
  'lookups without an answer': (nth) =>
    ethernet(0x0800, ipv4(UDP, address(TEN, 1 + (nth % 200)), address(SERVICE, 9), nth, query(nth))),
  'ARP requests': arpRequest,
  'VXLAN networks': inVxlan,
  'one connection': longTransfer,
  'holes that are never filled': (nth) =>
    ethernet(
      0x0800,
      ipv4(TCP, address(TEN, 1), address(TEN, 2), nth, segment(40000, 80, 1000 + 300 * nth, 1, PUSH_ACK, 100)),
    ),
  'first fragments': (nth) =>
    ethernet(
      0x0800,
      ipv4(UDP, address(TEN, 1 + (nth % 1000)), address(TEN, 2), nth / 1000, Buffer.alloc(8), 0x2000 | (1 + (nth % 7))),
    ),
  'ICMP errors': unreachable,
  pings: ping,
  'UDP flows': (nth) =>
    ethernet(
      0x0800,
      ipv4(
        UDP,
        address(TEN, spread(nth) >>> 10),
        address(ELEVEN, nth),
        nth,
        datagram(1024 + (nth % 60000), 1 + ((nth * 17) % 65000), Buffer.alloc(20)),
      ),
    ),
  'times that jump back': (nth) => syn(address(TEN, 1), SERVICE, nth),
  'IPv6 addresses': ipv6Syn,
  'link addresses': (nth) =>
    ethernet(
      0x0800,
      ipv4(TCP, address(TEN, 1 + (nth % 65000)), SERVICE, nth, segment(1024 + (nth % 64000), 443, nth, 0, SYN)),
      2 ** 40 + spread(nth),
    ),
} satisfies Record<string, (nth: number) => Buffer>;

/** In turn: each of them fills another part of the budget. */
const MIXED = [
  'lookups without an answer',
  'UDP flows',
  'pings',
  'IPv6 addresses',
  'VXLAN networks',
  'link addresses',
  'SYNs of many clients',
  'ARP requests',
  'ICMP errors',
  'first fragments',
] as const satisfies (keyof typeof KINDS)[];

export type Flood = keyof typeof KINDS | 'ten mixed' | 'interfaces' | 'names';
export const FLOODS = [...(Object.keys(KINDS) as Flood[]), 'ten mixed', 'interfaces', 'names'] as const;

/** Writes a capture with `count` frames (or interfaces, or names) of one kind. */
export function writeFlood(path: string, kind: Flood, count: number): void {
  const file = openSync(path, 'w');
  let pieces: Buffer[] = [];
  let octets = 0;
  const add = (bytes: Buffer): void => {
    pieces.push(bytes);
    octets += bytes.length;
    if (octets < 1 << 22) return;
    writeSync(file, Buffer.concat(pieces));
    [pieces, octets] = [[], 0];
  };
  if (kind === 'interfaces' || kind === 'names') for (const bytes of pcapngBlocks(kind, count)) add(bytes);
  else {
    add(Buffer.from('d4c3b2a1020004000000000000000000000004000100 0000'.replace(' ', ''), 'hex'));
    for (let nth = 0; nth < count; nth++) add(record(frameOf(kind, nth)));
  }
  writeSync(file, Buffer.concat(pieces));
  closeSync(file);
}

const bytesOf = (kind: Exclude<Flood, 'interfaces' | 'names'>, nth: number): Buffer =>
  kind === 'ten mixed' ? KINDS[MIXED[nth % MIXED.length]](Math.floor(nth / MIXED.length)) : KINDS[kind](nth);

const frameOf = (kind: Exclude<Flood, 'interfaces' | 'names'>, nth: number): Frame => ({
  bytes: bytesOf(kind, nth),
  microseconds: kind === 'times that jump back' ? ((nth * 7919) % 1000) * 1_000_000 + nth : 10 * nth,
});

function record({ bytes, microseconds }: Frame): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(1_700_000_000 + Math.floor(microseconds / 1_000_000), 0);
  header.writeUInt32LE(microseconds % 1_000_000, 4);
  header.writeUInt32LE(bytes.length, 8);
  header.writeUInt32LE(bytes.length, 12);
  return Buffer.concat([header, bytes]);
}

function block(type: number, body: Buffer): Buffer {
  const bytes = Buffer.alloc(12 + body.length);
  bytes.writeUInt32LE(type, 0);
  bytes.writeUInt32LE(bytes.length, 4);
  body.copy(bytes, 8);
  bytes.writeUInt32LE(bytes.length, bytes.length - 4);
  return bytes;
}

const described = (name: string): Buffer =>
  block(
    1,
    Buffer.concat([
      Buffer.from([1, 0, 0, 0, 255, 255, 0, 0, 2, 0, 12, 0]),
      Buffer.from(name.padEnd(12, 'q')),
      Buffer.alloc(4),
    ]),
  );

function* pcapngBlocks(kind: 'interfaces' | 'names', count: number): Generator<Buffer> {
  yield block(0x0a0d0d0a, Buffer.from('4d3c2b1a01000000ffffffffffffffff', 'hex'));
  if (kind === 'names') {
    yield described('eth0');
    for (let nth = 0; nth < count; nth++) {
      const body = Buffer.alloc(20);
      body.writeUInt32LE(0x000a0001, 0);
      body.writeUInt32BE(address(TEN, nth), 4);
      body.write('abc', 8);
      yield block(4, body);
    }
    return;
  }
  for (let nth = 0; nth < count; nth++) yield described(`veth${nth}`);
  for (let nth = 0; nth < count; nth++) {
    const frame = syn(address(TEN, 1), address(TEN, 2), nth, 80);
    const head = Buffer.alloc(20);
    head.writeUInt32LE(nth, 0);
    head.writeUInt32LE(0x60a00, 4);
    head.writeUInt32LE(10 * nth, 8);
    head.writeUInt32LE(frame.length, 12);
    head.writeUInt32LE(frame.length, 16);
    yield block(6, Buffer.concat([head, frame, Buffer.alloc((4 - (frame.length % 4)) % 4)]));
  }
}
