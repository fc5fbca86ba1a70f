import type { Endpoint, Evidence, KnownCluster } from '../../flows/evidence/evidence.ts';
import { attemptsOf, endpointText, withoutTranslatedCopies } from '../facts/attempts.ts';
import { isNodePort } from '../facts/node-ports.ts';
import type { Command } from '../rule/rule.ts';
import type { Cause } from '../rule/weigh.ts';
import { kubectl } from '../words/commands.ts';

export const SIBLING_THRESHOLDS = {
  /** Fewest tries at each of the two nodes: with fewer, the difference may be chance. */
  siblingTries: { value: 3, unit: 'attempts', source: 'docs/thresholds.md, three-cases' },
} as const;

/** Another node that answers on the same port of a service. */
export interface AnsweringSibling {
  address: string;
  answered: number;
  /** Tries at the node that answers none of them. */
  failed: number;
}

/**
 * The same node port answers every attempt at another address and none at this one. With traffic policy Local, only
 * nodes with an endpoint of the service answer. Two machines with the same ordinary port are not such a pair.
 */
export function answeringSibling(evidence: Evidence, server: Endpoint): AnsweringSibling | null {
  const tries = new Map<string, { answered: number; failed: number }>();
  for (const { connection, outcome } of withoutTranslatedCopies(attemptsOf(evidence))) {
    const { address, port } = connection.server;
    if (port !== server.port || outcome === 'unknown' || !isPort(evidence.known, address, server)) continue;
    const count = tries.get(address) ?? { answered: 0, failed: 0 };
    tries.set(address, count);
    if (outcome === 'answered') count.answered++;
    else count.failed++;
  }
  const own = tries.get(server.address);
  if (own === undefined || own.answered > 0 || own.failed < SIBLING_THRESHOLDS.siblingTries.value) return null;
  for (const [address, { answered, failed }] of tries)
    if (failed === 0 && answered >= SIBLING_THRESHOLDS.siblingTries.value)
      return { address, answered, failed: own.failed };
  return null;
}

/** A node port by its number. Where both addresses were given as nodes, any port counts. */
const isPort = ({ nodes }: KnownCluster, address: string, server: Endpoint): boolean =>
  isNodePort(server.port) || (nodes[address] !== undefined && nodes[server.address] !== undefined);

export const localPolicyCause = (server: Endpoint, sibling: AnsweringSibling): Cause => ({
  id: 'local-traffic-policy',
  cause: 'the service has externalTrafficPolicy (or internalTrafficPolicy) Local and this node has no endpoint of it',
  telling: [
    `${endpointText({ address: sibling.address, port: server.port })} answers ${sibling.answered} of ${sibling.answered} attempts, ${endpointText(server)} none of ${sibling.failed}`,
  ],
  for: [],
  against: [],
  fix: [
    `Take ${server.address} out of the load balancer while it has no endpoint (health check node port), run a pod of the service there, or set the traffic policy to Cluster.`,
  ],
});

export const localPolicyCommands = ({ port }: Endpoint): Command[] => [
  kubectl(
    `get services -A -o 'custom-columns=NS:.metadata.namespace,NAME:.metadata.name,PORTS:.spec.ports[*].nodePort,EXT:.spec.externalTrafficPolicy,CHECK:.spec.healthCheckNodePort' | grep -w ${port}`,
    'Local: then a load balancer must ask the health check port of each node and leave out those without endpoint',
  ),
];
