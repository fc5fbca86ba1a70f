import { duration } from '../../../text/duration.ts';
import { ATTEMPT_THRESHOLDS } from '../../facts/attempts.ts';
import { GATES } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { aboutConnections, endPacket, openRequest } from '../../facts/tcp/about-endings.ts';
import { BEGINNING_THRESHOLDS } from '../../facts/tcp/beginnings.ts';
import { BLOCKING_THRESHOLDS } from '../../facts/tcp/blocking-reads.ts';
import { IN_VAIN_THRESHOLDS } from '../../facts/tcp/data-in-vain.ts';
import { LAST_REQUEST_THRESHOLDS } from '../../facts/tcp/endings.ts';
import {
  GIVE_UP_THRESHOLDS,
  isSilent,
  patienceOf,
  type Unanswered,
  unansweredServers,
} from '../../facts/tcp/given-up.ts';
import { type ChainStep, chainSteps, chainText } from '../../facts/tcp/wait-chain.ts';
import { WAIT_THRESHOLDS } from '../../facts/tcp/waits.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { withAddress } from '../../words/display-filter.ts';
import { endpointParts } from '../../words/endpoint-parts.ts';

interface NeverAnswers extends Occurrence {
  server: string;
  requests: number;
  answered: number;
  waited: number;
  ackSeconds: number | null;
  roundTrip: number | null;
  chain: ChainStep[];
}

/** Requests are acknowledged and never answered, until the client gives up. */
export const serverNeverAnswers = defineRule<NeverAnswers>({
  meta: {
    id: 'server-never-answers',
    faultClass: 'application',
    level: 'warning',
    recordedIn: null,
    place: 'mechanism',
    acquitsNetwork: true,
    explains: ['server-slow'],
    symptomOf: 'silent-path',
    summary: 'The server acknowledges requests and never answers them',
    meaning:
      'The network delivers the request, as the acknowledgement shows, and the connection stays open. The program behind it says nothing until its client gives up.',
    rule: 'Two requests or more to one server, or one of HTTP/1, PostgreSQL or MySQL to a server that answers nobody, wait a second and ten round trips or longer, are not answered, and the client ends the connection; nothing is lost meanwhile, and the server answers three of ten requests at most. Of servers that wait for each other the innermost is blamed.',
    notThis: [
      'The sequence numbers of the server tell that it sent an answer, which did not arrive: packet-loss.',
      'The server answers others: client-gave-up.',
      'One-way protocols: the client sends on and on without waiting.',
      'A farewell before the end.',
      'Idle connections: no request is open when the client ends them.',
      'The end of the capture.',
    ],
    causes: [
      'The program hangs: deadlock, pool exhausted, stopped process',
      'It waits for something that is not in this capture',
    ],
    confirm: [
      {
        on: '<server pod>',
        command: 'kubectl exec <pod> -- kill -3 1; kubectl logs <pod>',
        expect: 'threads that all wait',
      },
    ],
    fix: ['Look at the program on that address: threads, pools, what it waits for'],
    references: ['RFC 9293, 3.8.6.3: TCP acknowledges what the program has not read yet'],
  },
  thresholds: {
    ...GIVE_UP_THRESHOLDS,
    ...IN_VAIN_THRESHOLDS,
    ...LAST_REQUEST_THRESHOLDS,
    ...WAIT_THRESHOLDS,
    ...BLOCKING_THRESHOLDS,
    ...ATTEMPT_THRESHOLDS,
    ...TRACEROUTE_THRESHOLDS,
    ...BEGINNING_THRESHOLDS,
    ...GATES,
    oneWayShare: ONE_WAY_SHARE,
  },

  *detect(evidence) {
    for (const one of unansweredServers(evidence)) {
      if (!isSilent(one)) continue;
      const { server, waits, answered, outer, chain } = one;
      const slowest = longestOf(one);
      const { ackTime, request } = slowest.turn;
      yield {
        ...aboutConnections(evidence, server, waits, (leg) => [
          ...openRequest(leg, 'request, acknowledged and not answered'),
          ...endPacket(leg, 'the client gives up'),
        ]),
        conversations: [...new Set([...waits, ...outer].map(({ conversation }) => conversation))],
        grade: gradeOf({ 'request-acknowledged': whereSeen(ackTime !== null) }),
        measured: {
          requests: waits.length,
          answered,
          waitedSeconds: patienceOf(waits).longest,
          ackSeconds: ackTime === null ? null : ackTime - request.time,
          ...(chain.length > 1 && {
            chain: chainSteps(chain),
          }),
        },
        server,
        requests: waits.length,
        answered,
        waited: patienceOf(waits).longest,
        ackSeconds: ackTime === null ? null : ackTime - request.time,
        roundTrip: slowest.leg.handshakeServerSide,
        chain,
      };
    }
  },

  explain({ server, requests, answered, waited, ackSeconds, roundTrip, chain }, names) {
    const { address } = endpointParts(server);
    return {
      message: `${server} never answers: ${requests === 1 ? '1 request waits' : `${requests} requests wait up to`} ${duration(waited)} until the client gives up`,
      why: `${ackSeconds === null ? 'Nothing was lost or repeated meanwhile' : `The request was acknowledged after ${duration(ackSeconds)}`}${roundTrip === null ? '' : `, a round trip takes ${duration(roundTrip)}`}: the network is quick, and the program is silent.${chain.length > 1 ? ` ${chainText(chain, names.address)}; it waits for nobody itself that was captured.` : ''}`,
      causes: [
        {
          id: 'program-hangs',
          cause:
            'the program accepts connections and works on none (deadlock, no free thread or connection of a pool, stopped)',
          telling: answered === 0 ? ['no request of this capture was answered by it'] : [],
          for: answered > 0 ? [`${answered} others were answered`] : [],
          against: [],
        },
        {
          id: 'waits-elsewhere',
          cause: 'it waits for another service, whose packets are not in this capture',
          for: [],
          against: [],
        },
      ],
      confirm: [
        {
          on: names.machine(address),
          command: 'cat /proc/1/status /proc/1/wchan',
          expect: 'State: T (stopped), or all threads asleep',
        },
        {
          on: names.machine(address),
          command: 'ss -tnp',
          expect: 'octets in Recv-Q: the program does not read; or connections to what it waits for',
        },
      ],
      fix: ['Look at the program on that address, not at the network: threads, pools, and what it waits for.'],
      wireshark: `${withAddress(address)} && tcp.port==${endpointParts(server).port}`,
    };
  },
});

const longestOf = ({ waits }: Unanswered) =>
  waits.reduce((most, other) => (other.to - other.from > most.to - most.from ? other : most));
