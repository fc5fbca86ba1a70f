import type { Conversation, Endpoint, Evidence } from '../../flows/evidence/evidence.ts';
import { isPrivate } from '../../text/addresses.ts';
import { attemptsOf } from '../facts/attempts.ts';
import { isNodePort, NODE_PORTS } from '../facts/node-ports.ts';
import { isTranslated, serviceAddressesOf } from '../facts/service-addresses.ts';
import type { Command } from '../rule/rule.ts';
import type { Cause } from '../rule/weigh.ts';
import { kubectl, servicesWith } from '../words/commands.ts';

/** A destination that looks like a service and that no point shows translated: the service has no endpoint. */
export interface RefusedService {
  address: string;
  port: number;
  /** A service address, or a port of a node that belongs to a service. */
  kind: 'service address' | 'node port';
  /** The signs that the destination is a service. */
  signs: string[];
}

/**
 * Recognises what kube-proxy does for a service without endpoints, as the client sees it. kube-proxy refuses on the
 * client's own node (or on the node whose port was asked), before any translation. Null where a point shows the
 * destination translated, or where the refusal may come from a machine with a firewall rule or a closed port.
 */
export function refusedService(
  evidence: Evidence,
  { address, port }: Endpoint,
  conversations: readonly Conversation[],
): RefusedService | null {
  if (conversations.some(isTranslated)) return null;
  const because = serviceAddressesOf(evidence).signOf(address)?.because ?? besideService(evidence, address);
  if (because !== null)
    return { address, port, kind: 'service address', signs: [because, 'no point shows it translated'] };
  if (!isNodePort(port) || !isPrivate(address)) return null;
  return {
    address,
    port,
    kind: 'node port',
    signs: [`port ${port} lies in the default range of node ports, ${NODE_PORTS.join(' to ')}`],
  };
}

/**
 * A service of the same /24 that is seen translated. Services get their addresses from one range, and machines from
 * others.
 */
function besideService(evidence: Evidence, address: string): string | null {
  const range = /^\d+\.\d+\.\d+\./.exec(address)?.[0];
  if (range === undefined || !isPrivate(address) || isMachine(evidence, address)) return null;
  for (const { serverBeforeNat } of evidence.conversations)
    if (serverBeforeNat?.address.startsWith(range) && !isMachine(evidence, serverBeforeNat.address))
      return `it lies beside the service ${serverBeforeNat.address}, which is translated`;
  return null;
}

/**
 * Whether the address belongs to a machine: it resolves by ARP, sends requests of its own, or serves a port of its own.
 */
const isMachine = (evidence: Evidence, address: string): boolean =>
  evidence.claims.some((claim) => claim.address === address && claim.claims > 0) ||
  evidence.arp.some(({ asker, target }) => asker === address || target === address) ||
  evidence.connections.some(({ client }) => client.address === address) ||
  attemptsOf(evidence).some(
    ({ outcome, conversation, connection }) =>
      outcome === 'answered' && connection.server.address === address && conversation.serverBeforeNat === null,
  );

/** @param refusal what came back, as the sentence names it: "a reset", "port unreachable" */
export function noEndpointsCause(found: RefusedService, refusal: string): Cause {
  const { kind, signs } = found;
  const isService = kind === 'service address';
  const atOnce = `${refusal} comes at once, which kube-proxy answers on the node itself`;
  return {
    id: 'no-endpoints',
    cause: `the service has no endpoints (no pod matches its selector, or none is ready), and kube-proxy refuses${isService ? '' : `; ${signs.join(', ')}`}`,
    // No machine has a service address. A port in the node port range may be an ordinary port of the node, so it
    // decides nothing.
    telling: isService ? signs : [],
    for: isService ? [atOnce] : [],
    against: [],
    confirm: endpointCommands(found),
    fix: [
      `Give the service of ${found.address} port ${found.port} endpoints: correct its selector, or make its pods ready.`,
    ],
  };
}

/** The commands that decide it: the first one shows the service, the next one its endpoints. */
export const endpointCommands = ({ address, port, kind }: RefusedService): Command[] => [
  servicesWith(kind === 'node port' ? String(port) : address, 'the name of the service and its selector'),
  kubectl('get endpointslices -A', 'no endpoints (<unset>) for that service'),
];

/** The machine that refuses: what the service is translated to, its node, or the server itself. */
export function refuserOf(server: Endpoint, target: Endpoint | null, service: RefusedService | null): string {
  if (target !== null) return `on ${target.address}, which ${server.address} is translated to`;
  return service?.kind === 'service address'
    ? `on the node that refuses for ${server.address}`
    : `on ${server.address} itself`;
}
