import { AddressBook } from '../decode/address-book.ts';
import { PacketDecoder } from '../decode/decode-packet.ts';
import type { CaptureRecord } from '../decode/files/capture-record.ts';
import { PacketRedaction } from './redact-packet.ts';
import { pseudonymsOf, type Redaction } from './redaction.ts';

/** Redacts a record in place. */
export type RecordRedaction = (record: CaptureRecord, linkType: number) => void;

/** Redacts the records of one capture, each in place, in their order. Their octets must be copies that may be changed. */
export function recordRedaction(redaction: Redaction): RecordRedaction {
  const pseudonyms = pseudonymsOf(redaction);
  const begin = () => ({ decoder: new PacketDecoder(new AddressBook()), packets: new PacketRedaction(pseudonyms) });
  let now = begin();
  return (record, linkType) => {
    let packet = now.decoder.decode(record, linkType);
    if (packet.stop?.kind === 'no-room') {
      // Streams are known by the numbers of their addresses: they begin anew with the numbers.
      now = begin();
      packet = now.decoder.decode(record, linkType);
    }
    now.packets.redact(packet);
  };
}
