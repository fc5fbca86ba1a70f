import { sourceNotTranslated } from '../../../../src/heuristics/rules/service/source-not-translated.ts';
import { arp, connection, datagram, evidence, point } from '../../../support/evidence.ts';

import { ruleTable } from '../../../support/rule-table.ts';

const nodeMac = '02:00:00:00:00:01';
const remote = '203.0.113.80:443';
const atNic = {
  server: remote,
  toServer: { ttls: [{ value: 63, count: 3 }], sourceMacs: [{ value: nodeMac, count: 3 }] },
};
/** A SYN of the pod that leaves with the pod's address, repeated without answer. */
const skipped = (port: number, at: number, some: object = {}) =>
  connection({ ...atNic, client: `10.244.7.31:${port}`, syn: [at, at + 1, at + 3], ...some });
/** One that leaves with the address of the node. */
const translated = (port: number, at: number, some: object = {}) =>
  connection({ ...atNic, client: `10.77.4.11:${port}`, syn: [at], synAck: [at + 0.001], ...some });
const ofNode = arp({ asker: '10.77.4.11', askerMac: nodeMac, target: '10.77.4.1', requests: [0] });
const nic = point({ name: 'w1 ens5', host: 'w1', role: 'node-nic' });
const alternating = [translated(40990, 0), skipped(41000, 1), translated(40991, 2), skipped(41001, 3)];

/** The same at the pod's veth, before the node translates it. */
const veth = point({ name: 'w1 lxc1', host: 'w1', role: 'pod-veth' });
const atVeth = (port: number, at: number, some: object = {}) =>
  connection({ server: remote, client: `10.244.7.31:${port}`, syn: [at], ...some });
const answeredAtVeth = atVeth(40990, 0, { synAck: [0.002] });
const atBoth = (port: number, at: number) => ({
  of: [atVeth(port, at, { syn: [at, at + 1] }), skipped(port, at, { point: 1 })] as const,
});

/** Connections of two points, each pair one conversation. */
function twoPoints(pairs: readonly (readonly ReturnType<typeof connection>[])[]) {
  return evidence({
    points: [veth, nic],
    connections: pairs.flat(),
    paths: pairs.map((of) => ({ of: [...of] })),
  });
}

/** Three lookups of a pod: the first leaves translated, the others with the pod's address. */
function lookups(areAnswered: boolean) {
  const pairs = [0, 1, 2].map((at) => {
    const [sent, back] = [[at, at + 5], at === 0 || areAnswered ? [at + 0.001] : []];
    const server = '203.0.113.53:53';
    return [
      datagram({ client: `10.244.7.31:${41000 + at}`, server, sent, back }),
      datagram({ point: 1, client: `${at === 0 ? '10.77.4.11' : '10.244.7.31'}:${41000 + at}`, server, sent, back }),
    ];
  });
  return evidence({ points: [veth, nic], datagrams: pairs.flat(), paths: pairs.map((of) => ({ of })) });
}

ruleTable(sourceNotTranslated, {
  fires: {
    'the NIC alone: connections alternate between the two sources': {
      evidence: evidence({ points: [nic], connections: alternating, arp: [ofNode] }),
      finds: [
        {
          source: '10.244.7.31',
          translatedTo: ['10.77.4.11'],
          silent: 2,
          answered: 1,
          grade: 'inferred',
          conversations: [1, 3],
        },
      ],
      says: [/2 connections of 10\.244\.7\.31/, /alternate/],
    },
    'lookups over UDP, as veth and NIC show them': {
      evidence: lookups(false),
      finds: [{ protocol: 'udp', source: '10.244.7.31', translatedTo: ['10.77.4.11'], silent: 2, answered: 1 }],
      says: [/2 UDP exchanges of 10\.244\.7\.31/],
    },
    'veth and NIC: connections of one pod are translated or not': {
      evidence: twoPoints([
        [answeredAtVeth, translated(40990, 0, { point: 1 })],
        atBoth(41000, 1).of,
        atBoth(41001, 3).of,
      ]),
      finds: [{ silent: 2, samePod: true, grade: 'confirmed' }],
      says: [/other connections of 10\.244\.7\.31 to 203\.0\.113\.80:443 are translated/],
    },
    'the same, and another pod is translated too': {
      evidence: twoPoints([
        [answeredAtVeth, translated(40990, 0, { point: 1 })],
        [atVeth(40995, 0, { client: '10.244.7.40:40995', synAck: [0.002] }), translated(40995, 0, { point: 1 })],
        atBoth(41000, 1).of,
        atBoth(41001, 3).of,
      ]),
      finds: [{ silent: 2, answered: 1, samePod: true, grade: 'confirmed' }],
    },
    'a translated one that was open before the capture does not count': {
      evidence: evidence({
        points: [nic],
        connections: [...alternating, translated(40992, 2, { syn: [], synAck: [] })],
        arp: [ofNode],
      }),
      finds: [{ silent: 2, answered: 1 }],
    },
    'IPv6, told by neighbour solicitations': evidence({
      points: [nic],
      arp: [arp({ protocol: 'nd', asker: 'fd00:77::11', askerMac: nodeMac, target: 'fd00:77::1', requests: [0] })],
      connections: [0, 2].flatMap((at) => [
        skipped(41000 + at, at, { client: `[fd00:244::31]:${41000 + at}`, server: '[2001:db8::80]:443' }),
        translated(40990 + at, at + 1, { client: `[fd00:77::11]:${40990 + at}`, server: '[2001:db8::80]:443' }),
      ]),
    }),
  },
  quiet: {
    'UDP: the untranslated exchanges are answered too': lookups(true),
    'the network routes to pods: one of them is answered': evidence({
      points: [nic],
      connections: [...alternating, skipped(41002, 5, { synAck: [5.001] })],
      arp: [ofNode],
    }),
    'the remote host answers translated ones neither': evidence({
      points: [nic],
      connections: [...alternating, translated(40999, 4, { syn: [4, 5, 7], synAck: [] })],
      arp: [ofNode],
    }),
    'what is answered is sent by the node itself': evidence({
      points: [nic],
      connections: alternating.map((one) =>
        one.client.address === '10.77.4.11'
          ? translated(one.client.port, one.syn[0].time, {
              toServer: { ...atNic.toServer, ttls: [{ value: 64, count: 3 }] },
            })
          : one,
      ),
      arp: [ofNode],
    }),
    'no address of the MAC is known: two machines behind one router': evidence({
      points: [nic],
      connections: alternating,
    }),
    'another machine sends the silent ones': evidence({
      points: [nic],
      connections: [0, 2].flatMap((at) => [
        skipped(41000 + at, at, {
          toServer: { ...atNic.toServer, sourceMacs: [{ value: '02:00:00:00:00:09', count: 3 }] },
        }),
        translated(40990 + at, at + 1),
      ]),
      arp: [ofNode],
    }),
    'the silent ones come from farther behind': evidence({
      points: [nic],
      connections: [0, 2].flatMap((at) => [
        skipped(41000 + at, at, { toServer: { ...atNic.toServer, ttls: [{ value: 61, count: 3 }] } }),
        translated(40990 + at, at + 1),
      ]),
      arp: [ofNode],
    }),
    'all translated ones came before: the service may have gone': evidence({
      points: [nic],
      connections: [translated(40990, 0), translated(40991, 1), skipped(41000, 2), skipped(41001, 3)],
      arp: [ofNode],
    }),
    'one silent connection': evidence({ points: [nic], connections: alternating.slice(0, 3), arp: [ofNode] }),
    'the capture ends right after the SYNs': evidence({
      points: [point({ ...nic, quality: { lastTime: 4.5 } })],
      connections: alternating,
      arp: [ofNode],
    }),
    'another pod is translated, the silent one never: its own network': twoPoints([
      [atVeth(40990, 2, { client: '10.244.7.40:40990', synAck: [2.002] }), translated(40990, 2, { point: 1 })],
      atBoth(41000, 1).of,
      atBoth(41001, 3).of,
    ]),
    'a pod veth shows no translation': evidence({ points: [veth], connections: alternating, arp: [ofNode] }),
  },
});
