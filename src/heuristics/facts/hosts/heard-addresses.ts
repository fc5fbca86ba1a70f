import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { isSpecial } from '../../../text/addresses.ts';
import { appendTo } from '../../words/append-to.ts';
import { pairOf } from './asks-on.ts';

/** Which addresses are heard at which point. Built once, because a sweep makes thousands of exchanges. */
export interface Heard {
  /** The points at which each pair "asker target" was answered. */
  answered: ReadonlyMap<string, readonly number[]>;
  /** The askers that each target answered, at any point. */
  answeredBy: ReadonlyMap<string, readonly string[]>;
  /** Askers that got an answer and targets that gave one, as "point address". */
  answeredAskers: Set<string>;
  answeringTargets: Set<string>;
  /** Addresses that send more than solicitations. */
  senders: Set<string>;
  receivers: Set<string>;
  /** By point: the addresses that send or ask, and the targets that answer. */
  voices: Map<number, Set<string>>;
}

export function whatIsHeard(evidence: Evidence): Heard {
  const replied = evidence.arp.filter((exchange) => exchange.replies.length > 0);
  const answered = new Map<string, number[]>();
  const answeredBy = new Map<string, string[]>();
  for (const exchange of replied) {
    appendTo(answered, pairOf(exchange), exchange.point);
    appendTo(answeredBy, exchange.target, exchange.asker);
  }
  const voices = new Map<number, Set<string>>();
  const hear = (point: number, address: string): void => {
    const known = voices.get(point);
    if (known === undefined) voices.set(point, new Set([address]));
    else known.add(address);
  };
  const solicitations = new Map<string, number>();
  for (const { point, asker, target, replies, protocol, requestsTotal } of evidence.arp) {
    const key = `${point} ${asker}`;
    if (protocol === 'nd') solicitations.set(key, (solicitations.get(key) ?? 0) + requestsTotal);
    if (!isSpecial(asker)) hear(point, asker);
    if (replies.length > 0) hear(point, target);
  }
  for (const { point, address, sent } of evidence.hosts) if (sent > 0 && !isSpecial(address)) hear(point, address);
  return {
    answered,
    answeredBy,
    answeredAskers: new Set(replied.map(({ point, asker }) => `${point} ${asker}`)),
    answeringTargets: new Set(replied.map(({ point, target }) => `${point} ${target}`)),
    senders: new Set(
      evidence.hosts
        .filter(({ point, address, sent }) => sent > (solicitations.get(`${point} ${address}`) ?? 0))
        .map(({ point, address }) => `${point} ${address}`),
    ),
    receivers: new Set(
      evidence.hosts.filter(({ received }) => received > 0).map(({ point, address }) => `${point} ${address}`),
    ),
    voices,
  };
}

/** The asker sends nothing but requests at the point. */
export const isMute = ({ senders }: Heard, point: number, asker: string): boolean => !senders.has(`${point} ${asker}`);
