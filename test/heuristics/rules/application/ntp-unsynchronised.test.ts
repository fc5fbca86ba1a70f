import type { TimeServer } from '../../../../src/flows/evidence/evidence.ts';
import { ntpUnsynchronised } from '../../../../src/heuristics/rules/application/ntp-unsynchronised.ts';
import { datagram, evidence, ref, ruleTable } from '../../../support/evidence.ts';

const row = (some: Partial<TimeServer> = {}): TimeServer => ({
  point: 0,
  flow: 0,
  client: '10.244.1.5',
  server: '10.96.0.5',
  answers: 4,
  unsynchronised: 0,
  kisses: 0,
  code: '',
  bad: [ref(1), ref(2)],
  ...some,
});
const asked = { datagrams: [datagram({ server: '10.96.0.5:123', back: [0.1] })] };

ruleTable(ntpUnsynchronised, {
  fires: {
    'all answers say "not synchronised"': {
      evidence: evidence({ ...asked, timeServers: [row({ unsynchronised: 4 })] }),
      finds: [{ bad: 4, answers: 4, grade: 'confirmed', subject: { server: '10.96.0.5' } }],
      says: [/gives no time: 4 of 4 answers/],
    },
    'a server sends clients away': {
      evidence: evidence({ ...asked, timeServers: [row({ kisses: 3, code: 'RATE' })] }),
      finds: [{ kisses: 3 }],
      says: [/kiss-o’-death \(RATE\)/],
    },
  },
  quiet: {
    'one answer at the start': evidence({ timeServers: [row({ answers: 1, unsynchronised: 1 })] }),
    'most answers give a time': evidence({ timeServers: [row({ answers: 10, unsynchronised: 2 })] }),
    'no answer at all': evidence({ datagrams: [datagram({ server: '10.96.0.5:123', sent: [0, 1, 2, 3] })] }),
  },
});
