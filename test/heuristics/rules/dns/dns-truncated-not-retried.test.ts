import { dnsTruncatedNotRetried } from '../../../../src/heuristics/rules/dns/dns-truncated-not-retried.ts';
import { connection, datagram, dns, evidence, point, ruleTable } from '../../../support/evidence.ts';
import { verdicts } from '../../../support/verdicts.ts';

const cut = (at: number, some: object = {}) =>
  dns({ queries: [at], answered: at + 0.001, truncated: true, addresses: [], id: Math.round(at * 10), ...some });
const web = connection({ client: '10.244.1.5:41000', server: '10.20.30.40:80' }, { established: true });

ruleTable(dnsTruncatedNotRetried, {
  fires: {
    'asked again by UDP, never by TCP': {
      evidence: evidence({ dns: [cut(0), cut(1), cut(2)], connections: [web] }),
      finds: [{ truncated: 3, grade: 'inferred', seesTcp: true, types: ['A'] }],
      says: [/do not fit into UDP, and 10\.244\.1\.5 never asks 10\.96\.0\.10 by TCP/, /none of it goes to port 53/],
    },
    'A and AAAA, asked twice': {
      evidence: evidence({
        dns: [cut(0), cut(0, { type: 28, id: 9 }), cut(1), cut(1, { type: 28, id: 11 })],
        connections: [web],
      }),
      finds: [{ truncated: 4, types: ['A', 'AAAA'] }],
    },
    'another client asks by TCP': evidence({
      dns: [cut(0), cut(1)],
      connections: [web, connection({ client: '10.244.1.9:41000', server: '10.96.0.10:53' }, { established: true })],
    }),
  },
  quiet: {
    'TCP 53 is tried': evidence({
      dns: [cut(0), cut(1)],
      connections: [web, connection({ client: '10.244.1.5:41001', server: '10.96.0.10:53', syn: [0.01] })],
    }),
    'TCP 53 of the other server in resolv.conf': evidence({
      dns: [cut(0), cut(1)],
      connections: [web, connection({ client: '10.244.1.5:41001', server: '10.96.0.11:53' }, { established: true })],
    }),
    'not asked again: A and AAAA once': evidence({ dns: [cut(0), cut(0, { type: 28, id: 9 })], connections: [web] }),
    'a later answer is whole: EDNS': evidence({
      dns: [cut(0), cut(1), dns({ queries: [2], answered: 2.001, id: 77 })],
      connections: [web],
    }),
    'the client uses an address of the cut answer': evidence({
      dns: [cut(0, { addresses: ['10.20.30.40'] }), cut(1, { addresses: ['10.20.30.40'] })],
      connections: [web],
    }),
    'the capture ends at once': evidence({
      points: [point({ quality: { lastTime: 1.5 } })],
      dns: [cut(0), cut(1)],
      connections: [web],
    }),
    'two names, each truncated once': evidence({
      dns: [cut(0), cut(1, { name: 'other.example.test' })],
      connections: [web],
    }),
  },
  notes: {
    'the capture holds no TCP: a filter may hide it': evidence({ dns: [cut(0), cut(1)] }),
  },
});

const twice = (some: object = {}, again: object = {}, parts: object = {}) =>
  evidence({ dns: [cut(0, some), cut(1, again)], connections: [web], ...parts });
const besides = (...more: ReturnType<typeof dns>[]) => evidence({ dns: [cut(0), cut(1), ...more], connections: [web] });
const byTcp = (client: string) =>
  dns({ transport: 'tcp', client, queries: [3], answered: 3.001, name: 'other.test', id: 99 });
const flow = (client: string, server: string) => connection({ client, server }, { established: true });
const ADDRESS = { addresses: ['10.20.30.41'] };
const lasting = (lastTime: number) =>
  twice({ answered: 0.5 }, { answered: 1.5 }, { points: [point({ quality: { lastTime } })] });

verdicts(dnsTruncatedNotRetried, {
  'asked twice': [twice(), 'error', { truncated: 2, answers: 0, seesTcp: true, reach: 2 }],
  'asked once': [evidence({ dns: [cut(0)], connections: [web] }), 'nothing'],
  'asked for another type': [twice({}, { type: 28 }), 'nothing'],
  'asked for another name': [twice({}, { name: 'other.test' }), 'nothing'],
  'asked again before the answer': [twice({ answered: 2 }), 'nothing'],
  'a whole answer of another type': [besides(dns({ type: 28, queries: [2], answered: 2.001, id: 77 })), 'error'],
  'a whole answer of the type': [besides(dns({ queries: [2], answered: 2.001, id: 77 })), 'nothing'],
  'the client asks by TCP': [besides(byTcp('10.244.1.5:50000')), 'nothing'],
  'another client asks by TCP': [besides(byTcp('10.244.1.6:50000')), 'error'],
  'a connection of the client to port 53': [
    twice({}, {}, { connections: [web, flow('10.244.1.5:5', '10.96.0.10:53')] }),
    'nothing',
  ],
  'a connection of the client to port 54': [
    twice({}, {}, { connections: [web, flow('10.244.1.5:5', '10.96.0.10:54')] }),
    'error',
  ],
  'a connection of another to port 53': [
    twice({}, {}, { connections: [web, flow('10.244.1.6:5', '10.96.0.10:53')] }),
    'error',
  ],
  'what was cut is not used': [twice(ADDRESS), 'error', { answers: 1 }],
  'most answers of one are told': [
    twice({ addresses: ['10.20.30.41', '10.20.30.42'] }, ADDRESS),
    'error',
    { answers: 2 },
  ],
  'what was cut is used by TCP': [
    twice(ADDRESS, {}, { connections: [web, flow('10.244.1.5:5', '10.20.30.41:80')] }),
    'nothing',
  ],
  'what was cut is used by another': [
    twice(ADDRESS, {}, { connections: [web, flow('10.244.1.6:5', '10.20.30.41:80')] }),
    'error',
  ],
  'what was cut is used by datagrams': [
    twice(ADDRESS, {}, { datagrams: [datagram({ client: '10.244.1.5:5', server: '10.20.30.41:123' })] }),
    'nothing',
  ],
  'a second is left behind the second': [lasting(2.5), 'error'],
  'less than a second is left behind the second': [lasting(2.499), 'nothing'],
  'no TCP at all': [twice({}, {}, { connections: [] }), 'note', { seesTcp: false }],
  'TCP at another point': [
    twice({}, {}, { points: [point({ name: 'a' }), point({ name: 'b' })], connections: [{ ...web, point: 1 }] }),
    'note',
    { seesTcp: false },
  ],
});
