import type { Evidence } from '../../flows/evidence/evidence.ts';
import { isPrivate } from '../../text/addresses.ts';
import { shellQuote } from '../../text/shell-quote.ts';
import { attemptsOf, endpointText, withoutTranslatedCopies } from '../facts/attempts.ts';
import { lookupsOf } from '../facts/dns-lookups.ts';
import type { Command } from '../rule/rule.ts';
import type { Cause } from '../rule/weigh.ts';
import { kubectl } from '../words/commands.ts';
import { counted } from '../words/counted.ts';

export const IN_TURN_THRESHOLDS = {
  /** Fewest attempts at each of the two: with one attempt, a client may use both by chance. */
  inTurnTries: { value: 2, unit: 'attempts', source: 'docs/thresholds.md, two-show-a-habit' },
} as const;

/** An address that answers the same clients on the port on which another address answers nothing. */
export interface EndpointInTurn {
  port: number;
  /** The address that answers. */
  other: string;
  answered: number;
  failed: number;
}

/**
 * Clients try two addresses on the same port by turns, and only one of them answers. A service with two endpoints looks
 * like this behind its translation. A client that knows both addresses itself looks the same in the packets, so this is
 * a hypothesis.
 *
 *   10.1.0.5 → 10.2.0.7:7000 answered · → 10.2.0.200:7000 dead · → .7 answered · → .200 dead
 */
export function endpointInTurn(evidence: Evidence, dead: string): EndpointInTurn | null {
  const turns = turnsOf(evidence);
  const own = turns.filter(({ address }) => address === dead);
  if (own.length === 0 || own.some(({ answered }) => answered) || !isPrivate(dead)) return null;
  const [first] = own;
  const failed = own.filter(({ port }) => port === first.port);
  const clients = new Set(failed.map(({ client }) => client));
  const [from, to] = [failed[0].time, failed[failed.length - 1].time];
  const others = turns.filter(({ client, port, answered }) => answered && port === first.port && clients.has(client));
  const [other] = others;
  const same = others.filter(({ address }) => address === other.address);
  const isBetween = same.some(({ time }) => time >= from && time <= to);
  if (
    failed.length < IN_TURN_THRESHOLDS.inTurnTries.value ||
    same.length < IN_TURN_THRESHOLDS.inTurnTries.value ||
    !isBetween
  )
    return null;
  return { port: first.port, other: other.address, answered: same.length, failed: failed.length };
}

interface Turn {
  client: string;
  address: string;
  port: number;
  time: number;
  answered: boolean;
}

const cache = new WeakMap<Evidence, Turn[]>();

/** Connections and lookups, ordered by time on the common clock. */
function turnsOf(evidence: Evidence): Turn[] {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const at = (point: number, time: number): number => time + evidence.points[point].timeShift;
  const turns = [
    ...withoutTranslatedCopies(attemptsOf(evidence)).flatMap(
      ({ connection: { point, client, server, syn }, outcome }) =>
        outcome === 'unknown' || syn.length === 0
          ? []
          : [
              {
                client: client.address,
                address: server.address,
                port: server.port,
                time: at(point, syn[0].time),
                answered: outcome === 'answered',
              },
            ],
    ),
    ...lookupsOf(evidence).map(({ exchange: { point, queries }, client, server, answer }) => ({
      client: client.address,
      address: server.address,
      port: server.port,
      time: at(point, queries[0].time),
      answered: answer !== null,
    })),
  ].sort((a, b) => a.time - b.time);
  cache.set(evidence, turns);
  return turns;
}

export const staleEndpointCause = (dead: string, { port, other, answered, failed }: EndpointInTurn): Cause => ({
  id: 'dead-endpoint',
  cause: `a service still sends to ${dead}, the address of a pod that is gone`,
  telling: [
    `the same clients turn to ${endpointText({ address: other, port })} as well, which answers ${counted(answered, 'time')}, and to ${dead} ${counted(failed, 'time')}`,
  ],
  for: [],
  against: ['the translation is not in view: the clients may know both addresses themselves'],
  fix: [
    `Remove the endpoint ${dead} from its service; if no EndpointSlice has it, restart kube-proxy on the node of the clients.`,
  ],
});

export const staleEndpointCommand = (dead: string): Command =>
  kubectl(
    `get endpointslices,pods -A -o wide | grep -F ${shellQuote(dead)}`,
    'nothing: then the rule of a node is stale (iptables-save -t nat on the node of the client)',
  );
