import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { failsToConnect } from '../application/upstream.ts';
import { blockingReads } from './blocking-reads.ts';
import { type AskedServer, askedServers, WAIT_THRESHOLDS, type Wait, waitsWithin } from './waits.ts';

/** One step of a chain of waits: who waits for whom, and how long. */
export interface ChainStep {
  client: string;
  server: string;
  seconds: number;
}

/** A server that its clients wait for, and that waits for nobody itself. */
export interface Innermost {
  asked: AskedServer;
  /** Waits of others that last because of it: the server of each was a client of the next. Outermost first, each once. */
  outer: Wait[];
  /** The longest of these chains, from the outermost to this server; one step where nobody waits further out. */
  chain: ChainStep[];
}

const cache = new WeakMap<Evidence, Map<string, Innermost>>();

/**
 * Servers with long waits, without those whose waits are mostly waits for another server. The graph is over all points
 * and legs: an edge leads from a wait to a wait within it whose client is the server of the first.
 */
export function innermostServers(evidence: Evidence): Map<string, Innermost> {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const servers = askedServers(evidence);
  const outerOf = new Map<Wait, Wait[]>();
  const passesOn = new Set<string>();
  for (const asked of servers.values()) {
    const waits = [...asked.slow, ...asked.unanswered];
    const explained = [...waits, ...asked.begun].filter((wait) => isExplained(evidence, servers, wait, outerOf));
    if (explained.length >= WAIT_THRESHOLDS.turns.value && 2 * explained.length >= waits.length)
      passesOn.add(asked.server);
  }
  const innermost = new Map<string, Innermost>();
  for (const one of servers.values()) {
    if (passesOn.has(one.server)) continue;
    const asked = withNested(one, outerOf);
    const chains = [...asked.slow, ...asked.unanswered].map((wait) => chainTo(wait, outerOf));
    const longest = chains.reduce((most, chain) => (chain.length > most.length ? chain : most), [] as Wait[]);
    innermost.set(asked.server, {
      asked,
      outer: [...new Set(chains.flatMap((chain) => chain.slice(0, -1)))],
      chain: longest.map(stepOf),
    });
  }
  cache.set(evidence, innermost);
  return innermost;
}

/** With the waits that fill those of other clients, although their connections began before the capture. */
function withNested(asked: AskedServer, outerOf: ReadonlyMap<Wait, Wait[]>): AskedServer {
  const nested = asked.begun.filter((wait) => outerOf.has(wait));
  if (nested.length === 0) return asked;
  const answered = nested.filter(({ by }) => by === 'answer');
  const legs = new Set(nested.map(({ leg }) => leg));
  return {
    ...asked,
    turns: asked.turns + [...legs].reduce((sum, { turns }) => sum + turns, 0),
    slow: [...asked.slow, ...answered],
    noted: [...asked.noted, ...answered],
    unanswered: [...asked.unanswered, ...nested.filter(({ by }) => by !== 'answer')],
  };
}

/** Whether the server waited for another one meanwhile, or for a connection to it that is not taken. Notes the way back from the inner wait. */
function isExplained(
  evidence: Evidence,
  servers: ReadonlyMap<string, AskedServer>,
  wait: Wait,
  outerOf: Map<Wait, Wait[]>,
): boolean {
  const inner = waitsWithin(evidence, wait).filter(
    ({ server }) => server !== wait.server && blockingReads(evidence, servers.get(server)!) === null,
  );
  for (const one of inner) outerOf.set(one, [...(outerOf.get(one) ?? []), wait]);
  const { nestedShare } = WAIT_THRESHOLDS;
  return inner.length > 0 || failsToConnect(evidence, wait.leg.server.address, wait.from, wait.to, nestedShare.value);
}

/** From the outermost wait to this one. */
function chainTo(wait: Wait, outerOf: ReadonlyMap<Wait, Wait[]>): Wait[] {
  const chain = [wait];
  for (;;) {
    const next = (outerOf.get(chain[0]) ?? []).find((outer) => !chain.includes(outer));
    if (next === undefined) return chain;
    chain.unshift(next);
  }
}

const stepOf = ({ leg, server, from, to }: Wait): ChainStep => ({
  client: leg.client.address,
  server,
  seconds: to - from,
});

/** "10.1.1.5 waits 2.05 s for 10.1.1.6:80, which waits 2.00 s for 10.1.1.7:5432". */
export const chainText = (chain: readonly ChainStep[], name: (address: string) => string): string =>
  chain
    .map(
      ({ client, server, seconds }, at) =>
        `${at === 0 ? name(client) : 'which'} waits ${seconds.toFixed(2)} s for ${server}`,
    )
    .join(', ');

/** The same for programs: a line a step. */
export const chainSteps = (chain: readonly ChainStep[]): string[] =>
  chain.map(({ client, server, seconds }) => `${client} > ${server}: ${seconds.toFixed(3)} s`);
