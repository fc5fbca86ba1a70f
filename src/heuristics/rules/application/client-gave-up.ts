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
  FIXED_TIME_THRESHOLDS,
  GIVE_UP_THRESHOLDS,
  isSilent,
  patienceOf,
  staysFixedTime,
  unansweredServers,
} from '../../facts/tcp/given-up.ts';
import { WAIT_THRESHOLDS } from '../../facts/tcp/waits.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { kubectl, sockets } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { withAddress } from '../../words/display-filter.ts';
import { endpointParts } from '../../words/endpoint-parts.ts';

interface GaveUp extends Occurrence {
  server: string;
  requests: number;
  answered: number;
  waited: number;
  equal: boolean;
  late: number;
}

/** The client ends the connection before the answer comes. */
export const clientGaveUp = defineRule<GaveUp>({
  meta: {
    id: 'client-gave-up',
    faultClass: 'application',
    level: 'warning',
    recordedIn: null,
    place: 'mechanism',
    acquitsNetwork: true,
    symptomOf: 'silent-path',
    explainedBy: ['server-slow', 'server-never-answers'],
    summary: 'The client gives up before the server answers',
    meaning:
      'The network delivered the request. The client waits a fixed time, and the server needs longer for some requests.',
    rule: 'Two requests or more to a server that answers others are open for a second and ten round trips or longer when the client ends the connection, after waits that are equal within a tenth, or before an answer that comes late; nothing is lost meanwhile.',
    notThis: [
      'The server answers nobody: server-never-answers.',
      'A client that stops: the requests were open for different times, and no answer comes late.',
      'A client that stays a fixed time: it ends its answered connections after the same time.',
      'A half-close: the client ends its side and the answer follows.',
      'Blocking reads and long polls that the client ends.',
    ],
    causes: [
      'The timeout of the client is shorter than the server needs for these requests',
      'The server hangs for some requests',
    ],
    confirm: [{ on: '<client>', command: 'kubectl logs <client pod>', expect: 'timeouts of that length' }],
    fix: ['Find why the server is slow for these requests, or give the client a longer timeout'],
    references: ['RFC 9293, 3.6: closing a connection'],
  },
  thresholds: {
    ...GIVE_UP_THRESHOLDS,
    ...IN_VAIN_THRESHOLDS,
    ...FIXED_TIME_THRESHOLDS,
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
      if (isSilent(one)) continue;
      const { server, answered } = one;
      // Data after a FIN of the client is the answer; after a reset, or followed by one, it came too late.
      const waits = one.waits.filter(({ leg }) => !leg.end!.ignored || leg.resets.length > 0);
      if (waits.length < GIVE_UP_THRESHOLDS.givenUp.value) continue;
      const { shortest, longest } = patienceOf(waits);
      const equal = longest <= FIXED_TIME_THRESHOLDS.equalPatience.value * shortest;
      const late = waits.filter(({ leg }) => leg.end!.crossed || leg.end!.ignored).length;
      if (late < GIVE_UP_THRESHOLDS.givenUp.value && (!equal || staysFixedTime(evidence, waits))) continue;
      yield {
        ...aboutConnections(evidence, server, waits, (leg) => [
          ...openRequest(leg, 'request'),
          ...endPacket(leg, 'the client gives up'),
        ]),
        grade: gradeOf({ 'request-acknowledged': whereSeen(waits.every(({ turn }) => turn.ackTime !== null)) }),
        measured: { requests: waits.length, answered, waitedSeconds: longest, answersLate: late },
        server,
        requests: waits.length,
        answered,
        waited: longest,
        equal,
        late,
      };
    }
  },

  explain({ server, requests, answered, waited, equal, late }, names) {
    const { address, port } = endpointParts(server);
    return {
      message: `The client gives up after ${duration(waited)} before ${server} answers: ${requests} requests, while ${answered} others are answered`,
      why: `Nothing was lost or repeated meanwhile, so the time passes at ${names.address(address)}.${late > 0 ? ` ${counted(late, 'answer comes', 'answers come')} after the client has ended the connection.` : ''}`,
      causes: [
        {
          id: 'client-timeout',
          cause: 'the timeout of the client is shorter than the server needs for these requests',
          telling: late > 0 ? [`${counted(late, 'answer comes', 'answers come')} after the end`] : [],
          for: equal ? [`the client waits the same ${duration(waited)} each time`] : [],
          against: [],
        },
        {
          id: 'program-hangs',
          cause: 'the server hangs for some requests',
          for: late === 0 ? ['no answer comes afterwards'] : [],
          against: late > 0 ? [`${counted(late, 'answer comes', 'answers come')} afterwards`] : [],
        },
      ],
      confirm: [
        kubectl('top pod -A --sort-by=cpu', 'the pod of the server at its limit'),
        sockets(names.machine(address), '-tn', 'sport', port, 'octets in Recv-Q: the program does not read'),
      ],
      fix: ['Find why the server is slow for these requests, or give the client a longer timeout.'],
      wireshark: `${withAddress(address)} && tcp.port==${port}`,
    };
  },
});
