import { be16At, be32At, i32At, u8At } from './memory.ts';
import * as S from './state-offsets.ts';

/** Headers of frames: of Ethernet; of `tcpdump -i any`, in its older and its newer form. */
export const ETHERNET_HEADER: i32 = 0;
export const SLL_HEADER: i32 = 1;
export const SLL2_HEADER: i32 = 2;

/** Octets of a header, and of a VLAN tag. */
const ETHERNET: i32 = 14;
const SLL: i32 = 16;
const SLL2: i32 = 20;
const TAG: i32 = 4;

const ETHERTYPE_VLAN: i32 = 0x8100;
const MAC_LENGTH: i32 = 6;
/** Bit of the first octet of a link address: that of a group of stations. A sender is one station. */
export const GROUP: i32 = 1;
/** Packet type of what the host sent; all below it is what arrived (tcpdump's LINKTYPE_LINUX_SLL page). */
const SENT: i32 = 4;
/** Hardware types whose protocol field is no EtherType (the same page). */
const ARPHRD_FRAD: i32 = 770;
const ARPHRD_RADIOTAP: i32 = 803;
const ARPHRD_NETLINK: i32 = 824;

/** In place of an address in memory: the frame has no such field. */
export const NOT_THERE: i32 = 0;

/** Addresses of the network header, and of the outermost Ethernet header. */
export let network: i32 = 0;
export let outermost: i32 = NOT_THERE;
export let etherType: i32 = 0;
/** VLAN of the frame; -1 without a tag. */
export let vlan: i32 = -1;
export const INBOUND: i32 = 1;
export const OUTBOUND: i32 = 2;
/** INBOUND or OUTBOUND, 0 where nothing says it: as `Packet.direction`. */
export let way: i32 = 0;
/** Interface that SLL2 tells; -1 of other frames. */
export let linkInterface: i32 = -1;
/** Addresses of the link addresses of the innermost frame. */
export let sourceMac: i32 = NOT_THERE;
export let destinationMac: i32 = NOT_THERE;

/** Whether the link header at `start` is one that is read here, with a VLAN tag at most. It has been captured. */
export function isUsualLink(start: i32): boolean {
  vlan = -1;
  linkInterface = -1;
  const header = i32At(S.LINK_HEADER);
  if (header === ETHERNET_HEADER) {
    way = 0;
    enterEthernet(start);
    outermost = start;
  } else if (!(header === SLL_HEADER ? isUsualSll(start) : isUsualSll2(start))) return false;
  if (etherType !== ETHERTYPE_VLAN) return true;
  vlan = be16At(network) & 0x0fff;
  etherType = be16At(network + 2);
  network += TAG;
  return true;
}

/** Reads the Ethernet header at `at`, of the frame or of one in a tunnel. */
export function enterEthernet(at: i32): void {
  destinationMac = at;
  sourceMac = at + MAC_LENGTH;
  etherType = be16At(at + 12);
  network = at + ETHERNET;
}

function isUsualSll(start: i32): boolean {
  sourceMac = be16At(start + 4) === MAC_LENGTH ? start + 6 : NOT_THERE;
  etherType = be16At(start + 14);
  network = start + SLL;
  return isUsualCooked(be16At(start), be16At(start + 2));
}

function isUsualSll2(start: i32): boolean {
  etherType = be16At(start);
  linkInterface = be32At(start + 4);
  sourceMac = u8At(start + 11) === MAC_LENGTH ? start + 12 : NOT_THERE;
  network = start + SLL2;
  return isUsualCooked(u8At(start + 10), be16At(start + 8));
}

function isUsualCooked(type: i32, hardware: i32): boolean {
  way = type === SENT ? OUTBOUND : type < SENT ? INBOUND : 0;
  outermost = NOT_THERE;
  destinationMac = NOT_THERE;
  return hardware !== ARPHRD_FRAD && hardware !== ARPHRD_RADIOTAP && hardware !== ARPHRD_NETLINK;
}
