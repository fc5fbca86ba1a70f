// What ends each fault of the lab, where no fix of the report is a command: the commands of the scenario, taken back.
// A host is one of the label's; `all` is every one. Commands run in bash; a function gets the label.

const everywhere = 'all';
/** Rules that drop, reject or limit: the lab keeps them in tables of this name. */
const withoutRules = [[everywhere, 'for f in ip bridge inet; do nft delete table $f lab; done 2>/dev/null; true']];
/** Routes that the scenario deleted. */
const routesBack = ({ commands }) =>
  commands.flatMap((line) => {
    const deleted = /^\[(\S+)\] ip route del (.*)$/.exec(line);
    return deleted === null ? [] : [[deleted[1], `ip route add ${deleted[2]} onlink`]];
  });
/** The tunnel device of a node, made anew with other words. */
const deviceAnew =
  (change) =>
  ({ commands, guilty }) => [
    [guilty.host, 'ip link del flannel.1'],
    ...commands
      .filter((line) => line.startsWith(`[${guilty.host}]`) && line.includes('flannel.1') && !line.includes('tcpdump'))
      .map((line) => [guilty.host, change(line.slice(guilty.host.length + 3))]),
  ];
const addressOf = ({ guilty, affected_flow: flow }) =>
  /pod (\d+\.\d+\.\d+\.\d+)/.exec(guilty.where)?.[1] ??
  flow.translated_server?.split(':')[0] ??
  flow.server.split(':')[0];
/** A server of the lab on the guilty machine, in place of the one that runs there. */
const serves = (kind, rest) => (label) => [
  [
    label.guilty.host,
    `pkill -f '[a]pp.py ${kind}' --ns $$ --nslist net; pkill -x dnsmasq --ns $$ --nslist net; sleep 0.3; setsid python3 "$LAB_APP" ${kind} ${rest(label)} >/dev/null 2>&1 & sleep 1`,
  ],
];
const portOf = ({ affected_flow: flow }) => (flow.translated_server ?? flow.server).split(':')[1];

/** @type {Record<string, [host: string, command: string][] | ((label: object) => [string, string][])>} */
export const UNDO = {
  // The kernel takes the secondary addresses and the routes away with the primary one.
  'case-1': ({ guilty, topology }) => [
    [
      guilty.host,
      `ip addr flush dev ${guilty.interface}; ip addr add ${guilty.expected_ip}/24 dev ${guilty.interface}; ip route add default via ${topology.hosts[guilty.host].gateway}`,
    ],
    ...withoutRules,
  ],
  // The rules of kube-proxy, as the other node has them.
  'case-3': ({ guilty }) => [
    [guilty.host, `ip netns exec "$(echo "$LAB_NS" | sed 's/n1$/n2/')" iptables-save -t nat | iptables-restore`],
  ],
  'cni-asymmetric-return': routesBack,
  'cni-rp-filter-drop': routesBack,
  'net-missing-route-icmp': routesBack,
  'cni-ipip-blocked': withoutRules,
  'cni-vxlan-blocked-oneway': withoutRules,
  'cni-vxlan-port-mismatch': deviceAnew((line) => line.replace('dstport 4789', 'dstport 8472')),
  'cni-vxlan-vni-mismatch': deviceAnew((line) => line.replace('vxlan id 2 ', 'vxlan id 1 ')),
  'dns-server-port-closed': serves('dnsd', (label) => `--bind ${addressOf(label)} --ip 10.9.9.9`),
  'dns-server-silent': serves('dnsd', (label) => `--bind ${addressOf(label)} --ip 10.9.9.9`),
  'dns-slow-server': serves('dnsd', (label) => `--bind ${addressOf(label)} --ip 10.9.9.9`),
  'dns-upstream-timeout-servfail': ({ guilty }) => [
    ...withoutRules,
    [
      guilty.host,
      `pkill -f '[a]pp.py dnsd' --ns $$ --nslist net; setsid python3 "$LAB_APP" dnsd --bind ${/\d+\.\d+\.\d+\.\d+/.exec(guilty.where)?.[0]} --ip 10.9.9.9 >/dev/null 2>&1 & sleep 1`,
    ],
  ],
  'net-arp-unresolved': ({ affected_flow: flow }) => [['fabric', `ip addr add ${flow.server}/24 dev br0`]],
  'net-destination-firewall-drop': withoutRules,
  'net-link-failure': [['fabric', 'ip link set p-n2 up; sleep 1']],
  'net-reject-admin-prohibited': withoutRules,
  'net-routing-loop': ({ guilty, affected_flow: flow }) => [[guilty.host, `ip addr add ${flow.server}/32 dev lo`]],
  'ping-size-dependent-loss': withoutRules,
  'port-app-on-localhost': serves('httpd', (label) => `--bind 0.0.0.0 --port ${portOf(label)}`),
  'port-firewall-drop': withoutRules,
  'port-reject-icmp': withoutRules,
  'vxlan-underlay-mtu-blackhole': withoutRules,
};

/** Faults whose first repair is a command of the report itself. */
export const REPAIRED_BY_REPORT = [
  'cni-hairpin-off',
  'cni-reply-not-unnated',
  'cni-vxlan-wrong-fdb',
  'dns-reply-wrong-source',
];

export const FAULTS = [
  'case-1-wrong-outer-source',
  'case-1-any-sll2',
  'case-1-offload-on',
  'case-1-receiver-only',
  'case-1-sender-only',
  'case-1-two-nics-clock-skew',
  'case-3-dns-no-kube-proxy',
  'case-3-nics-only',
  'case-3-pod-veth-only',
  ...Object.keys(UNDO).filter((id) => !id.startsWith('case-')),
  ...REPAIRED_BY_REPORT,
];

export const undoOf = (id, label) => {
  const undo = UNDO[id] ?? UNDO[/^case-\d/.exec(id)?.[0] ?? ''];
  return typeof undo === 'function' ? undo(label) : (undo ?? []);
};
