/** Each number of a digest that names another part of it: the last one that is there is read, the next one refused. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { DatagramAccess } from '../../../src/flows/compact/datagram-access.ts';
import { RECORD_BYTES as DATAGRAM_BYTES, DATAGRAM_LAYOUT } from '../../../src/flows/compact/datagram-layout.ts';
import { LookupAccess } from '../../../src/flows/compact/lookup-access.ts';
import { LOOKUP_LAYOUT } from '../../../src/flows/compact/lookup-layout.ts';
import { digestCapture } from '../../../src/flows/digest/digest-capture.ts';
import { type DigestMessage, digestMessage } from '../../../src/flows/digest/digest-codec.ts';
import { checkReferences } from '../../../src/flows/digest/digest-references.ts';
import type { RecordLayout } from '../../../src/flows/tables/record-layout.ts';
import { ConnectionBlock } from '../../../src/flows/tcp/connection-block.ts';
import { CONNECTION_LAYOUT } from '../../../src/flows/tcp/record-layout.ts';
import { DIRECTION_BYTES, DIRECTIONS_AT, RECORD_BYTES } from '../../../src/flows/tcp/record-marks.ts';

const PCAPS = fileURLToPath(new URL('../../pcaps/', import.meta.url));
const messageOf = async (set: string, nth = 0): Promise<DigestMessage> => {
  const names = readdirSync(join(PCAPS, set)).filter((name) => /\.pcap(ng)?$/.test(name));
  return digestMessage(await digestCapture(join(PCAPS, set, names.sort()[nth]), { compact: true })).message;
};
const messages = await Promise.all([
  messageOf('case-1'),
  messageOf('case-3'),
  messageOf('vxlan-bad-checksum', 1),
  messageOf('address-probed-taken'),
]);

const isRefused = (message: DigestMessage): boolean => {
  try {
    checkReferences(message);
    return false;
  } catch {
    return true;
  }
};

/** Puts one number into a copy of a message. */
type Put = (message: DigestMessage, value: number) => void;

function expectLast(message: DigestMessage, last: number, put: Put): void {
  const isRefusedWith = (value: number): boolean => {
    const copy = structuredClone(message);
    put(copy, value);
    return isRefused(copy);
  };
  expect([isRefusedWith(0), isRefusedWith(last), isRefusedWith(last + 1)]).toEqual([false, false, true]);
}

test('the digests are read as they are', () => {
  expect(messages.map(isRefused)).toEqual([false, false, false, false]);
});

describe('lists of objects', () => {
  // biome-ignore lint/suspicious/noExplicitAny: items of any list.
  const itemsOf = (message: DigestMessage, name: string): any[] => (message.digest as any)[name];
  const lists = Object.entries(messages[0].digest).flatMap(([name, list]) => (Array.isArray(list) ? [name] : []));
  const has = (name: string, field: string) =>
    messages.filter((message) => itemsOf(message, name).some((item) => Object.hasOwn(item, field)));
  const cases = (field: string) => lists.flatMap((name) => has(name, field).map((message) => ({ name, message })));

  test.each(cases('point'))('a point of $name', ({ name, message }) => {
    expectLast(message, message.digest.points.length - 1, (copy, value) => (itemsOf(copy, name)[0].point = value));
    expect(isRefused({ ...message, digest: { ...message.digest, [name]: [{ point: -1 }] } })).toBe(true);
  });

  test.each(cases('flow'))('a flow of $name', ({ name, message }) => {
    expectLast(message, message.digest.capture.packets, (copy, value) => (itemsOf(copy, name)[0].flow = value));
    expect(isRefused({ ...message, digest: { ...message.digest, [name]: [{ flow: -1 }] } })).toBe(true);
  });

  test('tunnels of a list and of what is in it', () => {
    const message = messages[2];
    const last = message.digest.tunnels.length - 1;
    expect(last).toBeGreaterThanOrEqual(0);
    const refused = (item: object) => isRefused({ ...message, digest: { ...message.digest, hosts: [item as never] } });
    for (const wrap of [
      (tunnel: number) => ({ tunnels: [0, tunnel] }),
      (tunnel: number) => ({ directions: [{}, { tunnels: [tunnel] }] }),
    ])
      expect([0, last, last + 1, -1, 0.5].map((tunnel) => refused(wrap(tunnel)))).toEqual([
        false,
        false,
        true,
        true,
        true,
      ]);
    expect([0, 1].map((point) => refused({ innerFlows: [{ point }] }))).toEqual([false, true]);
  });

  test('the time of the first packet', () => {
    const refusedWith = (some: object) =>
      isRefused({
        ...messages[0],
        digest: { ...messages[0].digest, capture: { ...messages[0].digest.capture, ...some } },
      });
    expect([0, 999_999_999, 1e9, -1, 0.5].map((baseNanoseconds) => refusedWith({ baseNanoseconds }))).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
    expect([-5, 0.5].map((baseSeconds) => refusedWith({ baseSeconds }))).toEqual([false, true]);
  });
});

describe('records', () => {
  const [tcp, dns, tunnelled] = messages;
  const firstBlock = ({ connections }: DigestMessage): ArrayBuffer =>
    connections?.data.blocks[0] ?? expect.fail('no connections');
  const blockOf = (message: DigestMessage): ConnectionBlock => new ConnectionBlock(firstBlock(message));
  /** Of the last connection. */
  const atOf = ({ connections }: DigestMessage): number => ((connections?.indexes.length ?? 0) - 1) * RECORD_BYTES;

  test('flow, point, tunnels and link addresses of connections', () => {
    const { packets } = tcp.digest.capture;
    expectLast(tcp, packets, (copy, value) => blockOf(copy).setFlow(atOf(copy), value));
    const points = tcp.digest.points.length;
    expectLast(tcp, points - 1, (copy, value) => blockOf(copy).setPlace(atOf(copy), value << 16));
    const addresses = tcp.connections?.data.linkAddresses.length ?? 0;
    const tunnels = tcp.digest.tunnels.length;
    for (const side of [DIRECTIONS_AT, DIRECTIONS_AT + DIRECTION_BYTES]) {
      expectLast(tcp, tunnels, (copy, value) => blockOf(copy).setTunnel(atOf(copy) + side, value));
      expectLast(tcp, addresses - 1, (copy, value) => blockOf(copy).setSourceMac(atOf(copy) + side, value));
      expectLast(tcp, addresses - 1, (copy, value) => blockOf(copy).setDestinationMac(atOf(copy) + side, value));
    }
  });

  test('positions and pauses of connections', () => {
    const refused = (change: (connections: NonNullable<DigestMessage['connections']>) => void): boolean => {
      const copy = structuredClone(tcp);
      if (copy.connections !== null) change(copy.connections);
      return isRefused(copy);
    };
    const length = tcp.connections?.indexes.length ?? 0;
    const all = length + tcp.digest.connections.length;
    expect(length).toBeGreaterThan(1);
    expect(refused(({ indexes }) => void (indexes[length - 1] = all - 1))).toBe(false);
    expect(refused(({ indexes }) => void (indexes[length - 1] = all))).toBe(true);
    expect(refused(({ indexes }) => void (indexes[1] = indexes[0]))).toBe(true);
    const pauses = tcp.connections?.data.idleGaps.length ?? 0;
    expect(refused(({ data }) => void (data.firstGaps[length] = pauses))).toBe(false);
    expect(refused(({ data }) => void (data.firstGaps[length] = pauses + 1))).toBe(true);
    expect(refused(({ data }) => void (data.firstGaps[0] = pauses + 1))).toBe(true);
    expect(refused(({ data }) => void (data.firstGaps = data.firstGaps.slice(1)))).toBe(true);
    expect(refused(({ data }) => void data.blocks.push(data.blocks[0]))).toBe(true);
  });

  test('flow, point, tunnels and samples of datagrams', () => {
    const accessOf = ({ datagrams }: DigestMessage) => new DatagramAccess(datagrams?.records as ArrayBuffer);
    const last = (dns.datagrams?.records.byteLength ?? 0) - DATAGRAM_BYTES;
    expectLast(dns, dns.digest.capture.packets, (copy, value) => accessOf(copy).setFlow(last, value));
    expectLast(dns, dns.digest.points.length - 1, (copy, value) => accessOf(copy).setPlace(last, value << 16));
    expectLast(dns, dns.digest.tunnels.length, (copy, value) => accessOf(copy).setTunnel(last, value));
    expectLast(dns, dns.digest.tunnels.length, (copy, value) => accessOf(copy).setOtherTunnel(last, value));
    const refused = (some: object) =>
      isRefused({ ...dns, datagrams: { ...(dns.datagrams as object), ...some } as never });
    const samples = [[], [1, 0.5], [0, -1], [1], [0.5, 1], [-1, 1], [1, 0.5, 1.5, 1], [1e300, 1]];
    expect(samples.map((sampled) => refused({ samples: new Map([[0, sampled]]) }))).toEqual([
      ...[false, false, false],
      ...[true, true, true, true, true],
    ]);
    const count = tunnelled.digest.tunnels.length;
    const others = (list: number[]) =>
      isRefused({
        ...tunnelled,
        datagrams: {
          ...(dns.datagrams as object),
          records: new ArrayBuffer(0),
          tunnels: new Map([[0, list]]),
        } as never,
      });
    expect([[], [0], [1, count], [count + 1], [-1], [0.5]].map(others)).toEqual([
      false,
      false,
      false,
      true,
      true,
      true,
    ]);
  });

  test('flow, point and texts of lookups', () => {
    const accessOf = ({ lookups }: DigestMessage) => new LookupAccess(lookups.compact?.records as ArrayBuffer);
    expectLast(dns, dns.digest.capture.packets, (copy, value) => accessOf(copy).setFlow(0, value));
    expectLast(dns, dns.digest.points.length - 1, (copy, value) => accessOf(copy).setPoint(0, value));
    const texts = (dns.lookups.compact?.texts.length ?? 0) - 1;
    for (const name of ['Client', 'Server', 'Name', 'Addresses'] as const)
      expectLast(dns, texts, (copy, value) => accessOf(copy)[`set${name}`](0, value));
  });

  test('rows', () => {
    const put = (name: 'point' | 'tunnel') => (copy: DigestMessage, value: number) => {
      if (copy.rows !== undefined) copy.rows.columns[name][copy.rows.length - 1] = value;
    };
    expectLast(tunnelled, tunnelled.digest.points.length - 1, put('point'));
    expectLast(tunnelled, tunnelled.digest.tunnels.length, put('tunnel'));
    const refused = (some: object) =>
      isRefused({ ...tunnelled, rows: { ...(tunnelled.rows as object), ...some } as never });
    expect([{ leftOut: 0 }, { leftOut: -1 }, { length: 1 }, { index: {} }].map(refused)).toEqual([
      false,
      true,
      true,
      true,
    ]);
  });

  /** Times and octets, but for what may be infinite. */
  const numbersOf = ({ parts }: RecordLayout) =>
    parts.flatMap(({ at, fields }) =>
      at.flatMap((part) => fields.map(({ name, type, at: field }) => ({ name, type, at: part + field }))),
    );
  test.each<[string, RecordLayout, DigestMessage, (message: DigestMessage) => ArrayBuffer]>([
    ['connections', CONNECTION_LAYOUT, tcp, firstBlock],
    ['datagrams', DATAGRAM_LAYOUT, dns, ({ datagrams }) => datagrams?.records as ArrayBuffer],
    ['lookups', LOOKUP_LAYOUT, dns, ({ lookups }) => lookups.compact?.records as ArrayBuffer],
  ])('a number of %s that is none', (_, layout, message, recordsOf) => {
    const numbers = numbersOf(layout).filter(({ type }) => type === 'f64' || type === 'f32');
    for (const { name, type, at } of numbers)
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 0]) {
        const copy = structuredClone(message);
        const view = new DataView(recordsOf(copy));
        if (type === 'f64') view.setFloat64(at, value, true);
        else view.setFloat32(at, value, true);
        expect([name, value, isRefused(copy)]).toEqual([name, value, value !== 0 && name !== 'fastestTurn']);
      }
  });
});
