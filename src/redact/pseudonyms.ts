import { createHmac } from 'node:crypto';
import { AddressMap } from './address-map.ts';
import { MacMap } from './mac-map.ts';
import { OctetFill } from './octet-fill.ts';
import { WordMap } from './word-map.ts';

/** The pseudonyms of one key: the same key gives the same ones, in every capture and report. */
export class Pseudonyms {
  readonly addresses: AddressMap;
  readonly macs: MacMap;
  readonly words: WordMap;
  readonly octets: OctetFill;

  constructor(key: string | Uint8Array) {
    const keyOf = (use: string): Uint8Array => createHmac('sha256', key).update(`pcapdiag ${use}`).digest();
    this.addresses = new AddressMap(keyOf('addresses'));
    this.macs = new MacMap(keyOf('link addresses'), this.addresses);
    this.words = new WordMap(keyOf('words'));
    this.octets = new OctetFill(keyOf('octets'));
  }
}
