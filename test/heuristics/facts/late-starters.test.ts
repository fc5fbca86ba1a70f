import { describe, expect, test } from 'vitest';
import type { DatagramFlow } from '../../../src/flows/evidence/evidence.ts';
import { attemptsOf } from '../../../src/heuristics/facts/attempts.ts';
import type { IcmpGroup } from '../../../src/heuristics/facts/icmp-findings.ts';
import { servesLater, startsLate } from '../../../src/heuristics/facts/late-starters.ts';
import { type connection as Builder, connection, datagram, evidence, point, ref } from '../../support/evidence.ts';

/** Errors of the server's port 5000 to the client at these times. */
function refusals(times: number[], some: Partial<IcmpGroup> = {}): IcmpGroup {
  return {
    subject: { protocol: 'udp' },
    client: '10.244.1.5',
    destination: '10.244.2.7:5000',
    packets: times.map((time) => ({ ...ref(time), point: 0, direction: '<', note: '' })),
    packetsTotal: times.length,
    ...some,
  } as unknown as IcmpGroup;
}

const isLate = (group: IcmpGroup, ...flows: DatagramFlow[]): boolean =>
  startsLate(evidence({ points: [point(), point()], datagrams: flows }), group);

const early = refusals([0.1, 1.1]);
const flow = (some: Parameters<typeof datagram>[0] = {}): DatagramFlow =>
  datagram({ sent: [0, 1, 2, 3], back: [2.1, 3.1], ...some });

describe('refused up to one moment, and answered from then on', () => {
  test.each<[string, IcmpGroup, DatagramFlow[], boolean]>([
    ['so', early, [flow()], true],
    ['errors in any order', refusals([1.1, 0.1]), [flow()], true],
    ['answered before the last error', early, [flow({ back: [0.5, 3.1] })], false],
    [
      'answered in one flow before the last error',
      early,
      [flow(), flow({ client: '10.244.1.5:2', back: [0.5] })],
      false,
    ],
    [
      'answered, and the client stops with the last error',
      early,
      [flow({ sent: [0, 0.2, 0.3, 1], back: [2.1] })],
      false,
    ],
    ['half of the datagrams refused', early, [flow({ sent: [0, 1, 2, 3] })], true],
    ['more than half refused', early, [flow({ sent: [0, 1, 2] })], false],
    ['TCP', refusals([0.1, 1.1], { subject: { protocol: 'tcp' } as IcmpGroup['subject'] }), [flow()], false],
    ['no error is known', refusals([]), [flow()], false],
    ['more errors than are known', refusals([0.1, 1.1], { packetsTotal: 3 }), [flow()], false],
    ['the flow is seen elsewhere', early, [flow({ point: 1 })], false],
    ['of another client', early, [flow({ client: '10.244.1.6:40000' })], false],
    ['of another server', early, [flow({ server: '10.244.2.8:5000' })], false],
    ['of another port', early, [flow({ server: '10.244.2.7:5001' })], false],
    [
      'the server sends first: one flow for each direction',
      early,
      [
        datagram({ sent: [0, 1, 2, 3] }),
        datagram({ client: '10.244.2.7:5000', server: '10.244.1.5:7000', sent: [2.1, 3.1] }),
      ],
      true,
    ],
    [
      'a flow of other hosts that uses the port',
      early,
      [flow({ client: '10.244.2.7:5000', server: '10.244.1.6:9' })],
      false,
    ],
  ])('%s', (_, group, flows, expected) => {
    expect(isLate(group, ...flows)).toBe(expected);
  });
});

describe('a single error between answers: the port is opened anew', () => {
  test.each<[string, IcmpGroup, DatagramFlow, boolean]>([
    ['so', refusals([1.1]), flow({ sent: [0, 1, 2], back: [0.1, 2.1] }), true],
    ['two errors', refusals([1, 1.1]), flow({ sent: [0, 1, 2, 3, 4], back: [0.1, 2.1] }), false],
    ['nothing is answered any more', refusals([1.1]), flow({ sent: [0, 1, 2], back: [0.1] }), false],
    ['nothing is asked any more', refusals([1.1]), flow({ sent: [0, 1], back: [0.1, 2.1] }), false],
  ])('%s', (_, group, one, expected) => {
    expect(isLate(group, one)).toBe(expected);
  });
});

describe('never answered, and the errors stop', () => {
  const log = (sent: number[], some: Partial<DatagramFlow> = {}): DatagramFlow => datagram({ sent, ...some });
  test.each<[string, IcmpGroup, DatagramFlow, boolean]>([
    ['three datagrams from 3 s after', early, log([0, 1, 4.1, 4.2, 4.3]), true],
    ['two from then on', early, log([0, 1, 4, 4.2, 4.3]), false],
    [
      'within three times the longest pause between errors',
      refusals([0, 2, 2.5]),
      log([0, 2, 2.5, 8.4, 8.45, 8.49]),
      false,
    ],
    ['beyond it', refusals([0, 2, 2.5]), log([0, 2, 2.5, 8.5, 8.6, 8.7]), true],
    ['more were sent than are known by number', early, log([0, 1, 4.1], { packets: [5, 0] }), true],
    ['more, but the last is too early', early, log([0, 1, 4.1], { packets: [5, 0], last: [ref(4), null] }), false],
    ['more, without a last one', early, log([0, 1, 4.1], { packets: [5, 0], last: [null, null] }), false],
  ])('%s', (_, group, one, expected) => {
    expect(isLate(group, one)).toBe(expected);
  });
  test('flows count together', () => {
    const other = log([4.4], { client: { address: '10.244.1.5', port: 2 } });
    expect(isLate(early, log([0, 1, 4.2, 4.3]))).toBe(false);
    expect(isLate(early, log([0, 1, 4.2, 4.3]), other)).toBe(true);
  });
});

describe('connections that are served after the last refusal', () => {
  type Parts = NonNullable<Parameters<typeof Builder>[0]>;
  const group = refusals([0.1, 1.1], { destination: '10.244.2.7:80' });
  const served = (some: Parts = {}) => connection({ syn: [2], synAck: [2.001], ...some });
  const refused = (time: number) => connection({ client: `10.244.1.5:${time * 10 + 1000}`, syn: [time] });
  const serves = (all: ReturnType<typeof served>[], of = group): boolean =>
    servesLater(attemptsOf(evidence({ points: [point(), point()], connections: all })), of);
  test.each<[string, ReturnType<typeof served>[], boolean]>([
    ['one', [served()], true],
    ['none', [refused(1)], false],
    ['one served, one not', [served(), refused(1)], true],
    ['one served, two not', [served(), refused(1), refused(0)], false],
    ['before the last refusal', [served({ syn: [1], synAck: [1.001] })], false],
    [
      'one of two before the last refusal',
      [served(), served({ client: '10.244.1.5:9', syn: [1], synAck: [1.001] })],
      false,
    ],
    ['without a SYN', [served({ syn: [] })], false],
    ['seen elsewhere', [served({ point: 1 })], false],
    ['another client', [served({ client: '10.244.1.6:1' })], false],
    ['another port', [served({ server: '10.244.2.7:81' })], false],
  ])('%s', (_, all, expected) => {
    expect(serves(all)).toBe(expected);
  });
  test('no error is known', () => {
    expect(serves([served()], refusals([], { destination: '10.244.2.7:80' }))).toBe(false);
  });
});
