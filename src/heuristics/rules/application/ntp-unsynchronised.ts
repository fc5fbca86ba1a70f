import type { Evidence, TimeServer } from '../../../flows/evidence/evidence.ts';
import { shellQuote } from '../../../text/shell-quote.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { counted } from '../../words/counted.ts';
import { fromAddress } from '../../words/display-filter.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';
import { groupBy } from '../../words/group-by.ts';

const thresholds = {
  answers: { value: 2, unit: 'exchanges', source: 'docs/thresholds.md, two-show-a-habit' },
  share: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, most-sessions' },
} as const;

interface Unsynchronised extends Occurrence {
  server: string;
  bad: number;
  answers: number;
  clients: number;
  kisses: number;
  code: string;
}

/** A time server answers and says that it has no time to give. */
export const ntpUnsynchronised = defineRule<Unsynchronised>({
  meta: {
    id: 'ntp-unsynchronised',
    faultClass: 'application',
    level: 'warning',
    recordedIn: 'test/pcaps/ntp-unsynchronised',
    place: 'mechanism',
    summary: 'A time server answers that its clock is not synchronised, or sends clients away',
    meaning:
      'The answers arrive, but clients must not use them. Their clocks drift: certificates seem not yet valid or expired, tokens are refused, logs of several hosts do not fit together.',
    rule: 'Two or more answers of one NTP server, and half of its answers, have the leap indicator "not synchronised" or the stratum of an unsynchronised clock, or are a kiss-o’-death.',
    notThis: [
      'One answer right after the start of the server.',
      'Most answers give a time.',
      'A server that does not answer at all: no-reply.',
    ],
    causes: [
      'The server itself reaches no other server: a firewall on UDP port 123, or wrong servers',
      'It has just started, or its drift is too large',
      'Clients ask too often, and the server limits the rate',
    ],
    confirm: [{ on: '<time server>', command: 'chronyc tracking', expect: 'Leap status: Not synchronised' }],
    fix: ['Let the time server reach its own sources, or give the clients another one'],
    references: ['RFC 5905, 7.3 and 7.4'],
  },
  thresholds,

  *detect(evidence) {
    for (const [server, rows] of groupBy(evidence.timeServers, ({ server }) => server)) {
      // Several points show the same answers.
      const most = pointWithMost(rows);
      const answers = sum(most, (row) => row.answers);
      const kisses = sum(most, (row) => row.kisses);
      const bad = kisses + sum(most, (row) => row.unsynchronised);
      if (bad >= thresholds.answers.value && bad >= answers * thresholds.share.value)
        yield occurrenceOf(evidence, server, most, { bad, answers, kisses });
    }
  },

  explain({ server, bad, answers, clients, kisses, code }, names) {
    const isKiss = kisses * 2 > bad;
    return {
      message: isKiss
        ? `Time server ${names.address(server)} sends clients away: ${bad} of ${counted(answers, 'answer')} are a kiss-o’-death (${code})`
        : `Time server ${names.address(server)} gives no time: ${bad} of ${counted(answers, 'answer')} say that its clock is not synchronised`,
      why: `The questions of ${clients === 1 ? 'one client' : `${clients} clients`} and the answers arrive, so the network did its part. By RFC 5905 clients do not set their clocks by such answers.`,
      causes: [
        {
          id: 'no-source',
          cause: 'the server reaches none of its own time sources, or has just started',
          telling: [],
          for: isKiss ? [] : ['its leap indicator or stratum says "not synchronised"'],
          against: isKiss ? ['it has a time, and limits who may ask'] : [],
          confirm: [
            {
              on: 'the time server',
              command: 'chronyc tracking; chronyc sources',
              expect: 'Leap status: Not synchronised',
            },
            {
              on: 'a client',
              command: `ntpdate -q ${shellQuote(server)}`,
              expect: 'stratum 16, or no server suitable',
            },
          ],
          fix: ['Let the time server reach its own sources (UDP port 123), or give the clients another server.'],
        },
        {
          id: 'rate-limit',
          cause: 'clients ask more often than the server permits, or are not permitted at all',
          telling: isKiss ? [`the code is ${code}`] : [],
          for: [],
          against: [],
          confirm: [
            {
              on: 'the time server',
              command:
                "grep -E '^(allow|deny|ratelimit|restrict)' /etc/chrony.conf /etc/chrony/chrony.conf /etc/ntp.conf",
              expect: 'who may ask, and how often',
            },
          ],
          fix: ['Let the clients ask less often (minpoll), permit them on the time server, or give them another one.'],
        },
      ],
      confirm: [],
      fix: [],
      wireshark: `ntp && ${fromAddress(server)}`,
    };
  },
});

const sum = (rows: readonly TimeServer[], of: (row: TimeServer) => number): number =>
  rows.reduce((total, row) => total + of(row), 0);

function pointWithMost(rows: readonly TimeServer[]): TimeServer[] {
  const points = [...groupBy(rows, ({ point }) => `${point}`).values()];
  return points.reduce((most, other) =>
    sum(other, (row) => row.answers) > sum(most, (row) => row.answers) ? other : most,
  );
}

function occurrenceOf(
  evidence: Evidence,
  server: string,
  rows: readonly TimeServer[],
  { bad, answers, kisses }: { bad: number; answers: number; kisses: number },
): Unsynchronised {
  const index = indexOf(evidence);
  const conversations = rows.flatMap(({ point, flow }) => index.conversationOfFlow(point, flow)?.index ?? []);
  const code = rows.find((row) => row.code !== '')?.code ?? '';
  return {
    key: server,
    grade: gradeOf({ 'answers-say-so': 'passed' }),
    subject: { protocol: 'udp', client: rows.length === 1 ? rows[0].client : null, server },
    conversations: [...new Set(conversations)],
    place: `in the time server ${server}`,
    ...excerpt(rows.flatMap((row) => packetsAt(row.point, row.bad, 'answer without a time', '<'))),
    reach: bad,
    measured: { bad, answers, kisses, code, clients: rows.length },
    server,
    bad,
    answers,
    clients: rows.length,
    kisses,
    code,
  };
}
