// What any analysis costs before it knows anything: the seconds of a whole process that reads a capture and finds its
// records, and of one that decodes their headers too.
//   npm run build && node benchmarks/floor.mjs FILE walk|decode

import { AddressBook } from '../dist/decode/address-book.js';
import { PacketDecoder } from '../dist/decode/decode-packet.js';
import { readCapture } from '../dist/decode/files/capture-source.js';

const [file, what] = process.argv.slice(2);
const decoder = new PacketDecoder(new AddressBook());
let linkType = -1;
let packets = 0;
await readCapture(file, {
  onInterface(described) {
    linkType = described.linkType;
  },
  onProblem() {},
  onRecord(record) {
    packets++;
    if (what === 'decode') decoder.decode(record, linkType);
  },
});
console.log(packets);
