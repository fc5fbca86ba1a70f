import { type Evidence, TO_CLIENT } from '../../../flows/evidence/evidence.ts';
import { duration } from '../../../text/duration.ts';
import { aboutConnections, endPacket, openRequest } from '../../facts/tcp/about-endings.ts';
import { roundTripOf } from '../../facts/tcp/beginnings.ts';
import {
  ENDINGS_THRESHOLDS,
  type Ending,
  endingsByServer,
  IDLE_THRESHOLDS,
  isLateRequest,
  LAST_REQUEST_THRESHOLDS,
} from '../../facts/tcp/endings.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type EvidencePacket, type Occurrence } from '../../rule/rule.ts';
import { sockets } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { withAddress } from '../../words/display-filter.ts';
import { endpointParts } from '../../words/endpoint-parts.ts';
import { packetsAt } from '../../words/excerpt.ts';

interface Race extends Occurrence {
  server: string;
  lost: number;
  all: number;
  idle: number;
  /** Races after which the reset of the server was captured. */
  resets: number;
  knew: number;
  roundTrip: number;
}

/** A request on a reused connection crosses the server's end. */
export const keepaliveRace = defineRule<Race>({
  meta: {
    id: 'keepalive-race',
    faultClass: 'application',
    level: 'warning',
    recordedIn: null,
    place: 'mechanism',
    acquitsNetwork: true,
    explains: ['server-closes-without-answer', 'half-closed', 'idle-close'],
    summary: 'A request on a reused connection meets the server’s end of it',
    meaning:
      'The server closes an idle connection at the moment in which the client uses it again. The request is lost with a reset, which clients report as "connection reset by peer" or 502.',
    rule: 'A connection that was answered before was idle for 0.2 s and two round trips or more; the server ends it, and a request of the client crosses that end, or follows it and draws a reset.',
    notThis: [
      'The client closes too, without a request: a polite end.',
      'A farewell that crosses the end (close_notify): it is less than half as large as the requests before.',
      'The connection was busy when the server ended it: server-closes-without-answer.',
      'Nothing had been answered on it.',
    ],
    causes: ['The idle timeout of the server is shorter than that of the client or proxy before it'],
    confirm: [
      { on: '<client pod>', command: 'ss -tn state close-wait', expect: 'connections that the server has closed' },
    ],
    fix: [
      'Make the idle timeout of the client or proxy shorter than that of the server (keepalive_timeout, keepAliveTimeout)',
      'Let the client repeat requests that may be repeated (RFC 9110, 9.2.2)',
    ],
    references: ['RFC 9112, 9.3.1 and 9.5: a client may find the connection closed at any time'],
  },
  thresholds: {
    ...LAST_REQUEST_THRESHOLDS,
    ...IDLE_THRESHOLDS,
    ...ENDINGS_THRESHOLDS,
  },

  *detect(evidence) {
    for (const { server, connections } of endingsByServer(evidence).values()) {
      const races = connections.flatMap((one) => lateAt(evidence, one));
      if (races.length === 0) continue;
      const idle = races.map(({ leg }) => leg.end!.idleSeconds);
      const reset = races.filter(({ leg }) => leg.resets.some(({ direction }) => direction === TO_CLIENT));
      yield {
        ...aboutConnections(evidence, server, races, packetsOf),
        grade: gradeOf({
          'request-crosses-the-end': 'passed',
          'server-resets': whereSeen(reset.length === races.length),
        }),
        measured: {
          lost: races.length,
          connections: connections.length,
          idleSeconds: Math.max(...idle),
          shortestIdleSeconds: Math.min(...idle),
        },
        server,
        lost: races.length,
        resets: reset.length,
        all: connections.length,
        idle: Math.max(...idle),
        knew: races.filter(({ leg }) => leg.end!.ignored).length,
        roundTrip: Math.min(...races.map(({ leg }) => roundTripOf(leg))),
      };
    }
  },

  explain({ server, lost, resets, all, idle, knew, roundTrip }, names) {
    const { address, port } = endpointParts(server);
    return {
      message: `${server} closes idle connections while the client uses them again: ${lost} ${lost === 1 ? 'request is' : 'requests are'} lost (${counted(all, 'connection')})`,
      why: `The connection had worked, then nothing was sent for ${duration(idle)}. The server’s end and the next request ${knew === lost ? 'follow each other, and the client did not look' : `cross on the way, which takes ${duration(roundTrip)} there and back`}. ${resets === 0 ? 'No reset was captured' : `${names.address(address)} answers the request with a reset`}; no packet is lost.`,
      causes: [
        {
          id: 'shorter-idle-timeout',
          cause: 'the idle timeout of the server is shorter than, or as long as, that of its client',
          telling: [`the server ended it after ${duration(idle)} without a request, and the client still used it`],
          for: [],
          against: [],
        },
        {
          id: 'server-restarts',
          cause: 'the server was being stopped, and closed all its connections',
          for: [],
          against: all > lost ? [`${all - lost} other connections to it are not ended so`] : [],
        },
      ],
      confirm: [sockets(names.machine(address), '-tno', 'sport', port, 'connections vanish after the idle time')],
      fix: [
        `Make the idle timeout of the client or proxy shorter than ${duration(idle)}, or that of the server longer.`,
        'Let the client repeat requests that may be repeated.',
      ],
      wireshark: `${withAddress(address)} && tcp.port==${port} && (tcp.len>0 || tcp.flags.fin==1 || tcp.flags.reset==1)`,
    };
  },
});

/** The connection at the point that shows the race; nothing where none does. */
function lateAt(evidence: Evidence, { legs, conversation }: Ending): { leg: Ending['leg']; conversation: number }[] {
  const leg = legs.find((one) => isLateRequest(evidence, one));
  return leg === undefined ? [] : [{ leg, conversation }];
}

const packetsOf = (leg: Ending['leg']): EvidencePacket[] => [
  ...openRequest(leg, 'request on the idle connection'),
  ...endPacket(leg, `the server ends it after ${duration(leg.end!.idleSeconds)} without a request`),
  ...packetsAt(
    leg.point,
    leg.resets.filter(({ direction, packet }) => direction === TO_CLIENT && packet !== leg.end!.packet).slice(0, 1),
    'reset: the request came too late',
    '<',
  ),
];
