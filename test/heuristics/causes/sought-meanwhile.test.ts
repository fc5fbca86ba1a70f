import { describe, expect, test } from 'vitest';
import type { HostActivity, TunnelFlow } from '../../../src/flows/evidence/evidence.ts';
import { soughtMeanwhile } from '../../../src/heuristics/causes/sought-meanwhile.ts';
import { lookupsOf } from '../../../src/heuristics/facts/dns-lookups.ts';
import {
  arp,
  capture,
  dns,
  type EvidenceParts,
  evidence,
  hostActivity,
  point,
  tunnel,
} from '../../support/evidence.ts';

const SERVER = '10.244.2.7';
const NODE = '10.0.0.12';
const ROUTER = '10.0.0.1';
const MAC = '02:00:00:00:00:0c';

/** A lookup that fails after two seconds. */
const failing = (time: number, some: Parameters<typeof dns>[0] = {}) =>
  dns({ id: time + 1, server: `${SERVER}:53`, queries: [time], answered: time + 2, rcode: 2, ...some });
/** The node of the server asks for a neighbour. */
const asks = (requests: number[], some: Parameters<typeof arp>[0] = {}) =>
  arp({ asker: NODE, askerMac: MAC, target: ROUTER, requests, ...some });
const sends = (address: string, some: Partial<HostActivity> = {}) =>
  hostActivity(address, { macs: [{ value: MAC, count: 1 }], ...some });
const carries = (some: Partial<TunnelFlow> = {}) =>
  tunnel({
    source: NODE,
    innerSources: [
      { value: '10.244.2.9', count: 1 },
      { value: SERVER, count: 1 },
    ],
    ...some,
  });
/** Two points on one machine, of which the second is not asked. */
const places = { points: [point(), point({ name: 'other' })], captures: [capture()] };
const sought = (parts: EvidenceParts) => {
  const all = evidence({ dns: [failing(10)], hosts: [sends(SERVER)], ...parts });
  return soughtMeanwhile(all, lookupsOf(all)).map(({ target }) => target);
};

describe('neighbours that the node of a DNS server seeks in vain while lookups fail', () => {
  test.each<[name: string, parts: EvidenceParts]>([
    ['the frames of the node carry the packets of the server', { arp: [asks([10.5, 11.5])] }],
    ['from the query on', { arp: [asks([10])] }],
    ['up to the answer', { arp: [asks([12])] }],
    ['the first time when the answer comes, and three seconds on', { arp: [asks([12, 13, 14, 15])] }],
    ['the server asks itself', { arp: [asks([11], { asker: SERVER })], hosts: [] }],
    ['the node carries the server in a tunnel', { arp: [asks([11])], hosts: [sends(NODE)], tunnels: [carries()] }],
    ['in one of two lookups', { dns: [failing(10), failing(30)], arp: [asks([11])] }],
    ['in both of two', { dns: [failing(10), failing(30)], arp: [asks([11]), asks([31])] }],
    ['beside an answered neighbour', { arp: [asks([11]), asks([11.5], { target: '10.0.0.2', answers: [MAC] })] }],
  ])('%s', (_, parts) => expect(new Set(sought(parts))).toEqual(new Set([ROUTER])));

  test.each<[name: string, parts: EvidenceParts]>([
    ['before the query', { arp: [asks([9.9])] }],
    ['first after the answer', { arp: [asks([12.1])] }],
    ['also before', { arp: [asks([1, 11])] }],
    ['also long after: more than the three seconds of a ladder', { arp: [asks([11, 15.1])] }],
    ['in one of three lookups', { dns: [failing(10), failing(30), failing(50)], arp: [asks([11])] }],
    ['it is answered', { arp: [asks([11], { answers: ['02:00:00:00:00:01'] })] }],
    ['it announces itself', { arp: [asks([11], { gratuitous: true })] }],
    ['the server itself is sought', { arp: [asks([11], { target: SERVER })] }],
    ['the client is sought', { arp: [asks([11], { target: '10.244.1.5' })] }],
    ['the client asks', { arp: [asks([11], { asker: '10.244.1.5' })] }],
    ['another MAC asks', { arp: [asks([11], { askerMac: '02:00:00:00:00:0d' })] }],
    ['the MAC carries other machines only', { arp: [asks([11])], hosts: [sends('10.244.2.9')] }],
    ['the address of the server only receives', { arp: [asks([11])], hosts: [sends(SERVER, { sent: 0 })] }],
    ['the server is heard at another point', { ...places, arp: [asks([11])], hosts: [sends(SERVER, { point: 1 })] }],
    [
      'the tunnel carries others',
      {
        arp: [asks([11])],
        hosts: [sends(NODE)],
        tunnels: [carries({ innerSources: [{ value: '10.244.2.9', count: 1 }] })],
      },
    ],
    [
      'the tunnel of another node',
      { arp: [asks([11])], hosts: [sends(NODE)], tunnels: [carries({ source: '10.0.0.13' })] },
    ],
    [
      'the tunnel is seen at another point',
      { ...places, arp: [asks([11])], hosts: [sends(NODE)], tunnels: [carries({ point: 1 })] },
    ],
  ])('not: %s', (_, parts) => expect(sought(parts)).toEqual([]));
});
