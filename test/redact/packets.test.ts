import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { analyzed } from '../../src/analyze.ts';
import { ipv4HeaderChecksum, transportChecksum } from '../../src/decode/checksum.ts';
import type { Packet } from '../../src/decode/packet.ts';
import { exportPackets } from '../../src/export-packets.ts';
import { recordRedaction } from '../../src/redact/redact-records.ts';
import { Redaction } from '../../src/redact/redaction.ts';
import { pcapFile, recordOf } from '../support/capture-bytes.ts';
import { filesBelow } from '../support/captures-of-one-link.ts';
import { decoded } from '../support/decoded.ts';
import { dialogue } from '../support/dialogue.ts';
import {
  arp,
  bytesOf,
  ethernet,
  geneve,
  gre,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  type Payload,
  sctp,
  sll,
  tcp,
  udp,
  vxlan,
} from '../support/frames.ts';
import { alert, clientHello, frame, joined, leafCertificate, record, serverHello } from '../support/messages.ts';
import { hasProgram } from '../support/shared-captures.ts';

const redaction = new Redaction('a key');
const SECRET = 'the secret password of alice@example.org';
const ends = { source: '10.1.2.3', destination: '8.8.4.4' };
const ends6 = { source: '2001:470:1:2:3:4:5:6', destination: 'fd12:3456::77:88' };
const inner = (payload: Payload): Payload => ethernet({ source: '02:42:0a:01:02:03' }, ipv4(ends, payload));
const dnsQuery = Uint8Array.from([
  ...[0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0],
  ...[5, ...Buffer.from('alice'), 6, ...Buffer.from('secret'), 3, ...Buffer.from('org'), 0, 0, 1, 0, 1],
]);

const FRAMES: Readonly<Record<string, Payload>> = {
  'TCP over IPv4': inner(tcp({ flags: 'P.', seq: 7 }, SECRET)),
  'a wrong checksum': inner(tcp({ checksum: 0x1234 }, SECRET)),
  'a checksum that is left to the card': inner(tcp({ checksum: partialOf(SECRET) }, SECRET)),
  'a wrong header checksum': ethernet({}, ipv4({ ...ends, checksum: 0x4321 }, udp({}, SECRET))),
  'UDP over IPv6': ethernet({}, ipv6(ends6, udp({}, SECRET))),
  'UDP without a checksum': inner(udp({ checksum: 0 }, SECRET)),
  'an odd length': inner(udp({}, `${SECRET}!`)),
  'a VLAN': ethernet({ vlans: [7, 8] }, ipv4(ends, tcp({}, SECRET))),
  'cooked Linux': sll({ source: '02:42:0a:01:02:03' }, ipv4(ends, tcp({}, SECRET))),
  VXLAN: ethernet({}, ipv4(ends, udp({ destinationPort: 8472 }, vxlan({ vni: 1 }, inner(tcp({}, SECRET)))))),
  Geneve: ethernet({}, ipv6(ends6, udp({ destinationPort: 6081 }, geneve({ vni: 1 }, inner(udp({}, SECRET)))))),
  GRE: ethernet({}, ipv4(ends, gre({}, ipv4(ends, tcp({}, SECRET))))),
  'IP in IP': ethernet({}, ipv4(ends, ipv4(ends, tcp({}, SECRET)))),
  'IPv6 in IPv4': ethernet({}, ipv4(ends, ipv6(ends6, tcp({}, SECRET)))),
  'an echo': inner(icmp({ type: 8, id: 7, sequence: 1 }, SECRET)),
  'an ICMP error': inner(icmp({ type: 3, code: 1 }, ipv4(ends, udp({ destinationPort: 99 }, SECRET)))),
  'an ICMP error about a tunnel': inner(
    icmp(
      { type: 3, code: 4, mtu: 1400 },
      ipv4(ends, udp({ destinationPort: 8472 }, vxlan({}, inner(tcp({}, SECRET))))),
    ),
  ),
  'an ICMPv6 error': ethernet({}, ipv6(ends6, icmpv6({ type: 1 }, ipv6(ends6, tcp({}, SECRET))))),
  'an ICMP redirect': inner(icmp({ type: 5, mtu: 0x0a010203 }, ipv4(ends, udp({}, SECRET)))),
  'the first fragment': ethernet({}, ipv4({ ...ends, id: 9, moreFragments: true }, udp({ length: 4000 }, SECRET))),
  ARP: ethernet({}, arp({})),
  DNS: inner(udp({ destinationPort: 53 }, dnsQuery)),
  SCTP: inner(sctp({}, SECRET)),
  'an unknown protocol': ethernet({}, ipv4({ ...ends, protocol: 89 }, SECRET)),
  'an unknown EtherType': ethernet({ etherType: 0x88cc }, SECRET),
  padding: ethernet({ padTo: 60 }, ipv4(ends, tcp({ flags: '.' }))),
};

/** The sum that transmit offload leaves, which `inner` makes wrong otherwise. */
function partialOf(payload: string): number {
  const [source, destination] = [ends.source, ends.destination].map((text) => text.split('.').map(Number));
  let sum = 6 + 20 + payload.length;
  for (const octets of [source, destination]) sum += octets[0] * 256 + octets[1] + octets[2] * 256 + octets[3];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

/** All that is read of a packet, but for its addresses. */
function structure(packet: Packet) {
  const { bytes, addresses, seconds, nanoseconds, ...fields } = packet;
  return {
    ...fields,
    source: packet.source === packet.destination,
    destination: '',
    tunnels: packet.tunnels.slice(0, packet.depth).map((tunnel) => ({ ...tunnel, source: '', destination: '' })),
    header: packet.ipVersion === 4 ? ipv4HeaderChecksum(bytes, packet.ipAt, packet.end) : '',
    transport: transportChecksum(packet),
  };
}

function redactedOf(octets: Uint8Array, linkType: number, snaplen?: number): [Packet, Packet] {
  const options = { linkType, ...(snaplen !== undefined && { snaplen }) };
  const copy = recordOf(octets, options);
  recordRedaction(redaction)(copy, linkType);
  const kept = copy.bytes.slice(copy.start, copy.end);
  return [decoded(octets, options), decoded(kept, { linkType, originalLength: octets.length })];
}

const hexOf = (address: string): string =>
  address.includes(':')
    ? address
        .split(':')
        .map((group) => group.padStart(4, '0'))
        .join('')
    : Buffer.from(address.split('.').map(Number)).toString('hex');

describe('a packet that is redacted', () => {
  const linkOf = (name: string): number => (name === 'cooked Linux' ? 113 : 1);

  test.each(Object.keys(FRAMES))('%s: is read as before, and says nothing of whose it is', (name) => {
    const octets = bytesOf(FRAMES[name]);
    const [before, after] = redactedOf(octets, linkOf(name));
    expect(structure(after)).toEqual(structure(before));
    expect(after.end - after.start).toBe(octets.length);
    const hex = Buffer.from(after.bytes.slice(after.start, after.end)).toString('hex');
    for (const secret of [ends.source, ends.destination, ends6.source, '02:42:0a:01:02:03'.replaceAll(':', '')])
      expect(hex).not.toContain(/^[0-9a-f]{12}$/.test(secret) ? secret : hexOf(secret));
    const text = Buffer.from(after.bytes).toString('latin1').toLowerCase();
    for (const word of ['secret', 'alice', 'password']) expect(text).not.toContain(word);
    if (before.ipVersion !== 0)
      expect(after.addresses.format(after.source)).toBe(redaction.address(before.addresses.format(before.source)));
  });

  test.each(Object.keys(FRAMES))('%s: is read as before wherever it was cut', (name) => {
    const octets = bytesOf(FRAMES[name]);
    for (let snaplen = 0; snaplen < octets.length; snaplen++) {
      const [before, after] = redactedOf(octets, linkOf(name), snaplen);
      expect(structure(after), `${snaplen} octets`).toEqual(structure(before));
    }
  });

  test('fragments still have the sum of their datagram', () => {
    const later = ethernet(
      {},
      ipv4({ ...ends, id: 9, fragmentOffset: 48, protocol: 17 }, new TextEncoder().encode(SECRET)),
    );
    const [before, after] = redactedOf(bytesOf(later), 1);
    const sum = ({ bytes, payloadAt, payloadEnd }: Packet): number => {
      let total = 0;
      for (let at = payloadAt; at < payloadEnd; at += 2)
        total += bytes[at] * 256 + (at + 1 < payloadEnd ? bytes[at + 1] : 0);
      return total % 0xffff;
    };
    expect(sum(after)).toBe(sum(before));
    expect(Buffer.from(after.bytes).toString('latin1')).not.toContain('secret');
  });

  test('equal payload stays equal, and different payload different', () => {
    const fillOf = (payload: string, snaplen?: number): string => {
      const [, after] = redactedOf(bytesOf(inner(udp({}, payload))), 1, snaplen);
      return Buffer.from(after.bytes.slice(after.payloadAt, after.payloadEnd)).toString('hex');
    };
    expect(fillOf(SECRET)).toBe(fillOf(SECRET));
    expect(fillOf(SECRET)).not.toBe(fillOf(SECRET.replace('alice', 'clara')));
    const long = SECRET.repeat(4);
    expect(fillOf(long).startsWith(fillOf(long, 130))).toBe(true);
  });
});

/** What was read of connections, with names by their pseudonyms. */
async function factsOf(file: Uint8Array) {
  const { evidence } = await analyzed({ name: 'capture.pcap', data: file }, {});
  return evidence.connections.map(({ application }) => application);
}

async function redactedFile(data: Uint8Array): Promise<Buffer> {
  const { file } = await exportPackets({ name: 'capture.pcap', data }, { redaction });
  const chunks: Uint8Array[] = [];
  for await (const chunk of file ?? []) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const pgError = (fields: string): Uint8Array => {
  const body = text(`${fields}\0\0`);
  return Uint8Array.from([0x45, 0, 0, 0, body.length + 4, ...body]);
};
const TALKS: Readonly<Record<string, Parameters<typeof dialogue>[0]>> = {
  'TLS with a certificate that is not valid': [
    ['client', record(22, clientHello({ serverName: 'alice.secret.org', protocols: ['h2'], postQuantum: true }))],
    [
      'server',
      joined(
        record(22, serverHello({ version: 0x0303 })),
        record(
          22,
          leafCertificate({ notBefore: '200101000000Z', notAfter: '210101000000Z', issuer: 'a', subject: 'a' }),
        ),
      ),
    ],
    ['client', alert(2, 45)],
  ],
  'plain HTTP to a port of TLS': [
    ['client', text('GET /secret/alice?key=1 HTTP/1.1\r\nHost: alice.org\r\n\r\n')],
    [
      'server',
      text(
        'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n\r\nClient sent an HTTP request to an HTTPS server.\n',
      ),
    ],
  ],
  'an error of HTTP/1': [
    ['client', text('POST /secret HTTP/1.1\r\nHost: alice.org\r\nContent-Length: 12\r\n\r\nthe password')],
    ['server', text('HTTP/1.1 503 Service Unavailable\r\nServer: alice\r\n\r\nalice is away')],
  ],
  'an answer of HTTP/1 by its length that breaks off': [
    ['client', text('GET /secret HTTP/1.1\r\nHost: alice.org\r\n\r\n')],
    ['server', text(`HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n${'the secret '.repeat(100)}`)],
  ],
  'an answer in chunks that breaks off': [
    ['client', text('GET /secret HTTP/1.1\r\nHost: alice.org\r\n\r\n')],
    [
      'server',
      text(
        `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1f4\r\n${'alice'.repeat(100)}\r\n3e8;x=alice\r\n${'alice'.repeat(30)}`,
      ),
    ],
  ],
  'two answers, the first in chunks, the second an error': [
    ['client', text('GET /secret HTTP/1.1\r\nHost: alice.org\r\n\r\nGET /secret HTTP/1.1\r\nHost: alice.org\r\n\r\n')],
    [
      'server',
      text(
        `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n32\r\n${'alice'.repeat(10)}\r\n0\r\nX-Name: alice\r\n\r\nHTTP/1.1 500 Error\r\nContent-Length: 5\r\n\r\nalice`,
      ),
    ],
  ],
  'a GOAWAY of HTTP/2': [
    ['client', joined(text('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(4, 0, 0))],
    ['server', joined(frame(4, 0, 0), frame(7, 0, 0, [0, 0, 0, 1, 0, 0, 0, 11, ...text('too_many_pings')]))],
  ],
  'an error of PostgreSQL': [
    ['client', Uint8Array.from([0, 0, 0, 33, 0, 3, 0, 0, ...text('user\0alice\0database\0a\0\0')])],
    ['server', pgError('SFATAL\0VFATAL\0C28000\0Mno pg_hba.conf entry for host "10.1.2.3", user "alice"')],
  ],
  'an error of Redis': [
    ['client', text('*2\r\n$3\r\nGET\r\n$5\r\nalice\r\n')],
    ['server', text('-NOAUTH Authentication required.\r\n')],
  ],
};

describe('a conversation that is redacted', () => {
  test.each(Object.keys(TALKS).flatMap((name) => [1400, 300, 61].map((mss) => [name, mss] as const)))(
    '%s, in segments of %i octets: the same is read',
    async (name, mss) => {
      const frames = dialogue(TALKS[name], { mss, end: 'server-fin' });
      const before = pcapFile(
        frames.map(([seconds, own]) => ({
          frame: own,
          seconds: 1_700_000_000,
          nanoseconds: Math.round(seconds * 1e9),
        })),
      );
      const after = await redactedFile(before);
      const facts = await factsOf(before);
      expect(facts.filter((one) => one !== null).length, 'there is something to lose').toBe(1);
      const named = JSON.parse(JSON.stringify(facts), (key, value: unknown) =>
        (key === 'serverName' || (key === 'text' && value !== 'too_many_pings')) && typeof value === 'string'
          ? redaction.name(value)
          : key === 'request' && typeof value === 'string'
            ? value.replace(/ .*/, (path) => redaction.name(path))
            : value,
      );
      expect(JSON.parse(JSON.stringify(await factsOf(after)))).toEqual(named);
      expect(after.toString('latin1')).not.toMatch(/alice|secret|password/i);
    },
  );

  test('segments that are sent again are the same again', async () => {
    const frames = dialogue(TALKS['TLS with a certificate that is not valid'], { mss: 61 });
    const doubled = frames.flatMap((one) => [one, one]);
    const data = pcapFile(doubled.map(([, own], nth) => ({ frame: own, seconds: 1_700_000_000 + nth })));
    const seen: string[] = [];
    const { readPackets } = await import('../../src/decode/read-packets.ts');
    for await (const { bytes } of readPackets({ name: 'x', data: await redactedFile(data) }))
      seen.push(Buffer.from(bytes).toString('hex'));
    for (let at = 0; at < seen.length; at += 2) expect(seen[at + 1]).toBe(seen[at]);
  });
});

describe('two conversations with the same ports', () => {
  const hello = record(22, clientHello({ serverName: 'alice.secret.org', protocols: ['h2'] }));
  const half = Math.floor(hello.length / 2);
  /** The halves of a hello from one IPv6 address. */
  const halvesFrom = (source: string, seq: number): Payload[] =>
    [hello.subarray(0, half), hello.subarray(half)].map((part, nth) =>
      ethernet({}, ipv6({ source, destination: 'fd12:3456::77:88' }, tcp({ seq: seq + nth * half }, part))),
    );
  const redactedFrames = (frames: readonly Payload[]): string[] => {
    const redact = recordRedaction(redaction);
    return frames.map((one) => {
      const copy = recordOf(bytesOf(one));
      redact(copy, 1);
      return Buffer.from(copy.bytes.subarray(copy.start, copy.end)).toString('hex');
    });
  };

  test('are followed apart: each becomes what it becomes alone', () => {
    const [a, b] = [halvesFrom('fd12::1', 1_000), halvesFrom('fd12::2', 1_100)];
    const [alone, other] = [redactedFrames(a), redactedFrames(b)];
    expect(redactedFrames([a[0], b[0], a[1], b[1]])).toEqual([alone[0], other[0], alone[1], other[1]]);
  });
});

describe.runIf(hasProgram('tshark'))('tshark', () => {
  test('finds the same checksums right and wrong in recorded captures', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'redact-'));
    const captures = filesBelow('test/pcaps')
      .filter((path) => path.endsWith('.pcap'))
      .filter((_, nth) => nth % 24 === 0);
    const fields = ['ip', 'tcp', 'udp', 'icmp', 'icmpv6'].flatMap((name) => ['-e', `${name}.checksum.status`]);
    const checks = ['ip.check_checksum', 'tcp.check_checksum', 'udp.check_checksum'].flatMap((name) => [
      '-o',
      `${name}:TRUE`,
    ]);
    const statusesOf = (path: string): string =>
      execFileSync('tshark', ['-n', '-r', path, '-d', 'udp.port==8472,vxlan', ...checks, '-T', 'fields', ...fields], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        maxBuffer: 2 ** 28,
      });
    let right = 0;
    try {
      for (const path of captures) {
        const data = await redactedFile(readFileSync(path));
        if (data.length === 0) continue;
        const copy = join(folder, 'redacted.pcapng');
        writeFileSync(copy, data);
        const before = statusesOf(path);
        expect(statusesOf(copy), path).toBe(before);
        right += before.split('1').length - 1;
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(right).toBeGreaterThan(500);
  });
});
