import type { Command, Names } from '../rule/rule.ts';
import { connects, escaped, kubectl, natRulesFor } from '../words/commands.ts';
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
    natRulesFor(node, found.example.address, familyOf(found.example.address), {
      expect: 'no rule (with IPVS: ipvsadm -Ln shows no such address)',
      shows: { lacks: escaped(found.example.address) },
    }),
    kubectl(
      '-n kube-system get pods -o wide -l k8s-app=kube-proxy',
      `no kube-proxy Running on ${node}; kubectl describe with its name shows why`,
    ),
    connects(
      names.machine(found.clients[0]),
      found.example.address,
      Number(found.example.port),
      'fails',
      ', where the address of a pod behind the service answers',
    ),
  ];
}
