import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Redaction } from '../../src/redact/redaction.ts';
import { ipv4Number, ipv6Number, isPrivate, isPublic, isSpecial } from '../../src/text/addresses.ts';

const redaction = new Redaction('a key');
const ipv4 = fc.ipV4();
const ipv6 = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 })
  .map((groups) => new URL(`http://[${groups.map((group) => group.toString(16)).join(':')}]`).hostname.slice(1, -1));

/** First bits that two addresses share. */
function shared(a: string, b: string): number {
  const [x, y] = a.includes(':')
    ? [ipv6Number(a) ?? 0n, ipv6Number(b) ?? 0n]
    : [BigInt(ipv4Number(a) ?? 0), BigInt(ipv4Number(b) ?? 0)];
  const bits = a.includes(':') ? 128 : 32;
  return bits - (x ^ y).toString(2).replace(/^0$/, '').length;
}

/** An address with the same first bits, and others at random. */
const near = (address: fc.Arbitrary<string>, bits: number) =>
  fc
    .tuple(address, fc.integer({ min: 0, max: bits }), fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n }))
    .map(([first, kept, other]) => {
      const number = bits === 32 ? BigInt(ipv4Number(first) ?? 0) : (ipv6Number(first) ?? 0n);
      const low = BigInt(bits - kept);
      return [first, textOf(((number >> low) << low) | (other & ((1n << low) - 1n)), bits)] as const;
    });

function textOf(number: bigint, bits: number): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((by) => (number >> by) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, at) => ((number >> BigInt(112 - 16 * at)) & 0xffffn).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

describe('pseudonyms of addresses', () => {
  test('share as many first bits as the addresses do', () => {
    const isKept = (a: string, b: string) => shared(redaction.address(a), redaction.address(b)) === shared(a, b);
    fc.assert(fc.property(near(ipv4, 32), ([a, b]) => isKept(a, b)));
    fc.assert(
      fc.property(
        // Embedded IPv4 addresses and registered groups have rules of their own.
        near(ipv6, 128).filter((pair) => !pair.some((one) => /^(::|64:ff9b|ff)/.test(one))),
        ([a, b]) => isKept(a, b),
      ),
    );
  });

  test('are different for different addresses: a whole /16', () => {
    const seen = new Set<string>();
    for (let at = 0; at < 65_536; at++) seen.add(redaction.address(`198.51.${at >> 8}.${at & 255}`));
    expect(seen.size).toBe(65_536);
  });

  test('are of the same class', () => {
    const ranges = fc.constantFrom(
      '10',
      '172.16',
      '172.31',
      '192.168',
      '100.64',
      '169.254',
      '224',
      '239.1',
      '127',
      '8.8',
    );
    const some = fc
      .tuple(ranges, fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 4 }))
      .map(([range, rest]) => [...range.split('.'), ...rest].slice(0, 4).join('.'));
    const others = fc.constantFrom(
      'fe80::1:2',
      'fd00::5:6',
      'fc00::9',
      'ff02::1',
      'ff05::7:8',
      '2001:db8::1',
      '::1',
      '::',
    );
    for (const address of [some, others, ipv4, ipv6])
      fc.assert(
        fc.property(address, (one) => {
          const other = redaction.address(one);
          expect([isPrivate(other), isSpecial(other), isPublic(other)]).toEqual([
            isPrivate(one),
            isSpecial(one),
            isPublic(one),
          ]);
        }),
      );
  });

  test.each([
    '0.0.0.0',
    '255.255.255.255',
    '127.0.0.1',
    '127.0.0.53',
    '224.0.0.18',
    '169.254.169.254',
    '169.254.20.10',
    '::',
    '::1',
    'ff02::1',
    'ff02::1:2',
  ])('%s stays: it means the same everywhere', (address) => {
    expect(redaction.address(address)).toBe(address);
  });

  test('keep the first and last number of a subnet, and usual ranges of services', () => {
    for (const last of ['0', '1', '255']) {
      expect(redaction.address(`10.20.30.${last}`)).toMatch(new RegExp(`^10\\.\\d+\\.\\d+\\.${last}$`));
      expect(redaction.address(`10.20.30.${last}`)).not.toContain('.20.30.');
    }
    expect(redaction.address('10.96.0.10')).toMatch(/^10\.(9[6-9]|10\d|11[01])\./);
    expect(redaction.address('10.43.7.9')).toMatch(/^10\.43\./);
  });

  test('of addresses that hold another one hold its pseudonym', () => {
    const inner = redaction.address('10.1.2.3').split('.').map(Number);
    const hex = (high: number, low: number) => (high * 256 + low).toString(16);
    expect(redaction.address('64:ff9b::10.1.2.3')).toBe(
      `64:ff9b::${hex(inner[0], inner[1])}:${hex(inner[2], inner[3])}`,
    );
  });

  test('depend on the key, and on nothing else', () => {
    expect(new Redaction('a key').address('8.8.8.8')).toBe(redaction.address('8.8.8.8'));
    expect(new Redaction('another').address('8.8.8.8')).not.toBe(redaction.address('8.8.8.8'));
    expect(new Redaction().address('8.8.4.4')).not.toBe(new Redaction().address('8.8.4.4'));
    expect(() => new Redaction('')).toThrow(/empty/);
  });

  test('of ranges are ranges around the pseudonyms of their members', () => {
    const range = redaction.address('10.244.3.0/24');
    expect(range).toMatch(/^10\.\d+\.\d+\.0\/24$/);
    expect(redaction.address('10.244.3.77')).toContain(range.slice(0, range.lastIndexOf('.') + 1));
    expect(redaction.address('no address')).toBe('no address');
  });
});

describe('pseudonyms of link addresses', () => {
  test('keep who may have them: a group, a local number', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (octets) => {
        const text = Buffer.from(octets)
          .toString('hex')
          .replace(/(..)(?=.)/g, '$1:');
        const first = Number.parseInt(redaction.mac(text).slice(0, 2), 16);
        expect(first & 3).toBe(octets[0] & 3);
      }),
    );
  });

  test('of groups and of shared addresses stay what they are', () => {
    for (const kept of [
      'ff:ff:ff:ff:ff:ff',
      '00:00:00:00:00:00',
      'ee:ee:ee:ee:ee:ee',
      '00:00:5e:00:01:07',
      '33:33:00:00:00:01',
    ])
      expect(redaction.mac(kept)).toBe(kept);
    expect(redaction.mac('01:00:5e:01:02:03')).toMatch(/^01:00:5e:/);
    expect(redaction.mac('02:42:0a:01:02:03')).not.toContain('0a:01:02:03');
  });
});

describe('pseudonyms of names', () => {
  test('have the form of the name, and are different for different names', () => {
    expect(redaction.name('web-0.shop.svc.cluster.local')).toMatch(/^[a-z]{3}-\d\.[a-z]{4}\.svc\.cluster\.local$/);
    expect(redaction.name('Web-0')).toBe(redaction.name('web-0').replace(/^./, (letter) => letter.toUpperCase()));
    const names = Array.from({ length: 26 * 26 }, (_, at) =>
      String.fromCharCode(97 + (at % 26), 97 + Math.floor(at / 26)),
    );
    expect(new Set(names.map((name) => redaction.name(name))).size).toBeGreaterThanOrEqual(names.length - 1);
  });

  test('of files keep device and ending', () => {
    expect(redaction.fileName('case/node1__flannel.1.pcap.gz')).toMatch(/^[a-z]{4}\/[a-z]{4}\d__flannel\.1\.pcap\.gz$/);
    expect(redaction.fileName('node1__cali0123456789a.pcap')).toMatch(/__cali[0-9a-f]{11}\.pcap$/);
    expect(redaction.fileName('secret.pcap')).not.toContain('secret');
  });

  test('in texts stand where the names stood, beside addresses', () => {
    const names = new Map([['node1', 'xxxx1']]);
    const text = redaction.text(
      'node1 and node12: 10.1.2.3, [fd00::7]:80, 02:42:0a:01:02:03, at 12:30:45, 10.1.2.0/24.',
      names,
    );
    expect(text).toBe(
      `xxxx1 and node12: ${redaction.address('10.1.2.3')}, [${redaction.address('fd00::7')}]:80, ${redaction.mac('02:42:0a:01:02:03')}, at 12:30:45, ${redaction.address('10.1.2.0/24')}.`,
    );
    expect(redaction.text('fd00::7: unreachable')).toBe(`${redaction.address('fd00::7')}: unreachable`);
  });
});
