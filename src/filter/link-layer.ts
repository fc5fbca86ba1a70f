/** Where headers are, and which protocol they announce, as far as the words of an expression so far have moved there. */
import * as linkTypes from '../decode/link-types.ts';
import { ALWAYS, all, both, equals, fixed, NEVER, not, type Offset, plus, read, type Test } from './frame.ts';

export const ETHERTYPE_IP = 0x0800;
export const ETHERTYPE_ARP = 0x0806;
export const ETHERTYPE_RARP = 0x8035;
export const ETHERTYPE_IP6 = 0x86dd;

/** How a link announces what it carries. */
type Announcement = 'ethertype' | 'ppp' | 'loopback' | 'version' | 'decoded' | 'ipv4' | 'ipv6';

/**
 * `vlan`, `mpls`, `pppoes`, `geneve` and `vxlan` move these offsets for the rest of the expression (pcap-filter(7)).
 */
export class LinkLayer {
  announcement: Announcement;
  /** Whether the link header has Ethernet addresses. */
  isEthernet: boolean;
  header: Offset = fixed(0);
  type: Offset = fixed(0);
  payload: Offset = fixed(0);
  mplsLabels = 0;
  /** Behind Geneve: the slots of the link header and of its payload are equal where there is no Ethernet header. */
  hasOptionalHeader = false;
  slots = 0;
  /** Tunnels that were entered. */
  entered = 0;
  readonly linkType: number;

  constructor(linkType: number) {
    this.linkType = linkType;
    const known = LINKS.get(linkType);
    this.announcement = known?.announcement ?? 'decoded';
    this.isEthernet = linkType === linkTypes.LINKTYPE_ETHERNET;
    this.type = fixed(known?.type ?? 0);
    this.payload = fixed(known?.payload ?? 0);
    if (this.announcement === 'decoded') this.payload = { slot: this.newSlot(), add: 0 };
  }

  newSlot(): number {
    return this.slots++;
  }

  /** The protocol of the network layer, by its EtherType. */
  carries(etherType: number): Test {
    if (this.mplsLabels > 0) return this.#carriesBehindLabels(etherType);
    const { type, payload } = this;
    switch (this.announcement) {
      case 'ethertype':
        return this.#carriesOnEthernet(etherType);
      case 'ppp':
        return equals(type, 2, PPP_PROTOCOLS.get(etherType) ?? etherType);
      case 'loopback':
        return carriesOnLoopback(etherType);
      case 'ipv4':
        return etherType === ETHERTYPE_IP ? ALWAYS : NEVER;
      case 'ipv6':
        return etherType === ETHERTYPE_IP6 ? ALWAYS : NEVER;
      case 'version':
        return versionIs(payload, etherType);
      case 'decoded':
        return both(decodedNetwork(payload.slot), versionIs(payload, etherType));
    }
  }

  #carriesOnEthernet(etherType: number): Test {
    if (etherType >= FIRST_ETHERTYPE) return equals(this.type, 2, etherType);
    // Cisco HDLC has no LLC: ISO is announced by its SAP, twice, where an EtherType stands.
    if (this.linkType === linkTypes.LINKTYPE_C_HDLC)
      return equals(this.type, 2, etherType === ISO_SAP ? (ISO_SAP << 8) | ISO_SAP : etherType);
    const [type, llc] = [read(this.type, 2), this.payload];
    const isLength: Test =
      this.linkType === linkTypes.LINKTYPE_ETHERNET || this.hasOptionalHeader
        ? (frame) => type(frame) < FIRST_ETHERTYPE
        : equals(this.type, 2, COOKED_LLC);
    const pair = PAIRED_SAPS.has(etherType);
    return both(isLength, pair ? equals(llc, 2, (etherType << 8) | etherType) : equals(llc, 1, etherType));
  }

  /** The last label says that it is the last, and the packet itself which version it has (RFC 4928). */
  #carriesBehindLabels(etherType: number): Test {
    return both(equals(plus(this.payload, -2), 1, 1, 1), versionIs(this.payload, etherType));
  }

  /** Octets between what announces ISO and its own first octet: the rest of LLC, or the one that Cisco HDLC adds. */
  get octetsBeforeIso(): number {
    return this.linkType === linkTypes.LINKTYPE_C_HDLC ? 1 : LLC_LENGTH;
  }

  /** A SNAP header with this organisation and protocol. */
  snap(organisation: number, protocol: number): Test {
    const { payload } = this;
    return all(
      equals(payload, 2, 0xaaaa),
      equals(plus(payload, 2), 4, ((0x03 << 24) | organisation) >>> 0),
      equals(plus(payload, 6), 2, protocol),
    );
  }

  isLength(): Test {
    const type = read(this.type, 2);
    return not((frame) => type(frame) >= FIRST_ETHERTYPE);
  }

  /** True where there is an Ethernet header: behind Geneve there may be none. */
  hasHeader(): Test {
    if (!this.hasOptionalHeader) return ALWAYS;
    const [header, payload] = [this.header.slot, this.payload.slot];
    return (frame) => frame.slots[header] !== frame.slots[payload];
  }
}

/** Smallest number that is an EtherType and no length (IEEE 802.3, 3.2.6); libpcap takes 1501 to 1535 for types too. */
const FIRST_ETHERTYPE = 1501;
const ISO_SAP = 0xfe;
const LLC_LENGTH = 3;
/** LINUX_SLL_P_802_2. */
const COOKED_LLC = 0x0004;
/** SAPs that libpcap compares in both octets: ISO, IP, NetBEUI. */
const PAIRED_SAPS: ReadonlySet<number> = new Set([0xfe, 0x06, 0xf0]);

const versionIs = (payload: Offset, etherType: number): Test => {
  if (etherType === ETHERTYPE_IP) return equals(payload, 1, 0x40, 0xf0);
  return etherType === ETHERTYPE_IP6 ? equals(payload, 1, 0x60, 0xf0) : NEVER;
};

/** Address families in the first four octets, in either byte order: IPv4 is 2 everywhere, IPv6 has four numbers. */
function carriesOnLoopback(etherType: number): Test {
  const families = etherType === ETHERTYPE_IP ? [2] : etherType === ETHERTYPE_IP6 ? [10, 24, 28, 30] : [];
  const wanted = new Set(families.flatMap((family) => [family, (family << 24) >>> 0]));
  const family = read(fixed(0), 4);
  return families.length === 0 ? NEVER : (frame) => wanted.has(family(frame));
}

/** Sets the slot to the network header that the decoder found; false where it found none. */
const decodedNetwork =
  (slot: number): Test =>
  (frame) => {
    const { packet } = frame;
    if (packet === undefined) return false;
    const at = packet.depth > frame.depth ? packet.tunnels[frame.depth].ipAt : packet.networkAt;
    frame.slots[slot] = at - frame.start;
    return at >= 0;
  };

/** EtherTypes as PPP has them (RFC 1661, IANA PPP numbers). */
const PPP_PROTOCOLS: ReadonlyMap<number, number> = new Map([
  [ETHERTYPE_IP, 0x21],
  [ETHERTYPE_IP6, 0x57],
  [0x8847, 0x281],
]);

const LINKS: ReadonlyMap<number, { announcement: Announcement; type: number; payload: number }> = new Map([
  [linkTypes.LINKTYPE_ETHERNET, { announcement: 'ethertype', type: 12, payload: 14 }],
  [linkTypes.LINKTYPE_LINUX_SLL, { announcement: 'ethertype', type: 14, payload: 16 }],
  [linkTypes.LINKTYPE_LINUX_SLL2, { announcement: 'ethertype', type: 0, payload: 20 }],
  [linkTypes.LINKTYPE_C_HDLC, { announcement: 'ethertype', type: 2, payload: 4 }],
  [linkTypes.LINKTYPE_PPP, { announcement: 'ppp', type: 2, payload: 4 }],
  [linkTypes.LINKTYPE_PPP_HDLC, { announcement: 'ppp', type: 2, payload: 4 }],
  [linkTypes.LINKTYPE_PPP_ETHER, { announcement: 'ppp', type: 6, payload: 8 }],
  [linkTypes.LINKTYPE_NULL, { announcement: 'loopback', type: 0, payload: 4 }],
  [linkTypes.LINKTYPE_LOOP, { announcement: 'loopback', type: 0, payload: 4 }],
  [linkTypes.LINKTYPE_RAW, { announcement: 'version', type: 0, payload: 0 }],
  [linkTypes.LINKTYPE_RAW_BSD, { announcement: 'version', type: 0, payload: 0 }],
  [linkTypes.LINKTYPE_RAW_OPENBSD, { announcement: 'version', type: 0, payload: 0 }],
  [linkTypes.LINKTYPE_IPV4, { announcement: 'ipv4', type: 0, payload: 0 }],
  [linkTypes.LINKTYPE_IPV6, { announcement: 'ipv6', type: 0, payload: 0 }],
]);
