import { dnsTcpFallbackBlocked } from '../../../../src/heuristics/rules/dns/dns-tcp-fallback-blocked.ts';
import { connection, dns, evidence, point, reset, ruleTable } from '../../../support/evidence.ts';

const cut = () => dns({ answered: 0.001, truncated: true });
const tcp = (some: object = {}) => connection({ client: '10.244.1.5:41000', server: '10.96.0.10:53', ...some });

ruleTable(dnsTcpFallbackBlocked, {
  fires: {
    'TCP gets no answer': {
      evidence: evidence({ dns: [cut()], connections: [tcp({ syn: [0.01, 1, 3] })] }),
      finds: [{ outcome: 'silent', truncated: 1, attempts: 1, conversations: [1, 0] }],
      says: [/truncated, and by TCP nothing answers/],
    },
    'TCP is refused': {
      evidence: evidence({ dns: [cut()], connections: [tcp({ syn: [0.01], resets: [reset(0.011, 1)] })] }),
      finds: [{ outcome: 'refused' }],
    },
  },
  quiet: {
    'TCP is answered': evidence({
      dns: [cut()],
      connections: [connection({ client: '10.244.1.5:41000', server: '10.96.0.10:53' }, { established: true })],
    }),
    'no attempt by TCP': evidence({ dns: [cut()] }),
    'the capture ends at once': evidence({
      points: [point({ quality: { lastTime: 0.5 } })],
      dns: [cut()],
      connections: [tcp({ syn: [0.01] })],
    }),
    'another TCP connection to it succeeds': evidence({
      dns: [cut()],
      connections: [
        tcp({ syn: [0.01, 1, 3] }),
        connection({ client: '10.244.1.5:41001', server: '10.96.0.10:53' }, { established: true }),
      ],
    }),
    'TCP 53 of another server': evidence({
      dns: [cut()],
      connections: [tcp({ server: '10.96.0.11:53', syn: [0.01, 1, 3] })],
    }),
  },
});
