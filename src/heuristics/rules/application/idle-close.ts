import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT } from '../../../flows/evidence/evidence.ts';
import { duration } from '../../../text/duration.ts';
import { aboutConnections, endPacket } from '../../facts/tcp/about-endings.ts';
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
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { sockets } from '../../words/commands.ts';
import { withAddress } from '../../words/display-filter.ts';
import { endpointParts } from '../../words/endpoint-parts.ts';

const thresholds = {
  connections: { value: 2, unit: 'connections', source: 'docs/thresholds.md, two-show-a-habit' },
  seconds: { value: 1, unit: 's', source: 'docs/thresholds.md, idle-end' },
  spread: { value: 0.05, unit: 'share', source: 'docs/thresholds.md, idle-end' },
  againSeconds: { value: 0.05, unit: 's', source: 'docs/thresholds.md, idle-end' },
  againRoundTrips: { value: 3, unit: 'factor', source: 'docs/thresholds.md, idle-end' },
  againShare: { value: 0.01, unit: 'share', source: 'docs/thresholds.md, idle-end' },
} as const;

interface IdleClose extends Occurrence {
  server: string;
  ended: number;
  all: number;
  idle: number;
  shortest: number;
}

/** The server ends connections that were in use after the same idle time each time. */
export const idleClose = defineRule<IdleClose>({
  meta: {
    id: 'idle-close',
    faultClass: 'application',
    level: 'warning',
    recordedIn: null,
    place: 'mechanism',
    acquitsNetwork: true,
    explains: ['half-closed'],
    summary: 'The server ends connections after the same idle time, and the client opens them again at once',
    meaning:
      'A server or proxy closes connections on which nothing was sent for a fixed time. A client that keeps one open for news (WebSocket, gRPC stream, subscription) loses it each time.',
    rule: 'The server ends two connections or more with everything answered, after idle times of a second or more that are equal within 5 %, and the client opens the next one at once (50 ms, a hundredth of the idle time, or three round trips). One connection alone is a note.',
    notThis: [
      'Idle pools: the client opens the next connection when it has a request, not at once.',
      'Idle times that differ: a server that stops, or a pool that is trimmed.',
      'The client ends them.',
      'A request crosses the end: keepalive-race.',
    ],
    causes: [
      'An idle timeout of the server or of a proxy before it (proxy_read_timeout, idle_timeout, stream_idle_timeout)',
    ],
    confirm: [
      { on: '<server or proxy>', command: 'grep -ri timeout <configuration>', expect: 'a timeout of that length' },
    ],
    fix: ['Send pings at less than the idle time', 'Raise the idle timeout of the server or proxy'],
    references: ['RFC 6455, 5.5.2: pings keep a WebSocket alive', 'RFC 9113, 6.7: PING of HTTP/2'],
  },
  thresholds: {
    ...thresholds,
    ...LAST_REQUEST_THRESHOLDS,
    ...IDLE_THRESHOLDS,
    ...ENDINGS_THRESHOLDS,
  },

  *detect(evidence) {
    for (const { server, connections } of endingsByServer(evidence).values()) {
      const idle = connections.filter(({ leg }) => isIdleEnd(evidence, leg) && !isLast(evidence, leg));
      const ended = idle.filter((one) => isOpenedAgain(one, connections));
      if (ended.length === 0 || 2 * ended.length < idle.length) continue;
      const isHabit = ended.length >= thresholds.connections.value;
      const seconds = ended.map(({ leg }) => leg.end!.idleSeconds);
      const [longest, shortest] = [Math.max(...seconds), Math.min(...seconds)];
      if (longest - shortest > thresholds.spread.value * longest) continue;
      yield {
        ...aboutConnections(evidence, server, ended, (leg) =>
          endPacket(leg, `the server ends it after ${duration(leg.end!.idleSeconds)} without data`),
        ),
        ...(!isHabit && { level: 'note' as const, pending: 'seen-once' as const }),
        grade: gradeOf({ 'same-idle-time': whereSeen(isHabit), 'opened-again-at-once': 'passed' }),
        measured: { ended: ended.length, connections: connections.length, idleSeconds: longest },
        server,
        ended: ended.length,
        all: connections.length,
        idle: longest,
        shortest,
      };
    }
  },

  explain({ server, ended, all, idle, shortest }, names) {
    const { address, port } = endpointParts(server);
    return {
      message: `${server} ends connections after ${duration(idle)} without data, and the client opens them again at once: ${ended} of ${all}`,
      why: `${
        ended === 1
          ? `One connection was ended by ${names.address(address)} after ${duration(idle)} without data`
          : `${ended} connections were ended by ${names.address(address)} ${duration(shortest) === duration(idle) ? `after ${duration(idle)} without data each` : `after idle times between ${duration(shortest)} and ${duration(idle)}`}`
      }, with everything answered. ${ended === 1 ? 'A second one would show whether a timer ends them.' : 'A timer ends them, not the network.'}`,
      causes: [
        {
          id: 'idle-timeout-of-server',
          cause: 'an idle timeout of the server, or of a proxy on that address',
          telling: ended > 1 ? ['the idle time is the same each time, and the end is a FIN of the server itself'] : [],
          for: ended > 1 ? [] : ['the end is a FIN of the server itself'],
          against: [],
        },
        {
          id: 'no-pings',
          cause: 'the client sends no pings, or sends them too rarely',
          for: [`nothing at all was sent for ${duration(idle)}`],
          against: [],
        },
      ],
      confirm: [sockets(names.machine(address), '-tno', 'sport', port, `connections vanish after ${duration(idle)}`)],
      fix: [
        `Send pings more often than every ${duration(idle)}, or raise the idle timeout of what listens on that port.`,
      ],
      wireshark: `${withAddress(address)} && tcp.port==${port} && tcp.flags.fin==1`,
    };
  },
});

function isIdleEnd(evidence: Evidence, leg: Ending['leg']): boolean {
  const { end, turns } = leg;
  if (end === null || end.direction !== TO_CLIENT || turns === 0 || end.openRequest || end.unread) return false;
  return end.idleSeconds >= thresholds.seconds.value && !isLateRequest(evidence, leg);
}

/** Seconds within which a client that only wants the connection opens the next one. */
const patienceFor = (leg: Ending['leg']): number =>
  Math.max(
    thresholds.againSeconds.value,
    thresholds.againShare.value * leg.end!.idleSeconds,
    thresholds.againRoundTrips.value * roundTripOf(leg),
  );

/** The capture ends before the client could open the next one. */
const isLast = (evidence: Evidence, leg: Ending['leg']): boolean =>
  evidence.points[leg.point].quality.lastTime - leg.end!.time <= patienceFor(leg);

/** The client opens its next connection to that server as soon as it hears of the end. */
const isOpenedAgain = ({ leg }: Ending, connections: readonly Ending[]): boolean =>
  connections.some(
    (other) =>
      other.leg.client.address === leg.client.address &&
      other.leg.point === leg.point &&
      other.leg.first.time >= leg.end!.time &&
      other.leg.first.time - leg.end!.time <= patienceFor(leg),
  );
