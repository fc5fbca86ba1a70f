import { shellQuote } from '../../../text/shell-quote.ts';
import {
  ATTEMPT_THRESHOLDS,
  type Attempt,
  attemptsOf,
  endpointText,
  withoutTranslatedCopies,
} from '../../facts/attempts.ts';
import { type StaleAnswer, staleAnswerOf } from '../../facts/tcp/stale-answer.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { counters, runs } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { withAddress } from '../../words/display-filter.ts';
import { excerpt, packetsAt, synPackets } from '../../words/excerpt.ts';
import { groupBy } from '../../words/group-by.ts';

interface Challenged extends Occurrence {
  server: string;
  port: number;
  connections: number;
  /** Longest time from the first SYN to the SYN-ACK, seconds. */
  delay: number;
}

/** A SYN reaches a server that still has the earlier connection. */
export const challengeAck = defineRule<Challenged>({
  meta: {
    id: 'challenge-ack',
    faultClass: 'port-unreachable',
    level: 'note',
    recordedIn: 'test/pcaps/port-reused',
    place: 'mechanism',
    explainedBy: ['duplicate-ip'],
    summary: 'A SYN is answered by the ACK of an older connection first',
    meaning:
      'The server still has a connection from the same address and port: the client crashed, or a NAT gave the port again. The SYN draws a challenge ACK, the client resets, and the next SYN opens the connection, at once or after a second.',
    rule: 'The first answer to a SYN is no SYN-ACK, and the client resets a sequence number that is not of this attempt; a SYN-ACK follows later. Where none ever follows, it is syn-no-reply.',
    notThis: [
      'The client resets its own attempt: a closed client, a scan.',
      'The SYN-ACK was not captured: the client acknowledges its own SYN then.',
      'No SYN-ACK ever: that is syn-no-reply.',
    ],
    causes: [
      'The client was killed without closing and its port is used again',
      'A NAT reuses ports sooner than the server forgets connections',
    ],
    confirm: [{ on: '<server>', command: 'nstat -az TcpExtTCPChallengeACK', expect: 'rises' }],
    fix: ['Keep-alive on the server, more source ports or addresses for the NAT'],
    references: ['RFC 5961, 4', 'RFC 9293, 3.10.7.3'],
  },
  thresholds: { ...ATTEMPT_THRESHOLDS, ...TRACEROUTE_THRESHOLDS },

  *detect(evidence) {
    const found = withoutTranslatedCopies(attemptsOf(evidence)).flatMap((attempt) => {
      const stale = staleAnswerOf(attempt.connection);
      return stale?.opened === true ? [{ attempt, stale }] : [];
    });
    for (const group of groupBy(found, ({ attempt }) => endpointText(attempt.connection.server)).values())
      yield occurrenceOf(group);
  },

  explain({ server, port, connections, delay }, names) {
    return {
      message: `${counted(connections, 'connection')} to ${names.address(server)} port ${port} met an older one from the same client port, and opened ${delay.toFixed(3)} s after the first SYN${connections === 1 ? '' : ' at worst'}`,
      why: 'The server answered the SYN by the ACK of a connection that it still had, the client reset that, and a further SYN was accepted.',
      causes: [
        {
          id: 'port-reused',
          cause: 'the client or a NAT before it used the port again while the server still had the old connection',
          for: ['the acknowledged numbers belong to no SYN of these connections'],
          against: [],
        },
      ],
      confirm: [
        counters(names.machine(server), ['TcpExtTCPChallengeACK'], 4, {
          expect: 'it rises with each such connection',
          shows: { rises: 'TcpExtTCPChallengeACK' },
        }),
        runs(names.machine(server), `ss -tno state established ${shellQuote(`( sport = :${port} )`)}`, {
          expect: 'connections of clients that are gone, without a keep-alive timer',
        }),
      ],
      fix: [`Turn on keep-alive on ${names.address(server)}, and give the NAT before it more ports or addresses.`],
      wireshark: `${withAddress(server)} && tcp.port==${port} && (tcp.flags.syn==1 || tcp.flags.reset==1)`,
    };
  },
});

function occurrenceOf(group: readonly { attempt: Attempt; stale: StaleAnswer }[]): Challenged {
  const [{ attempt: first }] = group;
  const { server } = first.connection;
  const delay = Math.max(
    ...group.map(({ attempt: { connection } }) => connection.synAck[0].time - connection.syn[0].time),
  );
  const packets = group.flatMap(({ attempt: { connection }, stale }) => [
    ...synPackets(connection),
    ...packetsAt(connection.point, stale.resets, 'RST of a number that is not of this SYN', '>'),
    ...packetsAt(connection.point, connection.synAck.slice(0, 1), 'SYN-ACK at last', '<'),
  ]);
  const clients = new Set(group.map(({ attempt }) => attempt.connection.client.address));
  return {
    key: endpointText(server),
    grade: gradeOf({ 'answer-acknowledges-another-syn': 'passed' }),
    subject: {
      protocol: 'tcp',
      client: clients.size === 1 ? first.connection.client.address : `${clients.size} clients`,
      server: endpointText(server),
    },
    conversations: group.map(({ attempt }) => attempt.conversation.index),
    ...excerpt(packets.sort((a, b) => a.time - b.time)),
    reach: group.length,
    measured: { connections: group.length, longestSeconds: Number(delay.toFixed(3)) },
    server: server.address,
    port: server.port,
    connections: group.length,
    delay,
  };
}
