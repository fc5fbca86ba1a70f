import { describe, expect, test } from 'vitest';
import { trialsOf } from '../../../src/heuristics/judge/trials.ts';
import {
  connection,
  datagram,
  dns,
  type EvidenceParts,
  echo,
  evidence,
  icmpError,
  point,
  probe,
  quoted,
  tunnel,
} from '../../support/evidence.ts';
import { repeat } from '../../support/segment-items.ts';

function told(parts: EvidenceParts): string {
  return trialsOf(evidence({ points: [point(), point()], ...parts }))
    .map(
      ({ protocol, failed, client, server, point: at, size, tunnels }) =>
        `${protocol} ${client.address}>${server.address} at ${at} ${failed ? 'fails' : 'works'}, ${size} octets${tunnels.map(({ index }) => `, tunnel ${index}`).join('')}`,
    )
    .join('\n');
}

describe('connections', () => {
  const works = 'TCP 10.244.1.5>10.244.2.7 at 0 works, 0 octets';
  const fails = works.replace('works', 'fails');
  const never = (...sendings: number[]) =>
    sendings.map((times) => repeat({ times: Array.from({ length: times }, (_, at) => at) }));
  type Parts = NonNullable<Parameters<typeof connection>[0]>;
  test.each<[string, Parts, string]>([
    ['answered', { syn: [0], synAck: [0.1], handshakeAck: { packet: 9, time: 0.2 } }, works],
    ['refused', { syn: [0], toClient: { packets: 1, resets: 1 } }, fails],
    ['silent, a second before the end', { syn: [59] }, fails],
    ['silent, less before it', { syn: [59.1] }, ''],
    ['refused at the end', { syn: [59.9], toClient: { packets: 1, resets: 1 } }, fails],
    ['not seen to begin, nor answered', { toServer: { packets: 1 } }, ''],
    ['to a group', { server: '224.0.0.5:80', syn: [0], toClient: { packets: 1, resets: 1 } }, ''],
    [
      'the largest that was acknowledged, of both ways',
      {
        syn: [0],
        synAck: [0.1],
        handshakeAck: { packet: 9, time: 0.2 },
        toServer: { largestAckedL3: 900 },
        toClient: { largestAckedL3: 1400 },
      },
      works.replace('0 octets', '1400 octets'),
    ],
  ])('%s', (_, some, expected) => {
    expect(told({ connections: [connection(some)] })).toBe(expected);
  });

  test('only offered, each of three times', () => {
    const offered = [1, 2, 3].map((port) =>
      connection({ client: `10.244.1.5:${port}`, syn: [0, 1, 3], synAck: [0.001, 1.001, 3.001] }),
    );
    expect(told({ connections: offered })).toBe([fails, fails, fails].join('\n'));
  });

  const stuck = (toServer: Parts['toServer'], toClient: Parts['toClient'] = {}): string =>
    told({
      connections: [connection({ toServer: { largestAckedL3: 60, ...toServer }, toClient }, { established: true })],
    });
  test('three sendings in vain: the smallest size that did not pass', () => {
    expect(stuck({ repeats: never(3) })).toBe(fails.replace('0 octets', '152 octets'));
    expect(stuck({ repeats: never(2) })).toBe(works.replace('0 octets', '60 octets'));
    expect(stuck({ repeats: [repeat({ ackedTime: 9 })] })).toBe(works.replace('0 octets', '60 octets'));
    expect(stuck({}, { repeats: [repeat({ smallestL3Length: 1400 }), repeat({ smallestL3Length: 1300 })] })).toBe(
      fails.replace('0 octets', '1300 octets'),
    );
  });
});

describe('lookups', () => {
  const works = 'UDP 10.244.1.5>10.96.0.10 at 0 works, 0 octets';
  const fails = works.replace('works', 'fails');
  test.each<[string, Parameters<typeof dns>[0], string]>([
    ['answered', { answered: 0.1 }, works],
    ['answered with SERVFAIL', { answered: 0.1, rcode: 2 }, works],
    ['answered from elsewhere', { answered: 0.1, from: '10.244.2.9:53' }, fails],
    ['not answered', { queries: [0, 5] }, fails],
    ['not answered yet', { queries: [59.9] }, ''],
    ['over TCP', { answered: 0.1, transport: 'tcp' }, ''],
  ])('%s', (_, some, expected) => {
    expect(told({ dns: [dns(some)] })).toBe(expected);
  });
  test('refused by ICMP, at the end of the capture', () => {
    const asked = dns({ queries: [59.9] });
    const refused = { source: '10.244.1.5:40000', destination: '10.96.0.10:53' };
    const error = icmpError(59.95, { quoted: quoted({ ...refused, protocol: 17 }) });
    expect([asked.client.address, told({ dns: [asked], icmpErrors: [error] })]).toEqual(['10.244.1.5', fails]);
  });
  test('answered by the service whose pod was asked: a point between translations', () => {
    const asked = dns({ server: '10.244.2.9:53', answered: 0.1, from: '10.96.0.10:53' });
    const carried = datagram({ server: '10.244.2.9:53', sent: [0] });
    const over = (serverBeforeNat: string) =>
      told({ dns: [asked], datagrams: [carried], paths: [{ of: [carried], serverBeforeNat }] });
    expect(over('10.96.0.10:53')).toBe(works.replace('10.96.0.10', '10.244.2.9'));
    expect(over('10.96.0.11:53')).toBe(fails.replace('10.96.0.10', '10.244.2.9'));
  });
});

describe('pings', () => {
  const works = 'ICMP 10.244.1.5>10.244.2.7 at 0 works, 84 octets';
  const fails = works.replace('works', 'fails');
  test.each<[string, EvidenceParts, string]>([
    ['answered', { echoes: [echo()] }, works],
    [
      'each of one identifier',
      { echoes: [echo(), echo({ request: 1, sequence: 2, reply: null })] },
      `${works}\n${fails}`,
    ],
    ['not answered, a second before the end', { echoes: [echo({ request: 59, reply: null })] }, fails],
    ['not answered, less before it', { echoes: [echo({ request: 59.1, reply: null })] }, ''],
    ['answered at the end', { echoes: [echo({ request: 59.9 })] }, works],
    ['without the request', { echoes: [echo({ request: null, reply: 1 })] }, ''],
    ['to a group', { echoes: [echo({ destination: '224.0.0.5' })] }, ''],
    ['of a traceroute', { echoes: [echo({ reply: null })], probes: [1, 2, 3].map((ttl) => probe(ttl, ttl)) }, ''],
  ])('%s', (_, parts, expected) => {
    expect(told(parts)).toBe(expected);
  });
  test('count at the first point that saw them', () => {
    const [near, far] = [echo({ reply: null }), echo({ point: 1 })];
    expect(told({ echoes: [near, far], paths: [{ of: [near, far] }] })).toBe(fails);
    expect(told({ echoes: [near, far], paths: [{ of: [far, near] }] })).toBe(works.replace('at 0', 'at 1'));
  });
});

describe('the tunnels of a trial', () => {
  const tunnels = [
    tunnel({ index: 0, innerSources: [{ value: '10.244.1.5', count: 1 }] }),
    tunnel({ index: 1, innerSources: [{ value: '10.244.2.7', count: 1 }] }),
  ];
  test('of a connection: those of what the client sends', () => {
    const tcp = connection({ toServer: { tunnels: [0] }, toClient: { tunnels: [1] } }, { established: true });
    expect(told({ tunnels, connections: [tcp] })).toMatch(/octets, tunnel 0$/);
  });
  test('of a lookup: those that hold packets of the client', () => {
    const carried = datagram({ server: '10.96.0.10:53', sent: [0], back: [0.1], tunnels: [0, 1] });
    expect(told({ tunnels, datagrams: [carried], dns: [dns({ answered: 0.1 })] })).toMatch(/octets, tunnel 0$/);
  });
  test('of a ping: none is known', () => {
    expect(told({ tunnels, echoes: [echo()] })).toMatch(/octets$/);
  });
});
