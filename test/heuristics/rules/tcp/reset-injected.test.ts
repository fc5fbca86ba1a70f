import { resetInjected } from '../../../../src/heuristics/rules/tcp/reset-injected.ts';
import { ending } from '../../../support/ending-items.ts';
import { connection, evidence, point, reset, ruleTable } from '../../../support/evidence.ts';

const cut = (ttl: number, own = [{ value: 62, count: 8 }], rest = {}, toClient = {}) =>
  connection(
    {
      toClient: { packets: 9, ttls: [...own, { value: ttl, count: 1 }], resets: 1, ...toClient },
      resets: [reset(1, 1, { ttl })],
      ...rest,
    },
    { established: true },
  );
const atClient = cut(250);
const usual = cut(62);
const carried = { ...usual, point: 1, encapsulation: ['vxlan' as const] };
const atServer = connection(
  { point: 1, toClient: { packets: 9, ttls: [{ value: 64, count: 8 }] } },
  { established: true },
);

const twoPoints = (near: ReturnType<typeof connection>, far: ReturnType<typeof connection>, atFar = {}) =>
  evidence({
    points: [point({ name: 'client' }), point({ name: 'server', ...atFar })],
    connections: [near, far],
    paths: [{ of: [near, far], hops: [{ direction: 1, from: 1, to: 0, packets: 8, matched: 8 }] }],
  });

ruleTable(resetInjected, {
  fires: {
    'a device on the link, equally far away, cuts a request before its answer': {
      evidence: evidence({
        connections: [cut(128, [{ value: 64, count: 8 }], {}, { dataSegments: 0, payloadOctets: 0 })],
      }),
      finds: [{ grade: 'inferred', ttl: 128, usualTtl: 64 }],
    },
    'after the server’s FIN, with data that nobody has acknowledged': {
      evidence: evidence({
        connections: [
          cut(250, undefined, { toServer: { packets: 9, unackedOctets: 300, dataSegments: 2 } }, { fins: 1 }),
        ],
      }),
      finds: [{ grade: 'confirmed' }],
    },
    'the SYN is answered by a reset, and then by the host itself': {
      evidence: evidence({
        connections: [
          connection({
            syn: [0],
            synAck: [1, 2],
            toClient: {
              packets: 3,
              ttls: [
                { value: 49, count: 2 },
                { value: 46, count: 1 },
              ],
            },
            resets: [reset(0.01, 1, { ttl: 46 })],
          }),
        ],
      }),
      finds: [{ ttl: 46, usualTtl: 49 }],
    },
    'TTL of another machine': {
      evidence: evidence({ connections: [cut(250)] }),
      finds: [
        { grade: 'confirmed', measured: { ttl: 250, usualTtl: 62, connections: 1 }, absentAt: null, afterData: true },
      ],
      says: [/TTL 250, all its other packets have 62/],
    },
    'several connections of one server are one finding': {
      evidence: evidence({
        connections: [cut(250), cut(250, undefined, { client: '10.244.1.6:40000' })],
      }),
      finds: [{ reach: 2, subject: { client: null } }],
    },
    'absent at the point near the server': {
      evidence: evidence({
        points: [point({ name: 'client' }), point({ name: 'server' })],
        connections: [atClient, atServer],
        paths: [{ of: [atClient, atServer], hops: [{ direction: 1, from: 1, to: 0, packets: 9, matched: 8 }] }],
      }),
      finds: [{ absentAt: 1, place: 'on the way between server and client' }],
      says: [/never passed server/],
    },
    'the TTL is right, and the point at the server never saw it': {
      evidence: twoPoints(cut(62), atServer),
      finds: [{ absentAt: 1, usualTtl: null }],
      says: [/never passed server/],
    },
    'the client goes on to its FIN, and the point at the server never saw the reset': {
      evidence: twoPoints(
        cut(128, [{ value: 64, count: 8 }], {
          end: ending(1, { byReset: true }),
          toServer: { packets: 9, fins: 1, dataSegments: 2 },
        }),
        atServer,
      ),
      finds: [{ grade: 'confirmed', absentAt: 1 }],
    },
    'equally far away, and behind what the client has acknowledged': {
      evidence: evidence({
        connections: [
          cut(128, [{ value: 64, count: 8 }], {
            end: ending(1, { byReset: true }),
            resets: [reset(1, 1, { ttl: 128, inWindow: false })],
            toServer: { packets: 9, fins: 1, dataSegments: 2 },
          }),
        ],
      }),
      finds: [{ grade: 'inferred', ttl: 128, usualTtl: 64 }],
    },
    'equally far away, and the server goes on to its FIN': {
      evidence: evidence({
        connections: [cut(128, [{ value: 64, count: 8 }], { end: ending(1, { byReset: true }) }, { fins: 1 })],
      }),
      finds: [{ grade: 'inferred', ttl: 128 }],
    },
    'in the name of the clients of one machine': {
      evidence: evidence({
        connections: ['10.244.1.5:40000', '10.244.1.5:40001'].map((client) =>
          connection(
            { client, resets: [reset(1, 0, { ttl: 250 })], toServer: { packets: 9, ttls: [{ value: 62, count: 8 }] } },
            { established: true },
          ),
        ),
      }),
      finds: [{ reach: 2, key: '10.244.1.5' }],
    },
  },
  quiet: {
    'a scanner: nothing stood, program and kernel are equally far away': evidence({
      connections: [
        connection({
          syn: [0],
          synAck: [0.001],
          toServer: {
            packets: 4,
            ttls: [
              { value: 248, count: 3 },
              { value: 57, count: 1 },
            ],
          },
          resets: [reset(0.14, 0, { ttl: 57 }), reset(0.15, 0, { ttl: 248 })],
        }),
      ],
    }),
    'the server has sent its FIN and everything is acknowledged': evidence({
      connections: [cut(250, undefined, {}, { fins: 8, unackedOctets: 1 })],
    }),
    'equally far away from 64 and 255 in an established connection': evidence({
      connections: [cut(57, [{ value: 248, count: 8 }])],
    }),
    'equally far away, and nothing is open': evidence({ connections: [cut(128, [{ value: 64, count: 8 }])] }),
    'merged captures of a node: plain it was not seen, encapsulated it was': evidence({
      points: [point({ name: 'client' }), point({ name: 'node2' })],
      connections: [usual, carried, atServer],
      paths: [
        {
          of: [usual, carried, atServer],
          hops: [{ direction: 1, from: 1, to: 0, packets: 8, matched: 8 }],
        },
      ],
    }),
    'equally far away, and beyond a window whose scale was not captured': evidence({
      connections: [
        cut(128, [{ value: 64, count: 8 }], {
          rolesFrom: 'guess',
          end: ending(1, { byReset: true }),
          resets: [reset(1, 1, { ttl: 128, inWindow: false })],
          toServer: { packets: 9, fins: 1, dataSegments: 2 },
        }),
      ],
    }),
    'equally far away, the client has ended it, and the reset carries an old number': evidence({
      connections: [
        cut(128, [{ value: 64, count: 8 }], {
          end: ending(0.5),
          resets: [reset(1, 1, { ttl: 128, inWindow: false })],
          toServer: { packets: 9, fins: 1, dataSegments: 2 },
        }),
      ],
    }),
    'a reset that answers a SYN': evidence({
      connections: [
        connection({
          syn: [0],
          resets: [reset(0.01, 1, { ttl: 250 })],
          toClient: { ttls: [{ value: 250, count: 1 }] },
        }),
      ],
    }),
    'a reset after both sides closed': evidence({
      connections: [cut(250, undefined, { toServer: { packets: 9, fins: 1 } }, { fins: 1 })],
    }),
    'it answers the other side’s reset': evidence({
      connections: [cut(250, undefined, { resets: [reset(0.9, 0), reset(1, 1, { ttl: 250 })] })],
    }),
    'the path changed: other packets have that TTL too': evidence({
      connections: [
        cut(55, [
          { value: 62, count: 8 },
          { value: 55, count: 4 },
        ]),
      ],
    }),
    'the node resets for its pod, one hop nearer': evidence({ connections: [cut(63)] }),
    'the host’s own TTL': evidence({ connections: [cut(62)] }),
    'the point at the server saw it too': twoPoints(
      cut(62),
      connection(
        { point: 1, toClient: { packets: 9, resets: 1, ttls: [{ value: 64, count: 9 }] }, resets: [reset(1, 1)] },
        { established: true },
      ),
    ),
    'the point at the server misses other packets of it': twoPoints(
      cut(62),
      connection({ point: 1, toClient: { packets: 3, ttls: [{ value: 64, count: 3 }] } }, { established: true }),
    ),
    'the capture at the server had ended': twoPoints(cut(62), atServer, { quality: { lastTime: 0.5 } }),
    'one packet of the host tells no TTL': evidence({ connections: [cut(250, [{ value: 62, count: 1 }])] }),
  },
});
