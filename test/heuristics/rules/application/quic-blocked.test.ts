import { quicBlocked } from '../../../../src/heuristics/rules/application/quic-blocked.ts';
import { connection, datagram, evidence, icmpError, ruleTable } from '../../../support/evidence.ts';

const initials = (some: Parameters<typeof datagram>[0] = {}) =>
  datagram({ server: '10.244.2.7:443', sent: [0, 0.3, 0.9], quic: true, largestL3: [1228, 0], ...some });
const overTcp = connection({ server: '10.244.2.7:443', syn: [2], synAck: [2.001] }, { established: true });

ruleTable(quicBlocked, {
  fires: {
    'three Initials without an answer, then TCP works': {
      evidence: evidence({ datagrams: [initials()], connections: [overTcp] }),
      finds: [{ initials: 3, waited: 2, grade: 'inferred', subject: { server: '10.244.2.7:443' } }],
      says: [/gets no answer \(3 Initial packets\), TCP to the same port works/],
    },
  },
  notes: {
    'one Initial, then TCP works': evidence({ datagrams: [initials({ sent: [0] })], connections: [overTcp] }),
  },
  quiet: {
    'another flow is answered': evidence({
      datagrams: [initials(), initials({ client: '10.244.1.5:40001', back: [0.1] })],
      connections: [overTcp],
    }),
    'TCP is not answered either': evidence({
      datagrams: [initials()],
      connections: [connection({ server: '10.244.2.7:443', syn: [2, 3, 5] })],
    }),
    'an ICMP error says why': evidence({
      datagrams: [initials()],
      connections: [overTcp],
      icmpErrors: [
        icmpError(0.01, {
          quoted: {
            ipVersion: 4,
            protocol: 17,
            source: { address: '10.244.1.5', port: 40_000 },
            destination: { address: '10.244.2.7', port: 443 },
            tcpSeq: null,
            ipId: 0,
            l3Length: 1228,
            sequence: null,
            tunnel: null,
          },
        }),
      ],
    }),
    'the capture ends at once': evidence({ datagrams: [initials({ sent: [58, 59, 59.9] })], connections: [overTcp] }),
    'not QUIC': evidence({ datagrams: [initials({ quic: false })], connections: [overTcp] }),
  },
});
