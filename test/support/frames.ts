/**
 * Builds frames from nested layers, as bytes. Lengths, protocol numbers and checksums are computed unless forced.
 *
 *   ethernet({}, ipv4({ source: '192.0.2.1' }, tcp({ flags: 'S' }, 'payload')))
 *
 * Forcing: any numeric field of a layer's options replaces the computed one, e.g. `ipv4({ totalLength: 0 }, …)`.
 */

/** What an IP layer tells the layer it carries: the start of the sum of its transport checksum. */
type PseudoHeader = { source: Uint8Array; destination: Uint8Array; protocol: number };

export interface LayerOfFrame {
  /** EtherType that announces this layer. */
  etherType?: number;
  /** IP protocol number that announces this layer. */
  protocol?: number;
  build(pseudo?: PseudoHeader): Uint8Array;
}

export type Payload = LayerOfFrame | Uint8Array | string | number[];

const text = new TextEncoder();

function layerOf(payload: Payload): LayerOfFrame {
  if (typeof payload === 'string') return { build: () => text.encode(payload) };
  if (payload instanceof Uint8Array) return { build: () => payload };
  return Array.isArray(payload) ? { build: () => Uint8Array.from(payload) } : payload;
}

/** The bytes of a payload or layer. */
export const bytesOf = (payload: Payload): Uint8Array => layerOf(payload).build();

export function concat(...parts: (Uint8Array | number[])[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((octets, { length }) => octets + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const be16 = (value: number): number[] => [(value >>> 8) & 255, value & 255];
const be24 = (value: number): number[] => [(value >>> 16) & 255, ...be16(value)];
const be32 = (value: number): number[] => [(value >>> 24) & 255, ...be24(value)];

export const mac = (written: string): number[] => written.split(':').map((octet) => Number.parseInt(octet, 16));
export const ipv4Address = (written: string): number[] => written.split('.').map(Number);
/** The number that `AddressBook` gives an IPv4 address. */
export const ipv4Number = (written: string): number =>
  ipv4Address(written).reduce((value, octet) => value * 256 + octet, 0);

/** Reads the text form of RFC 4291, 2.2, without embedded IPv4. */
export function ipv6Address(written: string): number[] {
  const [head, tail] = written.split('::');
  const groups = (part: string | undefined): number[] =>
    part === undefined || part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const left = groups(head);
  const right = groups(tail);
  const middle = tail === undefined ? [] : Array<number>(8 - left.length - right.length).fill(0);
  return [...left, ...middle, ...right].flatMap(be16);
}

/** Internet checksum (RFC 1071) of parts laid end to end, each of even length but the last. */
export function internetChecksum(...parts: (Uint8Array | number[])[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; at++) sum += at % 2 === 0 ? part[at] << 8 : part[at];
  }
  while (sum > 0xffff) sum = (sum >>> 16) + (sum & 0xffff);
  return ~sum & 0xffff;
}

function transportChecksum(pseudo: PseudoHeader | undefined, segment: Uint8Array): number {
  if (pseudo === undefined) return 0;
  const rest = [...be32(segment.length), ...be16(0), ...be16(pseudo.protocol)];
  return internetChecksum(pseudo.source, pseudo.destination, rest, segment);
}

function withChecksum(bytes: Uint8Array, at: number, checksum: number): Uint8Array {
  bytes.set(be16(checksum), at);
  return bytes;
}

const MAC_A = '02:00:00:00:00:0a';
const MAC_B = '02:00:00:00:00:0b';

export interface EthernetOptions {
  source?: string;
  destination?: string;
  /** Tags, outermost first; all but the last are 0x88a8. */
  vlans?: number[];
  etherType?: number;
  /** Octets to pad the frame to. */
  padTo?: number;
}

export function ethernet(options: EthernetOptions, payload: Payload): LayerOfFrame {
  const inner = layerOf(payload);
  const vlans = options.vlans ?? [];
  return {
    etherType: 0x6558,
    protocol: 143,
    build() {
      const tags = vlans.flatMap((id, index) => [...be16(index < vlans.length - 1 ? 0x88a8 : 0x8100), ...be16(id)]);
      const type = be16(options.etherType ?? inner.etherType ?? 0x88b5);
      const frame = concat(mac(options.destination ?? MAC_B), mac(options.source ?? MAC_A), tags, type, inner.build());
      const missing = (options.padTo ?? 0) - frame.length;
      return missing > 0 ? concat(frame, new Uint8Array(missing)) : frame;
    },
  };
}

/** LINKTYPE_LINUX_SLL. `packetType` 4 is outgoing. */
export function sll(
  options: { packetType?: number; source?: string; hardware?: number },
  payload: Payload,
): LayerOfFrame {
  const inner = layerOf(payload);
  return {
    build: () =>
      concat(
        be16(options.packetType ?? 0),
        be16(options.hardware ?? 1),
        be16(6),
        mac(options.source ?? MAC_A),
        [0, 0],
        be16(inner.etherType ?? 0),
        inner.build(),
      ),
  };
}

/** LINKTYPE_LINUX_SLL2. */
export function sll2(
  options: { packetType?: number; source?: string; hardware?: number; interfaceIndex?: number },
  payload: Payload,
): LayerOfFrame {
  const inner = layerOf(payload);
  return {
    build: () =>
      concat(
        be16(inner.etherType ?? 0),
        [0, 0],
        be32(options.interfaceIndex ?? 1),
        be16(options.hardware ?? 1),
        [options.packetType ?? 0, 6],
        mac(options.source ?? MAC_A),
        [0, 0],
        inner.build(),
      ),
  };
}

export interface Ipv4Options {
  source?: string;
  destination?: string;
  ttl?: number;
  id?: number;
  tos?: number;
  protocol?: number;
  dontFragment?: boolean;
  moreFragments?: boolean;
  /** Octets, a multiple of 8. */
  fragmentOffset?: number;
  totalLength?: number;
  checksum?: number;
  /** A multiple of 4 octets. */
  options?: number[];
}

export function ipv4(options: Ipv4Options, payload: Payload): LayerOfFrame {
  const inner = layerOf(payload);
  return {
    etherType: 0x0800,
    protocol: 4,
    build() {
      const source = ipv4Address(options.source ?? '192.0.2.1');
      const destination = ipv4Address(options.destination ?? '192.0.2.2');
      const protocol = options.protocol ?? inner.protocol ?? 253;
      const body = inner.build({
        source: Uint8Array.from(source),
        destination: Uint8Array.from(destination),
        protocol,
      });
      const extra = options.options ?? [];
      const length = 20 + extra.length;
      const word =
        (options.dontFragment ? 0x4000 : 0) |
        (options.moreFragments ? 0x2000 : 0) |
        ((options.fragmentOffset ?? 0) / 8);
      const header = concat(
        [0x40 | (length / 4), options.tos ?? 0],
        be16(options.totalLength ?? length + body.length),
        be16(options.id ?? 0),
        be16(word),
        [options.ttl ?? 64, protocol, 0, 0],
        source,
        destination,
        extra,
      );
      return concat(withChecksum(header, 10, options.checksum ?? internetChecksum(header)), body);
    },
  };
}

export interface Ipv6Options {
  source?: string;
  destination?: string;
  hopLimit?: number;
  trafficClass?: number;
  nextHeader?: number;
  payloadLength?: number;
  /** Extension headers, whole, each with the number that announces it; their next-header octets are filled in. */
  extensions?: { protocol: number; bytes: number[] }[];
}

export function ipv6(options: Ipv6Options, payload: Payload): LayerOfFrame {
  const inner = layerOf(payload);
  return {
    etherType: 0x86dd,
    protocol: 41,
    build() {
      const source = ipv6Address(options.source ?? '2001:db8::1');
      const destination = ipv6Address(options.destination ?? '2001:db8::2');
      const last = options.nextHeader ?? inner.protocol ?? 253;
      const extensions = options.extensions ?? [];
      const chain = extensions.flatMap(({ bytes }, index) => [
        extensions[index + 1]?.protocol ?? last,
        ...bytes.slice(1),
      ]);
      const pseudo = { source: Uint8Array.from(source), destination: Uint8Array.from(destination), protocol: last };
      const body = concat(chain, inner.build(pseudo));
      return concat(
        be32(0x60000000 | ((options.trafficClass ?? 0) << 20)),
        be16(options.payloadLength ?? body.length),
        [extensions[0]?.protocol ?? last, options.hopLimit ?? 64],
        source,
        destination,
        body,
      );
    },
  };
}

/** Octets of an IPv6 fragment header. */
export const fragmentExtension = (
  offset: number,
  more: boolean,
  id: number,
): { protocol: number; bytes: number[] } => ({
  protocol: 44,
  bytes: [0, 0, ...be16(offset | (more ? 1 : 0)), ...be32(id)],
});

export interface TcpOptions {
  sourcePort?: number;
  destinationPort?: number;
  seq?: number;
  ack?: number;
  /** Letters of FSRPAUEC, `.` for ACK, or the 9 bits. */
  flags?: string | number;
  window?: number;
  checksum?: number;
  /** In units of 4 octets. */
  dataOffset?: number;
  mss?: number;
  windowScale?: number;
  sackPermitted?: boolean;
  timestamps?: [value: number, echo: number];
  sack?: [left: number, right: number][];
  /** Options as octets, behind those above. */
  options?: number[];
}

const FLAG_LETTERS = 'FSRPAUEC';

const flagBits = (flags: string): number =>
  [...flags].reduce((bits, letter) => bits | (1 << FLAG_LETTERS.indexOf(letter === '.' ? 'A' : letter)), 0);

function tcpOptions(options: TcpOptions): number[] {
  const octets: number[] = [];
  if (options.mss !== undefined) octets.push(2, 4, ...be16(options.mss));
  if (options.sackPermitted) octets.push(4, 2);
  if (options.timestamps !== undefined) {
    if (!options.sackPermitted) octets.push(1, 1);
    octets.push(8, 10, ...options.timestamps.flatMap(be32));
  }
  if (options.windowScale !== undefined) octets.push(1, 3, 3, options.windowScale);
  if (options.sack !== undefined)
    octets.push(1, 1, 5, 2 + 8 * options.sack.length, ...options.sack.flat().flatMap(be32));
  octets.push(...(options.options ?? []));
  while (octets.length % 4 !== 0) octets.push(1);
  return octets;
}

export function tcp(options: TcpOptions, payload: Payload = []): LayerOfFrame {
  const inner = layerOf(payload);
  return {
    protocol: 6,
    build(pseudo) {
      const extra = tcpOptions(options);
      const flags = options.flags ?? '.';
      const offset = options.dataOffset ?? 5 + extra.length / 4;
      const segment = concat(
        be16(options.sourcePort ?? 40000),
        be16(options.destinationPort ?? 80),
        be32(options.seq ?? 1),
        be32(options.ack ?? 0),
        be16((offset << 12) | (typeof flags === 'number' ? flags : flagBits(flags))),
        be16(options.window ?? 64240),
        [0, 0, 0, 0],
        extra,
        inner.build(),
      );
      return withChecksum(segment, 16, options.checksum ?? transportChecksum(pseudo, segment));
    },
  };
}

export interface UdpOptions {
  sourcePort?: number;
  destinationPort?: number;
  length?: number;
  checksum?: number;
}

export function udp(options: UdpOptions, payload: Payload = []): LayerOfFrame {
  const inner = layerOf(payload);
  return {
    protocol: 17,
    build(pseudo) {
      const body = inner.build();
      const datagram = concat(
        be16(options.sourcePort ?? 40000),
        be16(options.destinationPort ?? 9),
        be16(options.length ?? 8 + body.length),
        [0, 0],
        body,
      );
      const sum = transportChecksum(pseudo, datagram);
      return withChecksum(datagram, 6, options.checksum ?? (sum === 0 ? 0xffff : sum));
    },
  };
}

export interface IcmpOptions {
  type: number;
  code?: number;
  /** Identifier and sequence of an echo. */
  id?: number;
  sequence?: number;
  mtu?: number;
}

/** ICMP; carried by `ipv6` it must be `icmpv6`. */
export function icmp(options: IcmpOptions, payload: Payload = []): LayerOfFrame {
  const inner = layerOf(payload);
  const rest =
    options.mtu === undefined ? [...be16(options.id ?? 0), ...be16(options.sequence ?? 0)] : be32(options.mtu);
  return {
    protocol: 1,
    build() {
      const message = concat([options.type, options.code ?? 0, 0, 0], rest, inner.build());
      return withChecksum(message, 2, internetChecksum(message));
    },
  };
}

export function icmpv6(options: IcmpOptions, payload: Payload = []): LayerOfFrame {
  const plain = icmp(options, payload);
  return {
    protocol: 58,
    build(pseudo) {
      const message = withChecksum(plain.build(), 2, 0);
      return withChecksum(message, 2, transportChecksum(pseudo, message));
    },
  };
}

export function sctp(options: { sourcePort?: number; destinationPort?: number }, payload: Payload = []): LayerOfFrame {
  const ports = [...be16(options.sourcePort ?? 40000), ...be16(options.destinationPort ?? 80)];
  return { protocol: 132, build: () => concat(ports, be32(1), be32(0), bytesOf(payload)) };
}

export interface ArpOptions {
  operation?: number;
  senderMac?: string;
  sender?: string;
  targetMac?: string;
  target?: string;
}

export const arp = (options: ArpOptions): LayerOfFrame => ({
  etherType: 0x0806,
  build: () =>
    concat(
      [0, 1, 8, 0, 6, 4],
      be16(options.operation ?? 1),
      mac(options.senderMac ?? MAC_A),
      ipv4Address(options.sender ?? '192.0.2.1'),
      mac(options.targetMac ?? '00:00:00:00:00:00'),
      ipv4Address(options.target ?? '192.0.2.2'),
    ),
});

/** Payload of `udp`. */
export const vxlan = (options: { vni?: number; flags?: number }, payload: Payload): LayerOfFrame => ({
  build: () => concat([options.flags ?? 8, 0, 0, 0], be24(options.vni ?? 1), [0], bytesOf(payload)),
});

/** Payload of `udp`: VXLAN-GPE; the next protocol by the payload's EtherType. */
export function vxlanGpe(options: { vni?: number }, payload: Payload): LayerOfFrame {
  const inner = layerOf(payload);
  const next = inner.etherType === 0x0800 ? 1 : inner.etherType === 0x86dd ? 2 : 3;
  return { build: () => concat([0x0c, 0, 0, next], be24(options.vni ?? 1), [0], inner.build()) };
}

/** Payload of `udp`. `options` must be a multiple of 4 octets. */
export function geneve(options: { vni?: number; options?: number[] }, payload: Payload): LayerOfFrame {
  const inner = layerOf(payload);
  const extra = options.options ?? [];
  return {
    build: () =>
      concat([extra.length / 4, 0], be16(inner.etherType ?? 0x6558), be24(options.vni ?? 1), [0], extra, inner.build()),
  };
}

export interface GreOptions {
  key?: number;
  sequence?: number;
  checksum?: boolean;
  protocolType?: number;
  version?: number;
}

export function gre(options: GreOptions, payload: Payload): LayerOfFrame {
  const inner = layerOf(payload);
  return {
    protocol: 47,
    build() {
      const bits =
        (options.checksum ? 0x8000 : 0) |
        (options.key === undefined ? 0 : 0x2000) |
        (options.sequence === undefined ? 0 : 0x1000) |
        (options.version ?? 0);
      const header = concat(
        be16(bits),
        be16(options.protocolType ?? inner.etherType ?? 0x6558),
        options.checksum ? [0, 0, 0, 0] : [],
        options.key === undefined ? [] : be32(options.key),
        options.sequence === undefined ? [] : be32(options.sequence),
      );
      const packet = concat(header, inner.build());
      return options.checksum ? withChecksum(packet, 4, internetChecksum(packet)) : packet;
    },
  };
}
