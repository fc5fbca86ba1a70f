import { describe, expect, test } from 'vitest';
import { namesOf } from '../../../src/heuristics/facts/names.ts';
import { counted } from '../../../src/heuristics/words/counted.ts';
import { lengthFrom } from '../../../src/heuristics/words/display-filter.ts';
import { extendedErrorWords, isDnssec } from '../../../src/heuristics/words/dns-errors.ts';
import { endpointParts } from '../../../src/heuristics/words/endpoint-parts.ts';
import { excerpt, lostPackets, packetsAt, synPackets } from '../../../src/heuristics/words/excerpt.ts';
import { lossCommands, lossFix } from '../../../src/heuristics/words/loss-commands.ts';
import { answerName, http2ErrorName, withKind } from '../../../src/heuristics/words/protocol-codes.ts';
import { listed, percent, sum } from '../../../src/heuristics/words/quality-note.ts';
import { repeatedPackets } from '../../../src/heuristics/words/repeated-packets.ts';
import { endOf, isoDay, versionName } from '../../../src/heuristics/words/tls-words.ts';
import { tunnelName } from '../../../src/heuristics/words/tunnel-name.ts';
import { connection, evidence, hop, point, ref } from '../../support/evidence.ts';

describe('numbers', () => {
  test.each([
    [counted(0, 'packet'), '0 packets'],
    [counted(1, 'packet'), '1 packet'],
    [counted(2, 'query', 'queries'), '2 queries'],
    [percent(0, 0), '0.0 %'],
    [percent(0, 7), '0.0 %'],
    [percent(1, 1001), '<0.1 %'],
    [percent(1, 1000), '0.1 %'],
    [percent(1, 3), '33.3 %'],
    [lengthFrom(6, 1500), 'ipv6.plen>=1460'],
    [lengthFrom(6, 40), 'ipv6.plen>=0'],
    [lengthFrom(6, 39), 'ipv6.plen>=0'],
    [lengthFrom(4, 39), 'ip.len>=39'],
  ])('%s', (said, expected) => expect(said).toBe(expected));
  test('of all facts', () => expect(sum([{ n: 2 }, { n: 3 }], ({ n }) => n)).toBe(5));
});

test.each([
  [1, 'a'],
  [3, 'a, b, c'],
  [4, 'a, b, c and 1 more'],
  [6, 'a, b, c and 3 more'],
])('%i places', (count, expected) => {
  const facts = ['a', 'b', 'c', 'd', 'e', 'f'].slice(0, count).flatMap((where) => [
    { where, point: null },
    { where, point: 1 },
  ]);
  expect(listed(facts)).toBe(expected);
});

describe('codes', () => {
  test.each([
    [versionName(772), 'TLS 1.3'],
    [versionName(768), 'SSL 3.0'],
    [versionName(773), 'version 0x0305'],
    [versionName(5), 'version 0x0005'],
    [isoDay(0), '1970-01-01'],
    [isoDay(1_793_491_200), '2026-11-01'],
    [isoDay(8.64e12), new Date(8.64e15).toISOString().slice(0, 10)],
    [isoDay(8.64e12 + 1), 'an impossible date'],
    [isoDay(-8.64e12 - 1), 'an impossible date'],
    [endOf({ end: 'alert', by: 'client' }, 'unknown_ca'), 'the client sends the alert unknown_ca'],
    [endOf({ end: 'sealed-alert', by: 'client' }, ''), 'the client ends them with an encrypted alert'],
    [endOf({ end: 'closed', by: 'server' }, ''), 'the server ends them after the ClientHello without an answer'],
    [endOf({ end: 'left', by: 'client' }, ''), 'the client leaves after the certificate without a word'],
    [http2ErrorName(0), 'NO_ERROR'],
    [http2ErrorName(13), 'HTTP_1_1_REQUIRED'],
    [http2ErrorName(14), 'error 14'],
    [withKind(answerName({ kind: 'stream-reset', code: '7' })), 'RST_STREAM REFUSED_STREAM'],
    [withKind(answerName({ kind: 'status', code: '503' })), 'status 503'],
    [extendedErrorWords({ code: 6, text: '' }), 'DNSSEC Bogus (6)'],
    [extendedErrorWords({ code: 22, text: 'no route' }), 'No Reachable Authority (22) "no route"'],
    [extendedErrorWords({ code: 49_152, text: '' }), 'extended error (49152)'],
    [tunnelName({ kind: 'vxlan', destinationPort: 8472 }), 'VXLAN (UDP 8472)'],
    [tunnelName({ kind: 'vxlan-gpe', destinationPort: 4790 }), 'VXLAN (UDP 4790)'],
    [tunnelName({ kind: 'geneve', destinationPort: 6081 }), 'Geneve (UDP 6081)'],
    [tunnelName({ kind: 'gre', destinationPort: 0 }), 'GRE (IP protocol 47)'],
    [tunnelName({ kind: '4in6', destinationPort: 0 }), 'IPIP (IP protocol 4)'],
    [tunnelName({ kind: '6in4', destinationPort: 0 }), 'IPv6-in-IP (IP protocol 41)'],
  ])('%s', (said, expected) => expect(said).toBe(expected));

  test('errors of DNS that tell of signatures: 1, 2, and 5 to 12', () => {
    const codes = Array.from({ length: 30 }, (_, code) => code).filter((code) => isDnssec({ code, text: '' }));
    expect(codes).toEqual([1, 2, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(isDnssec(null)).toBe(false);
  });

  test('ends', () => {
    expect(endpointParts('10.0.0.1:443')).toEqual({ address: '10.0.0.1', port: 443 });
    expect(endpointParts('[fd00::1]:443')).toEqual({ address: 'fd00::1', port: 443 });
  });
});

describe('packets', () => {
  test('SYNs tell the time since the first', () => {
    const packets = synPackets(connection({ point: 2, syn: [1, 2.02, 4] }));
    expect(packets.map(({ point, direction, note }) => `${point} ${direction} ${note}`)).toEqual([
      '2 > SYN',
      '2 > SYN again after 1.02 s',
      '2 > SYN again after 3.00 s',
    ]);
  });
  test('what is lost was seen at the first point, with its direction', () => {
    const lost = (direction: 0 | 1) => lostPackets(hop({ direction, from: 3, to: 4, lost: 1, lostPackets: [ref(1)] }));
    expect(lost(0)).toMatchObject([{ point: 3, direction: '>', packet: ref(1).packet }]);
    expect(lost(1)).toMatchObject([{ point: 3, direction: '<' }]);
  });
  test('fifty are shown and all are counted', () => {
    const of = (count: number) =>
      excerpt(
        packetsAt(
          0,
          Array.from({ length: count }, (_, nth) => ref(nth)),
          'x',
        ),
      );
    expect([of(50).packets.length, of(50).packetsTotal]).toEqual([50, 50]);
    expect([of(51).packets.length, of(51).packetsTotal]).toEqual([50, 51]);
  });
  test('retransmissions of one direction, slow and fast ones', () => {
    const event = (kind: string, direction: 0 | 1, seqStart: number) => ({
      ...ref(seqStart),
      kind,
      direction,
      seqStart,
      seqEnd: seqStart + 10,
    });
    const of = connection({
      events: [
        event('retransmission', 0, 1),
        event('fastRetransmission', 0, 11),
        event('dupAck', 0, 21),
        event('retransmission', 1, 31),
        event('spuriousRetransmission', 0, 41),
      ] as unknown as ReturnType<typeof connection>['events'],
    });
    expect(repeatedPackets(of, 0).map(({ note, direction }) => `${direction} ${note}`)).toEqual([
      '> 1:11 sent again',
      '> 11:21 sent again',
    ]);
    expect(repeatedPackets(of, 1).map(({ note, direction }) => `${direction} ${note}`)).toEqual(['< 31:41 sent again']);
  });
});

describe('where packets are lost', () => {
  const names = namesOf(
    evidence({
      points: [point({ name: 'eth0 of node1', host: 'node1' }), point({ name: 'eth0 of node2', host: 'node2' })],
    }),
  );
  const path = { sender: '10.244.1.5', receiver: '10.244.2.7' };
  const commands = (
    some: { from: number | null; to: number | null; receiver?: string },
    protocol: 'tcp' | 'udp' | 'icmp' = 'tcp',
  ) =>
    lossCommands({ ...path, ...some, subject: { protocol, client: null, server: null } }, names).map(
      ({ on, command }) => `${on}: ${command}`,
    );
  test('the machines at both ends', () => {
    expect(commands({ from: null, to: null })).toEqual([
      'the node of 10.244.1.5: ip -s link; tc -s qdisc',
      'the node of 10.244.2.7: ip -s link; nstat -az IpInDiscards TcpExtTCPBacklogDrop',
      '10.244.1.5: mtr -n -r -c 100 10.244.2.7',
    ]);
    expect(commands({ from: 0, to: 1, receiver: 'fd00::7' })).toEqual([
      'the machine where eth0 of node1 was captured: ip -s link; tc -s qdisc',
      'the machine where eth0 of node2 was captured: ip -s link; nstat -az Ip6InDiscards TcpExtTCPBacklogDrop',
      '10.244.1.5: mtr -n -r -c 100 fd00::7',
    ]);
  });
  test.each([
    ['udp', '10.244.2.7', 'IpInDiscards UdpRcvbufErrors'],
    ['udp', 'fd00::7', 'Ip6InDiscards Udp6RcvbufErrors'],
    ['icmp', 'fd00::7', 'Ip6InDiscards'],
  ] as const)('counters of what a machine itself drops: %s to %s', (protocol, receiver, names) => {
    expect(commands({ from: null, to: null, receiver }, protocol)[1]).toBe(
      `the node of ${receiver}: ip -s link; nstat -az ${names}`,
    );
  });
  test.each([
    [null, null, false, /^Capture at 10\.244\.1\.5 and at 10\.244\.2\.7 at the same time/],
    [0, null, false, /^Capture at/],
    [null, 1, true, /^Capture at/],
    [0, 1, true, /^Look at what drops between eth0 of node1 and eth0 of node2 on the machine where/],
    [0, 1, false, /^Look at what lies between eth0 of node1 and eth0 of node2: cable/],
  ])('what to do: from %s to %s', (from, to, inside, says) =>
    expect(lossFix({ ...path, from, to, inside }, names)).toMatch(says),
  );
});
