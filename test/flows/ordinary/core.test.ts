import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blocks, counting, joined } from '../../decode/files/capture-builder.ts';
import { inBigEndian, pcapFile, pcapngFile, type RecordToWrite } from '../../support/capture-bytes.ts';
import { CORE_BUILDS, digestByCore } from '../../support/core-builds.ts';
import { type DrawnMessage, datagramOf, drawnMessage } from '../../support/drawn-message.ts';
import { fragmentExtension, ipv4, ipv6, tcp, udp } from '../../support/frames.ts';
import { isLong } from '../../support/long-run.ts';
import { WAY_NAMES, WAYS, type WayName } from '../../support/ways-of-frames.ts';

/** `usual` most of the time, else something else. */
const mostly = <T>(usual: T, other: fc.Arbitrary<T>, weight = 150): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });

/** Connections of which a capture may hold packets. */
const CONNECTIONS = 6;

/** What a packet does otherwise than the last one of its sender; mostly nothing. */
const step = fc.record({
  connection: fc.nat(CONNECTIONS - 1),
  fromClient: fc.boolean(),
  length: fc.constantFrom(0, 0, 1, 100, 1000, 1448, 1448, 2000),
  flags: mostly('.', fc.constantFrom('S', 'S.', 'P.', 'F.', 'R', '.U')),
  seqStep: mostly(0, fc.constantFrom(-2000, -100, -1, 1, 100, 3000, 0x68000000)),
  ackStep: mostly(0, fc.constantFrom(-1000, -100, -1, 1, 100)),
  window: mostly(500, fc.constantFrom(0, 1, 400, 65535)),
  sack: mostly(false, fc.constant(true)),
  ttl: mostly(64, fc.constantFrom(63, 30, 1)),
  mac: mostly(1, fc.nat(3)),
  vlan: mostly(-1, fc.constantFrom(7, 8)),
  timestamps: mostly(true, fc.constant(false)),
  dontFragment: mostly(false, fc.constant(true)),
  fragment: mostly(false, fc.constant(true), 300),
  ipOptions: mostly(false, fc.constant(true), 300),
  id: mostly(-1, fc.constantFrom(0, 7, 40_000)),
  badChecksum: mostly(false, fc.constant(true)),
  cut: mostly(0, fc.integer({ min: 10, max: 120 })),
  wireLonger: mostly(false, fc.constant(true)),
  again: mostly(false, fc.constant(true)),
  otherProtocol: mostly(false, fc.constant(true)),
  port: mostly(80, fc.constant(53), 600),
  // A datagram in the place of the segment.
  message: fc.oneof({ weight: 8, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: drawnMessage }),
  toGroup: mostly(false, fc.constant(true), 300),
  outerTtl: mostly(64, fc.constant(63)),
  // 0 is none, 1 a wrong one, -1 the right one.
  outerChecksum: mostly(0, fc.constantFrom(1, -1)),
  networkId: mostly(7, fc.constant(8)),
  padTo: mostly(0, fc.constant(2000), 300),
  interfaceIndex: fc.constantFrom(2, 2, 2, 3, 7),
  microseconds: mostly(300, fc.constantFrom(0, 6_000, 40_000, 120_000, 400_000, 1_000_000, -300, -20_000), 40),
});
type Drawn = typeof step extends fc.Arbitrary<infer T> ? T : never;
type Step = { [Name in keyof Drawn]: Drawn[Name] extends number ? number : Drawn[Name] } & {
  message: DrawnMessage | null;
};

const USUAL: Omit<Step, 'connection' | 'fromClient' | 'flags' | 'length'> = {
  seqStep: 0,
  ackStep: 0,
  window: 500,
  sack: false,
  ttl: 64,
  mac: 1,
  vlan: -1,
  timestamps: true,
  dontFragment: false,
  fragment: false,
  ipOptions: false,
  id: -1,
  badChecksum: false,
  cut: 0,
  wireLonger: false,
  again: false,
  otherProtocol: false,
  port: 80,
  message: null,
  toGroup: false,
  outerTtl: 64,
  outerChecksum: 0,
  networkId: 7,
  padTo: 0,
  interfaceIndex: 2,
  microseconds: 300,
};

/** A connection that opens, and says something both ways. */
const opened = (connection: number): Step[] => [
  { ...USUAL, connection, fromClient: true, flags: 'S', length: 0 },
  { ...USUAL, connection, fromClient: false, flags: 'S.', length: 0 },
  { ...USUAL, connection, fromClient: true, flags: '.', length: 0 },
  { ...USUAL, connection, fromClient: true, flags: '.', length: 100 },
  { ...USUAL, connection, fromClient: false, flags: '.', length: 0 },
  { ...USUAL, connection, fromClient: false, flags: '.', length: 100 },
];
/** Opens half of the connections, so that most of what follows belongs to one. */
const OPENED: readonly Step[] = [0, 1, 2].flatMap(opened);

/** What the two sides begin their turns with; the rest of each turn is filled. */
const SPEECHES = {
  unknown: ['', ''],
  http: ['GET /a HTTP/1.1\r\nHost: a\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n'],
  endless: ['POST /a HTTP/1.1\r\nHost: a\r\n\r\n', 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n'],
  redis: ['*1\r\n$4\r\nPING\r\n', '+PONG\r\n'],
  tls: ['\x17\x03\x03\x01\x00', '\x17\x03\x03\x00\x50'],
} as const;
type Speech = keyof typeof SPEECHES;

/** The files that the core reads. */
const FILES = {
  pcap: (records: readonly RecordToWrite[], linkType: number) => pcapFile(records, { snaplen: 262144, linkType }),
  'pcap, big endian': (records: readonly RecordToWrite[], linkType: number) =>
    inBigEndian(pcapFile(records, { nano: true, linkType })),
  pcapng: (records: readonly RecordToWrite[], linkType: number) => pcapngFile(records, [{ name: 'eth0', linkType }]),
};
type FileKind = keyof typeof FILES;
const FILE_KINDS = Object.keys(FILES) as FileKind[];

/** A capture of these packets. */
function captureOf(
  steps: readonly Step[],
  withIds: boolean,
  iss: number,
  { speech = 'unknown', file = 'pcap', way = 'Ethernet' }: { speech?: Speech; file?: FileKind; way?: WayName } = {},
): Uint8Array {
  const { isIpv6, linkType, frame: frameOf } = WAYS[way];
  const speakers = Array.from({ length: CONNECTIONS }, () => -1);
  const records: RecordToWrite[] = [];
  const next = speakers.map(() => [iss, (iss + 77_777) >>> 0]);
  let microseconds = 5;
  let id = 1;
  for (const one of steps) {
    microseconds = Math.max(0, microseconds + one.microseconds);
    const me = one.fromClient ? 0 : 1;
    const numbers = next[one.connection];
    const seq = (numbers[me] + one.seqStep) >>> 0;
    const ack = (numbers[1 - me] + one.ackStep) >>> 0;
    const { message } = one;
    const octets = message !== null ? 0 : one.length + (/[SF]/.test(one.flags) ? 1 : 0);
    if (((seq + octets - numbers[me]) | 0) > 0) numbers[me] = (seq + octets) >>> 0;
    const isTurn = octets > 0 && one.length > 0 && speakers[one.connection] !== me;
    if (octets > 0 && one.length > 0) speakers[one.connection] = me;
    const said = new Uint8Array(one.length).fill(0x41 + (records.length % 7));
    if (isTurn) said.set(new TextEncoder().encode(SPEECHES[speech][me]).subarray(0, one.length));
    const segment = tcp(
      {
        sourcePort: me === 0 ? 40_000 + one.connection : one.port,
        destinationPort: me === 0 ? one.port : 40_000 + one.connection,
        seq,
        ack,
        flags: one.flags,
        window: one.window,
        ...(one.flags.startsWith('S') && { mss: 1448, windowScale: 7 }),
        ...(one.timestamps && { timestamps: [microseconds & 0xffff, one.length] as [number, number] }),
        ...(one.sack && { sack: [[ack + 100, ack + 200]] as [number, number][] }),
        ...(one.badChecksum && { checksum: 1 }),
      },
      said,
    );
    const other = one.otherProtocol ? udp({ sourcePort: 9, destinationPort: 10 }, 'other') : segment;
    const payload = message === null ? other : datagramOf(message, one.fromClient, 40_000 + one.connection);
    const packet = isIpv6
      ? ipv6(
          {
            source: `2001:db8::${me + 1}`,
            destination: `2001:db8::${2 - me}`,
            hopLimit: one.ttl,
            ...(one.fragment && { extensions: [fragmentExtension(0, true, id)] }),
            ...(one.ipOptions && { extensions: [{ protocol: 60, bytes: [0, 0, 1, 4, 0, 0, 0, 0] }] }),
          },
          payload,
        )
      : ipv4(
          {
            source: `10.0.0.${me + 1}`,
            destination: `10.0.0.${2 - me}`,
            ttl: one.ttl,
            id: one.id >= 0 ? one.id : withIds ? id++ & 0xffff : 0,
            dontFragment: one.dontFragment,
            moreFragments: one.fragment,
            ...(one.ipOptions && { options: [1, 1, 1, 0] }),
          },
          payload,
        );
    const outerChecksum = one.outerChecksum < 0 ? undefined : one.outerChecksum;
    const frame = frameOf({ ...one, from: me, outerChecksum }, packet);
    const record: RecordToWrite = {
      frame,
      seconds: 1_700_000_000 + Math.floor(microseconds / 1e6),
      nanoseconds: (microseconds % 1e6) * 1000,
      ...(one.cut > 0 && { snaplen: one.cut }),
      ...(one.wireLonger && { originalLength: 3000 }),
    };
    records.push(record);
    if (one.again) records.push(record);
  }
  return FILES[file](records, linkType);
}

/** What any capture of the property test holds. */
const anySteps = fc.array(step, { minLength: 50, maxLength: 300, size: 'max' });

describe('the core', () => {
  it('gives the digest of the general way, in both builds, for any capture and any chunks', () => {
    fc.assert(
      fc.property(
        anySteps,
        fc.boolean(),
        fc.nat(0xffff_ffff),
        fc.record({
          chunk: fc.integer({ min: 1, max: 20_000 }),
          first: fc.constantFrom(8, 100, 4096),
          rows: fc.constantFrom(undefined, 10_000, 30),
        }),
        fc.record({
          speech: fc.constantFrom(...(Object.keys(SPEECHES) as Speech[])),
          file: fc.constantFrom(...FILE_KINDS),
          way: fc.oneof(fc.constant<WayName>('Ethernet'), fc.constantFrom(...WAY_NAMES)),
        }),
        (steps, withIds, iss, reading, writing) => {
          const capture = captureOf([...OPENED, ...steps], withIds, iss, writing);
          const expected = digestByCore(capture, 'none', reading);
          for (const build of CORE_BUILDS) {
            const digest = digestByCore(capture, build, reading);
            expect(digest.parts).toEqual(expected.parts);
          }
        },
      ),
      {
        numRuns: Number(process.env.FC_RUNS ?? (isLong() ? 200 : 15)),
        // With a mutant of the core the search for a smaller capture takes minutes.
        endOnFailure: process.env.FC_END !== undefined,
      },
    );
  });

  it('takes a part of drawn captures', () => {
    // A core that takes nothing would be right in the test above, too. The seed holds the packets still:
    // 2,209 of 3,786 are for the general way. (With captures drawn anew the share came to 0.974 once.)
    let [packets, general] = [0, 0];
    for (const steps of fc.sample(anySteps, { seed: 1, numRuns: 20 })) {
      const capture = captureOf([...OPENED, ...steps], true, 1);
      const reading = { chunk: 20_000, first: 8 };
      packets += digestByCore(capture, 'none', reading).general;
      general += digestByCore(capture, 'webassembly', reading).general;
    }
    expect(general).toBeLessThan(0.7 * packets);
  });

  it('takes lookups whole, a repeated one and one without an answer, too', () => {
    const usual: DrawnMessage = {
      id: 1,
      flags: undefined,
      name: 'db.shop.svc.cluster.local',
      type: 1,
      hasAnswer: true,
      more: 0,
      checksum: undefined,
      clientPort: undefined,
      serverPort: 53,
      most: 500,
    };
    const said = (connection: number, fromClient: boolean, message: Partial<DrawnMessage> = {}): Step => ({
      ...USUAL,
      connection,
      fromClient,
      flags: '.',
      length: 0,
      message: { ...usual, ...message },
    });
    const steps = Array.from({ length: 100 }, (_, nth): Step[] => {
      const id = { id: nth + 1, type: nth % 3 === 0 ? 28 : 1 };
      const asked = said(nth % 6, true, id);
      if (nth % 10 === 9) return [asked, { ...asked, microseconds: 500_000 }];
      return [asked, said(nth % 6, false, { ...id, ...(nth % 7 === 0 && { flags: 0x8182 }) })];
    }).flat();
    for (const way of WAY_NAMES) {
      const capture = captureOf([...OPENED, ...steps], true, 1, { way });
      const reading = { chunk: 1000, first: 8 };
      const expected = digestByCore(capture, 'none', reading);
      expect(expected.general).toBe(OPENED.length + 200);
      for (const build of CORE_BUILDS) {
        const { parts, general } = digestByCore(capture, build, reading);
        expect(parts).toEqual(expected.parts);
        expect(general).toBeLessThan(OPENED.length + 40);
      }
      // Lookups alone make their path in a tunnel known.
      const alone = captureOf(steps, true, 1, { way });
      const expectedAlone = digestByCore(alone, 'none', reading);
      const { parts, general } = digestByCore(alone, 'webassembly', reading);
      expect(parts).toEqual(expectedAlone.parts);
      expect(general).toBeLessThan(40);
    }
  });

  it('takes whole connections but for what is sent again', () => {
    const whole = (connection: number): Step[] => {
      const data: Step = { ...USUAL, connection, fromClient: false, flags: '.', length: 1448 };
      const ack: Step = { ...USUAL, connection, fromClient: true, flags: '.', length: 0 };
      const before: Step = { ...ack, ackStep: -4 * 1448 };
      return [
        ...opened(connection),
        ...Array.from({ length: 8 }, () => [data, data, ack]).flat(),
        ...[data, data, data, data, { ...before, window: 501 }, { ...before, window: 501 }],
        ...[{ ...before, window: 501, sack: true }, { ...data, seqStep: -4 * 1448 }, data, data, ack],
        { ...USUAL, connection, fromClient: true, flags: 'F.', length: 0 },
        { ...USUAL, connection, fromClient: false, flags: 'F.', length: 10 },
        ack,
      ];
    };
    const steps = [0, 1, 2, 3, 4, 5].flatMap(whole);
    for (const withIds of [true, false]) {
      const capture = captureOf(steps, withIds, 1);
      const expected = digestByCore(capture, 'none', { chunk: 1000, first: 8 });
      for (const build of CORE_BUILDS) {
        const { parts, general } = digestByCore(capture, build, { chunk: 1000, first: 8 });
        expect(parts).toEqual(expected.parts);
        expect(expected.general).toBe(264);
        expect(general).toBeLessThan(60);
      }
    }
  });

  const written = [
    ...(Object.keys(SPEECHES) as Speech[]).map((speech) => ({
      speech,
      file: 'pcap' as FileKind,
      way: 'Ethernet' as WayName,
    })),
    ...FILE_KINDS.slice(1).map((file) => ({ speech: 'unknown' as Speech, file, way: 'Ethernet' as WayName })),
    ...WAY_NAMES.slice(1).map((way) => ({ speech: 'unknown' as Speech, file: 'pcap' as FileKind, way })),
  ];
  it.each(written)('takes a large transfer nearly whole: $speech, $file, $way', (writing) => {
    const said: Step[] = Array.from({ length: 200 }, (_, index) => ({
      ...USUAL,
      connection: 0,
      flags: '.',
      fromClient: index % 3 === 2 || index % 100 < 2,
      length: index % 100 === 0 ? 100 : index % 3 === 2 || index % 100 === 1 ? 0 : 1448,
    }));
    const capture = captureOf([...OPENED, ...said], true, 1, writing);
    const reading = { chunk: 4096, first: 8 };
    const expected = digestByCore(capture, 'none', reading);
    for (const build of CORE_BUILDS) {
      const { parts, general } = digestByCore(capture, build, reading);
      expect(parts).toEqual(expected.parts);
      expect(general).toBeLessThan(80);
    }
  });

  const turns: Step[] = Array.from({ length: 120 }, (_, index) => ({
    ...USUAL,
    connection: 0,
    flags: '.',
    fromClient: index % 2 === 0,
    length: index % 2 === 0 ? 100 : 1000,
  }));

  it('hands on the time of the last packet that it took to one without a time', () => {
    const enhanced = captureOf([...OPENED, ...turns], true, 1, { file: 'pcapng' });
    const capture = joined(enhanced, blocks(true).simple(counting(60), 60));
    const expected = digestByCore(capture, 'none', { chunk: 4096, first: 8 });
    for (const build of CORE_BUILDS) {
      const { parts, general } = digestByCore(capture, build, { chunk: 4096, first: 8 });
      expect(parts).toEqual(expected.parts);
      expect(general).toBeLessThan(expected.general / 2);
    }
  });

  it('keeps what the index says of a later packet that came first when the limit of rows was reached', () => {
    // The first one shows that times step back; from then on packets are put in order.
    const swapped = turns.map((one, index) => ({ ...one, microseconds: [60, 80].includes(index) ? -20 : 300 }));
    const capture = captureOf([...OPENED, ...swapped], true, 1);
    for (let rows = OPENED.length + 77; rows < OPENED.length + 85; rows++) {
      const expected = digestByCore(capture, 'none', { chunk: 4096, first: 8, rows });
      for (const build of CORE_BUILDS)
        expect(digestByCore(capture, build, { chunk: 4096, first: 8, rows }).parts).toEqual(expected.parts);
    }
  });
});
