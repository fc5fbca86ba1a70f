import type { TunnelFlow } from '../../flows/evidence/evidence.ts';
import { shellQuote } from '../../text/shell-quote.ts';
import type { Command, Fix, Names } from '../rule/rule.ts';
import { escaped, routeTo, runs, vxlanDevices } from '../words/commands.ts';

/** A tunnel packet that goes to another node than the one that has its inner destination. */
export interface WrongTunnelEntry {
  sender: string;
  /** Inner MAC, or the inner address if there is no MAC. */
  meant: string;
  isMac: boolean;
  sentTo: string;
  livesAt: string[];
  /** The home of the destination is that of its neighbours: it was not heard itself. */
  byNet: boolean;
  kind: TunnelFlow['kind'];
  owner: string | null;
}

/** Geneve has no forwarding table in the kernel: OVS or Cilium tells it where each packet goes. */
const PROGRAMMED = 'ip -d link show type geneve';

export function wrongEntryCommands(wrong: WrongTunnelEntry, names: Names): Command[] {
  const { meant, isMac, sentTo, livesAt, kind } = wrong;
  const sender = names.address(wrong.sender);
  if (kind === 'geneve')
    return [
      runs(sender, PROGRAMMED, { expect: 'the tunnel device; "external": OVS or Cilium holds its entries' }),
      runs(names.machine(livesAt[0] ?? sentTo), 'ip -br link', {
        expect: livesAt.length > 0 ? `a device with ${meant}` : `no device with ${meant}`,
        shows: livesAt.length > 0 ? { has: meant } : { lacks: meant },
      }),
    ];
  return isMac
    ? [
        runs(sender, `bridge fdb show | grep -i ${shellQuote(meant)}`, {
          expect: `dst ${sentTo} instead of ${livesAt[0] ?? 'the node that has it'}`,
          shows: { has: `dst ${escaped(sentTo)}\\b` },
        }),
        vxlanDevices(names.machine(livesAt[0] ?? sentTo), {
          expect: livesAt.length > 0 ? `link/ether ${meant}` : `another link/ether than ${meant}`,
          shows: livesAt.length > 0 ? { has: meant } : { lacks: meant },
        }),
        runs(sender, `ip neigh show | grep -i ${shellQuote(meant)}`, { expect: 'the entry for the far VTEP' }),
      ]
    : [
        routeTo(sender, meant, {
          expect: `via ${sentTo} instead of ${livesAt[0]}`,
          shows: { has: `via ${escaped(sentTo)}\\b` },
        }),
      ];
}

export function wrongEntryFixes(wrong: WrongTunnelEntry, names: Names): Fix[] {
  const { meant, isMac, sentTo, livesAt, owner, kind } = wrong;
  const sender = names.address(wrong.sender);
  if (kind === 'geneve' && livesAt.length > 0)
    return [
      `Restart the agent that programs the tunnel on ${sender}: packets for ${meant} have to go to ${livesAt[0]}.`,
    ];
  return [
    ...(isMac && livesAt.length > 0
      ? [
          {
            on: sender,
            command: `bridge fdb replace ${shellQuote(meant)} dev $(bridge fdb show | grep -i ${shellQuote(meant)} | cut -d ' ' -f 3 | head -n 1) dst ${shellQuote(livesAt[0])}`,
            note: 'or restart its CNI agent',
          },
        ]
      : []),
    ...(isMac && livesAt.length === 0
      ? [`Restart the CNI agent on ${sender}: it has to learn the MAC of the VTEP at ${sentTo} (${owner}).`]
      : []),
    ...(isMac ? [] : [`Correct the route to ${meant} on ${sender} (via ${livesAt[0]}), or restart its CNI agent.`]),
  ];
}
