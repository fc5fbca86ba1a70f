import type { Bounds } from '../bounds.ts';
import { u8, u16, u24 } from '../octets.ts';
import type { DecodeStop } from '../packet.ts';

/**
 * LLC header (IEEE 802.2), and SNAP behind it (RFC 1042).
 *
 *  | DSAP | SSAP | control |    OUI (3)    |  EtherType (2)  |
 */
export const LENGTH = 3;
export const SNAP_LENGTH = 8;
const SAP_IP = 0x06;
const SAP_SNAP = 0xaa;
const UNNUMBERED_INFORMATION = 0x03;
/** OUI of RFC 1042, and the OUI of bridges that tunnel EtherTypes (IEEE 802.1H). */
const OUI_RFC1042 = 0x000000;
const OUI_802_1H = 0x0000f8;

export const destinationSap = (bytes: Uint8Array, at: number): number => u8(bytes, at);
export const sourceSap = (bytes: Uint8Array, at: number): number => u8(bytes, at + 1);
export const control = (bytes: Uint8Array, at: number): number => u8(bytes, at + 2);
export const oui = (bytes: Uint8Array, at: number): number => u24(bytes, at + 3);
export const snapEtherType = (bytes: Uint8Array, at: number): number => u16(bytes, at + 6);

export const isIp = (bytes: Uint8Array, at: number): boolean =>
  destinationSap(bytes, at) === SAP_IP && control(bytes, at) === UNNUMBERED_INFORMATION;

export const isSnap = (bytes: Uint8Array, at: number): boolean =>
  destinationSap(bytes, at) === SAP_SNAP && control(bytes, at) === UNNUMBERED_INFORMATION;

/** After `checkSnap`: whether the protocol id is an EtherType. */
export const hasEtherType = (bytes: Uint8Array, at: number): boolean =>
  oui(bytes, at) === OUI_RFC1042 || oui(bytes, at) === OUI_802_1H;

export const check = (at: number, bounds: Bounds): DecodeStop | undefined =>
  at + LENGTH > bounds.captured ? bounds.tooShort('link', at + LENGTH) : undefined;

export const checkSnap = (at: number, bounds: Bounds): DecodeStop | undefined =>
  at + SNAP_LENGTH > bounds.captured ? bounds.tooShort('link', at + SNAP_LENGTH) : undefined;
