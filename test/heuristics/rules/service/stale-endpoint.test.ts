import { staleEndpoint } from '../../../../src/heuristics/rules/service/stale-endpoint.ts';
import {
  arp,
  connection,
  datagram,
  dns,
  evidence,
  hostActivity,
  icmpError,
  point,
  quoted,
  reset,
  ruleTable,
} from '../../../support/evidence.ts';

const service = '10.96.0.20:80';
const dead = connection({ client: '10.244.1.5:41000', server: '10.244.2.66:8080', syn: [0, 1, 3] });
const alive = connection({ client: '10.244.1.5:41001', server: '10.244.2.7:8080' }, { established: true });
const paths = [
  { of: [dead], serverBeforeNat: service },
  { of: [alive], serverBeforeNat: service },
];
const refused = connection({
  client: '10.244.1.5:41000',
  server: '10.244.2.66:8080',
  syn: [0],
  resets: [reset(0.001, 1)],
});
/** A flow that was answered once and then goes on alone, and one from another port, sent to the new endpoint. */
const kept = datagram({ client: '10.244.1.5:20044', server: '10.244.2.66:9000', sent: [0, 1, 2, 3, 4], back: [0.01] });
const fresh = datagram({ client: '10.244.1.5:50001', server: '10.244.2.7:9000', sent: [3], back: [3.01] });
const udpService = '10.96.0.20:9000';
const udpFlows = (old = kept, other = fresh, some: Parameters<typeof evidence>[0] = {}) =>
  evidence({
    datagrams: [old, other],
    paths: [
      { of: [old], serverBeforeNat: udpService },
      { of: [other], serverBeforeNat: udpService },
    ],
    ...some,
  });
const unresolved = arp({ asker: '10.244.2.1', target: '10.244.2.66', requests: [0, 1, 2] });

/** Its SYN never leaves the node. */
const held = connection({ client: '10.244.1.5:41000', server: service, syn: [0, 1] });
const errorAbout = (destination: string, from: string) =>
  icmpError(3.07, { code: 1, from, quoted: quoted({ protocol: 6, source: '10.244.1.5:41000', destination }) });
const waitingFor = (from: string) => ({
  connections: [held, alive],
  paths: [{ of: [alive], serverBeforeNat: service }],
  icmpErrors: [errorAbout(service, from)],
});
const waiting = waitingFor('10.96.0.20');
const servedByService = connection({ client: '10.244.1.5:41002', server: service }, { established: true });
/** Its first SYN waited in vain, its second went to another endpoint. */
const second = connection({
  client: '10.244.1.5:41000',
  server: '10.244.2.7:8080',
  syn: [0, 1],
  synAck: [1.001],
});

const deadLookup = dns({ client: '10.244.1.5:5000', server: '10.244.2.66:53', queries: [0, 5] });
const liveLookup = dns({ client: '10.244.1.5:5001', server: '10.244.2.7:53', answered: 0.001 });

ruleTable(staleEndpoint, {
  fires: {
    'a UDP flow keeps its endpoint, newer ones get another': {
      evidence: udpFlows(),
      finds: [{ grade: 'inferred', endpoint: '10.244.2.66:9000', attempts: 1, othersAnswer: 1, conversations: [0] }],
      says: [
        /sends datagrams to 10\.244\.2\.66:9000, which answers no more/,
        /conntrack entry of UDP has outlived the pod/,
      ],
    },
    'the same, and the address does not resolve': {
      evidence: udpFlows(kept, fresh, { arp: [unresolved] }),
      finds: [{ grade: 'confirmed' }],
      says: [/does not exist any more/],
    },
    'ARP for it is unanswered, another endpoint answers': {
      evidence: evidence({
        connections: [dead, alive],
        paths,
        arp: [unresolved],
        hosts: [hostActivity('10.244.2.66', { sent: 0 }), hostActivity('10.244.2.7')],
      }),
      finds: [{ grade: 'confirmed', endpoint: '10.244.2.66:8080', service, otherEndpoints: ['10.244.2.7:8080'] }],
      says: [/sends connections to 10\.244\.2\.66:8080, which does not exist/],
    },
    'the node says host unreachable': {
      evidence: evidence({
        connections: [dead, alive],
        paths,
        icmpErrors: [
          icmpError(3, {
            code: 1,
            from: '10.244.2.1',
            quoted: quoted({ protocol: 6, source: '10.244.1.5:41000', destination: '10.244.2.66:8080' }),
          }),
        ],
      }),
      finds: [{ noAddress: true }],
    },
    'the node asks for it while it holds the SYN': {
      evidence: evidence({ ...waiting, arp: [unresolved] }),
      finds: [{ grade: 'confirmed', endpoint: '10.244.2.66', service, attempts: 1, noAddress: true }],
      says: [/Service 10\.96\.0\.20:80 sends connections to 10\.244\.2\.66, which does not exist/],
    },
    'the retry gets to another endpoint': {
      evidence: evidence({
        connections: [{ ...second, server: held.server }, servedByService],
        icmpErrors: [errorAbout(service, '10.96.0.20')],
        arp: [unresolved],
      }),
      finds: [{ endpoint: '10.244.2.66', attempts: 1, othersAnswer: 1 }],
    },
    'the error comes in the name of the service, other connections to it are answered': {
      evidence: evidence({ connections: [held, servedByService], icmpErrors: [errorAbout(service, '10.96.0.20')] }),
      finds: [{ grade: 'inferred', endpoint: null, service }],
      says: [/to an endpoint that does not exist/, /in the name of the service/],
    },
    'the only endpoint, and ARP for it is unanswered': {
      evidence: evidence({ connections: [dead], paths: [paths[0]], arp: [unresolved] }),
      finds: [{ grade: 'inferred', endpoint: '10.244.2.66:8080' }],
    },
    'a lookup': {
      evidence: evidence({
        points: [point({ quality: { lastTime: 30 } })],
        dns: [deadLookup, liveLookup],
        paths: [
          { of: [deadLookup], serverBeforeNat: '10.96.0.10:53' },
          { of: [liveLookup], serverBeforeNat: '10.96.0.10:53' },
        ],
        arp: [unresolved],
      }),
      finds: [{ endpoint: '10.244.2.66:53', subject: { protocol: 'dns' } }],
      says: [/sends lookups to 10\.244\.2\.66:53/],
    },
    'it is not among the given endpoints': {
      evidence: evidence({ connections: [dead], paths: [paths[0]], known: { endpoints: ['10.244.2.7'] } }),
      finds: [{ grade: 'inferred', notListed: true }],
    },
  },
  quiet: {
    'a UDP flow is silent, and the newer one too': udpFlows(
      kept,
      datagram({ client: '10.244.1.5:50001', server: '10.244.2.7:9000', sent: [3] }),
    ),
    'a UDP flow is silent, and a newer one to the same endpoint is answered': udpFlows(
      kept,
      datagram({ client: '10.244.1.5:50001', server: '10.244.2.66:9000', sent: [3], back: [3.01] }),
    ),
    'a UDP flow is silent, and its endpoint still sends elsewhere': udpFlows(kept, fresh, {
      hosts: [hostActivity('10.244.2.66', { lastSent: 4 })],
    }),
    'a UDP flow ends with two datagrams without an answer': udpFlows(
      datagram({ client: '10.244.1.5:20044', server: '10.244.2.66:9000', sent: [0, 2, 4], back: [0.01] }),
    ),
    'a UDP flow ends with a quick burst without an answer': udpFlows(
      datagram({ client: '10.244.1.5:20044', server: '10.244.2.66:9000', sent: [0, 0.1, 0.2, 0.3], back: [0.01] }),
    ),
    'the other endpoint was answered before the silence only': udpFlows(
      kept,
      datagram({ client: '10.244.1.5:50001', server: '10.244.2.7:9000', sent: [-1], back: [-0.9] }),
    ),
    'while the SYN waits, two silent addresses are asked for': evidence({
      ...waitingFor('10.244.1.1'),
      arp: [unresolved, { ...unresolved, target: '10.244.2.67' }],
    }),
    'the address was asked for at another time': evidence({
      ...waitingFor('10.244.1.1'),
      arp: [arp({ asker: '10.244.2.1', target: '10.244.2.66', requests: [20, 21, 22] })],
    }),
    'the service is unreachable as a whole': evidence({ ...waiting, connections: [held], paths: [] }),
    'only silent: its node may be down': evidence({ connections: [dead, alive], paths }),
    'no other endpoint answers, and no ARP is in view': evidence({
      connections: [dead],
      paths: [paths[0]],
      icmpErrors: [errorAbout('10.244.2.66:8080', '10.244.2.1')],
    }),
    'no other endpoint of the service answers, one of another service does, and no ARP is in view': evidence({
      connections: [dead, alive],
      paths: [paths[0], { of: [alive], serverBeforeNat: '10.96.0.21:80' }],
      icmpErrors: [errorAbout('10.244.2.66:8080', '10.244.2.1')],
    }),
    'a router says it of a machine, and no other machine of that port answers': evidence({
      connections: [held, connection({ server: '10.96.0.20:443' }, { established: true })],
      icmpErrors: [errorAbout(service, '10.96.0.20')],
    }),
    'the endpoint lives': evidence({
      connections: [dead, alive],
      paths,
      arp: [unresolved],
      hosts: [hostActivity('10.244.2.66')],
    }),
    'it is listed and only silent': evidence({
      connections: [dead],
      paths: [paths[0]],
      known: { endpoints: ['10.244.2.66'] },
    }),
    'the endpoint refuses by reset': evidence({
      connections: [refused],
      paths: [{ of: [refused], serverBeforeNat: service }],
      known: { endpoints: ['10.244.2.7'] },
    }),
    'nothing is translated': evidence({ connections: [dead, alive], arp: [unresolved] }),
  },
});
