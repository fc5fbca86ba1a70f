import type { Conversation, Endpoint, Evidence, PointRole } from '../../flows/evidence/evidence.ts';
import { isTranslated, nicOf, serviceAddressesOf } from '../facts/service-addresses.ts';
import type { Command, Names } from '../rule/rule.ts';
import type { Cause } from '../rule/weigh.ts';
import { connects, escaped, kubectl, natRulesFor, servicesWith } from '../words/commands.ts';
import { familyOf } from '../words/display-filter.ts';

/** Services that a node does not translate, and the clients on it. */
export interface UntranslatedService {
  hostPoint: number;
  clients: string[];
  example: { address: string; port: string; because: string };
}

/** The node on which the clients are: by what its captures prove, else by a client. */
export function nodeOfClients({ hostPoint, clients }: UntranslatedService, names: Names): string {
  const host = names.host(hostPoint);
  return host.includes(' was captured') ? names.nodeOf(clients[0]) : host;
}

/** Commands that show that kube-proxy has no rules on a node. */
export function untranslatedCommands(node: string, found: UntranslatedService, names: Names): Command[] {
  return [
    ...missingRuleCommands(node, found.example.address),
    connects(
      names.machine(found.clients[0]),
      found.example.address,
      Number(found.example.port),
      'fails',
      ', where the address of a pod behind the service answers',
    ),
  ];
}

const missingRuleCommands = (node: string, address: string): Command[] => [
  natRulesFor(node, address, familyOf(address), {
    expect: 'no rule (with IPVS: ipvsadm -Ln shows no such address)',
    shows: { lacks: escaped(address) },
  }),
  kubectl(
    '-n kube-system get pods -o wide -l k8s-app=kube-proxy',
    `no kube-proxy Running on ${node}; kubectl describe with its name shows why`,
  ),
];

/** A silent destination that may be a service, and that no point shows translated. */
export interface MaybeService {
  because: string;
  /** The NIC where packets were seen with this destination; null where none was captured. It may be that of a pod. */
  nic: number | null;
}

const NICS: readonly PointRole[] = ['node-nic', 'host-nic'];

/** Null where a point shows the destination translated, or where nothing says that it may be a service. */
export function maybeService(
  evidence: Evidence,
  server: Endpoint,
  conversations: readonly Conversation[],
): MaybeService | null {
  const because = serviceAddressesOf(evidence).mayBe(server);
  if (because === null || conversations.some(isTranslated)) return null;
  const seen = conversations.map((conversation) => nicOf(evidence, conversation, server.address, NICS));
  return { because, nic: seen.find((point) => point !== null) ?? null };
}

/**
 * The node of the client does not translate the address of a service.
 *
 * @param answering what else of the address answers: then the node does translate it
 */
export function untranslatedCause(
  service: MaybeService,
  { client, server }: { client: string; server: string },
  answering: string[],
  names: Names,
): Cause {
  const address = names.address(server);
  const node = names.nodeOf(client);
  const seen = service.nic === null ? [] : [`at ${names.point(service.nic)} the packets still have this destination`];
  return {
    id: 'service-not-translated',
    cause: `${address} is the address of a Service, and ${node} does not translate it to a pod`,
    for: [service.because, ...seen],
    against: answering,
    confirm: [
      servicesWith(
        server,
        'the Service that has the address, and its selector; nothing: it is the address of no Service',
      ),
      ...missingRuleCommands(node, server),
    ],
    fix: [`Get kube-proxy, or what replaces it, running on ${node}, so that it translates ${address} to a pod.`],
  };
}
