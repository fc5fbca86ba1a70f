import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDnsMessage } from '../../../src/decode/messages/dns-message.ts';

const RUNS = Number(process.env.FC_RUNS ?? 100);
const be16 = (value: number): number[] => [value >>> 8, value & 255];
const name = (text: string): number[] => [
  ...text
    .split('.')
    .filter(Boolean)
    .flatMap((label) => [label.length, ...Buffer.from(label, 'latin1')]),
  0,
];
const header = (flags: number, counts: number[], id = 0x1234): number[] => [
  ...be16(id),
  ...be16(flags),
  ...counts.flatMap(be16),
];
const question = (text: string, type = 1): number[] => [...name(text), ...be16(type), 0, 1];
const record = (owner: number[], type: number, data: number[], klass = 1, ttl = [0, 0, 0, 30]): number[] => [
  ...owner,
  ...be16(type),
  ...be16(klass),
  ...ttl,
  ...be16(data.length),
  ...data,
];
const TO_QUESTION = [0xc0, 12];
const read = (octets: number[], end = octets.length) =>
  readDnsMessage(Uint8Array.from([9, 9, ...octets, 7]), 2, 2 + end);

const response = [
  ...header(0x8380, [1, 3, 0, 1]),
  ...question('Web.example.com'),
  ...record(TO_QUESTION, 5, name('x.test')),
  ...record(TO_QUESTION, 1, [192, 0, 2, 7]),
  ...record(TO_QUESTION, 28, [0x20, 1, 0xd, 0xb8, ...Array<number>(11).fill(0), 5]),
  ...record([0], 41, [], 1232, [1, 0, 0, 0]),
];

describe('readDnsMessage', () => {
  it('reads a query', () => {
    expect(read([...header(0x0100, [1, 0, 0, 0]), ...question('a.b.svc.cluster.local', 28)])).toMatchObject({
      id: 0x1234,
      isResponse: false,
      opcode: 0,
      rcode: 0,
      truncated: false,
      name: 'a.b.svc.cluster.local',
      type: 28,
      answers: 0,
      addresses: [],
      udpSize: 0,
      cut: false,
    });
  });

  it('reads a response with addresses and EDNS', () => {
    expect(read(response)).toMatchObject({
      isResponse: true,
      truncated: true,
      rcode: 16,
      answers: 3,
      addresses: ['192.0.2.7', '2001:db8::5'],
      udpSize: 1232,
      cut: false,
    });
  });

  it('reads an extended error of EDNS, and none that is cut', () => {
    const text = [...new TextEncoder().encode('no SEP matching the DS found')];
    const options = [0, 10, 0, 1, 0, 0, 15, 0, 2 + text.length, 0, 9, ...text];
    const whole = [
      ...header(0x8002, [1, 0, 0, 1]),
      ...question('shop.example.com'),
      0,
      0,
      41,
      4,
      208,
      0,
      0,
      0,
      0,
      0,
      options.length,
      ...options,
    ];
    expect(read(whole)?.extendedError).toEqual({ code: 9, text: 'no SEP matching the DS found' });
    expect(read(whole.slice(0, -1))?.extendedError).toBeUndefined();
    expect(read([...whole.slice(0, -options.length - 2), 0, 5, 0, 15, 0, 9, 0])?.extendedError).toBeUndefined();
  });

  it('hashes names without regard to case', () => {
    const hash = (text: string) => read([...header(0, [1, 0, 0, 0]), ...question(text)])?.nameHash;
    expect(hash('WEB.example.com')).toBe(hash('web.EXAMPLE.com'));
    expect(hash('web.example.com')).not.toBe(hash('web.example.org'));
  });

  it('escapes characters that are not printable, and dots inside labels', () => {
    expect(read([...header(0, [1, 0, 0, 0]), 6, 0x1b, 0x5b, 0x2e, 0x5c, 0x20, 0xff, 0, 0, 1, 0, 1])?.name).toBe(
      '\\027[\\046\\092\\032\\255',
    );
    expect(read([...header(0, [1, 0, 0, 0]), ...question('')])?.name).toBe('.');
  });

  it('keeps eight addresses and counts all of them', () => {
    const many = Array.from({ length: 20 }, (_, index) => record(TO_QUESTION, 1, [192, 0, 2, index])).flat();
    const message = read([...header(0x8000, [1, 20, 0, 0]), ...question('a'), ...many]);
    expect(message).toMatchObject({ answers: 20, cut: false });
    expect(message?.addresses).toHaveLength(8);
  });

  it.each([
    ['fewer than 12 octets', header(0, [1, 0, 0, 0]).slice(0, 11)],
    ['a reserved bit', [...header(0x0040, [1, 0, 0, 0]), ...question('a')]],
    ['an opcode that nobody assigned', [...header(0x7800, [1, 0, 0, 0]), ...question('a')]],
    ['a thousand questions', [...header(0, [1000, 0, 0, 0]), ...question('a')]],
    ['a label type that is gone', [...header(0, [1, 0, 0, 0]), 0x41, 0, 0, 1, 0, 1]],
    ['a pointer to itself', [...header(0, [1, 0, 0, 0]), 0xc0, 12, 0, 1, 0, 1]],
    ['a pointer forwards', [...header(0, [1, 0, 0, 0]), 0xc0, 20, 0, 1, 0, 1, 0, 0, 0, 0]],
    ['a pointer into the header', [...header(0, [1, 0, 0, 0]), 0xc0, 2, 0, 1, 0, 1]],
    ['a name of 256 octets', [...header(0, [1, 0, 0, 0]), ...question(Array(5).fill('x'.repeat(60)).join('.'))]],
  ])('finds no DNS in %s', (_, octets) => {
    expect(read(octets)).toBeUndefined();
  });

  it('marks every truncation as cut, and keeps what was before it', () => {
    for (let end = 12; end < response.length; end++) {
      const message = read(response, end);
      expect(message).toMatchObject({ id: 0x1234, cut: true });
      expect(message?.name).toBe(end < 12 + 17 ? '' : 'Web.example.com');
    }
  });

  it('reads any octets without error, and gives printable names of a bounded length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (octets, likely) => {
        const bytes = likely ? Uint8Array.from([...header(0x8180, [1, 3, 1, 1]), ...octets]) : octets;
        const message = readDnsMessage(bytes, 0, bytes.length);
        if (message !== undefined) expect(message.name).toMatch(/^[\x21-\x7e]{0,1020}$/);
      }),
      { numRuns: RUNS },
    );
  });
});
