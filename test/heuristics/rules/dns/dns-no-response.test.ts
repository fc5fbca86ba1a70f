import { dnsNoResponse } from '../../../../src/heuristics/rules/dns/dns-no-response.ts';
import {
  connection,
  datagram,
  dns,
  evidence,
  hostActivity,
  icmpError,
  point,
  quoted,
  ruleTable,
} from '../../../support/evidence.ts';
import { verdicts } from '../../../support/verdicts.ts';

const two = [point({ name: 'client veth', host: 'n1' }), point({ name: 'server veth', host: 'n2', role: 'pod-veth' })];
const asked = dns({ queries: [0, 5, 10] });
const there = dns({ point: 1, server: '10.244.2.9:53', queries: [0, 5, 10] });

/** TXT answers that leave the server and do not arrive, and one of type A that does. */
const large = (octets: number) => {
  const lost = [1, 2].map((id) => dns({ id, type: 16, queries: [id, id + 3] }));
  const leave = [1, 2].map((id) => {
    const one = dns({ point: 1, id, type: 16, queries: [id, id + 3], answered: id + 0.01 });
    return { ...one, responses: one.responses.map((response) => ({ ...response, l3Length: octets })) };
  });
  return evidence({
    points: two,
    dns: [...lost, ...leave, dns({ id: 9, queries: [20], answered: 20.01 })],
    paths: [{ of: [lost[0], leave[0]] }],
  });
};

/** One in fifty octets was acknowledged and is not in the capture. */
const missing = [point({ quality: { gapOctets: 2, tcpOctets: 98 } })];

ruleTable(dnsNoResponse, {
  fires: {
    'a server of the node or of the link: NodeLocal DNSCache': {
      evidence: evidence({ dns: [dns({ server: '169.254.20.10:53', queries: [0, 5] })] }),
      finds: [{ queries: 2, subject: { server: '169.254.20.10' } }],
    },
    'the capture misses packets, but the question came again, from another port': {
      evidence: evidence({ points: missing, dns: [dns({ id: 1 }), dns({ id: 2, queries: [5, 10] })] }),
      finds: [{ lookups: 2, queries: 3 }],
    },
    'answers larger than any that arrives leave the server': {
      evidence: large(1500),
      finds: [{ large: { lost: 2, smallestLost: 1500, largestPassed: 90, point: 1 } }],
      says: [/2 answers of 1500 octets and more leave server veth and do not arrive/, /EDNS buffer size/],
    },
    'small answers that leave the server are lost too: not their size': {
      evidence: large(80),
      finds: [{ large: null, answersAt: 1 }],
      says: [/its answers pass server veth and do not reach 10\.244\.1\.5/],
    },
    'another server answers the same question later: what the application waited': {
      evidence: evidence({
        dns: [
          dns({ queries: [0, 2.5] }),
          dns({ client: '10.244.1.5:40001', server: '10.96.0.11:53', queries: [5], answered: 5.002 }),
        ],
      }),
      finds: [{ measured: { applicationDelaySeconds: 5.002, neverAnswered: 0 } }],
      says: [/had waited up to 5\.0 s/],
    },
    'another server answers that there is no such name, which is a result too': {
      evidence: evidence({
        dns: [
          dns({ queries: [0, 2.5] }),
          dns({ client: '10.244.1.5:40001', server: '10.96.0.11:53', queries: [5], answered: 5.002, rcode: 3 }),
        ],
      }),
      finds: [{ measured: { applicationDelaySeconds: 5.002, neverAnswered: 0 } }],
    },
    'servers hand the question round in silence': {
      evidence: evidence({
        dns: [
          dns({ server: '10.244.2.9:53', queries: [0, 5] }),
          dns({ client: '10.244.2.9:50000', server: '192.168.0.80:53', queries: [0.01, 5.01] }),
          dns({ client: '192.168.0.80:50001', server: '10.244.2.9:53', queries: [0.02, 5.02] }),
        ],
      }),
      finds: [{ circle: ['10.244.2.9', '192.168.0.80'] }, {}, {}],
      says: [/a loop of forwarders: 10\.244\.2\.9 → 192\.168\.0\.80 → 10\.244\.2\.9/],
    },
    'A is answered and AAAA is not, in one socket (musl)': {
      evidence: evidence({
        dns: [dns({ id: 1, answered: 0.01 }), dns({ id: 2, type: 28, queries: [0, 2.5, 5] })],
        datagrams: [datagram({ server: '10.96.0.10:53', sent: [0, 0, 2.5, 5], back: [0.01] })],
      }),
      finds: [{ lookups: 1, queries: 3 }],
    },
    'the server spoke to the socket before the question only': {
      evidence: evidence({
        dns: [dns({ queries: [1, 6] })],
        datagrams: [datagram({ server: '10.96.0.10:53', sent: [1, 6], back: [0.5] })],
      }),
      finds: [{ lookups: 1, queries: 2 }],
    },
    'three queries, no answer': {
      evidence: evidence({ dns: [dns({ queries: [0, 5, 10] })] }),
      finds: [{ grade: 'inferred', queries: 3, lookups: 1, conversations: [0] }],
      says: [/of 10\.244\.1\.5 at 10\.96\.0\.10 gets? no answer/],
    },
    'A and AAAA once each': evidence({ dns: [dns({ id: 1 }), dns({ id: 2, type: 28 })] }),
    'they reach the server and nothing comes back': {
      evidence: evidence({ points: two, dns: [asked, there], paths: [{ of: [asked, there] }] }),
      finds: [{ grade: 'confirmed', lookups: 1, between: null, lastPoint: 1, pod: '10.244.2.9' }],
      says: [/still there at server veth/],
    },
    'they are lost between two points': {
      evidence: evidence({
        points: two,
        dns: [asked],
        paths: [{ of: [asked], hops: [{ from: 0, to: 1, lost: 3 }] }],
      }),
      finds: [{ grade: 'confirmed', between: [0, 1] }],
    },
    'a hostile name': evidence({ dns: [dns({ name: "x'; reboot \u001b[2J", queries: [0, 5] })] }),
    'more lookups are answered than not': {
      evidence: evidence({
        dns: [
          dns({ id: 1, queries: [0, 5] }),
          dns({ id: 2, queries: [1], answered: 1.001 }),
          dns({ id: 3, queries: [2], answered: 2.001 }),
          dns({ id: 4, client: '10.244.1.9:40000', queries: [3, 8] }),
        ],
      }),
      finds: [{ level: 'warning' }, {}],
    },
  },
  quiet: {
    'asked of a group': evidence({ dns: [dns({ server: '224.0.0.9:53', queries: [0, 5] })] }),
    'the capture misses packets, and nobody asked again': evidence({
      points: missing,
      dns: [dns({ id: 1 }), dns({ id: 2, type: 28 })],
    }),
    'what comes back from the net of the server is not captured here, as TCP proves': evidence({
      dns: [dns({ queries: [0, 5], server: '10.244.2.7:53' })],
      connections: [
        connection({ client: '10.244.1.9:4000', server: '10.244.2.9:80', toServer: { packets: 5, ackHigh: 900 } }),
        connection({ client: '10.244.1.9:4001', server: '10.244.3.9:80' }, { established: true }),
      ],
    }),
    'the capture ends within 2 s': evidence({
      points: [point({ quality: { lastTime: 1.5 } })],
      dns: [dns({ id: 1 }), dns({ id: 2 })],
    }),
    'one direction only was captured': evidence({
      dns: [dns({ queries: [0, 5] })],
      connections: [connection({ syn: [0], toServer: { packets: 5, ackHigh: 9 } })],
    }),
    'the server sends datagrams to the socket that could not be read as answers': evidence({
      dns: [dns({ queries: [0, 5] })],
      datagrams: [datagram({ server: '10.96.0.10:53', sent: [0, 5], back: [0.01] })],
    }),
    'the clock goes back by more than is left after the query': evidence({
      points: [point({ quality: { lastTime: 30, timeSteps: 2, largestTimeStepBack: 40 } })],
      dns: [dns({ queries: [0, 5] })],
    }),
    'multicast DNS': evidence({ dns: [dns({ server: '224.0.0.251:5353', queries: [0, 5] })] }),
    'LLMNR to a unicast address': evidence({ dns: [dns({ server: '10.0.0.9:5355', queries: [0, 5] })] }),
    'the answer comes from another address': evidence({
      dns: [dns({ queries: [0, 5], answered: 5.1, from: '10.244.2.9:53' })],
    }),
    'the server refuses by ICMP': evidence({
      dns: [dns({ queries: [0, 5] })],
      icmpErrors: [icmpError(0.001, { quoted: quoted({ source: '10.244.1.5:40000', destination: '10.96.0.10:53' }) })],
    }),
    'one lost query, repeated and answered': evidence({ dns: [dns({ queries: [0, 5], answered: 5.001 })] }),
    'one query alone': evidence({ dns: [dns()] }),
  },
});

const lookups = (...some: Parameters<typeof dns>[0][]) =>
  evidence({ dns: some.map((one, at) => dns({ id: at + 1, ...one })) });
const answered = (count: number, some: Parameters<typeof dns>[0] = {}) =>
  lookups(
    { queries: [0, 5] },
    ...Array.from({ length: count }, (_, at) => ({ name: `n${at}.test`, queries: [20], answered: 20.01, ...some })),
  );
const heard = (address: string, sent: number) => evidence({ dns: [asked], hosts: [hostActivity(address, { sent })] });

verdicts(dnsNoResponse, {
  'one query': [lookups({}), 'nothing'],
  'two queries of one lookup': [
    lookups({ queries: [0, 5] }),
    'error',
    { lookups: 1, queries: 2, reach: 1, answered: 0 },
  ],
  'one query each of two lookups': [lookups({}, { name: 'b.test' }), 'error', { lookups: 2, queries: 2, reach: 2 }],
  'one query each of two clients': [lookups({}, { client: '10.244.1.6:40000' }), 'nothing'],
  'one query each to two servers': [lookups({}, { server: '10.96.0.11:53' }), 'nothing'],
  'as many are answered': [answered(1), 'error', { answered: 1, otherServers: [] }],
  'more are answered': [answered(2), 'warning', { answered: 2, measured: { answeredOthers: 2 } }],
  'more of another client are answered': [answered(2, { client: '10.244.1.6:40000' }), 'error', { answered: 0 }],
  'more are answered by another server': [
    answered(2, { server: '10.96.0.11:53' }),
    'error',
    { answered: 0, otherServers: ['10.96.0.11'] },
  ],
  'the server sends something': [heard('10.96.0.10', 1), 'error', { heard: true }],
  'the server sends nothing': [heard('10.96.0.10', 0), 'error', { heard: false }],
  'another server sends something': [heard('10.96.0.11', 1), 'error', { heard: false }],
});
