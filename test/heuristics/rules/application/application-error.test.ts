import type { ApplicationError } from '../../../../src/flows/evidence/evidence.ts';
import { applicationError } from '../../../../src/heuristics/rules/application/application-error.ts';
import { applicationFacts, applicationError as error, sessions, use } from '../../../support/application-items.ts';
import { evidence, ruleTable } from '../../../support/evidence.ts';

const refusing =
  (some: Partial<ApplicationError>, protocol: 'postgresql' | 'mysql' | 'redis' = 'postgresql') =>
  () =>
    applicationFacts({
      openings: [protocol, 'unknown'],
      protocol,
      messages: [error({ kind: 'server-error', fatal: true, request: null, ...some, requested: 0.004 })],
    });

ruleTable(applicationError, {
  fires: {
    'PostgreSQL has no entry for the client': {
      evidence: evidence({ connections: sessions(3, refusing({ code: '28000', text: 'no pg_hba.conf entry' })) }),
      finds: [{ code: '28000', sessions: 3, subject: { server: '10.244.2.7:80' } }],
      says: [/PostgreSQL on 10\.244\.2\.7 port 80 refuses 3 of 3 connections: 28000/, /the code 28000 says so/],
    },
    'an error without a text': {
      evidence: evidence({ connections: sessions(3, refusing({ code: '53300', text: '' })) }),
      finds: [{ code: '53300' }],
      says: [/refuses 3 of 3 connections: 53300(?! \\?")/],
    },
    'MySQL has too many connections': {
      evidence: evidence({ connections: sessions(2, refusing({ code: '1040' }, 'mysql')) }),
      finds: [{ code: '1040' }],
      says: [/a limit of the server is reached/],
    },
    'one connection to Redis without a password': {
      evidence: evidence({ connections: sessions(1, refusing({ code: 'NOAUTH' }, 'redis')) }),
      finds: [{ level: 'warning', code: 'NOAUTH' }],
    },
  },
  quiet: {
    'an error of a statement': evidence({ connections: sessions(3, refusing({ code: '42P01', fatal: false })) }),
    'one refusal among many answers': evidence({
      connections: sessions(3, () => ({ ...refusing({ code: '1045' }, 'mysql')(), answers: 9 })),
    }),
    'nothing notable': evidence({ connections: sessions(3, () => null) }),
  },
  notes: {
    'one of many connections': evidence({
      connections: sessions(1, refusing({ code: '53300' })),
      applications: [use({ protocol: 'postgresql', connections: 40 })],
    }),
  },
});
