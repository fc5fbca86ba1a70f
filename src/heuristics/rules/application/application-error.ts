import type { ApplicationError, Evidence } from '../../../flows/evidence/evidence.ts';
import { mismatchOf, type Session, sessionsOf, useOf, usesOf } from '../../facts/application/sessions.ts';
import { ATTEMPT_THRESHOLDS, endpointText } from '../../facts/attempts.ts';
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
  redirects: { value: 3, unit: 'exchanges', source: 'docs/thresholds.md, redirects' },
  mailAnswers: { value: 6, unit: 'exchanges', source: 'docs/thresholds.md, mail-answers' },
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

const NAMES: Readonly<Record<string, string>> = {
  postgresql: 'PostgreSQL',
  mysql: 'MySQL',
  redis: 'Redis',
  mail: 'SMTP or FTP',
  memcached: 'memcached',
};
/** Protocols that begin with a login, which has few answers. */
const HAS_LOGIN: ReadonlySet<string> = new Set(['postgresql', 'mysql', 'redis']);

/** A server answers with an error in the clear that ends the work. */
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
    rule: 'An error of PostgreSQL (FATAL or PANIC), MySQL (login), Redis (a refusal of all commands), SMTP or FTP (a refusal of the service, mailbox or login) or memcached (SERVER_ERROR) in half or more of the connections of one client to one server. An error from two connections on, else a warning; a note where fewer connections have it. Errors of single statements are not told. Redirections of a Redis cluster (MOVED, ASK) are, where they are three and half of the answers of a server to a client, and no other server that they name serves it.',
    notThis: [
      'Errors of statements: a wrong query, a duplicate key.',
      'Redis sends a client on (MOVED, ASK) and it goes there, or asks for a script first (NOSCRIPT).',
      'SMTP and FTP: replies about syntax and order (500 to 504), after which a client tries another command.',
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
    const sessions = sessionsOf(evidence).filter((session) => mismatchOf(session) === null);
    const failed = sessions.flatMap((session): Failed[] => {
      const error = session.facts.messages.find(({ kind, fatal }) => kind === 'server-error' && fatal);
      return error === undefined || !endsWork(session) ? [] : [{ session, error }];
    });
    const groups = groupBy([...failed, ...notFollowed(evidence, sessions)], ({ session }) => session.server);
    for (const group of groups.values()) yield occurrenceOf(evidence, group);
  },

  explain({ server, protocol, code, text, sessions, all }, names) {
    const { address, port } = endpointParts(server);
    return {
      message: `${protocol} on ${names.address(address)} port ${port} refuses ${sessions} of ${counted(all, 'connection')}: ${code}${text === '' ? '' : ` "${text}"`}`,
      why: 'The connection opens, the request arrives, and the server answers it with this error in the clear. No packet is missing.',
      causes: causesOf(code, text),
      confirm: [podWith(address, `the pod of ${address}; then kubectl logs shows the error`)],
      fix: [`Follow the error of the server (${code}): it is not the network.`],
      wireshark: `${withAddress(address)} && tcp.port==${port} && tcp.len>0`,
    };
  },
});

/** Most of the answers are errors, or the login got no further: a login has up to four answers. */
const endsWork = ({ facts: { errors, answers, protocol } }: Session): boolean =>
  errors >= answers * thresholds.share.value || answers <= answersOfRefusal(protocol);

/** Most answers of a session that does no work, because it is refused. */
function answersOfRefusal(protocol: string): number {
  if (protocol === 'mail') return thresholds.mailAnswers.value;
  return HAS_LOGIN.has(protocol) ? thresholds.loginAnswers.value : 0;
}

/** Redirections of a Redis cluster: "MOVED 3999 10.0.0.7:6379" (redis.io, Redis cluster specification). */
const REDIRECTION = /^(MOVED|ASK)$/;

/** Clients that one server sends on again and again, and that get no answer where it sends them. */
function notFollowed(evidence: Evidence, sessions: readonly Session[]): Failed[] {
  const redirected = sessions.flatMap((session) =>
    session.facts.messages.filter(({ code }) => REDIRECTION.test(code)).map((error) => ({ session, error })),
  );
  const pairs = groupBy(redirected, ({ session: { server, leg } }) => `${server} ${leg.client.address}`);
  return [...pairs.values()].flatMap((failed) => {
    const ofPair = [...new Set(failed.map(({ session }) => session))];
    const { answers } = usesOf(evidence, ofPair);
    const errors = ofPair.reduce((sum, { facts }) => sum + facts.errors, 0);
    const isMost = errors >= thresholds.redirects.value && errors >= answers * thresholds.share.value;
    if (!isMost || failed.some((one) => isFollowed(evidence, one))) return [];
    return ofPair.map((session) => failed.find((one) => one.session === session)!);
  });
}

/** The server that the redirection names serves the client. */
const isFollowed = ({ applications }: Evidence, { session: { leg, server }, error: { text } }: Failed): boolean =>
  applications.some(
    (use) =>
      use.client === leg.client.address &&
      use.answers > use.errors &&
      endpointText(use.server) !== server &&
      text.endsWith(`${use.server.address}:${use.server.port}`),
  );

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

/**
 * What an error says by its code: SQLSTATE of PostgreSQL (five characters), number of MySQL (four digits), reply code of
 * SMTP (RFC 5321, 4.2.3; RFC 4954, 6) or FTP (RFC 959, 4.2.2), first word of Redis.
 */
const CAUSES: readonly {
  id: string;
  cause: string;
  codes: RegExp;
  /** The text of the server that fits, whatever the code. */
  words?: RegExp;
  /** Of one protocol: where the code is another, it is no cause at all. */
  isOfOne?: true;
}[] = [
  {
    id: 'login-refused',
    cause: 'user, password, database or the address of the client is not accepted',
    codes: /^(28|3D)|^(1044|1045|1049|1130|1251|1698|1862|3118)$|^(530|535)$|^(NOAUTH|WRONGPASS|DENIED)$/,
  },
  {
    id: 'server-limit',
    cause: 'a limit of the server is reached',
    codes: /^53\d{3}$|^(1040|1129|1203|1226|452|552)$|^OOM$/,
    words: /max number of clients|out of memory|too many/i,
  },
  {
    id: 'server-state',
    cause: 'the server starts, stops, is busy, is read-only or lacks memory',
    codes: /^57\w{3}$|^(1053|421|451)$|^(LOADING|BUSY|READONLY|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|MISCONF)$/,
  },
  {
    id: 'mail-refused',
    cause: 'the server does not take this message or mailbox',
    codes: /^(450|521|55[013-6])$/,
    isOfOne: true,
  },
  {
    id: 'redirection-not-followed',
    cause: 'the client does not go where the cluster sends it, or the node that it names does not serve it',
    codes: REDIRECTION,
    isOfOne: true,
  },
];

const causesOf = (code: string, text: string): Cause[] =>
  CAUSES.filter(({ codes, isOfOne }) => isOfOne !== true || codes.test(code)).map(({ id, cause, codes, words }) => ({
    id,
    cause,
    telling: codes.test(code) ? [`the code ${code} says so`] : [],
    for: words?.test(text) ? [`the server says "${text}"`] : [],
    against: [],
  }));
