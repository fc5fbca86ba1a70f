// Walks a capture with the npm package pcap-parser and counts its packets: node benchmarks/walk-pcap-parser.mjs FILE
import pcapParser from 'pcap-parser';

let packets = 0;
const parser = pcapParser.parse(process.argv[2]);
parser.on('packet', () => packets++);
parser.on('end', () => process.stdout.write(`${packets}\n`));
