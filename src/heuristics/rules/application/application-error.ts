import type { ApplicationError, Evidence } from '../../../flows/evidence/evidence.ts';
import { mismatchOf, type Session, sessionsOf, useOf, usesOf } from '../../facts/application/sessions.ts';
import { ATTEMPT_THRESHOLDS } from '../../facts/attempts.ts';
import { subjectOf } from '../../facts/subject.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type EvidencePacket, type Occurrence } from '../../rule/rule.ts';
import type { Cause } from '../../rule/weigh.ts';
import { podWith } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { withAddress } from '../../words/display-filter.ts';
import { endpointParts } from '../../words/endpoint-parts.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';
import { groupBy } from '../../words/group-by.ts';

const thresholds = {
  share: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, most-sessions' },
  loginAnswers: { value: 4, unit: 'exchanges', source: 'docs/thresholds.md, login-answers' },
  sessions: { value: 2, unit: 'connections', source: 'docs/thresholds.md, two-show-a-habit' },
} as const;

interface Failed {
  session: Session;
  error: ApplicationError;
}

interface ServerError extends Occurrence {
  server: string;
  protocol: string;
  code: string;
  text: string;
  sessions: number;
  all: number;
}

const NAMES: Readonly<Record<string, string>> = { postgresql: 'PostgreSQL', mysql: 'MySQL', redis: 'Redis' };

/** A database answers with an error in the clear that ends the work. */
export const applicationError = defineRule<ServerError>({
  meta: {
    id: 'application-error',
    faultClass: 'application',
    level: 'error',
    recordedIn: 'test/pcaps/redis-no-password',
    place: 'mechanism',
    acquitsNetwork: true,
    explains: ['immediate-close'],
    summary: 'A server refuses the work with an error of its protocol',
    meaning:
      'The network carried the request and the answer. The answer is an error: a login, a permission, a limit or a state of the server.',
    rule: 'An error of PostgreSQL (FATAL or PANIC), MySQL (login) or Redis (a refusal of all commands) in half or more of the connections of one client to one server. An error from two connections on, else a warning; a note where fewer connections have it. Errors of single statements are not told.',
    notThis: [
      'Errors of statements: a wrong query, a duplicate key.',
      'Redis sends a client on (MOVED, ASK) or asks for a script first (NOSCRIPT).',
      'A few of many connections: a note.',
      'One refusal among many answers of a connection that goes on working.',
    ],
    causes: [
      'Login: password, user, database, pg_hba.conf, host not permitted',
      'A limit: too many connections',
      'A state: loading, read-only, out of memory',
    ],
    confirm: [{ on: '<server pod>', command: 'kubectl logs', expect: 'the same error with its reason' }],
    fix: ['Follow the text of the error: it names what is missing'],
    references: [
      'PostgreSQL: Frontend/Backend Protocol, ErrorResponse; appendix A: error codes',
      'MySQL: Server Error Message Reference',
      'Redis: RESP protocol, simple errors',
    ],
  },
  thresholds: { ...thresholds, ...ATTEMPT_THRESHOLDS, ...TRACEROUTE_THRESHOLDS },

  *detect(evidence) {
    const failed = sessionsOf(evidence)
      .filter((session) => mismatchOf(session) === null)
      .flatMap((session): Failed[] => {
        const error = session.facts.messages.find(({ kind, fatal }) => kind === 'server-error' && fatal);
        return error === undefined || !endsWork(session) ? [] : [{ session, error }];
      });
    const groups = groupBy(failed, ({ session }) => session.server);
    for (const group of groups.values()) yield occurrenceOf(evidence, group);
  },

  explain({ server, protocol, code, text, sessions, all }, names) {
    const { address, port } = endpointParts(server);
    return {
      message: `${protocol} on ${names.address(address)} port ${port} refuses ${sessions} of ${counted(all, 'connection')}: ${code}${text === '' ? '' : ` "${text}"`}`,
      why: 'The connection opens, the request arrives, and the server answers it with this error in the clear. No packet is missing.',
      causes: causesOf(code),
      confirm: [podWith(address, `the pod of ${address}; then kubectl logs shows the error`)],
      fix: [`Follow the error of the server (${code}): it is not the network.`],
      wireshark: `${withAddress(address)} && tcp.port==${port} && tcp.len>0`,
    };
  },
});

/** Most of the answers are errors, or the login got no further: a login has up to four answers. */
const endsWork = ({ facts: { errors, answers } }: Session): boolean =>
  errors >= answers * thresholds.share.value || answers <= thresholds.loginAnswers.value;

function occurrenceOf(evidence: Evidence, failed: readonly Failed[]): ServerError {
  const sessions = failed.map(({ session }) => session);
  const [{ server, facts, leg }] = sessions;
  const { connections } = usesOf(evidence, sessions);
  const isMost = sessions.length >= connections * thresholds.share.value;
  const level = isMost ? (sessions.length >= thresholds.sessions.value ? 'error' : 'warning') : 'note';
  const [code, ofCode] = [...groupBy(failed, ({ error }) => error.code)].sort((a, b) => b[1].length - a[1].length)[0];
  const { text } = ofCode[0].error;
  const { subject } = subjectOf(sessions.map(({ conversation }) => conversation));
  return {
    key: `${server} ${code}`,
    ...(level !== 'error' && { level }),
    grade: gradeOf({ 'counted-with-others': whereSeen(useOf(evidence, sessions[0]) !== null) }),
    subject: { ...subject, protocol: 'tcp', server },
    conversations: sessions.map(({ conversation }) => conversation.index),
    place: `in the program on ${leg.server.address}`,
    ...excerpt(failed.flatMap(packetsOf)),
    reach: sessions.length,
    measured: { code, text, sessions: sessions.length, connections, protocol: facts.protocol },
    server,
    protocol: NAMES[facts.protocol] ?? facts.protocol,
    code,
    text,
    sessions: sessions.length,
    all: connections,
  };
}

const packetsOf = ({ session: { leg }, error }: Failed): EvidencePacket[] => [
  ...packetsAt(leg.point, error.requested === null ? [] : [error.requested], 'request', '>'),
  ...packetsAt(leg.point, [error], `error ${error.code}`, '<'),
];

/** Codes of a login that is refused: SQLSTATE 28, 3D; MySQL 1044, 1045, 1049, 1130; Redis NOAUTH, WRONGPASS, DENIED. */
const LOGIN = /^(28|3D)|^(1044|1045|1049|1130|1251|1698|1862|3118)$|^(NOAUTH|WRONGPASS|DENIED)$/;
const LIMIT = /^53|^(1040|1129|1203|1226)$|^OOM$/;
const STATE = /^57|^(1053)$|^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|MISCONF)$/;

function causesOf(code: string): Cause[] {
  const cause = (id: string, words: string, pattern: RegExp): Cause => ({
    id,
    cause: words,
    telling: pattern.test(code) ? [`the code ${code} says so`] : [],
    for: [],
    against: [],
  });
  return [
    cause('login-refused', 'user, password, database or the address of the client is not accepted', LOGIN),
    cause('server-limit', 'a limit of the server is reached', LIMIT),
    cause('server-state', 'the server starts, stops, is read-only or lacks memory', STATE),
  ];
}
