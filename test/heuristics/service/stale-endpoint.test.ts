import { staleEndpoint } from '../../../src/heuristics/service/stale-endpoint.ts';
import {
  arp,
  connection,
  evidence,
  heuristicTable,
  hostActivity,
  icmpError,
  quoted,
  reset,
} from '../../support/evidence.ts';

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
const unresolved = arp({ asker: '10.244.2.1', target: '10.244.2.66', requests: [0, 1, 2] });

/** Its SYN never leaves the node. */
const held = connection({ client: '10.244.1.5:41000', server: service, syn: [0, 1] });
const waiting = {
  connections: [held, alive],
  paths: [{ of: [alive], serverBeforeNat: service }],
  icmpErrors: [
    icmpError(3.07, {
      code: 1,
      from: '10.96.0.20',
      quoted: quoted({ protocol: 6, source: '10.244.1.5:41000', destination: service }),
    }),
  ],
};

heuristicTable(staleEndpoint, {
  fires: {
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
    'it is not among the given endpoints': {
      evidence: evidence({ connections: [dead], paths: [paths[0]], known: { endpoints: ['10.244.2.7'] } }),
      finds: [{ grade: 'inferred', notListed: true }],
    },
  },
  quiet: {
    'while the SYN waits, two silent addresses are asked for': evidence({
      ...waiting,
      arp: [unresolved, { ...unresolved, target: '10.244.2.67' }],
    }),
    'the address was asked for at another time': evidence({
      ...waiting,
      arp: [arp({ asker: '10.244.2.1', target: '10.244.2.66', requests: [20, 21, 22] })],
    }),
    'the service is unreachable as a whole': evidence({ ...waiting, connections: [held], paths: [] }),
    'only silent: its node may be down': evidence({ connections: [dead, alive], paths }),
    'no other endpoint answers': evidence({ connections: [dead], paths: [paths[0]], arp: [unresolved] }),
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
