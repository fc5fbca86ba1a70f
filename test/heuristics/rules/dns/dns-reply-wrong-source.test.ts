import { dnsReplyWrongSource } from '../../../../src/heuristics/rules/dns/dns-reply-wrong-source.ts';
import { dns, evidence, icmpError, point, quoted, ruleTable } from '../../../support/evidence.ts';
import { verdicts } from '../../../support/verdicts.ts';

const rejection = icmpError(0.002, {
  from: '10.244.1.5',
  to: '10.244.1.9',
  quoted: quoted({ source: '10.244.1.9:53', destination: '10.244.1.5:40000' }),
});
const orphan = dns({ server: '10.244.1.9:53', queries: [], answered: 0.001 });

ruleTable(dnsReplyWrongSource, {
  fires: {
    'the client rejects the answer': {
      evidence: evidence({ dns: [dns({ answered: 0.001, from: '10.244.1.9:53' })], icmpErrors: [rejection] }),
      finds: [{ answerer: '10.244.1.9', server: '10.96.0.10', rejected: 1, lookups: 1 }],
      says: [/10\.244\.1\.9 answers/, /bridge-nf-call-iptables/],
    },
    'at the pod: the client asks again': evidence({
      points: [point({ role: 'pod-veth' })],
      dns: [dns({ queries: [0, 5], answered: 0.001, from: '10.244.1.9:53' })],
    }),
    'flows took the answer for an exchange of its own': {
      evidence: evidence({ dns: [dns(), orphan], icmpErrors: [rejection] }),
      finds: [{ answerer: '10.244.1.9', conversations: [0, 1] }],
    },
  },
  quiet: {
    'a bridge also shows the answer after translation': evidence({
      dns: [dns({ answered: 0.002 }), dns({ server: '10.244.1.9:53', answered: 0.001 })],
    }),
    'on a bridge the way back is translated already, and the other query of the pair was lost': evidence({
      points: [point({ role: 'bridge' })],
      dns: [dns({ server: '10.244.1.9:53', queries: [0, 5], answered: 0.001, from: '10.96.0.10:53' })],
    }),
    'a late answer meets a closed socket': evidence({
      dns: [dns({ server: '10.244.1.9:53', answered: 6, from: '10.96.0.10:53' })],
      icmpErrors: [
        icmpError(6.001, {
          from: '10.244.1.5',
          quoted: quoted({ source: '10.96.0.10:53', destination: '10.244.1.5:40000' }),
        }),
      ],
    }),
    'neither rejected nor asked again': evidence({ dns: [dns({ answered: 0.001, from: '10.244.1.9:53' })] }),
    'another name with the same id': evidence({
      dns: [
        dns({ queries: [0, 5] }),
        dns({ server: '10.244.1.9:53', name: 'other.test', queries: [], answered: 0.001 }),
      ],
      icmpErrors: [rejection],
    }),
    'the error came before the answer: it is about another one': evidence({
      dns: [dns({ answered: 0.01, from: '10.244.1.9:53' })],
      icmpErrors: [rejection],
    }),
    'no answer at all': evidence({ dns: [dns({ queries: [0, 5, 10] })] }),
  },
});

const POINTS = [point({ name: 'a' }), point({ name: 'b' })];
const stray = (some: Parameters<typeof dns>[0] = {}) => dns({ answered: 0.001, from: '10.244.1.9:53', ...some });
const rejected = (some: object = {}, ends: object = {}) =>
  evidence({
    points: POINTS,
    dns: [stray()],
    icmpErrors: [
      {
        ...rejection,
        quoted: quoted({ source: '10.244.1.9:53', destination: '10.244.1.5:40000', ...ends }),
        ...some,
      },
    ],
  });
const at = (role: 'pod-veth' | 'bridge', queries: number[]) =>
  evidence({ points: [point({ role })], dns: [stray({ queries })] });
/** Asked and answered at these times, and rejected at last. */
const timed = (queries: number[], answered: number) =>
  evidence({ dns: [stray({ queries, answered })], icmpErrors: [{ ...rejection, time: 9 }] });
const apart = (some: Parameters<typeof dns>[0], own: Parameters<typeof dns>[0] = {}) =>
  evidence({
    dns: [dns(own), dns({ server: '10.244.1.9:53', queries: [], answered: 0.001, ...some })],
    icmpErrors: [rejection],
  });

verdicts(dnsReplyWrongSource, {
  'the client rejects it': [rejected(), 'error', { rejected: 1, lookups: 1, reach: 1 }],
  'the client rejects it at the same moment': [rejected({ time: 0.001 }), 'error'],
  'the client rejects something before': [rejected({ time: 0.0009 }), 'nothing'],
  'an error at another point': [rejected({ point: 1 }), 'nothing'],
  'an error that quotes nothing': [rejected({ quoted: null }), 'nothing'],
  'what another sent is rejected': [rejected({}, { source: '10.96.0.10:53' }), 'nothing'],
  'another client rejects it': [rejected({}, { destination: '10.244.1.6:40000' }), 'nothing'],
  'another port rejects it': [rejected({}, { destination: '10.244.1.5:40001' }), 'nothing'],
  'the pod asks again': [at('pod-veth', [0, 5]), 'error', { rejected: 0 }],
  'the pod asks once': [at('pod-veth', [0]), 'nothing'],
  'a bridge sees the pod ask again': [at('bridge', [0, 5]), 'nothing'],
  'it comes after two seconds': [timed([0], 2), 'error'],
  'it comes after more than two seconds': [timed([0], 2.001), 'nothing'],
  'it comes soon after the second query': [timed([0, 5], 5.5), 'error'],
  'it comes before the query': [timed([1], 0.5), 'nothing'],
  'an answer of its own': [apart({}), 'error', { answerer: '10.244.1.9' }],
  'an answer to another number': [apart({ id: 2 }), 'nothing'],
  'an answer for another type': [apart({ type: 28 }), 'nothing'],
  'an answer for another name': [apart({ name: 'other.test' }), 'nothing'],
  'an answer to another client': [apart({ client: '10.244.1.6:40000' }), 'nothing'],
  'an answer to another port': [apart({ client: '10.244.1.5:40001' }), 'nothing'],
  'an answer before the query': [apart({}, { queries: [0.0011] }), 'nothing'],
});
