import type { DatagramFlow, EchoExchange, IcmpError, PacketRef, Probe } from '../../src/flows/evidence/evidence.ts';
import { datagram, echo, icmpError, probe, quoted, ref } from './evidence-items.ts';

export const TRACER = '10.244.1.5';
export const TRACED = '10.244.2.7';
/** Address of the router at a hop. */
export const routerAt = (ttl: number): string => `10.9.0.${ttl}`;

interface TracerouteParts {
  /** How many probes of each TTL are answered, by TTL from 1; the last is the target. */
  answered: number[];
  /** Probes of each TTL. */
  sent: number;
  /** False: the last entry is a router too, nothing of the target is heard. */
  reached?: boolean;
  start?: number;
  /** Seconds between two probes. */
  interval?: number;
  /** Delay of the answers, seconds. */
  delay?: number;
  target?: string;
  point?: number;
}

export interface Traced {
  probes: Probe[];
  icmpErrors: IcmpError[];
  echoes: EchoExchange[];
  datagrams: DatagramFlow[];
}

/** Evidence of one `traceroute -I` or `mtr`: in each round one probe of each TTL, the first rounds answered. */
export function echoTraceroute(parts: TracerouteParts): Traced {
  const { target = TRACED, point = 0 } = parts;
  const traced: Traced = { probes: [], icmpErrors: [], echoes: [], datagrams: [] };
  for (const { time, ttl, sequence, answer } of roundsOf(parts)) {
    const ends = { source: `${TRACER}:77`, destination: `${target}:77` };
    traced.probes.push(probe(time, ttl, { ...ends, sequence, point }));
    const isTarget = answer?.isTarget === true;
    traced.echoes.push(
      echo({
        source: TRACER,
        destination: target,
        id: 77,
        sequence,
        request: time,
        ttl,
        point,
        reply: isTarget ? answer.at : null,
      }),
    );
    if (answer !== null && !isTarget)
      traced.icmpErrors.push(expired(answer.at, ttl, { point, quoted: quoted({ ...ends, protocol: 1, sequence }) }));
  }
  return traced;
}

/** Evidence of one `traceroute`: UDP, each probe to the next port; the target answers port unreachable. */
export function udpTraceroute(parts: TracerouteParts): Traced {
  const { target = TRACED, point = 0 } = parts;
  const traced: Traced = { probes: [], icmpErrors: [], echoes: [], datagrams: [] };
  for (const { time, ttl, sequence, answer } of roundsOf(parts)) {
    const ends = { source: `${TRACER}:40000`, destination: `${target}:${33434 + sequence}` };
    traced.probes.push(probe(time, ttl, { ...ends, protocol: 17, point }));
    traced.datagrams.push(datagram({ client: ends.source, server: ends.destination, sent: [time], point }));
    if (answer === null) continue;
    const about = { point, quoted: quoted(ends) };
    traced.icmpErrors.push(
      answer.isTarget
        ? icmpError(answer.at.time, { ...answer.at, ...about, from: target, to: TRACER })
        : expired(answer.at, ttl, about),
    );
  }
  return traced;
}

const expired = (at: PacketRef, ttl: number, some: Partial<IcmpError>): IcmpError =>
  icmpError(at.time, { ...at, type: 11, code: 0, from: routerAt(ttl), to: TRACER, ...some });

function roundsOf({ answered, sent, reached = true, start = 0, interval = 0.2, delay = 0.002 }: TracerouteParts) {
  return Array.from({ length: sent * answered.length }, (_, sequence) => {
    const at = sequence % answered.length;
    const time = start + sequence * interval;
    const hears = Math.floor(sequence / answered.length) < answered[at];
    const isTarget = reached && at === answered.length - 1;
    return { time, ttl: at + 1, sequence, answer: hears ? { at: ref(time + delay), isTarget } : null };
  });
}
