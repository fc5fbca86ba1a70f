import { LINKTYPE_ETHERNET, LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2 } from '../../src/decode/link-types.ts';
import { ethernet, geneve, ipv4, ipv6, type LayerOfFrame, sll, sll2, udp, vxlan } from './frames.ts';

/** What of a frame is drawn, apart from the packet in it. */
export interface FrameToWrite {
  /** 0 from the client, 1 from the server. */
  from: 0 | 1;
  /** Last octet of the source MAC. */
  mac: number;
  vlan: number;
  outerTtl: number;
  /** Outer UDP checksum; undefined for the right one. */
  outerChecksum: number | undefined;
  networkId: number;
  /** Octets that the inner frame is padded to. */
  padTo: number;
  /** Whether its destination is a group of stations. */
  toGroup: boolean;
  /** Number of the interface. */
  interfaceIndex: number;
}

interface Way {
  linkType: number;
  isIpv6: boolean;
  frame(written: FrameToWrite, packet: LayerOfFrame): LayerOfFrame;
}

const macs = ({ from, mac, toGroup }: FrameToWrite): { source: string; destination: string } => ({
  source: `02:00:00:00:0${from}:0${mac}`,
  destination: `${toGroup ? '03' : '02'}:00:00:00:0${1 - from}:01`,
});

const onWire = (written: FrameToWrite, packet: LayerOfFrame): LayerOfFrame =>
  ethernet({ ...macs(written), ...(written.vlan >= 0 && { vlans: [written.vlan] }) }, packet);

const inside = (written: FrameToWrite, packet: LayerOfFrame): LayerOfFrame =>
  ethernet(
    {
      source: `02:aa:00:00:0${written.from}:01`,
      destination: `02:aa:00:00:0${1 - written.from}:01`,
      padTo: written.padTo,
    },
    packet,
  );

const outer4 = ({ from, outerTtl }: FrameToWrite, payload: LayerOfFrame): LayerOfFrame =>
  ipv4({ source: `192.0.2.1${from}`, destination: `192.0.2.1${1 - from}`, ttl: outerTtl, id: 0 }, payload);

const outer6 = ({ from, outerTtl }: FrameToWrite, payload: LayerOfFrame): LayerOfFrame =>
  ipv6({ source: `2001:db8:9::1${from}`, destination: `2001:db8:9::1${1 - from}`, hopLimit: outerTtl }, payload);

const inUdp = (port: number, { outerChecksum }: FrameToWrite, payload: LayerOfFrame): LayerOfFrame =>
  udp(
    { sourcePort: 50_000, destinationPort: port, ...(outerChecksum !== undefined && { checksum: outerChecksum }) },
    payload,
  );

const inVxlan = (port: number, written: FrameToWrite, packet: LayerOfFrame): LayerOfFrame =>
  inUdp(port, written, vxlan({ vni: written.networkId }, inside(written, packet)));

const inGeneve = (written: FrameToWrite, packet: LayerOfFrame): LayerOfFrame =>
  inUdp(6081, written, geneve({ vni: written.networkId }, inside(written, packet)));

const way = (frame: Way['frame'], { linkType = LINKTYPE_ETHERNET, isIpv6 = false }: Partial<Way> = {}): Way => ({
  linkType,
  isIpv6,
  frame,
});

const cooked = (written: FrameToWrite, packet: LayerOfFrame): LayerOfFrame =>
  sll({ packetType: written.from === 0 ? 4 : 0, source: macs(written).source }, packet);

const cooked2 = (written: FrameToWrite, packet: LayerOfFrame): LayerOfFrame =>
  sll2(
    { packetType: written.from === 0 ? 4 : 0, source: macs(written).source, interfaceIndex: written.interfaceIndex },
    packet,
  );

/** How frames of the packets of one capture look. */
export const WAYS = {
  Ethernet: way(onWire),
  IPv6: way(onWire, { isIpv6: true }),
  SLL: way(cooked, { linkType: LINKTYPE_LINUX_SLL }),
  'SLL, IPv6': way(cooked, { linkType: LINKTYPE_LINUX_SLL, isIpv6: true }),
  SLL2: way(cooked2, { linkType: LINKTYPE_LINUX_SLL2 }),
  'SLL2, VXLAN': way((written, packet) => cooked2(written, outer4(written, inVxlan(8472, written, packet))), {
    linkType: LINKTYPE_LINUX_SLL2,
  }),
  VXLAN: way((written, packet) => onWire(written, outer4(written, inVxlan(4789, written, packet)))),
  'VXLAN, another port': way((written, packet) => onWire(written, outer4(written, inVxlan(7777, written, packet)))),
  'VXLAN, IPv6': way((written, packet) => onWire(written, outer6(written, inVxlan(8472, written, packet))), {
    isIpv6: true,
  }),
  'VXLAN, SLL': way((written, packet) => cooked(written, outer4(written, inVxlan(8472, written, packet))), {
    linkType: LINKTYPE_LINUX_SLL,
  }),
  Geneve: way((written, packet) => onWire(written, outer4(written, inGeneve(written, packet)))),
  IPIP: way((written, packet) => onWire(written, outer4(written, packet))),
  '6in4': way((written, packet) => onWire(written, outer4(written, packet)), { isIpv6: true }),
  '4in6': way((written, packet) => onWire(written, outer6(written, packet))),
  '6in6': way((written, packet) => onWire(written, outer6(written, packet)), { isIpv6: true }),
} as const;
export type WayName = keyof typeof WAYS;
export const WAY_NAMES = Object.keys(WAYS) as WayName[];
