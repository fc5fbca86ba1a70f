import { describe, expect, it } from 'vitest';
import { staleNeighbour } from '../../../src/heuristics/causes/stale-neighbour.ts';
import { arp, connection, type EvidenceParts, evidence, hostActivity } from '../../support/evidence.ts';

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
  it('says nothing inside a tunnel, where the frames are the tunnel’s', () => {
    expect(judged({ claims: [claim(NEW)] }, { ...sent, encapsulation: ['vxlan'] })).toBeNull();
  });
});
