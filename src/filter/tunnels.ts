/** Words that enter what a header carries: `vlan`, `mpls`, `pppoes`, `geneve`, `vxlan`. The rest of the expression is inside. */
import { TUNNEL_KINDS } from '../decode/packet.ts';
import { all, any, both, either, equals, type Frame, plus, type Test, type Value } from './frame.ts';
import { ETHERTYPE_IP, ETHERTYPE_IP6, type LinkLayer } from './link-layer.ts';
import { behindIpv4, behindIpv6, isFirstFragment, UDP } from './network-layer.ts';
import type { Layer } from './syntax.ts';

const TAG_ETHERTYPES = [0x8100, 0x88a8, 0x9100];
const ETHERTYPE_MPLS = 0x8847;
const ETHERTYPE_PPPOE_DISCOVERY = 0x8863;
const ETHERTYPE_PPPOE_SESSION = 0x8864;
const ETHERTYPE_BRIDGED = 0x6558;
/** Octets of a tag, of a label, and of PPPoE's header. */
const TAG = 4;
const LABEL = 4;
const PPPOE = 6;
/** RFC 8926, 3.3 and 3.4. */
const GENEVE_PORT = 6081;
const GENEVE_LENGTH = 8;
const UDP_LENGTH = 8;
const ETHERNET_LENGTH = 14;

/** The largest number that each word takes. */
export const LARGEST_NUMBER: Readonly<Record<Layer, number>> = {
  vlan: 0xfff,
  mpls: 0xfffff,
  pppoed: 0,
  pppoes: 0xffff,
  geneve: 0xffffff,
  vxlan: 0xffffff,
};

/** The test, after which `link` is what the rest of the expression sees. */
export function enter(layer: Layer, number: number | undefined, link: LinkLayer): Test {
  switch (layer) {
    case 'vlan':
      return enterVlan(number, link);
    case 'mpls':
      return enterMpls(number, link);
    case 'pppoed':
      return link.carries(ETHERTYPE_PPPOE_DISCOVERY);
    case 'pppoes':
      return enterPppoe(number, link);
    case 'geneve':
      return enterGeneve(number, link);
    case 'vxlan':
      return enterVxlan(number, link);
  }
}

function enterVlan(id: number | undefined, link: LinkLayer): Test {
  const isTagged = any(link.carries(TAG_ETHERTYPES[0]), ...TAG_ETHERTYPES.slice(1).map((type) => link.carries(type)));
  const test = id === undefined ? isTagged : both(isTagged, equals(link.payload, 2, id, 0x0fff));
  link.payload = plus(link.payload, TAG);
  link.type = plus(link.type, TAG);
  return test;
}

function enterMpls(label: number | undefined, link: LinkLayer): Test {
  const isLabelled = link.mplsLabels > 0 ? equals(plus(link.payload, -2), 1, 0, 1) : link.carries(ETHERTYPE_MPLS);
  const test =
    label === undefined ? isLabelled : both(isLabelled, equals(link.payload, 4, (label << 12) >>> 0, 0xfffff000));
  link.payload = plus(link.payload, LABEL);
  link.mplsLabels++;
  return test;
}

function enterPppoe(session: number | undefined, link: LinkLayer): Test {
  const isSession = link.carries(ETHERTYPE_PPPOE_SESSION);
  const test = session === undefined ? isSession : both(isSession, equals(link.payload, 4, session, 0xffff));
  link.announcement = 'ppp';
  link.header = plus(link.payload, PPPOE);
  link.type = link.header;
  link.payload = plus(link.header, 2);
  link.isEthernet = false;
  return test;
}

function enterGeneve(vni: number | undefined, link: LinkLayer): Test {
  const behind = (isUdp: Test, transport: Value): Test => {
    const isGeneve: Test = (frame) => {
      const at = transport(frame);
      if (frame.u16(at + 2) !== GENEVE_PORT) return false;
      if ((frame.u8(at + UDP_LENGTH) & 0xc0) !== 0) return false;
      return vni === undefined || frame.u32(at + UDP_LENGTH + 4) >>> 8 === vni;
    };
    return all(isUdp, isGeneve, (frame) => enterAt(frame, transport(frame) + UDP_LENGTH));
  };
  const four = behind(
    all(link.carries(ETHERTYPE_IP), equals(plus(link.payload, 9), 1, UDP), isFirstFragment(link)),
    behindIpv4(link),
  );
  const six = behind(both(link.carries(ETHERTYPE_IP6), equals(plus(link.payload, 6), 1, UDP)), behindIpv6(link));
  const [header, type, payload] = [link.newSlot(), link.newSlot(), link.newSlot()];
  const enterAt = (frame: Frame, at: number): boolean => {
    const inside = at + GENEVE_LENGTH + 4 * (frame.u8(at) & 0x3f);
    const isEthernet = frame.u16(at + 2) === ETHERTYPE_BRIDGED;
    frame.slots[header] = inside;
    frame.slots[type] = isEthernet ? inside + 12 : at + 2;
    frame.slots[payload] = isEthernet ? inside + ETHERNET_LENGTH : inside;
    return true;
  };
  beInside(link, { header, type, payload });
  link.hasOptionalHeader = true;
  return either(four, six);
}

const VXLAN_KINDS: ReadonlySet<number> = new Set(
  (['vxlan', 'vxlan-gpe'] as const).map((kind) => TUNNEL_KINDS.indexOf(kind)),
);

/** As the decoder has it: by content, on any port (libpcap 1.10 has no such word; the newest looks at port 4789). */
function enterVxlan(vni: number | undefined, link: LinkLayer): Test {
  const [header, type, payload] = [link.newSlot(), link.newSlot(), link.newSlot()];
  const around = link.entered;
  beInside(link, { header, type, payload });
  return (frame) => {
    const { packet } = frame;
    const depth = frame.depth + around;
    if (packet === undefined || packet.depth <= depth) return false;
    const tunnel = packet.tunnels[depth];
    if (!VXLAN_KINDS.has(tunnel.kind) || (vni !== undefined && tunnel.networkId !== vni)) return false;
    const inside = packet.depth > depth + 1 ? packet.tunnels[depth + 1].linkAt : packet.ethernetAt;
    if (inside <= tunnel.udpAt) return false;
    frame.slots[header] = inside - frame.start;
    frame.slots[type] = frame.slots[header] + 12;
    frame.slots[payload] = frame.slots[header] + ETHERNET_LENGTH;
    return true;
  };
}

function beInside(link: LinkLayer, slots: { header: number; type: number; payload: number }): void {
  link.entered++;
  link.announcement = 'ethertype';
  link.isEthernet = true;
  link.header = { slot: slots.header, add: 0 };
  link.type = { slot: slots.type, add: 0 };
  link.payload = { slot: slots.payload, add: 0 };
  link.mplsLabels = 0;
}
