import { describe, expect, it, test } from 'vitest';
import { fileHasPureAcks, nothingAdvanced } from '../../../../src/heuristics/facts/counter/acknowledgements.ts';
import { hadTimeLeft } from '../../../../src/heuristics/facts/counter/capture-end.ts';
import { fragmentIsLost } from '../../../../src/heuristics/facts/counter/fragments.ts';
import { datagramIsForOne, echoIsForOne } from '../../../../src/heuristics/facts/counter/group-address.ts';
import { goesInCircle } from '../../../../src/heuristics/facts/counter/loops.ts';
import { noLongerPauseSurvived } from '../../../../src/heuristics/facts/counter/pauses.ts';
import { areSeveralMachines, othersGoOn } from '../../../../src/heuristics/facts/counter/remote-silence.ts';
import {
  comesFromElsewhere,
  goesOn,
  hadSomethingToCut,
  hopsOf,
  isOutsideWindow,
  isWorkOpen,
  wasStillOpen,
} from '../../../../src/heuristics/facts/counter/resets.ts';
import { gradeOf, whereSeen } from '../../../../src/heuristics/rule/grade.ts';
import { ending } from '../../../support/ending-items.ts';
import {
  connection,
  datagram,
  echo,
  evidence,
  fragmented,
  hostActivity,
  point,
  ref,
  reset,
} from '../../../support/evidence.ts';

const standing = (parts: Parameters<typeof connection>[0] = {}) => connection(parts, { established: true });

describe('gradeOf', () => {
  it('confirms what passed everything, infers what could not all be asked, and drops what is refuted', () => {
    expect(gradeOf({ a: 'passed', b: 'passed' })).toBe('confirmed');
    expect(gradeOf({ a: 'passed', b: 'unchecked' })).toBe('inferred');
    expect(gradeOf({ a: 'passed', b: 'unchecked', c: 'refuted' })).toBeNull();
    expect(gradeOf({ a: 'refuted' })).toBeNull();
  });

  it('confirms nothing when nothing was asked', () => expect(gradeOf({})).toBe('inferred'));

  it('a question that only supports refutes nothing', () =>
    expect([whereSeen(true), whereSeen(false)]).toEqual(['passed', 'unchecked']));
});

describe('resets', () => {
  it('hops are counted from the next of 64, 128 and 255', () => {
    expect([64, 57, 65, 127, 128, 129, 248, 255, 1].map(hopsOf)).toEqual([0, 7, 63, 1, 0, 126, 7, 0, 63]);
  });

  it.each([
    [62, 250, false, 'passed'],
    [62, 65, false, 'passed'],
    [62, 60, false, 'refuted'],
    [62, 59, false, 'passed'],
    [248, 57, true, 'refuted'],
    [64, 128, true, 'unchecked'],
    [64, 128, false, 'refuted'],
    [127, 64, false, 'refuted'],
  ] as const)('usual TTL %i, reset %i, something open %s: %s', (usual, ttl, open, answer) =>
    expect(comesFromElsewhere(usual, ttl, open)).toBe(answer),
  );

  it('there is something to cut once the handshake is complete, or data came, or the capture began later', () => {
    const cut = reset(1, 0);
    expect(hadSomethingToCut(standing(), cut)).toBe('passed');
    expect(hadSomethingToCut(connection({ syn: [0], synAck: [0.1] }), cut)).toBe('refuted');
    expect(hadSomethingToCut(connection({ syn: [0], synAck: [0.1], toServer: { dataSegments: 1 } }), cut)).toBe(
      'passed',
    );
    expect(hadSomethingToCut(connection({ rolesFrom: 'guess' }), cut)).toBe('passed');
    expect(hadSomethingToCut(connection({ syn: [0], synAck: [2] }), reset(1, 1))).toBe('passed');
  });

  it('after a FIN it is open only for data without acknowledgement and requests without answer', () => {
    expect(wasStillOpen(standing(), reset(3, 1))).toBe('passed');
    expect(wasStillOpen(standing({ toClient: { fins: 1, unackedOctets: 1 } }), reset(3, 1))).toBe('refuted');
    expect(wasStillOpen(standing({ toClient: { fins: 1, unackedOctets: 2 } }), reset(3, 1))).toBe('passed');
    expect(
      wasStillOpen(standing({ toServer: { fins: 1, dataSegments: 1 }, toClient: { dataSegments: 0 } }), reset(3, 1)),
    ).toBe('passed');
    expect(wasStillOpen(standing({ toServer: { fins: 1, dataSegments: 1 } }), reset(3, 1))).toBe('refuted');
  });

  it('a reset before the first FIN found it open; one that ended it after a FIN did not', () => {
    const [cut, last] = [reset(1, 1), reset(3, 1)];
    const leg = standing({ toServer: { fins: 1, dataSegments: 1 }, end: ending(1, { byReset: true }) });
    expect(leg.end?.packet).toBe(cut.packet);
    expect(wasStillOpen(leg, cut)).toBe('passed');
    expect(wasStillOpen(leg, last)).toBe('refuted');
  });

  it('the side that a reset names goes on where its own FIN follows', () => {
    const own = standing({ toClient: { fins: 1 }, end: ending(1, { byReset: true }) });
    const other = standing({ toServer: { fins: 1 }, end: ending(1, { byReset: true }) });
    expect([own, other].map((leg) => goesOn(leg, reset(1, 1)))).toEqual([true, false]);
    expect(goesOn(standing({ toClient: { fins: 1 }, end: ending(0.5) }), reset(1, 1))).toBe(false);
  });

  it('only a reset that acknowledges something tells by its number who made it', () => {
    expect(isOutsideWindow(reset(1, 1, { inWindow: false }))).toBe(true);
    expect(isOutsideWindow(reset(1, 1))).toBe(false);
    expect(isOutsideWindow(reset(1, 1, { inWindow: false, hasAck: false }))).toBe(false);
  });

  it('work is open while data or a request wait', () => {
    expect(isWorkOpen(standing())).toBe(false);
    expect(isWorkOpen(standing({ toServer: { unackedOctets: 5 } }))).toBe(true);
    expect(isWorkOpen(standing({ toClient: { dataSegments: 0 } }))).toBe(true);
  });
});

describe('acknowledgements', () => {
  const repeat = (ackedTime: number | null) => ({
    seqStart: 1,
    seqEnd: 100,
    l3Length: 140,
    smallestL3Length: 140,
    packets: [ref(1), ref(2)],
    sendings: 2,
    dontFragment: true,
    ackedTime,
    ackedPacket: null,
    reversePacketsMeanwhile: 0,
  });

  it('an acknowledgement of what was repeated refutes, if it came later', () => {
    const withRepeat = (ackedTime: number | null) => standing({ toServer: { repeats: [repeat(ackedTime)] } });
    expect(nothingAdvanced(withRepeat(5), 0, 3)).toBe('refuted');
    expect(nothingAdvanced(withRepeat(2), 0, 3)).toBe('passed');
    expect(nothingAdvanced(withRepeat(null), 0, 3)).toBe('passed');
    expect(nothingAdvanced(withRepeat(5), 1, 3)).toBe('passed');
  });

  it('a file without pure acknowledgements proves nothing, once it holds enough data', () => {
    const withData = (segments: number, packets: number, at = 0) =>
      evidence({
        points: [point(), point()],
        connections: [
          connection({
            point: at,
            toServer: { dataSegments: segments, packets },
            toClient: { packets: 0 },
            rolesFrom: 'guess',
          }),
        ],
      });
    expect(fileHasPureAcks(withData(20, 20), 0)).toBe('refuted');
    expect(fileHasPureAcks(withData(20, 21), 0)).toBe('passed');
    expect(fileHasPureAcks(withData(19, 19), 0)).toBe('unchecked');
    expect(fileHasPureAcks(withData(20, 20, 1), 0)).toBe('unchecked');
  });
});

describe('fragments', () => {
  const piece = fragmented({ protocol: 6, tcp: { sourcePort: 40000, destinationPort: 80, seq: 0xffffff00 } });
  const acked = (ackHigh: number | null, some = {}) =>
    evidence({ fragments: [piece], connections: [standing({ toClient: { ackHigh }, ...some })] });

  it('a fragment is not lost when its segment was acknowledged, across the wrap of sequence numbers too', () => {
    expect(fragmentIsLost(acked(100), piece)).toBe('refuted');
    expect(fragmentIsLost(acked(0xffffff00), piece)).toBe('passed');
    expect(fragmentIsLost(acked(null), piece)).toBe('passed');
    expect(fragmentIsLost(acked(100, { client: '10.244.1.5:40001' }), piece)).toBe('passed');
    expect(fragmentIsLost(acked(100, { server: '10.244.2.7:81' }), piece)).toBe('passed');
  });

  it('a fragment of the server is acknowledged by its client, not in a connection of another server', () => {
    const tcp = { sourcePort: 80, destinationPort: 40000, seq: 1000 };
    const answer = fragmented({ source: '10.244.2.7', destination: '10.244.1.5', protocol: 6, tcp });
    const at = (server: string) =>
      evidence({ fragments: [answer], connections: [standing({ server, toServer: { ackHigh: 1100 } })] });
    expect(fragmentIsLost(at('10.244.2.7:80'), answer)).toBe('refuted');
    expect(fragmentIsLost(at('10.244.2.8:80'), answer)).toBe('passed');
    expect(fragmentIsLost(at('10.244.2.7:81'), answer)).toBe('passed');
  });

  it('a fragment of TCP stays unchecked without its first fragment; other protocols need no such check', () => {
    expect(fragmentIsLost(acked(100), { ...piece, tcp: null })).toBe('unchecked');
    expect(fragmentIsLost(acked(100), fragmented())).toBe('passed');
  });

  it('a fragment is not lost where the request was answered, or another device of the host got the rest', () => {
    const first = fragmented({ ipId: 7 });
    const asked = (back: number[], some: object = {}) =>
      evidence({ fragments: [first], datagrams: [datagram({ sent: [0, 1], back, ...some })] });
    expect(fragmentIsLost(asked([0.1, 1.1]), first)).toBe('refuted');
    expect(fragmentIsLost(asked([0.1]), first)).toBe('passed');
    expect(fragmentIsLost(asked([0.1, 0.2]), first)).toBe('passed');
    expect(fragmentIsLost(asked([0.1, 1.1], { client: '10.244.1.6:40000' }), first)).toBe('passed');
    expect(fragmentIsLost(asked([0.1, 1.1], { server: '10.244.2.8:5000' }), first)).toBe('passed');
    expect(fragmentIsLost(asked([0.1, 1.1]), { ...first, outer: true })).toBe('passed');
    expect(fragmentIsLost(asked([0.1, 1.1]), { ...first, hasFirst: false })).toBe('passed');
    const beside = (some: object, hosts: (string | null)[] = ['n1', 'n1']) =>
      evidence({
        points: hosts.map((host) => point({ host })),
        fragments: [first, fragmented({ ipId: 7, point: 1, hasFirst: false, ...some })],
      });
    expect(fragmentIsLost(beside({}), first)).toBe('refuted');
    expect(fragmentIsLost(beside({}, ['n1', 'n2']), first)).toBe('passed');
    expect(fragmentIsLost(beside({}, [null, null]), first)).toBe('passed');
    for (const other of [
      { ipId: 8 },
      { hasFirst: true },
      { protocol: 6 },
      { source: '10.9.9.9' },
      { destination: '10.9.9.9' },
    ])
      expect(fragmentIsLost(beside(other), first)).toBe('passed');
  });

  it('a missing fragment proves nothing where the capture misses a tenth of the octets', () => {
    const gaps = (gapOctets: number) => evidence({ points: [point({ quality: { gapOctets, tcpOctets: 900 } })] });
    expect(fragmentIsLost(gaps(200), fragmented())).toBe('refuted');
    expect(fragmentIsLost(gaps(50), fragmented())).toBe('passed');
  });
});

describe('questions about hosts and loops', () => {
  const loop = (ttls: number[], rises = 0) => ({
    point: 0,
    source: '10.244.1.5',
    destination: '10.244.2.7',
    protocol: 1,
    ipId: 1,
    ttls,
    packets: ttls.map((_, at) => ref(at)),
    rises,
  });

  it.each([
    [[63, 61, 59], 0, 'passed'],
    [[63, 61, 59], 1, 'refuted'],
    [[63, 61], 0, 'refuted'],
    [[24, 22, 21], 0, 'refuted'],
    [[64, 63, 62, 61, 60], 0, 'refuted'],
    [[64, 63, 62, 61, 60, 59], 0, 'passed'],
    [[64, 63, 61, 60, 58, 57], 0, 'passed'],
  ] as const)('TTLs %j that rise %i times: %s', (ttls, rises, answer) =>
    expect(goesInCircle(loop([...ttls], rises))).toBe(answer),
  );

  it('a group address of the link asks nobody', () => {
    expect(datagramIsForOne(datagram({ toGroup: [true, false] }))).toBe('refuted');
    expect(datagramIsForOne(datagram({ toGroup: [false, true] }))).toBe('passed');
    expect([echoIsForOne(echo({ toGroup: true })), echoIsForOne(echo())]).toEqual(['refuted', 'passed']);
  });

  it('an answer needs time before the capture ends', () => {
    const until10 = evidence({ points: [point({ quality: { lastTime: 10 } })] });
    expect([hadTimeLeft(until10, 0, 9, 1), hadTimeLeft(until10, 0, 9.5, 1)]).toEqual(['passed', 'refuted']);
  });

  it('a pause that others survived is no reason', () => {
    const pause = (seconds: number, to: number) => ({
      seconds,
      from: ref(to - seconds),
      to: ref(to),
      direction: 0 as const,
      octets: 10,
      keepAlive: false,
    });
    const dying = standing({ idleGaps: [pause(60, 100)] });
    const other = (seconds: number, until: number, server = '10.244.2.7:80') =>
      standing({
        server,
        idleGaps: [pause(seconds, 100)],
        toServer: { last: ref(until) },
        toClient: { last: ref(until) },
      });
    const answer = (one: ReturnType<typeof connection>) =>
      noLongerPauseSurvived(evidence({ connections: [dying, one] }), dying, 60, 100);
    expect(answer(other(61, 101))).toBe('refuted');
    expect(answer(other(59, 101))).toBe('passed');
    expect(answer(other(61, 99))).toBe('passed');
    expect(answer(other(61, 101, '10.244.2.8:80'))).toBe('passed');
  });

  it('others that go on keep the fault at the host; several machines at once take it away from there', () => {
    const mac = (value: string) => [{ value, count: 9 }];
    const gone = (address: string, value: string) =>
      hostActivity(address, { firstSent: 0, lastSent: 10, lastReceived: 16, macs: mac(value) });
    const a = gone('192.168.0.2', '02:00:00:00:00:0a');
    const b = gone('192.168.0.3', '02:00:00:00:00:0b');
    const c = hostActivity('192.168.0.4', { firstSent: 0, lastSent: 15 });
    const echoes = [echo({ destination: c.address, request: 15, reply: 15.001 })];
    expect(othersGoOn(evidence({ hosts: [a, b] }), 0, 10)).toBe('refuted');
    expect(othersGoOn(evidence({ hosts: [a] }), 0, 10)).toBe('unchecked');
    expect(othersGoOn(evidence({ hosts: [a, b, c], echoes }), 0, 10)).toBe('passed');
    expect(othersGoOn(evidence({ hosts: [a, b, c] }), 0, 10)).toBe('refuted');
    expect(othersGoOn(evidence({ hosts: [a, b] }), 0, 12)).toBe('unchecked');
  });
});

test('public hosts behind one MAC are several machines in different nets and at different distances', () => {
  const far = (address: string, ttl: number) =>
    hostActivity(address, { macs: [{ value: '02:00:00:00:00:01', count: 9 }], ttls: [{ value: ttl, count: 9 }] });
  expect(areSeveralMachines([far('8.8.8.8', 60), far('1.1.1.1', 50)])).toBe(true);
  expect(areSeveralMachines([far('8.8.8.8', 60), far('8.8.8.9', 50)])).toBe(false);
  expect(areSeveralMachines([far('8.8.8.8', 60), far('1.1.1.1', 60)])).toBe(false);
});
