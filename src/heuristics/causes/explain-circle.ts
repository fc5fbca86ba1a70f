import { addressOf } from '../../text/addresses.ts';
import type { Explanation, Names } from '../rule/rule.ts';
import { digs, kubectl, runs } from '../words/commands.ts';
import { counted } from '../words/counted.ts';

/** Lookups that failed because name servers forward the question in a circle. */
export interface Circling {
  client: string;
  server: string;
  failures: number;
  rcode: string;
  circle: string[];
  example: string;
}

/** Explanation of a loop of forwarders. */
export function explainCircle(
  { client, server, failures, rcode, circle, example }: Circling,
  names: Names,
): Explanation {
  const round = [...circle, circle[0]].map((address) => names.address(address)).join(' → ');
  return {
    message: `DNS server ${names.address(server)} answers ${rcode} to ${counted(failures, 'lookup')} of ${names.address(client)}: the question goes in a circle, ${round}`,
    why: 'Each of them asks the next one for the same name while it owes the answer itself, until they give up. Nobody in the circle knows the name.',
    causes: [
      {
        id: 'forwarder-loop',
        cause: 'a loop of forwarders: CoreDNS forwards to a resolver that forwards to CoreDNS',
        for: [`the question for ${example} comes back to ${names.address(circle[0])} while it waits for it`],
        against: [],
      },
    ],
    confirm: [
      digs(
        names.machine(client),
        { server: addressOf(server), name: example },
        {
          expect: `status: ${rcode}`,
          shows: { has: `status: ${rcode}` },
        },
      ),
      kubectl(
        '-n kube-system get configmap coredns -o yaml',
        `"forward ." to ${circle[1] ?? circle[0]}, or to /etc/resolv.conf that names it`,
      ),
      runs(names.machine(circle[1] ?? circle[0]), 'cat /etc/resolv.conf; resolvectl status', {
        expect: `a name server ${circle[0]}, the cluster's own, or a stub (127.0.0.53)`,
      }),
    ],
    fix: [
      `Let ${names.address(circle[0])} forward to servers outside the circle (kubelet --resolv-conf with the real upstreams), and keep the loop plugin of CoreDNS on.`,
    ],
    wireshark: `dns.qry.name==${quoted(example)}`,
  };
}

/** A name, quoted for a display filter. */
const quoted = (name: string): string => `"${name.replaceAll(/["\\\\]/g, '')}"`;
