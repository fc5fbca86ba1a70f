import { closeSync, openSync, writeSync } from 'node:fs';

const BUFFER_BYTES = 1 << 20;
const LINKTYPE_ETHERNET = 1;
const SNAPLEN = 262144;
const PCAP_MICROSECONDS = 0xa1b2c3d4;
const PCAP_RECORD_HEADER_BYTES = 16;
const SECTION_HEADER_BLOCK = 0x0a0d0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const INTERFACE_DESCRIPTION_BLOCK = 1;
const ENHANCED_PACKET_BLOCK = 6;
/** Type, length, interface, time (2), captured and original length. */
const ENHANCED_PACKET_HEADER_BYTES = 28;
const MICROSECONDS = 1_000_000;

/**
 * Writes one capture file, pcap or pcapng, little-endian, microseconds, one Ethernet interface.
 *
 * A packet is written in two steps, so that its bytes need not be copied: `reserve` gives room in `bytes` at the
 * returned place, `commit` puts the record header before what was written there.
 */
export class CaptureFile {
  /** @type {Buffer} */
  bytes;
  packets = 0;
  #file;
  #end = 0;
  #pcapng;
  #headerBytes;

  /** @param {number} [bufferBytes] octets kept before they are written; the largest packet has to fit */
  constructor(path, format, bufferBytes = BUFFER_BYTES) {
    this.bytes = Buffer.allocUnsafe(bufferBytes);
    this.#pcapng = format === 'pcapng';
    this.#headerBytes = this.#pcapng ? ENHANCED_PACKET_HEADER_BYTES : PCAP_RECORD_HEADER_BYTES;
    this.#file = openSync(path, 'w');
    if (this.#pcapng) this.#writePcapngHead();
    else this.#writePcapHead();
  }

  /** The place in `bytes` for a packet of at most `length` bytes; valid until the next `reserve`. */
  reserve(length) {
    const tail = 8; // pcapng: up to 3 bytes of padding and the block length again
    if (this.#end + this.#headerBytes + length + tail > this.bytes.length) this.#flush();
    return this.#end + this.#headerBytes;
  }

  /** Makes a record of the `length` bytes at the place that `reserve` gave. `seconds` count from 1970. */
  commit(seconds, length) {
    const bytes = this.bytes;
    const at = this.#end;
    const microseconds = Math.round(seconds * MICROSECONDS);
    if (this.#pcapng) {
      const padded = (length + 3) & ~3;
      const blockLength = ENHANCED_PACKET_HEADER_BYTES + padded + 4;
      bytes.writeUInt32LE(ENHANCED_PACKET_BLOCK, at);
      bytes.writeUInt32LE(blockLength, at + 4);
      bytes.writeUInt32LE(0, at + 8);
      bytes.writeUInt32LE(Math.floor(microseconds / 0x1_0000_0000), at + 12);
      bytes.writeUInt32LE(microseconds % 0x1_0000_0000, at + 16);
      bytes.writeUInt32LE(length, at + 20);
      bytes.writeUInt32LE(length, at + 24);
      for (let pad = at + 28 + length; pad < at + 28 + padded; pad++) bytes[pad] = 0;
      bytes.writeUInt32LE(blockLength, at + 28 + padded);
      this.#end = at + blockLength;
    } else {
      bytes.writeUInt32LE(Math.floor(microseconds / MICROSECONDS), at);
      bytes.writeUInt32LE(microseconds % MICROSECONDS, at + 4);
      bytes.writeUInt32LE(length, at + 8);
      bytes.writeUInt32LE(length, at + 12);
      this.#end = at + PCAP_RECORD_HEADER_BYTES + length;
    }
    this.packets++;
  }

  close() {
    this.#flush();
    closeSync(this.#file);
  }

  #flush() {
    let at = 0;
    while (at < this.#end) at += writeSync(this.#file, this.bytes, at, this.#end - at);
    this.#end = 0;
  }

  #writePcapHead() {
    const bytes = this.bytes;
    bytes.writeUInt32LE(PCAP_MICROSECONDS, 0);
    bytes.writeUInt16LE(2, 4);
    bytes.writeUInt16LE(4, 6);
    bytes.writeUInt32LE(0, 8);
    bytes.writeUInt32LE(0, 12);
    bytes.writeUInt32LE(SNAPLEN, 16);
    bytes.writeUInt32LE(LINKTYPE_ETHERNET, 20);
    this.#end = 24;
  }

  #writePcapngHead() {
    const bytes = this.bytes;
    bytes.writeUInt32LE(SECTION_HEADER_BLOCK, 0);
    bytes.writeUInt32LE(28, 4);
    bytes.writeUInt32LE(BYTE_ORDER_MAGIC, 8);
    bytes.writeUInt16LE(1, 12);
    bytes.writeUInt16LE(0, 14);
    bytes.writeBigInt64LE(-1n, 16); // section length: not given
    bytes.writeUInt32LE(28, 24);
    bytes.writeUInt32LE(INTERFACE_DESCRIPTION_BLOCK, 28);
    bytes.writeUInt32LE(20, 32);
    bytes.writeUInt16LE(LINKTYPE_ETHERNET, 36);
    bytes.writeUInt16LE(0, 38);
    bytes.writeUInt32LE(SNAPLEN, 40);
    bytes.writeUInt32LE(20, 44);
    this.#end = 48;
  }
}
