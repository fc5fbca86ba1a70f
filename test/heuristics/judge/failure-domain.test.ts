import { describe, expect, it } from 'vitest';
import { failureDomainOf } from '../../../src/heuristics/judge/failure-domain.ts';
import { connection, dns, type EvidenceParts, echo, evidence, point, tunnel } from '../../support/evidence.ts';

const times = <T>(count: number, make: (nth: number) => T): T[] => Array.from({ length: count }, (_, nth) => make(nth));
const silent = (nth: number, client: string, server: string) =>
  connection({ client: `${client}:${40000 + nth}`, server, syn: [nth, nth + 1] });
const works = (nth: number, client: string, server: string, some = {}) =>
  connection({ client: `${client}:${50000 + nth}`, server, ...some }, { established: true });

/** Times that one attempt may be read: by each of a few questions, never by each other attempt. */
const READS_AN_ATTEMPT = 50;
const A = '10.244.1.5';
const B = '10.244.1.6';
const WEB = '10.244.2.7:80';
const APP = '10.244.2.7:5000';
const ELSEWHERE = '10.244.3.3:80';

const tables: Record<string, { parts: EvidenceParts; says: string | null }> = {
  'one port': {
    parts: {
      connections: [
        ...times(4, (nth) => silent(nth, A, APP)),
        ...times(4, (nth) => silent(nth, B, APP)),
        ...times(6, (nth) => works(nth, A, WEB)),
        ...times(6, (nth) => works(nth, B, WEB)),
      ],
    },
    says: 'fails: 8 of 8 attempts to port 5000; works: 12 of 12 others',
  },
  'SYN-ACKs that nobody acknowledges': {
    parts: {
      connections: [
        ...times(4, (nth) =>
          connection({
            client: `${A}:${40000 + nth}`,
            server: APP,
            syn: [nth, nth + 1, nth + 3],
            synAck: [nth, nth + 1, nth + 3],
          }),
        ),
        ...times(6, (nth) => works(nth, A, WEB)),
        ...times(6, (nth) => works(nth, B, WEB)),
      ],
    },
    says: 'fails: 4 of 4 attempts to port 5000; works: 12 of 12 others',
  },
  'one client to one destination': {
    parts: {
      connections: [
        ...times(4, (nth) => silent(nth, A, WEB)),
        ...times(4, (nth) => works(nth, A, ELSEWHERE)),
        ...times(4, (nth) => works(nth, B, WEB)),
      ],
    },
    says: `fails: 4 of 4 attempts from ${A} to 10.244.2.7; works: 8 of 8 others`,
  },
  'several descriptions of the same attempts': {
    parts: {
      connections: [...times(3, (nth) => silent(nth, A, APP)), ...times(3, (nth) => works(nth, B, ELSEWHERE))],
    },
    says: `fails: 3 of 3 attempts from ${A} (the same ones are those to 10.244.2.7, and those to port 5000); works: 3 of 3 others`,
  },
  'size of pings': {
    parts: {
      echoes: [
        ...times(4, (nth) => echo({ sequence: nth, request: nth, l3Length: 1478, reply: null })),
        ...times(4, (nth) => echo({ sequence: 10 + nth, request: 10 + nth, l3Length: 1450 })),
        ...times(4, (nth) => echo({ sequence: 20 + nth, request: 20 + nth, l3Length: 84 })),
      ],
    },
    says: 'fails: 4 of 4 attempts with packets of more than 1450 bytes; works: 8 of 8 others',
  },
  'outer source of the tunnel': {
    parts: {
      tunnels: [
        tunnel({ index: 0, source: '10.0.0.228', networkId: 1 }),
        tunnel({ index: 1, source: '10.0.0.15', networkId: 1 }),
      ],
      connections: [
        ...times(3, (nth) => ({ ...silent(nth, A, WEB), encapsulation: ['vxlan' as const] })),
        ...times(3, (nth) => works(nth, A, WEB, { encapsulation: ['vxlan'] })),
      ].map((one) => {
        one.directions[0].tunnels = [one.state === 'established' || one.synAck.length > 0 ? 1 : 0];
        return one;
      }),
    },
    says: 'fails: 3 of 3 attempts with the outer source 10.0.0.228; works: 3 of 3 others',
  },
  'node of the first point, by name': {
    parts: {
      points: [point({ host: 'node1' }), point({ host: 'node2' })],
      connections: [
        ...times(2, (nth) => silent(nth, A, WEB)),
        ...times(2, (nth) => silent(nth, B, WEB)),
        ...times(3, (nth) => works(nth, '10.244.9.9', WEB, { point: 1 })),
      ],
    },
    says: 'fails: 4 of 4 attempts seen first on node1; works: 3 of 3 others',
  },
  'names of addresses': {
    parts: {
      known: { names: { '10.244.2.7': 'pod shop/web-0' } },
      connections: [
        ...times(2, (nth) => silent(nth, A, WEB)),
        ...times(2, (nth) => silent(nth, B, WEB)),
        ...times(3, (nth) => works(nth, A, ELSEWHERE)),
      ],
    },
    says: 'fails: 4 of 4 attempts to 10.244.2.7 (pod shop/web-0); works: 3 of 3 others',
  },
  'lookups of services, given by range': {
    parts: {
      known: { serviceCidrs: ['10.96.0.0/12'] },
      dns: times(3, (nth) => dns({ id: nth, client: `${A}:${3000 + nth}`, queries: [nth, nth + 5] })),
      connections: [...times(2, (nth) => silent(nth, A, '10.96.0.44:80')), ...times(4, (nth) => works(nth, A, WEB))],
    },
    says: 'fails: 5 of 5 attempts to service addresses; works: 4 of 4 others',
  },
  'one failure in twenty elsewhere is another matter': {
    parts: {
      connections: [
        ...times(8, (nth) => silent(nth, A, APP)),
        ...times(1, (nth) => silent(100 + nth, A, WEB)),
        ...times(19, (nth) => works(nth, A, WEB)),
      ].map((one) => (one.syn[0]?.time > 50 ? { ...one, syn: [{ packet: 1, time: 5 }] } : one)),
    },
    says: 'fails: 8 of 8 attempts to port 5000; works: 19 of 20 others',
  },
  'nothing fails': { parts: { connections: times(5, (nth) => works(nth, A, WEB)) }, says: null },
  'everything fails': { parts: { connections: times(5, (nth) => silent(nth, A, WEB)) }, says: null },
  'two failures are too few': {
    parts: { connections: [...times(2, (nth) => silent(nth, A, APP)), ...times(9, (nth) => works(nth, A, WEB))] },
    says: null,
  },
  'the same attempts fail and work': {
    parts: { connections: [...times(5, (nth) => silent(nth, A, WEB)), ...times(5, (nth) => works(nth, A, WEB))] },
    says: null,
  },
  'silence at the end of the capture is no failure': {
    parts: {
      points: [point({ quality: { lastTime: 3 } })],
      connections: [
        ...times(4, (nth) => connection({ client: `${A}:${nth + 1}`, server: APP, syn: [2.5] })),
        ...times(4, (nth) => works(nth, A, WEB)),
      ],
    },
    says: null,
  },
  'pings to everybody are not expected to be answered': {
    parts: {
      echoes: times(5, (nth) => echo({ sequence: nth, request: nth, destination: '224.0.0.1', reply: null })),
      connections: times(4, (nth) => works(nth, A, WEB)),
    },
    says: null,
  },
};

describe('failureDomainOf', () => {
  for (const [what, { parts, says }] of Object.entries(tables)) {
    it(`${says === null ? 'is quiet' : 'speaks'}: ${what}`, () => {
      expect(failureDomainOf(evidence(parts))).toBe(says);
    });
  }

  it('a DNS answer that is translated on one side only is an answer', () => {
    const asked = (nth: number) =>
      dns({
        id: nth,
        client: `${A}:${3000 + nth}`,
        server: '10.244.2.9:53',
        queries: [nth],
        answered: nth,
        from: '10.96.0.10:53',
      });
    const lookups = times(4, asked);
    const parts = {
      dns: lookups,
      connections: times(4, (nth) => works(nth, A, WEB)),
      paths: lookups.map((one) => ({ of: [one], serverBeforeNat: '10.96.0.10:53' })),
    };
    expect(failureDomainOf(evidence(parts))).toBeNull();
    const untold = { ...parts, paths: lookups.map((one) => ({ of: [one] })) };
    expect(failureDomainOf(evidence(untold))).toMatch(/^fails: 4 of 4/);
  });

  it('reads many attempts a few times each, not once for each other', () => {
    const many = times(20_000, (nth) =>
      nth % 2 === 0
        ? silent(nth % 50, `10.1.${nth % 250}.${Math.floor(nth / 250)}`, APP)
        : works(nth, `10.2.${nth % 250}.${Math.floor(nth / 250)}`, WEB),
    );
    const all = evidence({ connections: many });
    let reads = 0;
    for (const one of all.connections) {
      const { server } = one;
      Object.defineProperty(one, 'server', {
        get: () => {
          reads++;
          return server;
        },
      });
    }
    expect(failureDomainOf(all)).toMatch(/^fails: 10000 of 10000 attempts to port 5000/);
    expect(reads).toBeGreaterThan(0);
    expect(reads).toBeLessThan(READS_AN_ATTEMPT * many.length);
  });
});
