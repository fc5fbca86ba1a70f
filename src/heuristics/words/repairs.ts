/** Commands that change a machine, each quoted and for the address family that it is about. */
import { shellQuote } from '../../text/shell-quote.ts';
import type { Repair } from '../rule/command.ts';
import { type Family, familyOf } from './display-filter.ts';

type Change = Pick<Repair, 'command'>;

/**
 * Gives the route to one destination an MTU that ICMP does not change. `ip -6 route get` prints "from ::", by which
 * `ip route replace` makes a route of packets with the source :: alone.
 */
export const lockMtu = (destination: string, mtu: number): Change => {
  const [tool, cut] = familyOf(destination) === 6 ? ['ip -6', 's/ from :: / /;'] : ['ip', ''];
  return {
    command: `${tool} route replace $(${tool} -o route get ${shellQuote(destination)} | sed '${cut}s/ uid .*//;s/ cache.*//') mtu lock ${mtu}`,
  };
};

/** Lowers the MSS in handshakes that this machine forwards to what the next device carries. */
export const clampMss = (family: Family): Change => ({
  command: `${family === 6 ? 'ip6tables' : 'iptables'} -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu`,
});

/** Makes frames that cross a bridge pass the firewall and connection tracking. */
export const filterBridge = (on: string): Repair => ({
  on,
  command:
    'modprobe br_netfilter; sysctl -w net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1',
  note: 'and in /etc/modules-load.d and /etc/sysctl.d, for the next start',
});

export const setsSysctl = (on: string, key: string, value: string, note?: string): Repair => ({
  on,
  command: `sysctl -w ${key}=${value}`,
  ...(note === undefined ? {} : { note }),
});
