import type { Connection, Evidence } from '../../../flows/evidence/evidence.ts';
import { duration } from '../../../text/duration.ts';
import { shellQuote } from '../../../text/shell-quote.ts';
import { gatesOf } from '../../facts/gates.ts';
import { machineOfClient } from '../../facts/subject.ts';
import { aboutConnections } from '../../facts/tcp/about-endings.ts';
import { roundTripBetween } from '../../facts/tcp/beginnings.ts';
import { ENDINGS_THRESHOLDS, type Ending, endingsByServer } from '../../facts/tcp/endings.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { runs } from '../../words/commands.ts';
import { withAddress } from '../../words/display-filter.ts';
import { endpointParts } from '../../words/endpoint-parts.ts';
import { packetsAt } from '../../words/excerpt.ts';

const thresholds = {
  turns: { value: 20, unit: 'exchanges', source: 'docs/thresholds.md, chatty' },
  roundTrip: { value: 0.02, unit: 's', source: 'docs/thresholds.md, chatty' },
  seconds: { value: 1.5, unit: 's', source: 'docs/thresholds.md, chatty' },
  leastRoundTrips: { value: 0.9, unit: 'factor', source: 'docs/thresholds.md, chatty' },
  mostRoundTrips: { value: 1.5, unit: 'factor', source: 'docs/thresholds.md, chatty' },
  turnOctets: { value: 16_384, unit: 'octets', source: 'docs/thresholds.md, large-transfer' },
} as const;

interface Chatty extends Occurrence {
  server: string;
  turns: number;
  roundTrip: number;
  seconds: number;
}

/** Many small questions one after another, each of which costs a round trip. */
export const chattyApplication = defineRule<Chatty>({
  meta: {
    id: 'chatty-application',
    faultClass: 'application',
    level: 'warning',
    recordedIn: null,
    place: 'mechanism',
    acquitsNetwork: true,
    summary: 'Many small exchanges one after another cost a round trip each',
    meaning:
      'The server answers at once and nothing is lost. The time is the number of questions times the round trip, so it grows with distance and no network can shorten it.',
    rule: 'A connection of twenty exchanges or more, 16,384 octets each at most, on a path of 20 ms or longer takes 0.9 to 1.5 round trips for each exchange, pauses of a second left out, and 1.5 s or longer in all.',
    notThis: [
      'Exchanges inside one site: the round trip is short.',
      'A person who types: pauses lie between the exchanges.',
      'A server that takes its time: an exchange takes longer than the round trip.',
      'Large transfers.',
      'A handful of exchanges: any protocol needs those. The TLS handshake does not count.',
    ],
    causes: ['One query for each row of a list (N+1)', 'A protocol that asks and waits, used over a long path'],
    confirm: [{ on: '<client>', command: 'ping <server>', expect: 'the round trip of each exchange' }],
    fix: [
      'Ask for many things at once, or in parallel (batch, join, pipelining)',
      'Move the client near to the server',
    ],
    references: ['RFC 9293, 3.4.1: the round trip of the handshake'],
  },
  thresholds: {
    ...thresholds,
    ...ENDINGS_THRESHOLDS,
  },

  *detect(evidence) {
    for (const { server, connections } of endingsByServer(evidence).values()) {
      const chatty = connections.filter((one) => isChatty(one.leg, roundTripFor(evidence, one)));
      if (chatty.length === 0) continue;
      const turns = chatty.reduce((sum, { leg }) => sum + exchangesOf(leg), 0);
      const seconds = chatty.reduce((sum, { leg }) => sum + busySeconds(leg), 0);
      const roundTrip = Math.min(...chatty.map((one) => roundTripFor(evidence, one)));
      yield {
        ...aboutConnections(evidence, server, chatty, (leg) => [
          ...packetsAt(leg.point, [leg.first], 'first of many exchanges', '>'),
          ...packetsAt(leg.point, [leg.last], `${exchangesOf(leg)} exchanges later`),
        ]),
        grade: gradeOf({ 'each-exchange-takes-a-round-trip': 'passed', 'nothing-lost': 'passed' }),
        measured: { turns, roundTripSeconds: roundTrip, seconds },
        server,
        turns,
        roundTrip,
        seconds,
      };
    }
  },

  explain({ server, subject, turns, roundTrip, seconds }, names) {
    const { address, port } = endpointParts(server);
    return {
      message: `${turns} exchanges one after another with ${server} cost a round trip of ${duration(roundTrip)} each: ${duration(seconds)} in all`,
      why: `${names.address(address)} answers at once and nothing is lost. ${turns} times ${duration(roundTrip)} are ${duration(turns * roundTrip)}; the same exchanges on a path of 1 ms would take ${duration(turns * 0.001)}.`,
      causes: [
        {
          id: 'one-by-one',
          cause: 'the client asks one small thing after another, and waits for each answer',
          telling: [`an exchange takes ${duration(seconds / turns)}, the round trip alone ${duration(roundTrip)}`],
          for: [],
          against: [],
        },
        {
          id: 'far-away',
          cause: 'client and server are further apart than they were planned to be',
          for: [],
          against: [],
        },
      ],
      confirm: [
        runs(machineOfClient(subject, names), `ping -c 5 ${shellQuote(address)}`, {
          expect: `round trips of ${duration(roundTrip)}`,
        }),
      ],
      fix: ['Ask for many things at once or in parallel, or run the client near to the server.'],
      wireshark: `${withAddress(address)} && tcp.port==${port} && tcp.len>0`,
    };
  },
});

/** Exchanges of the application: those of the TLS handshake are not its own. */
const exchangesOf = ({ turns, tlsTurns }: Connection): number => turns - tlsTurns;

/** Without a handshake only what is proven counts: an exchange may also take long because its server does. */
function roundTripFor(evidence: Evidence, { legs, leg }: Ending): number {
  const { least, most } = roundTripBetween(evidence, legs);
  return gatesOf(evidence).beginning(leg).ok && Number.isFinite(most) ? most : least;
}

function isChatty(leg: Connection, roundTrip: number): boolean {
  const turns = exchangesOf(leg);
  if (turns < thresholds.turns.value || roundTrip < thresholds.roundTrip.value) return false;
  const seconds = busySeconds(leg);
  const each = seconds / leg.turns / roundTrip;
  const octets = leg.directions[0].payloadOctets + leg.directions[1].payloadOctets;
  return (
    seconds >= thresholds.seconds.value &&
    each >= thresholds.leastRoundTrips.value &&
    each <= thresholds.mostRoundTrips.value &&
    octets <= turns * thresholds.turnOctets.value &&
    leg.directions.every(({ resentSegments }) => resentSegments === 0)
  );
}

/** Seconds from the handshake to the end, without pauses. */
function busySeconds({ handshakeAck, first, end, last, idleGaps }: Connection): number {
  const from = (handshakeAck ?? first).time;
  const pauses = idleGaps.filter(({ to }) => to.time <= (end ?? last).time);
  return (end ?? last).time - from - pauses.reduce((sum, { seconds }) => sum + seconds, 0);
}
