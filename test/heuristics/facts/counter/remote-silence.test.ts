import { describe, expect, test } from 'vitest';
import type { HostActivity } from '../../../../src/flows/evidence/evidence.ts';
import { areSeveralMachines, othersGoOn, silenceAt } from '../../../../src/heuristics/facts/counter/remote-silence.ts';
import {
  connection,
  datagram,
  type EvidenceParts,
  echo,
  evidence,
  hostActivity,
  point,
  ref,
} from '../../../support/evidence.ts';

const points = [point(), point()];
/** Heard up to 10 s, and others still send to it. */
const silent = (address: string, some: Partial<HostActivity> = {}): HostActivity =>
  hostActivity(address, { lastSent: 10, lastReceived: 30, ...some });
const listed = (parts: EvidenceParts) => {
  const found = silenceAt(evidence({ points, ...parts }), 0, 10);
  return [found.silent, found.heard].map((hosts) => hosts.map(({ address }) => address).join(' '));
};

describe('hosts that fall silent at 10 s', () => {
  test.each<[string, Partial<HostActivity>, boolean]>([
    ['so', {}, true],
    ['a second before', { lastSent: 9 }, true],
    ['longer before', { lastSent: 8.9 }, false],
    ['a second after', { lastSent: 11 }, true],
    ['longer after', { lastSent: 11.1 }, false],
    ['five packets', { sent: 5 }, true],
    ['four packets', { sent: 4 }, false],
    ['nobody sends to it a second later', { lastReceived: 11 }, false],
    ['somebody sends to it just after', { lastReceived: 11.1 }, true],
    ['nobody ever sent to it', { lastReceived: null }, false],
    ['seen elsewhere', { point: 1 }, false],
    ['a group', { address: '224.0.0.5' }, false],
  ])('%s', (_, some, expected) => {
    expect(listed({ hosts: [silent('10.0.0.12', some)] })[0] !== '').toBe(expected);
  });
});

describe('hosts that are still heard', () => {
  const other = (some: Partial<HostActivity> = {}): HostActivity =>
    hostActivity('10.0.0.20', { lastSent: 30, ...some });
  const talks = connection({ server: '10.0.0.20:80', toServer: { last: ref(30) }, toClient: { last: ref(30) } });
  test.each<[string, EvidenceParts, boolean]>([
    ['it exchanges packets by TCP', { hosts: [other()], connections: [talks] }, true],
    [
      'as the client',
      { hosts: [other()], connections: [{ ...talks, client: talks.server, server: talks.client }] },
      true,
    ],
    ['it sends alone', { hosts: [other()] }, false],
    [
      'nobody answers it',
      { hosts: [other()], connections: [connection({ server: '10.0.0.20:80', toClient: { last: ref(30) } })] },
      false,
    ],
    [
      'it does not answer',
      { hosts: [other()], connections: [connection({ server: '10.0.0.20:80', toServer: { last: ref(30) } })] },
      false,
    ],
    [
      'up to a second later',
      {
        hosts: [other()],
        connections: [connection({ server: '10.0.0.20:80', toServer: { last: ref(11) }, toClient: { last: ref(30) } })],
      },
      false,
    ],
    ['seen elsewhere', { hosts: [other()], connections: [{ ...talks, point: 1 }] }, false],
    [
      'by datagrams',
      { hosts: [other()], datagrams: [datagram({ server: '10.0.0.20:5', sent: [30], back: [30] })] },
      true,
    ],
    [
      'by datagrams in one direction',
      { hosts: [other()], datagrams: [datagram({ server: '10.0.0.20:5', sent: [30] })] },
      false,
    ],
    [
      'by datagrams up to a second later',
      { hosts: [other()], datagrams: [datagram({ server: '10.0.0.20:5', sent: [11], back: [30] })] },
      false,
    ],
    [
      'by datagrams elsewhere',
      { hosts: [other()], datagrams: [datagram({ point: 1, server: '10.0.0.20:5', sent: [30], back: [30] })] },
      false,
    ],
    ['by ping', { hosts: [other()], echoes: [echo({ destination: '10.0.0.20', request: 30 })] }, true],
    ['as the one that pings', { hosts: [other()], echoes: [echo({ source: '10.0.0.20', request: 30 })] }, true],
    [
      'by ping without a reply',
      { hosts: [other()], echoes: [echo({ destination: '10.0.0.20', request: 30, reply: null })] },
      false,
    ],
    [
      'by ping, answered a second later',
      { hosts: [other()], echoes: [echo({ destination: '10.0.0.20', request: 10, reply: 11 })] },
      false,
    ],
    [
      'by ping elsewhere',
      { hosts: [other()], echoes: [echo({ point: 1, destination: '10.0.0.20', request: 30 })] },
      false,
    ],
    ['heard first at that moment', { hosts: [other({ firstSent: 10 })], connections: [talks] }, true],
    ['heard first after it', { hosts: [other({ firstSent: 10.1 })], connections: [talks] }, false],
    ['heard last a second later', { hosts: [other({ lastSent: 11 })], connections: [talks] }, false],
  ])('%s', (_, parts, expected) => {
    expect(listed(parts)[1]).toBe(expected ? '10.0.0.20' : '');
    const going = othersGoOn(evidence({ points, ...parts }), 0, 10);
    expect(going).toBe(expected ? 'passed' : 'unchecked');
  });
});

describe('several machines', () => {
  const at = (address: string, mac: string | null, ttl: number | null, outer = false): HostActivity =>
    silent(address, {
      outer,
      macs: mac === null ? [] : [{ value: mac, count: 1 }],
      ttls: ttl === null ? [] : [{ value: ttl, count: 1 }],
    });
  test.each<[string, HostActivity[], boolean]>([
    ['two MACs', [at('10.0.0.1', 'a', 64), at('10.0.0.2', 'b', 64)], true],
    ['one MAC', [at('10.0.0.1', 'a', 64), at('10.0.0.2', 'a', 60)], false],
    ['no MAC', [at('10.0.0.1', null, 64), at('10.0.0.2', null, 60)], false],
    ['one of them has a MAC', [at('10.0.0.1', 'a', 64), at('10.0.0.2', null, 60)], false],
    [
      'two MACs inside a tunnel',
      [at('192.168.0.1', 'n', 64, true), at('10.0.0.1', 'a', 64), at('10.0.0.2', 'b', 64)],
      false,
    ],
    ['two MACs of nodes', [at('192.168.0.1', 'n', 64, true), at('192.168.0.2', 'm', 64, true)], true],
    ['two nets two hops apart', [at('198.51.100.1', 'a', 60), at('203.0.113.1', 'a', 58)], true],
    ['two nets one hop apart', [at('198.51.100.1', 'a', 60), at('203.0.113.1', 'a', 59)], false],
    ['one net two hops apart', [at('198.51.100.1', 'a', 60), at('198.51.100.2', 'a', 58)], false],
    ['two nets without a TTL', [at('198.51.100.1', 'a', null), at('203.0.113.1', 'a', null)], false],
    ['private nets two hops apart', [at('10.1.0.1', 'a', 60), at('10.2.0.1', 'a', 58)], false],
  ])('%s', (_, hosts, expected) => {
    expect(areSeveralMachines(hosts)).toBe(expected);
    const going = othersGoOn(evidence({ points, hosts }), 0, 10);
    expect(going).toBe(expected ? 'refuted' : 'unchecked');
  });
});
