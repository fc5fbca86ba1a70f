import { describe, expect, test } from 'vitest';
import { vxlanOuterSourceMismatch } from '../../../../src/heuristics/rules/cni/vxlan-outer-source-mismatch.ts';
import { evidence, point, ruleTable } from '../../../support/evidence.ts';
import { attempt, between, counted, MAC, pod } from '../../../support/tunnel-items.ts';

const ODD = '192.168.0.101';
const right = between(0, 1, 2);
const back = between(1, 2, 1);
const odd = between(2, 1, 2, { source: ODD });
const answered = attempt(0, 1, { client: `${pod(1, 9)}:40000` });

ruleTable(vxlanOuterSourceMismatch, {
  fires: {
    'two outer sources of one VTEP, the odd one not answered': {
      evidence: evidence({ tunnels: [right, back, odd], connections: [answered, attempt(2, null)] }),
      finds: [{ odd: [ODD], right: '192.168.0.1', rightFrom: 'answered', conversations: [1], grade: 'confirmed' }],
      says: [/outer source 192\.168\.0\.101/, /packets with source 192\.168\.0\.1 are answered/],
    },
    'one outer source, and the peers send to another': {
      evidence: evidence({
        tunnels: [
          { ...odd, index: 0 },
          { ...back, index: 1 },
        ],
        connections: [attempt(0, null)],
      }),
      finds: [{ odd: [ODD], right: '192.168.0.1', rightFrom: 'peers' }],
    },
    'the node announces another address for this VTEP': {
      evidence: evidence({
        tunnels: [{ ...odd, index: 0 }],
        connections: [attempt(0, null)],
        known: { vteps: { [odd.innerSourceMacs[0].value]: '192.168.0.1' } },
      }),
      finds: [{ odd: [ODD], right: '192.168.0.1', rightFrom: 'inventory' }],
    },
    'the outer source is no address of any node': {
      evidence: evidence({
        tunnels: [{ ...odd, index: 0 }],
        connections: [attempt(0, null)],
        known: { nodes: { '192.168.0.1': 'n1', '192.168.0.2': 'n2' } },
      }),
      finds: [{ odd: [ODD], right: null, rightFrom: 'inventory' }],
      says: [
        /no node has the address 192\.168\.0\.101/,
        /192\.168\.0\.101 beside the address that the other nodes know/,
      ],
    },
    'with wrong outer checksums the second reading comes first': {
      evidence: evidence({
        points: [point({ name: 'node' }), point({ name: 'other' })],
        tunnels: [right, back, { ...odd, checksums: { good: 0, bad: 3, partial: 0, absent: 0, notCaptured: 0 } }],
        connections: [answered, attempt(2, null)],
      }),
      finds: [{ badChecksums: true }],
    },
  },
  quiet: {
    'one outer source without answer, and it is that of a node': evidence({
      tunnels: [{ ...odd, index: 0 }],
      connections: [attempt(0, null)],
      known: { nodes: { [ODD]: 'n1', '192.168.0.2': 'n2' } },
    }),
    'nodes of another address family say nothing': evidence({
      tunnels: [{ ...odd, index: 0 }],
      connections: [attempt(0, null)],
      known: { nodes: { 'fd00::1': 'n1' } },
    }),
    'both are answered': evidence({
      tunnels: [right, back, odd],
      connections: [answered, attempt(2, 1)],
    }),
    're-addressed: the peers have never sent to the old one, and the new one is all there is': evidence({
      tunnels: [odd],
      connections: [attempt(2, null)].map((one) => ({
        ...one,
        directions: [{ ...one.directions[0], tunnels: [0] }, one.directions[1]] as typeof one.directions,
      })),
    }),
    'a dummy MAC names no VTEP': evidence({
      tunnels: [right, back, odd].map((flow) => ({
        ...flow,
        innerSourceMacs: counted('ee:ee:ee:ee:ee:ee'),
        innerDestinationMacs: counted('ee:ee:ee:ee:ee:ee'),
      })),
      connections: [answered, attempt(2, null)],
    }),
    'an IPv6 underlay beside the IPv4 one': evidence({
      tunnels: [right, back, { ...odd, source: 'fd00::1', destination: 'fd00::2', innerSourceMacs: counted(MAC[1]) }],
      connections: [answered, attempt(2, null)],
    }),
    'one packet only': evidence({
      tunnels: [right, back, odd],
      connections: [answered, attempt(2, null, { syn: [0] })],
    }),
  },
});

describe('vxlan-outer-source-mismatch, where the second SYN opens the connection', () => {
  const late = [0, 5, 10].map((at, number) =>
    attempt(2, 1, {
      client: `${pod(1, 8)}:4000${number}`,
      syn: [at, at + 1],
      synAck: [at + 1.001],
      toServer: { tunnels: [2, 0] },
    }),
  );
  const fates = (sent: number, answered: number) => ({ sent, answered, wrong: 0, wrongAnswered: 0 });
  const found = (sent: number, answeredOdd: number, connections = late) => [
    ...vxlanOuterSourceMismatch.detect(
      evidence({
        tunnels: [{ ...right, fates: fates(8, 8) }, back, { ...odd, fates: fates(sent, answeredOdd) }],
        connections: [answered, ...connections],
      }),
    ),
  ];

  test('warns, and says how much longer each connection takes to open', () => {
    const occurrences = found(3, 0);
    expect(occurrences).toMatchObject([
      { level: 'warning', odd: [ODD], right: '192.168.0.1', repaired: 3, unanswered: 0, conversations: [1, 2, 3] },
    ]);
    const names = {
      point: () => 'p',
      host: () => 'h',
      device: () => null,
      machine: (text: string) => text,
      nodeOf: (text: string) => `the node of ${text}`,
      address: (text: string) => text,
    };
    expect(vxlanOuterSourceMismatch.explain(occurrences[0], names).message).toMatch(
      /first packets of 3 connections with the outer source 192\.168\.0\.101; only what it sends again .* 1\.0 s later/,
    );
  });

  test('is an error when one of the connections never opens', () => {
    expect(found(6, 0, [...late, attempt(2, null, { client: `${pod(1, 8)}:41000` })])).toMatchObject([
      { level: 'error', unanswered: 1, repaired: 3 },
    ]);
  });

  test('says nothing when a packet with that source is answered', () => {
    expect(found(4, 1)).toEqual([]);
  });

  test('says nothing about two connections, which are too few', () => {
    expect(found(2, 0, late.slice(0, 2))).toEqual([]);
  });

  test('says nothing when a connection opens that used only that source', () => {
    expect(found(4, 0, [...late, attempt(2, 1, { client: `${pod(1, 8)}:41000` })])).toEqual([]);
  });
});
