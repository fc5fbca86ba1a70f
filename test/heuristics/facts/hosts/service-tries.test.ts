import { describe, expect, test } from 'vitest';
import type { HostActivity } from '../../../../src/flows/evidence/evidence.ts';
import { circleMembers } from '../../../../src/heuristics/facts/circle-members.ts';
import { goneSilent } from '../../../../src/heuristics/facts/hosts/gone-silent.ts';
import { isMute, whatIsHeard } from '../../../../src/heuristics/facts/hosts/heard-addresses.ts';
import { lastWord } from '../../../../src/heuristics/facts/hosts/last-word.ts';
import { probedAddresses } from '../../../../src/heuristics/facts/hosts/probed-addresses.ts';
import { serviceTries } from '../../../../src/heuristics/facts/hosts/service-tries.ts';
import { askedMeanwhile } from '../../../../src/heuristics/facts/hosts/unresolved.ts';
import {
  arp,
  capture,
  connection,
  dns,
  type EvidenceParts,
  evidence,
  hostActivity,
  icmpError,
  point,
  quoted,
  ref,
  reset,
} from '../../../support/evidence.ts';

const [CLIENT, SERVER, SERVICE] = ['10.244.1.5:40000', '10.244.2.7:80', '10.96.0.20:80'];
const MAC = (last: number) => `02:00:00:00:00:0${last}`;
const apart = (shift = 0): EvidenceParts => ({
  points: [point(), point({ capture: 1, timeShift: shift })],
  captures: [capture(), capture()],
});
const claim = (address: string, mac: string, some = {}) => ({
  point: 0,
  address,
  mac,
  claims: 1,
  first: ref(5),
  last: ref(5),
  gratuitous: 0,
  ...some,
});

describe('what clients tried of services', () => {
  const told = (parts: EvidenceParts) =>
    serviceTries(evidence(parts)).map(
      ({
        protocol,
        conversation,
        client,
        service,
        serviceAddress,
        translated,
        point: at,
        time,
        outcome,
        error,
        packets,
      }) =>
        `${protocol} ${conversation.index} ${client.port}>${service} (${serviceAddress}${translated ? ', translated' : ''}) at ${at}/${time}: ${outcome}${error === null ? '' : ', error'}, ${packets.length} packets`,
    );
  const asked = (some: Parameters<typeof connection>[0] = {}) =>
    connection({ client: CLIENT, server: SERVER, syn: [1, 2], ...some });
  const error = icmpError(3, { quoted: quoted({ protocol: 6, source: CLIENT, destination: SERVER }) });
  const tcp = `tcp 0 40000>${SERVER} (10.244.2.7) at 0/1: failed, 2 packets`;
  test.each<[name: string, parts: EvidenceParts, expected: string[]]>([
    ['silence', { connections: [asked()] }, [tcp]],
    ['answered', { connections: [asked({ synAck: [3] })] }, [tcp.replace('failed', 'answered')]],
    ['refused', { connections: [asked({ resets: [reset(3, 1)] })] }, [tcp.replace('failed', 'other')]],
    ['rejected', { connections: [asked()], icmpErrors: [error] }, [tcp.replace('failed', 'failed, error')]],
    ['no SYN', { connections: [asked({ syn: [], synAck: [3] })] }, []],
  ])('a connection: %s', (_, parts, expected) => expect(told(parts)).toEqual(expected));
  test('of a service, as a point shows it', () => {
    const one = asked({ server: SERVICE });
    expect(told({ connections: [one], paths: [{ of: [one], server: SERVER, serverBeforeNat: SERVICE }] })).toEqual([
      `tcp 0 40000>${SERVICE} (10.96.0.20, translated) at 0/1: failed, 2 packets`,
    ]);
  });
  const asks = (some: Parameters<typeof dns>[0] = {}) => dns({ client: CLIENT, queries: [1], ...some });
  const udp = 'dns 0 40000>10.96.0.10:53 (10.96.0.10) at 0/1: failed, 1 packets';
  const unreachable = icmpError(1.5, { quoted: quoted({ source: CLIENT, destination: '10.96.0.10:53' }) });
  test.each<[name: string, parts: EvidenceParts, expected: string]>([
    ['silence', { dns: [asks()] }, udp],
    ['answered', { dns: [asks({ answered: 1.5 })] }, udp.replace('failed', 'answered')],
    ['rejected', { dns: [asks()], icmpErrors: [unreachable] }, udp.replace('failed', 'failed, error')],
    [
      'answered and rejected',
      { dns: [asks({ answered: 1.2 })], icmpErrors: [unreachable] },
      udp.replace('failed', 'answered, error'),
    ],
    ['asked at the end of the capture', { dns: [asks({ queries: [59] })] }, udp.replace('0/1: failed', '0/59: other')],
  ])('a lookup: %s', (_, parts, expected) => {
    expect(told(parts).map((text) => text.replace(/, \d packets/, ''))).toEqual([expected.replace(/, \d packets/, '')]);
  });
  test('a lookup by TCP is a connection', () => expect(told({ dns: [asks({ transport: 'tcp' })] })).toEqual([]));
});

describe('an address that is asked for in vain while tries wait', () => {
  const TARGET = '10.244.1.9';
  const tried = connection({ client: CLIENT, server: SERVER, syn: [10] });
  const meanwhile = (exchanges: ReturnType<typeof arp>[], parts: EvidenceParts = {}) => {
    const all = evidence({
      connections: [tried],
      icmpErrors: [icmpError(13, { quoted: quoted({ protocol: 6, source: CLIENT, destination: SERVER }) })],
      arp: exchanges,
      ...parts,
    });
    return [...askedMeanwhile(all, serviceTries(all))].map(([target, tries]) => `${target}: ${tries.length}`);
  };
  const asks = (times: number[], some: Parameters<typeof arp>[0] = {}) =>
    arp({ target: TARGET, requests: times, ...some });
  const found = [`${TARGET}: 1`];
  test.each<[name: string, told: string[], expected: string[]]>([
    ['twice', meanwhile([asks([11, 12])]), found],
    ['once', meanwhile([asks([11])]), []],
    ['answered', meanwhile([asks([11, 12], { answers: [MAC(5)] })]), []],
    ['one in the first moment', meanwhile([asks([9, 10])]), found],
    ['one in the last moment', meanwhile([asks([13, 14])]), found],
    ['before', meanwhile([asks([8, 9])]), []],
    ['after', meanwhile([asks([13.1, 14])]), []],
    ['before and after', meanwhile([asks([9, 14])]), []],
    ['it is heard', meanwhile([asks([11, 12])], { hosts: [hostActivity(TARGET)] }), []],
    ['it sends nothing', meanwhile([asks([11, 12])], { hosts: [hostActivity(TARGET, { sent: 0 })] }), found],
    ['two addresses', meanwhile([asks([11, 12]), asks([11, 12], { target: '10.244.1.8' })]), []],
    ['two askers for one', meanwhile([asks([11, 12]), asks([11, 12], { asker: '10.244.1.2' })]), found],
    ['by the common clock', meanwhile([asks([1, 2], { point: 1 })], apart(9)), found],
    ['by the common clock, after', meanwhile([asks([1, 2], { point: 1 })], apart(12.1)), []],
  ])('%s', (_, told, expected) => expect(told).toEqual(expected));
});

describe('who is heard at a point', () => {
  const heard = (parts: EvidenceParts) => whatIsHeard(evidence({ points: [point(), point()], ...parts }));
  test('askers and targets', () => {
    const found = heard({
      arp: [
        arp({ asker: 'a', target: 't', answers: [MAC(5)] }),
        arp({ asker: 'a', target: 't', answers: [MAC(5)], point: 1, requests: [5] }),
        arp({ asker: 'b', target: 't', answers: [MAC(5)], requests: [6] }),
        arp({ asker: 'c', target: 'u', requests: [7] }),
      ],
    });
    expect([...found.answered]).toEqual([
      ['a t', [0, 1]],
      ['b t', [0]],
    ]);
    expect([...found.answeredBy]).toEqual([['t', ['a', 'a', 'b']]]);
    expect([...found.answeredAskers]).toEqual(['0 a', '1 a', '0 b']);
    expect([...found.answeringTargets]).toEqual(['0 t', '1 t']);
    expect([...found.voices].map(([at, set]) => [at, [...set].sort().join(' ')])).toEqual([
      [0, 'a b c t'],
      [1, 'a t'],
    ]);
  });
  test('what sends more than solicitations', () => {
    const sends = (sent: number, some: Parameters<typeof arp>[0] = {}) => {
      const found = heard({
        hosts: [hostActivity('fd00::1', { sent })],
        arp: [
          arp({ asker: 'fd00::1', protocol: 'nd', requests: [0, 1], ...some }),
          arp({ asker: 'fd00::1', protocol: 'nd', target: 'x', requests: [9] }),
        ],
      });
      return !isMute(found, 0, 'fd00::1');
    };
    expect([sends(3), sends(4)]).toEqual([false, true]);
    expect(sends(3, { protocol: 'arp' })).toBe(true);
    expect(sends(3, { point: 1 })).toBe(true);
    expect(sends(3, { asker: 'fd00::2' })).toBe(true);
  });
  test('hosts', () => {
    const found = heard({
      hosts: [
        hostActivity('10.0.0.1', { sent: 1, received: 0 }),
        hostActivity('10.0.0.2', { sent: 0, received: 1, point: 1 }),
        hostActivity('224.0.0.1', { sent: 1 }),
      ],
    });
    expect([...found.receivers]).toEqual(['1 10.0.0.2', '0 224.0.0.1']);
    expect([...found.voices].map(([at, set]) => [at, [...set].join(' ')])).toEqual([[0, '10.0.0.1']]);
    expect([...heard({ arp: [arp({ asker: '0.0.0.0', target: 't' })] }).voices]).toEqual([]);
  });
  test('the last word of a host counts its requests by ARP, from its MAC', () => {
    const host = (lastSent: number | null, mac = MAC(1)) =>
      hostActivity('10.0.0.1', {
        lastSent,
        macs: [
          { value: MAC(9), count: 1 },
          { value: mac, count: 1 },
        ],
      });
    const word = (one: HostActivity) =>
      lastWord(evidence({ arp: [arp({ asker: '10.0.0.1', askerMac: MAC(1), requests: [5, 20] })] }), one);
    expect([word(host(9)), word(host(30)), word(host(9, MAC(2))), word(host(null))]).toEqual([20, 30, 9, null]);
  });
});

describe('hosts that fall silent', () => {
  const HOST = '10.244.2.7';
  const waiting = (port: number) =>
    connection({ client: `10.244.1.5:${port}`, server: `${HOST}:80`, syn: [21, 22, 24] });
  const gone = (some: Partial<HostActivity> = {}, parts: EvidenceParts = {}, connections = [waiting(1), waiting(2)]) =>
    goneSilent(
      evidence({ connections, hosts: [hostActivity(HOST, { lastSent: 20, lastReceived: 24, ...some })], ...parts }),
    ).map(
      ({ host, conversations, asked }) =>
        `${host.address} at ${host.lastSent}: ${conversations.length}, asked ${asked}`,
    );
  const found = [`${HOST} at 20: 2, asked 0`];
  test.each<[name: string, told: string[], expected: string[]]>([
    ['two wait', gone(), found],
    ['one waits', gone({}, {}, [waiting(1)]), []],
    ['five packets before', gone({ sent: 5 }), found],
    ['four packets before', gone({ sent: 4 }), []],
    ['never heard', gone({ lastSent: null }), []],
    ['nobody sends to it', gone({ lastReceived: null }), []],
    ['they send for 2 s', gone({ lastReceived: 22 }), found],
    ['for less', gone({ lastReceived: 21.99 }), []],
    ['2 s before the end', gone({}, { points: [point({ quality: { lastTime: 22 } })] }), found],
    ['later', gone({}, { points: [point({ quality: { lastTime: 21.99 } })] }), []],
    [
      'it asked for its neighbours later',
      gone(
        { macs: [{ value: MAC(1), count: 1 }] },
        { arp: [arp({ asker: HOST, askerMac: MAC(1), target: '10.244.2.1', requests: [23] })] },
      ),
      [],
    ],
  ])('%s', (_, told, expected) => expect(told).toEqual(expected));
  const asks = (requests: number[], some: Parameters<typeof arp>[0] = {}) =>
    gone({}, { arp: [arp({ target: HOST, requests, ...some })] })[0].replace(/^.*asked /, '');
  test('requests for it since', () => {
    expect(asks([19, 20, 21, 22])).toBe('2');
    expect(asks([21], { target: '10.244.2.8' })).toBe('0');
    expect(asks([21], { gratuitous: true })).toBe('0');
    expect(asks([21], { answers: [MAC(5)] })).toBe('0');
    expect(gone({}, { ...apart(), arp: [arp({ target: HOST, requests: [21], point: 1 })] })).toEqual(found);
  });
});

describe('an IPv6 address that another machine has', () => {
  const probe = (some: Parameters<typeof arp>[0] = {}) =>
    arp({ protocol: 'nd', asker: '::', askerMac: MAC(1), target: 'fd00::7', requests: [4.5], ...some });
  const owner = (some = {}) => claim('fd00::7', MAC(2), some);
  const told = (one: ReturnType<typeof arp>, claims: ReturnType<typeof claim>[], isOwner = true) =>
    probedAddresses(evidence({ arp: [one], claims }), () => isOwner).map(({ claim: { mac } }) => mac);
  const found = [MAC(2)];
  test.each<[name: string, told: string[], expected: string[]]>([
    ['so', told(probe(), [owner()]), found],
    ['by ARP', told(probe({ protocol: 'arp' }), [owner()]), []],
    ['asked by a host that has an address', told(probe({ asker: 'fd00::9' }), [owner()]), []],
    ['the prober claims it, too', told(probe(), [owner(), claim('fd00::7', MAC(1))]), []],
    ['the prober claims another one', told(probe(), [owner(), claim('fd00::8', MAC(1))]), found],
    ['at another point', told(probe(), [owner({ point: 1 })]), []],
    ['nobody answers', told(probe(), []), []],
    ['who answers is no owner', told(probe(), [owner()], false), []],
    ['in that moment', told(probe({ requests: [5] }), [owner()]), found],
    ['a second later', told(probe({ requests: [4] }), [owner()]), found],
    ['later still', told(probe({ requests: [3.99] }), [owner()]), []],
    ['before', told(probe({ requests: [5.01] }), [owner()]), []],
    ['to the second request', told(probe({ requests: [1, 4.5] }), [owner()]), found],
    ['its last claim answers', told(probe({ requests: [8] }), [owner({ last: ref(8.5) })]), found],
  ])('%s', (_, text, expected) => expect(text).toEqual(expected));
});

test('machines on a link where a packet goes in a circle', () => {
  const members = (exchanges: ReturnType<typeof arp>[], role: 'node-nic' | 'bridge' = 'node-nic') =>
    circleMembers(evidence({ points: [point({ role }), point()], arp: exchanges }), {
      point: 0,
      source: '10.0.0.8',
      destination: '10.0.0.9',
    } as never);
  const asks = (asker: string, target: string, some: Parameters<typeof arp>[0] = {}) =>
    arp({ asker, target, answers: [MAC(5)], ...some });
  const two = asks('10.0.0.2', '10.0.0.1');
  expect(members([two])).toEqual(['10.0.0.1', '10.0.0.2']);
  expect(members([two], 'bridge')).toEqual([]);
  expect(members([{ ...two, replies: [] }])).toEqual([]);
  expect(members([{ ...two, point: 1 }])).toEqual([]);
  expect(members([asks('10.0.0.8', '10.0.0.1'), asks('10.0.0.9', '0.0.0.0')])).toEqual(['10.0.0.1']);
  expect(members([two, asks('10.0.0.3', '10.0.0.4')])).toHaveLength(4);
  expect(members([two, asks('10.0.0.3', '10.0.0.4'), asks('10.0.0.5', '10.0.0.4')])).toEqual([]);
});
