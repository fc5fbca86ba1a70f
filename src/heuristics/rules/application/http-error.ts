import { type ApplicationError, type Evidence, TO_CLIENT } from '../../../flows/evidence/evidence.ts';
import { shellQuote } from '../../../text/shell-quote.ts';
import { mismatchOf, type Session, sessionsOf, usesOf } from '../../facts/application/sessions.ts';
import {
  DEAD_UPSTREAM_THRESHOLDS,
  deadUpstreamOf,
  serversIn,
  type Upstream,
  upstreamOf,
} from '../../facts/application/upstream.ts';
import { ATTEMPT_THRESHOLDS } from '../../facts/attempts.ts';
import { machineOfClient, subjectOf } from '../../facts/subject.ts';
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
import { answerName, isReset, withKind } from '../../words/protocol-codes.ts';

const thresholds = {
  errors: { value: 2, unit: 'requests', source: 'docs/thresholds.md, two-show-a-habit' },
  share: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, most-sessions' },
} as const;

/** Statuses by which a server says that it, or what it asks, does not work, or that it does not take the request. */
const isFault = (status: number): boolean =>
  (status >= 500 && status !== 501 && status !== 505) || REFUSALS.has(status);
const REFUSALS: ReadonlySet<number> = new Set([400, 408, 413, 414, 421, 426, 429, 431]);
/** Statuses about the request itself; they are worth a note where a server gives hardly anything else. */
const OF_REQUEST: ReadonlySet<number> = new Set([401, 403, 404, 405]);
/** What a proxy says that has no backend, cannot reach it or waits too long for it (RFC 9110, 15.6). */
const OF_GATEWAY: ReadonlySet<string> = new Set(['502', '503', '504']);
const BAD_REQUEST = 400;

interface Failed {
  session: Session;
  error: ApplicationError;
}

interface HttpError extends Occurrence {
  server: string;
  statuses: string[];
  errors: number;
  answers: number;
  request: string | null;
  seconds: number | null;
  made: Upstream['state'];
  upstream: string | null;
  checked: { server: string; request: string | null; status: string } | null;
  isCut: boolean;
}

/** A server answers most requests of a client with errors. */
export const httpError = defineRule<HttpError>({
  meta: {
    id: 'http-error',
    faultClass: 'application',
    level: 'warning',
    recordedIn: 'test/pcaps/http-health-check-404',
    place: 'mechanism',
    acquitsNetwork: true,
    summary: 'A server answers requests with errors',
    meaning:
      'Requests and answers travel well; the answers say that something does not work. Who made the error is the question: the server that sent it, or one that it asked. Where both legs are in view, the packets answer it.',
    rule: 'Of the answers of a server to one client, two or more and at least half have a status by which the server says that it does not work or does not take the request (server errors, bad request, timeout, too large, too many). RST_STREAM of HTTP/2 by the server counts as an answer with an error, unless its code is NO_ERROR or CANCEL. A note where the server asked another one meanwhile and that one failed, where a proxy says that it has no backend and no server takes its connections, where only answers about the request come (not found, forbidden), or where a bad request was cut before its reason.',
    notThis: [
      'A minority of the answers of a server: not told.',
      'The server passes on what another one did: a note here, and a finding about the other one.',
      'Answers about the request: 401, 403, 404 and 405 are a note.',
      'An answer 400 that says that the port wants TLS: protocol-mismatch.',
    ],
    causes: [
      'The application fails (500)',
      'A proxy finds no backend that works (502, 503), or waits too long for it (504)',
      'A health check asks for the wrong path, so that the backend is taken out',
      'A limit: size of the body (413) or of the headers (431), rate (429)',
    ],
    confirm: [
      { on: '<client pod>', command: 'curl -v http://<server>:<port><path>', expect: 'the same status' },
      { on: '<server pod>', command: 'kubectl logs', expect: 'why' },
    ],
    fix: ['Look at the logs of the server that made the error'],
    references: ['RFC 9110, 15: status codes'],
  },
  thresholds: { ...thresholds, ...DEAD_UPSTREAM_THRESHOLDS, ...ATTEMPT_THRESHOLDS, ...TRACEROUTE_THRESHOLDS },

  *detect(evidence) {
    const sessions = sessionsOf(evidence).filter((session) => mismatchOf(session) === null);
    const pairs = groupBy(sessions, ({ server, leg }) => `${server} ${leg.client.address}`);
    const bad = new Map<string, Failed[]>();
    const asked = new Map<string, Failed[]>();
    for (const ofPair of pairs.values()) {
      const failed = ofPair.flatMap(failuresOf);
      const { answers } = usesOf(evidence, ofPair);
      const faults = failed.filter(({ error }) => isStreamReset(error) || isFault(Number(error.code)));
      const requests = failed.filter(({ error }) => !isStreamReset(error) && OF_REQUEST.has(Number(error.code)));
      const [{ server }] = ofPair;
      if (isMost(faults, answers)) bad.set(server, [...(bad.get(server) ?? []), ...faults]);
      else if (isMost(requests, answers)) asked.set(server, [...(asked.get(server) ?? []), ...requests]);
    }
    for (const failed of bad.values()) yield occurrenceOf(evidence, failed, false);
    for (const failed of asked.values()) yield occurrenceOf(evidence, failed, true);
  },

  explain(found, names) {
    const { address, port } = endpointParts(found.server);
    const path = found.request?.split(' ')[1] ?? '/';
    const url = shellQuote(`http://${address.includes(':') ? `[${address}]` : address}:${port}${path}`);
    return {
      message: `${names.address(address)} port ${port} answers ${found.errors} of ${counted(found.answers, 'request')} with ${withKind(found.statuses.join(', '))}${madeWords(found)}`,
      why: `Requests and answers arrive, so the network did its part.${found.seconds === null ? '' : ` The answer to ${found.request ?? 'the request'} came after ${found.seconds.toFixed(3)} s.`}`,
      causes: causesOf(found),
      confirm: [
        { on: machineOfClient(found.subject, names), command: `curl -v ${url}`, expect: withKind(found.statuses[0]) },
        podWith(address, `the pod of ${address}; then kubectl logs`),
      ],
      fix: [fixOf(found)],
      wireshark: `${withAddress(address)} && tcp.port==${port} && ${isReset(found.statuses[0]) ? 'http2.type==3' : 'http.response.code>=400'}`,
    };
  },
});

/** Answers with a status, and streams of HTTP/2 that the server ended in place of an answer. */
const failuresOf = (session: Session): Failed[] =>
  session.facts.messages
    .filter((error) => error.kind === 'status' || isStreamReset(error))
    .map((error) => ({ session, error }));

const isStreamReset = ({ kind, direction }: ApplicationError): boolean =>
  kind === 'stream-reset' && direction === TO_CLIENT;

/** Errors beyond those that were kept of a connection are like them. */
function isMost(failed: readonly Failed[], answers: number): boolean {
  const sessions = [...new Set(failed.map(({ session }) => session))];
  const kept = sessions.reduce((sum, { facts }) => sum + facts.messages.length, 0);
  const all = sessions.reduce((sum, { facts }) => sum + facts.errors, 0);
  const errors = kept === 0 ? 0 : (failed.length * all) / kept;
  return failed.length >= thresholds.errors.value && errors >= answers * thresholds.share.value;
}

function occurrenceOf(evidence: Evidence, failed: readonly Failed[], isOfRequest: boolean): HttpError {
  const sessions = [...new Set(failed.map(({ session }) => session))];
  const [{ server }] = sessions;
  const { address } = endpointParts(server);
  const upstreams = failed.map(({ session, error }) => {
    const shift = evidence.points[session.leg.point].timeShift;
    const meanwhile = upstreamOf(evidence, address, (error.requested ?? error).time + shift, error.time + shift);
    const isTold = meanwhile.state !== 'idle' || !OF_GATEWAY.has(error.code);
    return isTold ? meanwhile : (deadUpstreamOf(evidence, address, error.time + shift) ?? meanwhile);
  });
  const isPassedOn = upstreams.filter(({ state }) => state === 'failed').length * 2 >= upstreams.length;
  const shown = upstreams.find(({ state }) => state === (isPassedOn ? 'failed' : 'answered')) ?? upstreams[0];
  const isCut =
    sessions.every(({ facts }) => facts.errorCut) && failed.every(({ error }) => Number(error.code) === BAD_REQUEST);
  const upstream = serversIn(upstreams, shown.state);
  const { answers } = usesOf(evidence, sessions);
  const isNote = isPassedOn || isOfRequest || isCut;
  const first = failed[0].error;
  const seconds = first.requested === null ? null : first.time - first.requested.time;
  const { subject } = subjectOf(sessions.map(({ conversation }) => conversation));
  const statuses = [...groupBy(failed, ({ error }) => answerName(error))].sort((a, b) => b[1].length - a[1].length);
  const passedBy = isPassedOn ? upstreams.flatMap(({ conversation }) => conversation ?? []) : [];
  return {
    key: `${server} ${isOfRequest ? 'of-request' : 'fault'}`,
    ...(isNote && { level: 'note' as const }),
    grade: gradeOf({ 'who-made-it-was-seen': whereSeen(shown.state !== 'unseen') }),
    subject: { ...subject, protocol: 'tcp', server },
    conversations: [...new Set([...sessions.map(({ conversation }) => conversation.index), ...passedBy])],
    place: isPassedOn ? `behind ${address}, in ${upstream}` : `in the program on ${address}`,
    ...excerpt(failed.flatMap(packetsOf)),
    reach: failed.length,
    measured: {
      errors: failed.length,
      answers,
      statuses: statuses.map(([code]) => code),
      request: first.request,
      madeBy: shown.state,
      upstream,
    },
    server,
    statuses: statuses.map(([code]) => code),
    errors: failed.length,
    answers: Math.max(answers, failed.length),
    request: first.request,
    seconds,
    made: isPassedOn ? 'failed' : shown.state,
    upstream,
    checked: isPassedOn ? null : checkOf(evidence, address),
    isCut,
  };
}

/** A request of the server itself, as its health checks are, that another one answers with an error. */
function checkOf(evidence: Evidence, address: string): HttpError['checked'] {
  for (const { leg, facts, server } of sessionsOf(evidence)) {
    const error = facts.messages.find(({ kind }) => kind === 'status');
    if (leg.client.address === address && error !== undefined)
      return { server, request: error.request, status: error.code };
  }
  return null;
}

const packetsOf = ({ session: { leg }, error }: Failed): EvidencePacket[] => [
  ...packetsAt(leg.point, error.requested === null ? [] : [error.requested], error.request ?? 'request', '>'),
  ...packetsAt(leg.point, [error], withKind(answerName(error)), '<'),
];

function madeWords({ made, upstream, isCut }: HttpError): string {
  if (isCut) return '; the reason was cut off by the snapshot length';
  if (made === 'failed') return `: it passes on what ${upstream ?? 'another server'} did`;
  if (made === 'answered') return `, although ${upstream ?? 'another server'} answered it meanwhile`;
  return made === 'idle' ? ': these answers are its own, it asked nobody meanwhile' : '';
}

function causesOf(found: HttpError): Cause[] {
  const { statuses, made, upstream, checked } = found;
  const has = (...codes: string[]): boolean => statuses.some((status) => codes.includes(status));
  const causes: Cause[] = [];
  if (made === 'failed')
    causes.push({
      id: 'upstream-failed',
      cause: `what it asks does not work: ${upstream ?? 'another server'}`,
      telling: [`${upstream ?? 'it'} failed meanwhile`],
      for: [],
      against: [],
    });
  if (checked !== null && has('502', '503'))
    causes.push({
      id: 'health-check-fails',
      cause: 'its health check fails, so it has taken the backend out and sends it nothing',
      telling: [`${checked.server} answers ${checked.request ?? 'its check'} with status ${checked.status}`],
      for: ['no request goes on to a backend'],
      against: [],
    });
  if (has('502', '503', '504') && made !== 'failed')
    causes.push({
      id: 'no-backend',
      cause: 'a proxy has no backend that works or answers in time',
      for: [`status ${statuses[0]} is what proxies say then`],
      against: made === 'answered' ? [`${upstream ?? 'a server behind it'} answered meanwhile`] : [],
    });
  if (has('413', '431', '414'))
    causes.push({
      id: 'size-limit',
      cause: 'the request is larger than the server or a proxy permits',
      telling: [`status ${statuses[0]} says so`],
      for: [],
      against: [],
    });
  if (has('429'))
    causes.push({
      id: 'rate-limit',
      cause: 'a limit of the rate',
      telling: ['status 429 says so'],
      for: [],
      against: [],
    });
  if (isReset(statuses[0]))
    causes.push({
      id: 'stream-refused',
      cause: 'the server or a proxy ends the streams of HTTP/2: a limit of streams or of the rate, or it stops',
      telling: has('RST_STREAM REFUSED_STREAM', 'RST_STREAM ENHANCE_YOUR_CALM') ? [`${statuses[0]} says so`] : [],
      for: [statuses[0]],
      against: [],
    });
  if (has('400'))
    causes.push({
      id: 'request-not-understood',
      cause: 'the server does not understand the request',
      for: ['status 400'],
      against: [],
    });
  if (has('401', '403', '404', '405'))
    causes.push({
      id: 'request-wrong',
      cause: 'the client asks for what is not there or not permitted',
      for: [`status ${statuses[0]}`],
      against: [],
    });
  causes.push({
    id: 'application-fails',
    cause: 'the application on this server fails',
    for: has('500') ? ['status 500 comes from an application'] : [],
    against: made === 'failed' ? ['another server failed meanwhile'] : [],
  });
  return causes;
}

function fixOf({ made, upstream, checked, statuses }: HttpError): string {
  if (made === 'failed') return `Look at ${upstream ?? 'the server behind it'} first.`;
  if (checked !== null && /^50[23]$/.test(statuses[0]))
    return `Let the health check ask for a path that ${checked.server} has: ${checked.request ?? 'its request'} is answered with status ${checked.status}.`;
  return 'Look at the logs of this server, not at the network.';
}
