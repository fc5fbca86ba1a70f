import { describe, expect, test } from 'vitest';
import { failureDomainOf } from '../../../src/heuristics/judge/failure-domain.ts';
import { connection, type EvidenceParts, echo, evidence, tunnel } from '../../support/evidence.ts';

/** Attempts of many clients to many servers, of which each description is that of a build: its limits, and the choice. */

interface Tried {
  count: number;
  works?: boolean;
  client?: string;
  server?: string;
  port?: number;
}

/** Clients and servers of an attempt are its own unless they are told. */
function attempts(groups: readonly Tried[]): ReturnType<typeof connection>[] {
  let nth = 0;
  return groups.flatMap(({ count, works = false, client, server, port = 80 }) =>
    Array.from({ length: count }, () => {
      nth++;
      const [high, low] = [Math.floor(nth / 200), 1 + (nth % 200)];
      const ends = {
        client: `${client ?? `10.1.${high}.${low}`}:${20_000 + nth}`,
        server: `${server ?? `10.2.${high}.${low}`}:${port}`,
      };
      return works ? connection(ends, { established: true }) : connection({ ...ends, syn: [1, 2] });
    }),
  );
}
const domain = (groups: readonly Tried[], parts: EvidenceParts = {}) =>
  failureDomainOf(evidence({ connections: attempts(groups), ...parts }));
const port = (failed: number, inside: number, works: number, others: number): string =>
  `fails: ${failed} of ${inside} attempts to port 5000; works: ${works} of ${others} others`;
const at5000 = (count: number, works = false): Tried => ({ count, works, port: 5000 });

describe('a description separates', () => {
  test.each<[string, Tried[], string | null]>([
    ['three failures and two others', [at5000(3), { count: 2, works: true }], port(3, 3, 2, 2)],
    ['two failures', [at5000(2), { count: 9, works: true }], null],
    ['one other', [at5000(3), { count: 1, works: true }], null],
    ['one other, and one inside that works', [at5000(19), at5000(1, true), { count: 1, works: true }], null],
    [
      'two others, and one of twenty inside works',
      [at5000(19), at5000(1, true), { count: 2, works: true }],
      port(19, 20, 2, 2),
    ],
    ['one of nineteen inside works', [at5000(18), at5000(1, true), { count: 9, works: true }], null],
    ['one of twenty others fails', [at5000(3), { count: 1 }, { count: 19, works: true }], port(3, 3, 19, 20)],
    ['one of nineteen others fails', [at5000(3), { count: 1 }, { count: 18, works: true }], null],
    ['half of the failures', [at5000(3), { count: 3 }, { count: 57, works: true }], port(3, 3, 57, 60)],
    ['less than half of the failures', [at5000(3), { count: 4 }, { count: 96, works: true }], null],
  ])('%s', (_, groups, says) => expect(domain(groups)).toBe(says));

  test('two properties together have to hold three attempts, too', () => {
    const [client, server] = ['10.9.9.9', '10.8.8.8'];
    const both = (count: number): Tried[] => [
      { count, client, server },
      { count: 1, client },
      { count: 1, server },
      { count: 40, works: true, client },
      { count: 40, works: true, server },
    ];
    expect(domain(both(3))).toBe('fails: 3 of 3 attempts from 10.9.9.9 to 10.8.8.8; works: 80 of 82 others');
    expect(domain(both(2))).toBeNull();
  });
});

describe('of several descriptions', () => {
  const client = '10.9.9.9';
  test('the one with more failures is told', () => {
    expect(domain([{ count: 19, client, port: 5000 }, at5000(1), { count: 20, works: true }])).toBe(
      port(20, 20, 20, 20),
    );
    expect(
      domain([
        { count: 19, client, port: 5000 },
        { count: 1, client },
        { count: 20, works: true },
      ]),
    ).toBe(`fails: 20 of 20 attempts from ${client}; works: 20 of 20 others`);
  });

  test('of as many failures, the one with fewer successes', () => {
    const mixed = [
      { count: 20, client, port: 5000 },
      { count: 1, works: true, client },
      { count: 9, works: true },
    ];
    expect(domain(mixed)).toBe(port(20, 20, 10, 10));
  });

  test('of equal ones the first property, with two others of the same attempts', () => {
    const server = '10.8.8.8';
    expect(
      domain([
        { count: 4, client, server, port: 5000 },
        { count: 4, works: true },
      ]),
    ).toBe(
      `fails: 4 of 4 attempts from ${client} (the same ones are those to ${server}, and those to port 5000); works: 4 of 4 others`,
    );
    expect(
      domain([
        { count: 4, client, port: 5000 },
        { count: 4, works: true },
      ]),
    ).toBe(`fails: 4 of 4 attempts from ${client} (the same ones are those to port 5000); works: 4 of 4 others`);
  });
});

test('what attempts lack describes nothing', () => {
  const made = attempts([{ count: 4 }, { count: 4, works: true }]).map((one, nth) => {
    const [toServer, toClient] = one.directions;
    return { ...one, directions: [{ ...toServer, tunnels: nth < 4 ? [] : [0] }, toClient] as typeof one.directions };
  });
  expect(failureDomainOf(evidence({ connections: made, tunnels: [tunnel()] }))).toBeNull();
});

test('a size is told only where it is above each one that worked', () => {
  const pings = (lost: number, passed: number) =>
    failureDomainOf(
      evidence({
        echoes: [
          ...[0, 1, 2].map((nth) => echo({ sequence: nth, request: nth, l3Length: lost, reply: null })),
          ...[3, 4, 5].map((nth) => echo({ sequence: nth, request: nth, l3Length: passed })),
        ],
      }),
    );
  expect(pings(1401, 1400)).toBe('fails: 3 of 3 attempts with packets of more than 1400 bytes; works: 3 of 3 others');
  expect(pings(1400, 1400)).toBeNull();
  expect(pings(1399, 1400)).toBeNull();
});

test('more than one outer source or network is none', () => {
  const tunnels = [
    tunnel({ index: 0, source: '192.0.2.1', networkId: 1 }),
    tunnel({ index: 1, source: '192.0.2.2', networkId: 1 }),
    tunnel({ index: 2, source: '192.0.2.1', networkId: 2 }),
    tunnel({ index: 3, source: '192.0.2.9', networkId: 9 }),
  ];
  const through = (...own: number[]) =>
    failureDomainOf(
      evidence({
        tunnels,
        connections: attempts([{ count: 4 }, { count: 4, works: true }]).map((one, nth) => {
          const [toServer, toClient] = one.directions;
          return {
            ...one,
            directions: [{ ...toServer, tunnels: nth < 4 ? own : [3] }, toClient] as typeof one.directions,
          };
        }),
      }),
    );
  const works = '; works: 4 of 4 others';
  expect(through(0)).toBe(
    `fails: 4 of 4 attempts with the outer source 192.0.2.1 (the same ones are those in VNI 1)${works}`,
  );
  expect(through(0, 1)).toBe(`fails: 4 of 4 attempts in VNI 1${works}`);
  expect(through(0, 2)).toBe(`fails: 4 of 4 attempts with the outer source 192.0.2.1${works}`);
  expect(through(1, 2)).toBeNull();
});

test('a conversation has its properties where any point shows them, and lacks them where none does', () => {
  const made = (parts: (nth: number) => object) => {
    const connections = attempts([{ count: 4 }, { count: 4, works: true }]);
    return failureDomainOf(
      evidence({ connections, paths: connections.map((one, nth) => ({ of: [one], ...parts(nth) })) }),
    );
  };
  const works = '; works: 4 of 4 others';
  const tell = (text: string) => `fails: 4 of 4 attempts ${text}${works}`;
  expect(made((nth) => (nth < 4 ? { clientAfterNat: '192.0.2.1:5' } : {}))).toBe(tell('whose source is translated'));
  expect(made((nth) => (nth < 4 ? { serverBeforeNat: '192.0.2.1:5' } : {}))).toBe(
    tell('whose destination is translated'),
  );
  expect(made(() => ({ serverBeforeNat: '192.0.2.1:5' }))).toBeNull();
  const legs = (encapsulated: (nth: number) => boolean) =>
    failureDomainOf(
      evidence({
        connections: attempts([{ count: 4 }, { count: 4, works: true }]).map((one, nth) => ({
          ...one,
          encapsulation: encapsulated(nth) ? ['vxlan' as const] : [],
        })),
      }),
    );
  expect(legs((nth) => nth < 4)).toBe(tell('that pass a tunnel'));
  expect(legs((nth) => nth >= 4)).toBeNull();
});
