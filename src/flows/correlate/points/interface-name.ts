import type { PointRole } from '../../evidence/evidence.ts';

/** What the name of a device (Linux, CNI plugin or container runtime) says about its place. */
interface DeviceKind {
  pattern: RegExp;
  role: PointRole;
}

/**
 * Sources: systemd.net-naming-scheme(7); default device names of flannel, Calico, Cilium, Weave, Antrea, kube-router,
 * OVN-Kubernetes (pod: first 15 digits of the sandbox), Kube-OVN (pod: 12 digits of the sandbox and `_h`), AWS VPC CNI
 * (pod: `eni` and a hash; with a branch interface `vlan` and a hash beside `vlan.eth.N`), Azure CNI (`azv`; accelerated
 * networking: `enP…`), Docker, LXD, Tailscale, Kilo, KubeSpan.
 */
const DEVICES: readonly DeviceKind[] = [
  { pattern: /any/, role: 'any' },
  {
    pattern:
      /veth[0-9a-z]*|cali[0-9a-f]+|lxc(?!br\d)[0-9a-z_]+|vlan(?=\d*[a-f])[0-9a-f]{11}|azv[0-9a-z]+|eni[0-9a-f]{3,}|(?=\d*[a-f])[0-9a-f]{15}|[0-9a-f]{12}_[ch]|ovnp\d+|weavepl[0-9a-z]+|nsx[0-9a-z]+|gke[0-9a-f]{10,11}/,
    role: 'pod-veth',
  },
  {
    pattern:
      /cni\d+|cbr\d+|docker\d+|(?:cni-)?podman\d+|br\d+(?:\.\d+)?|br(?:ex|int|lan|wan|ext)|br[-_][0-9a-z]+|bridge\d*|virbr\d+|kube-bridge|weave|antrea-gw\d*|ovn-k8s-(?:mp|gw)\d+|ovn0|ovnext0|br(?:eth|ens|eno|enp)[0-9a-z]+|azure\d+|azSnatbr|cilium_(?:host|net)|vethwe-(?:bridge|datapath|pcap)|datapath|docker_gwbridge|(?:lxc|lxd|incus)br\d+/,
    role: 'bridge',
  },
  {
    pattern:
      /flannel(?:[._-]?(?:\d+|wg(?:-v6)?|v6[._-]\d+))?|vxlan(?:[._-]?(?:calico|v6[._-]calico|sys[._-]\d+|\d+))?|cilium_(?:vxlan|geneve|wg\d+|ipip[46])|genev[0-9a-z]*(?:_sys_\d+)?|tunl\d+|tun\d+|ip6tnl\d+|sit\d+|gre\d+|gretap\d+|wg\d+|(?:wireguard|wg-v6)[._-]cali|antrea-(?:tun|wg|ipsec)\d+|stt_sys_\d+|tun-[0-9a-f]{4,11}|egress\.calico|vx-submariner|kubespan|kilo\d+|tailscale\d+/,
    role: 'tunnel-device',
  },
  {
    pattern:
      /eth\d+(?:[.:]\d+)?|en(?:p|s|o|x|P)[0-9a-fA-Zpsnfdvui]+(?:\.\d+)?|em\d+|wl(?:an|p|s|x)[0-9a-z]*|bond\d+(?:\.\d+)?|team\d+|venet\d+|ib\d+|p\d+p\d+|nic\d*|vlan\.eth\.\d+/,
    role: 'node-nic',
  },
  // Devices that only hold addresses, or whose name does not show the place.
  {
    pattern:
      /lo|nodelocaldns|kube-ipvs\d+|kube-dummy-if|bpf(?:in|out)\.cali|ovs-system|dummy\d+|antrea-egress\d*|ifb\d+|tap[0-9a-f]+|(?:mac|ip)vlan\d+|vlan\.?\d+/,
    role: 'unknown',
  },
];

/**
 * Device of a pod of Antrea: up to eight characters of the pod's name and six digits of a hash. Files are called so too
 * (`web-1a2b3c.pcap`), so this is read only where a device is named for certain. A hash without letters may be a date.
 */
const ANTREA_POD = /^[a-z0-9][a-z0-9.-]{0,7}-(?=\d*[a-f])(?=[a-f]*\d)[0-9a-f]{6}$/;

/** Role of a device by its full name; 'unknown' when the name says nothing. */
export function roleOfInterface(name: string): PointRole {
  const bare = name.replace(/@.*$/, '');
  const known = DEVICES.find(({ pattern }) => new RegExp(`^(?:${pattern.source})$`).test(bare));
  return known?.role ?? (ANTREA_POD.test(bare) ? 'pod-veth' : 'unknown');
}

/**
 * Host and device of an interface that a capture calls "node1 eth0", as an export of several captures does. Null for
 * other names: a device of Linux has no space in its name (dev_valid_name), and others have unknown words.
 */
export function hostAndDevice(name: string | null): { host: string; device: string } | null {
  const parts = name?.split(' ') ?? [];
  if (parts.length !== 2 || parts[0] === '' || roleOfInterface(parts[1]) === 'unknown') return null;
  return { host: parts[0], device: parts[1] };
}

const ANY_DEVICE = DEVICES.map(({ pattern }) => pattern.source).join('|');
/** What stands between host and device. The longest separator counts. */
const SEPARATOR = /__|--|[-_.@:]/y;
const IS_SEPARATED = /.[-_.@:]./;
const DEVICE_AND_HOST = new RegExp(`^(${ANY_DEVICE})(?:__|--|[-_.@:])(.+)$`);
const ONLY_DEVICE = new RegExp(`^(?:${ANY_DEVICE})$`);
/** Extensions of capture files and compression, and the numbers that tcpdump -C and -G add. */
const FILE_ENDING = /(?:\.(?:pcapng|pcap|cap|ntar|dmp|gz|zst|xz|pcap\d+)|(?<=\.(?:pcap|cap|pcapng))\d+)$/i;

/** Host and device by the file name; null where it says nothing. */
export interface NamedPlace {
  host: string | null;
  device: string | null;
  /** The device name is unknown. The host is only accepted if other files name it too. */
  isGuess: boolean;
}

/** What no part of a name holds (ECMA-262, 12.3). */
const LINE_END = /[\n\r\u2028\u2029]/;

/** Longest device name of Linux (IFNAMSIZ less the terminating NUL). */
const LONGEST_DEVICE = 15;
const TWO_PARTS = new RegExp(`^(.+?)(?:__|--)([\\w.@:-]{1,${LONGEST_DEVICE}})$`);

/** Date and time of a capture, and words that people put in front. Neither is part of a host name. */
const DAY = String.raw`(?:19|20)\d\d[-_.]?[01]\d[-_.]?[0-3]\d(?:[-_.T]?[0-2]\d[-_.:h]?[0-5]\d(?:[-_.:]?[0-5]\d)?)?Z?`;
const IN_FRONT = new RegExp(`^(?:${DAY}|cap|capture|captured|tcpdump|trace|dump|pcap)[-_.]+`, 'i');
const BEHIND = new RegExp(`[-_.]+${DAY}$|@if\\d+$`);

/** Names that say nothing about a host: numbers, dates and common words. */
export const MEANINGLESS = new RegExp(
  String.raw`^(?:[\d_.:T-]*|(?:captures?|traces?|dumps?|tcpdump|out|output|tests?|files?|pcaps?|any|packets?|before|after|good|bad|new|old|tmp|data)[\d_.-]*|${DAY})$`,
  'i',
);

const hostOr = (name: string): string | null => (MEANINGLESS.test(name) ? null : name);

function withoutEndings(path: string): string {
  let stem = path.split(/[/\\]/).at(-1) ?? '';
  while (FILE_ENDING.test(stem)) stem = stem.replace(FILE_ENDING, '');
  return stem;
}

/** Host, separator, device: "node1__flannel.1", "node1-eth0", "node1.eth0". The shortest host counts. */
function hostBeforeDevice(stem: string): { host: string | null; device: string } | null {
  for (let at = 1; at < stem.length && !LINE_END.test(stem[at - 1]); at++) {
    SEPARATOR.lastIndex = at;
    const [separator] = SEPARATOR.exec(stem) ?? [];
    if (separator === undefined) continue;
    // Of two characters the second one may also begin the device, as in "node1--tun-0a1b2c3d".
    for (const length of separator.length === 2 ? [2, 1] : [1]) {
      const device = stem.slice(at + length);
      if (ONLY_DEVICE.test(device)) return { host: hostOr(stem.slice(0, at)), device };
    }
  }
  return null;
}

/** Host and device of a capture by its file name. */
export function placeOfFile(path: string): NamedPlace {
  const whole = withoutEndings(path);
  if (ONLY_DEVICE.test(whole)) return { host: null, device: whole, isGuess: false };
  let stem = whole;
  while (BEHIND.test(stem)) stem = stem.replace(BEHIND, '');
  while (IN_FRONT.test(stem)) stem = stem.replace(IN_FRONT, '');
  if (stem !== whole && ONLY_DEVICE.test(stem)) return { host: null, device: stem, isGuess: false };
  // A pattern of all devices takes a millisecond to compile, a hundredth of the time of a small capture.
  if (!IS_SEPARATED.test(stem)) return { host: null, device: null, isGuess: false };
  const trailing = hostBeforeDevice(stem);
  if (trailing !== null) return { ...trailing, isGuess: false };
  const leading = DEVICE_AND_HOST.exec(stem);
  if (leading !== null) return { host: hostOr(leading[2]), device: leading[1], isGuess: false };
  const parts = TWO_PARTS.exec(stem);
  if (parts !== null) return { host: parts[1], device: parts[2], isGuess: true };
  return { host: null, device: null, isGuess: false };
}

/**
 * Hosts by folder name, for files that are named by their device alone: "client/eth0.pcap" beside "server/eth0.pcap". A
 * single folder says nothing, and only the folder that directly contains the file is used.
 *
 * @returns a host or null for each path
 */
export function hostsOfFolders(paths: readonly string[]): (string | null)[] {
  const folders = paths.map((path) => {
    const { host, device, isGuess } = placeOfFile(path);
    const folder = path.split(/[/\\]/).at(-2) ?? '';
    return host !== null || device === null || isGuess || MEANINGLESS.test(folder) ? null : folder;
  });
  const isTelling = new Set(folders.filter((folder) => folder !== null)).size > 1;
  return isTelling ? folders : folders.map(() => null);
}
