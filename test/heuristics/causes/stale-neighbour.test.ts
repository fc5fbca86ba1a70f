import { describe, expect, it } from 'vitest';
import type { HostActivity } from '../../../src/flows/evidence/evidence.ts';
import { staleNeighbour } from '../../../src/heuristics/causes/stale-neighbour.ts';
import { arp, connection, type EvidenceParts, evidence, hostActivity, point } from '../../support/evidence.ts';

const OLD = '02:00:00:00:00:0a';
const NEW = '02:00:00:00:00:0b';
const SERVER = '10.0.0.12';
const sent = connection({
  client: '10.0.0.9:40000',
  server: `${SERVER}:80`,
  syn: [5, 6, 8],
  toServer: { destinationMacs: [{ value: OLD, count: 3 }] },
});
const claim = (mac: string, first = 3, last = first) => ({
  point: 0,
  address: SERVER,
  mac,
  claims: 1,
  first: { packet: 1, time: first },
  last: { packet: 2, time: last },
  gratuitous: 0,
});
/** What is heard of a machine beside the one that has the address now. */
const heard = (some: Partial<HostActivity>): EvidenceParts => ({
  claims: [claim(NEW)],
  hosts: [hostActivity('10.0.0.1', { lastSent: 7, macs: [{ value: OLD, count: 3 }], ...some })],
});
const asked = (some: Parameters<typeof arp>[0]): EvidenceParts => ({
  claims: [claim(NEW)],
  arp: [arp({ asker: '10.0.0.1', askerMac: OLD, target: '10.0.0.9', requests: [2, 7], ...some })],
});
const judged = (parts: EvidenceParts, one = sent) => staleNeighbour(evidence(parts), [one]);

describe('packets to a MAC that the address has left', () => {
  it('the address announces itself from another MAC', () => {
    expect(judged({ claims: [claim(OLD, 1), claim(NEW)] })).toEqual({
      address: SERVER,
      usedMac: OLD,
      realMac: NEW,
      point: 0,
    });
  });
  it('the address asks for others from another MAC', () => {
    expect(judged({ arp: [arp({ asker: SERVER, askerMac: NEW, target: '10.0.0.1', requests: [4] })] })).toMatchObject({
      realMac: NEW,
    });
  });
  it.each<[string, EvidenceParts]>([
    ['nothing tells another MAC', { claims: [claim(OLD, 1)] }],
    ['the MAC in use still claims the address', { claims: [claim(OLD, 1, 7), claim(NEW)] }],
    ['the move is later than the packets', { claims: [claim(NEW, 20)] }],
    ['two other MACs claim it', { claims: [claim(NEW), claim('02:00:00:00:00:0c')] }],
    ['another address moved', { claims: [{ ...claim(NEW), address: '10.0.0.13' }] }],
    ['the MAC in use claims the address at the moment of the first packet', { claims: [claim(OLD, 1, 5), claim(NEW)] }],
    [
      'the MAC in use asks for a neighbour meanwhile: it is alive',
      { claims: [claim(NEW)], arp: [arp({ asker: '10.0.0.1', askerMac: OLD, target: '10.0.0.9', requests: [2, 7] })] },
    ],
    [
      'the MAC in use is heard: a router, or its machine took over',
      {
        claims: [claim(NEW)],
        hosts: [hostActivity('10.0.0.1', { lastSent: 7, macs: [{ value: OLD, count: 3 }] })],
      },
    ],
  ])('is not said: %s', (_, parts) => {
    expect(judged(parts)).toBeNull();
  });
  it.each<[string, EvidenceParts]>([
    ['the address moves at the moment of the last packet', { claims: [claim(NEW, 8)] }],
    ['the MAC in use claimed it until right before', { claims: [claim(OLD, 1, 4.9), claim(NEW)] }],
    [
      'a third MAC claims another address',
      { claims: [claim(NEW), { ...claim('02:00:00:00:00:0c'), address: '10.0.0.1' }] },
    ],
    ['the MAC in use was last heard with the first packet', heard({ lastSent: 5 })],
    ['the MAC in use was never heard', heard({ lastSent: null })],
    ['the MAC in use is heard at another point', { points: [point(), point({ name: 'b' })], ...heard({ point: 1 }) }],
    ['an address of two MACs is heard', heard({ macs: [OLD, NEW].map((value) => ({ value, count: 1 })) })],
    ['another MAC is heard', heard({ macs: [{ value: NEW, count: 1 }] })],
    ['the MAC in use asked for a neighbour before', asked({ requests: [2, 5] })],
    ['another MAC asks for a neighbour', asked({ askerMac: '02:00:00:00:00:0d' })],
    ['the MAC in use asks at another point', { points: [point(), point({ name: 'b' })], ...asked({ point: 1 }) }],
  ])('is said although %s', (_, parts) => {
    expect(judged(parts)).toMatchObject({ usedMac: OLD, realMac: NEW });
  });
  it('says nothing inside a tunnel, where the frames are the tunnel’s', () => {
    expect(judged({ claims: [claim(NEW)] }, { ...sent, encapsulation: ['vxlan'] })).toBeNull();
  });
});
