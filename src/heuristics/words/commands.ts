/**
 * Commands for one machine, each quoted, with the tools of the address family that it is about, and with what it shows
 * if the cause holds. A rule gives the machine and the sight; nothing rewrites a command afterwards.
 */

import { isPublic } from '../../text/addresses.ts';
import { shellQuote } from '../../text/shell-quote.ts';
import type { Command, Shows } from '../rule/command.ts';
import { type Family, familyOf } from './display-filter.ts';
import { pingOctets } from './ping-octets.ts';

/** What to expect, in words, and as a test of the output. */
interface Sight {
  expect: string;
  shows?: Shows;
}

const run = (on: string, command: string, { expect, shows }: Sight): Command =>
  shows === undefined ? { on, command, expect } : { on, command, expect, shows };

/** Any other command, with every word of a capture quoted by its author. */
export const runs = run;

/** Packets that a look with tcpdump waits for, before it ends by itself. */
const PACKETS_WATCHED = 20;
/** Lines with which `ping` and `nc` report success (iputils, OpenBSD and nmap netcat). */
const ANSWERED = '[1-9]\\d* received';
const CONNECTED = 'succeeded|open|Connected to';

/** `ping`, answered or not. */
export const pings = (on: string, address: string, isAnswered: boolean, because = ''): Command =>
  run(on, `ping -c 3 -W 1 ${shellQuote(address)}`, {
    expect: `${isAnswered ? 'answered' : 'no answer'}${because}`,
    shows: isAnswered ? { has: ANSWERED } : { lacks: ANSWERED },
  });

/** `ping` with a packet of `l3Length` octets that must not be fragmented. */
export const pingsWhole = (on: string, address: string, l3Length: number, isAnswered: boolean, because = ''): Command =>
  run(on, `ping -c 3 -W 1 -M do -s ${Math.max(0, pingOctets(l3Length, address))} ${shellQuote(address)}`, {
    expect: `${isAnswered ? 'answered' : 'no answer'}${because}`,
    shows: isAnswered ? { has: ANSWERED } : { lacks: ANSWERED },
  });

/** Tries several sizes of packets, in octets of IP, that must not be fragmented. */
export const pingsSizes = (on: string, address: string, l3Lengths: readonly number[], expect: string): Command =>
  run(
    on,
    `echo ${l3Lengths.map((octets) => pingOctets(octets, address)).join(' ')} | xargs -n 1 ping -c 1 -W 1 -M do ${shellQuote(address)} -s`,
    { expect, shows: { has: ' 0 received' } },
  );

/** Finds the largest packet that passes, hop by hop. */
export const tracesPath = (on: string, address: string, expect: string): Command =>
  run(on, `tracepath -n ${shellQuote(address)}`, { expect });

export const mtr = (on: string, address: string, expect: string, how = ''): Command =>
  run(on, `mtr -n -r -c 100${how} ${shellQuote(address)}`, { expect });

/** The route that this machine takes to an address. */
export const routeTo = (on: string, address: string, sight: Sight): Command =>
  run(on, `ip route get ${shellQuote(address)}`, sight);

/** Routing table and policy rules of one family. */
export const routes = (on: string, family: Family, sight: Sight): Command =>
  run(on, `${ip(family)} route; ${ip(family)} rule`, sight);

const ip = (family: Family): string => (family === 6 ? 'ip -6' : 'ip');

export const addressesOf = (on: string, family: Family, sight: Sight): Command =>
  run(on, `ip -${family} addr show`, sight);

/** The neighbour entry (ARP or neighbour discovery) of an address. */
export const neighbourOf = (on: string, address: string, sight: Sight): Command =>
  run(on, `ip neigh show ${shellQuote(address)}`, sight);

/** Asks the segment who has the address. */
export const asksWhoHas = (on: string, address: string, sight: Sight): Command =>
  run(
    on,
    familyOf(address) === 6
      ? `ping -c 3 ${shellQuote(address)}; ip neigh show ${shellQuote(address)}`
      : `arping -c 3 ${shellQuote(address)}`,
    sight,
  );

/** Counters of the kernel, by their names in IPv4. */
export const counters = (on: string, names: readonly string[], family: Family, sight: Sight): Command =>
  run(on, `nstat -az ${names.map((name) => counterOf(name, family)).join(' ')}`, sight);

/** Names of `nstat` for IPv6. Counters of TCP and of its extensions count both families. */
export const counterOf = (name: string, family: Family): string =>
  family === 6 ? name.replace(/^(Ip|Udp)(?=[A-Z])/, '$16') : name;

/** A look at packets that arrive or leave. */
export const watches = (on: string, filter: string, sight: Sight, { device = 'any', how = '' } = {}): Command =>
  run(on, `tcpdump -nn${how} -c ${PACKETS_WATCHED} -i ${shellQuote(device)} ${shellQuote(filter)}`, sight);

/** ICMP errors by which a sender learns a smaller MTU. */
export const watchesTooBig = (on: string, family: Family, sight: Sight): Command =>
  watches(on, family === 6 ? 'icmp6 and ip6[40]==2' : 'icmp[0]==3 and icmp[1]==4', sight);

/** Rules of the firewall that match a word: `drop`, `reject`. */
export const firewallRules = (on: string, family: Family, words: string, sight: Sight): Command =>
  run(
    on,
    `${tables(family)}-save | grep -iE ${shellQuote(words)}; nft list ruleset | grep -iE ${shellQuote(words)}`,
    sight,
  );

const tables = (family: Family): string => (family === 6 ? 'ip6tables' : 'iptables');

/** Counters of the rules of one chain. */
export const chainCounters = (on: string, family: Family, chain: string, sight: Sight): Command =>
  run(on, `${tables(family)} -nvL ${chain}; nft list ruleset | grep -iE 'counter.*(drop|reject)'`, {
    shows: { has: 'packets [1-9]\\d* bytes \\d+ (drop|reject)|[1-9]\\d* +\\w+ +(DROP|REJECT)' },
    ...sight,
  });

/** Rules of address translation that hold a text, in both tables that kube-proxy may write. */
export const natRulesFor = (on: string, text: string, family: Family, sight: Sight): Command =>
  run(
    on,
    `${tables(family)}-save -t nat | grep -F ${shellQuote(text)}; nft list ruleset | grep -F ${shellQuote(text)}`,
    sight,
  );

/** Rules of source translation. */
export const masqueradeRules = (on: string, family: Family, sight: Sight): Command =>
  run(
    on,
    `${tables(family)}-save -t nat | grep -iE 'masquerade|snat'; nft list ruleset | grep -iE 'masquerade|snat|saddr set'`,
    sight,
  );

/** Entries of connection tracking. */
export const trackedTo = (on: string, protocol: 'tcp' | 'udp', address: string, sight: Sight): Command =>
  run(on, `conntrack -L${ofFamily(address)} -p ${protocol} --orig-dst ${shellQuote(address)}`, sight);
export const trackedFrom = (on: string, protocol: 'tcp' | 'udp', address: string, sight: Sight): Command =>
  run(on, `conntrack -L${ofFamily(address)} -p ${protocol} --orig-src ${shellQuote(address)}`, sight);

export const ofFamily = (address: string): string => (familyOf(address) === 6 ? ' -f ipv6' : '');

/** Counters of connection tracking. */
export const trackingCounters = (on: string, counter: string, expect: string): Command =>
  run(on, 'conntrack -S', { expect, shows: { rises: `${counter}=` } });

/** Sockets that listen on a port. */
export const listens = (on: string, port: number, protocol: 'tcp' | 'udp', sight: Sight): Command =>
  run(on, `ss -ln${protocol === 'tcp' ? 't' : 'u'}p ${shellQuote(`sport = :${port}`)}`, sight);

/** TCP sockets with a port at this side (`sport`), at the other (`dport`) or at either, and the state that is asked for. */
export const sockets = (
  on: string,
  options: string,
  side: 'sport' | 'dport' | 'either',
  port: number,
  expect: string,
): Command => {
  const filter = side === 'either' ? `( sport = :${port} or dport = :${port} )` : `( ${side} = :${port} )`;
  return run(on, `ss ${options} ${shellQuote(filter)}`, { expect });
};

/** Tries to open a TCP connection. */
export const connects = (on: string, server: string, port: number, outcome: Outcome, because = ''): Command =>
  run(on, `nc -vz -w 3 ${shellQuote(server)} ${port}`, {
    expect: `${SIGHTS[outcome].expect}${because}`,
    shows: SIGHTS[outcome].shows,
  });

type Outcome = 'connects' | 'refused' | 'times out' | 'fails';
const SIGHTS: Readonly<Record<Outcome, Required<Sight>>> = {
  connects: { expect: 'it connects', shows: { has: CONNECTED } },
  refused: { expect: 'connection refused', shows: { has: '[Rr]efused' } },
  'times out': { expect: 'it times out', shows: { has: '[Tt]imed out|in progress' } },
  fails: { expect: 'no connection', shows: { lacks: CONNECTED } },
};

/** A question to a name server. */
interface Question {
  server: string;
  name: string;
  /** Seconds to wait for an answer; 3 unless the server itself waits longer. */
  seconds?: number;
  port?: number;
  tcp?: boolean;
  type?: string;
}

/** One try of `dig`. */
export function digs(
  on: string,
  { server, name, seconds = 3, port = 53, tcp = false, type = '' }: Question,
  sight: Sight,
): Command {
  const words = [
    `dig +tries=1 +time=${seconds}`,
    ...(tcp ? ['+tcp'] : []),
    shellQuote(`@${server}`),
    ...(port === 53 ? [] : [`-p ${port}`]),
    ...(type === '' ? [] : [`-t ${shellQuote(type)}`]),
    `-q ${shellQuote(name)}`,
  ];
  return run(on, words.join(' '), sight);
}

/** What `dig` prints when no answer comes. */
export const DIG_TIMES_OUT: Shows = { has: 'timed out|no servers could be reached' };

export const sysctl = (on: string, key: string, sight: Sight): Command => run(on, `sysctl ${key}`, sight);

/** The MTU of each device. */
export const deviceMtus = (on: string, expect: string): Command => run(on, 'ip link show | grep -w mtu', { expect });

/** Tunnel devices with their peers and numbers. */
export const vxlanDevices = (on: string, sight: Sight): Command => run(on, 'ip -d link show type vxlan', sight);

export const linkCounters = (on: string, expect: string): Command => run(on, 'ip -s link; tc -s qdisc', { expect });

const KUBECTL = 'a machine with kubectl';

/** Asks the cluster. Its API, not a machine of the path, answers. */
export const kubectl = (command: string, expect: string): Command => run(KUBECTL, `kubectl ${command}`, { expect });

/** The pod of a DNS server, or all DNS pods where its address is that of their service. */
export const dnsPods = (pod: string | null, expect: string): Command =>
  pod === null ? kubectl('-n kube-system get pods -l k8s-app=kube-dns -o wide', expect) : podWith(pod, expect);

/** The pod that has an address, with its node. No pod has a public one: a node or a service may. */
export const podWith = (address: string, expect: string): Command =>
  isPublic(address)
    ? kubectl(
        `get nodes,services -A -o wide | grep -w ${shellQuote(address)}`,
        'the node or service that has this external address; nothing: it is outside the cluster',
      )
    : kubectl(`get pods -A -o wide | grep -w ${shellQuote(address)}`, expect);

/** The Service that has an address or a port. */
export const servicesWith = (addressOrPort: string, expect: string): Command =>
  kubectl(`get services -A -o wide | grep -w ${shellQuote(addressOrPort)}`, expect);

/** The pod that has an address which may also be that of a Service. */
export const podOrServiceWith = (address: string, expect: string): Command =>
  kubectl(`get pods,services -A -o wide | grep -w ${shellQuote(address)}`, expect);

/** Devices of tunnels by their usual names (flannel, Calico, Cilium, OVN, WireGuard), as a pattern for the output. */
export const TUNNEL_DEVICES =
  'dev (flannel|vxlan|tunl|ipip|sit|gre|genev|cilium_|antrea|weave|ovn|wg|wireguard|ip6tnl)';

/** A text of a capture inside a pattern. */
export const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Whether frames that cross a bridge pass the firewall and connection tracking (br_netfilter). */
export const bridgeFiltering = (on: string, family: Family): Command =>
  sysctl(on, `net.bridge.bridge-nf-call-${tables(family)}`, {
    expect: '= 0, or no such key: br_netfilter is not loaded',
    shows: { has: '= 0|[Nn]o such file|cannot stat' },
  });
