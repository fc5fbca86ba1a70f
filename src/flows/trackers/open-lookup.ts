import type { DnsMessage } from '../../decode/messages/dns-message.ts';
import type { DnsExchange } from '../evidence/evidence.ts';
import { finish, mix, SEED } from '../tables/mix.ts';
import type { KeysOf } from './aged-map.ts';

/** Where a message was seen, apart from the packet itself. */
export interface DnsSighting {
  point: number;
  time: number;
  encapsulation: number;
  flow: number;
  transport: 'udp' | 'tcp';
}

/** What tells a question from others: who asks whom what, and where that was seen. Addresses are numbers of `AddressBook`. */
export class Question {
  place = 0;
  isOverTcp = false;
  client = 0;
  clientPort = 0;
  server = 0;
  serverPort = 0;
  idAndType = 0;
  /** In lower case: DNS compares names without regard to case (RFC 4343). */
  name = '';
  /** Hash of all but the server, and of all. */
  hash = 0;
  hashWithServer = 0;

  /** Takes what the message asks, or what it answers, of that client. The server is set after it. */
  setMessage(message: DnsMessage, sighting: DnsSighting, client: number, port: number): void {
    this.place = sighting.point * 0x1_0000 + sighting.encapsulation;
    this.isOverTcp = sighting.transport === 'tcp';
    this.client = client;
    this.clientPort = port;
    this.idAndType = message.id * 0x1_0000 + message.type;
    this.name = message.name.toLowerCase();
    const ends = mix(mix(SEED, client | 0), port);
    this.hash = finish(mix(mix(mix(ends, this.place | 0), this.idAndType | 0), message.nameHash | 0));
  }

  setServer(address: number, port: number): void {
    this.server = address;
    this.serverPort = port;
    this.hashWithServer = finish(mix(mix(this.hash, address | 0), port));
  }
}

/** A lookup that may get further messages. */
export class OpenLookup {
  readonly question: Question;
  /** Undefined once it was left out. */
  exchange: DnsExchange | undefined;
  isAnswered = false;
  readonly firstTime: number;
  lastTime: number;

  constructor(question: Question, exchange: DnsExchange, time: number) {
    this.question = question;
    this.exchange = exchange;
    this.firstTime = time;
    this.lastTime = time;
  }
}

const asksSame = (one: Question, other: Question): boolean =>
  one.idAndType === other.idAndType &&
  one.clientPort === other.clientPort &&
  one.client === other.client &&
  one.place === other.place &&
  one.isOverTcp === other.isOverTcp &&
  one.name === other.name;

/** Lookups of one question, from whichever server. */
export const BY_QUESTION: KeysOf<Question, OpenLookup> = {
  hashOf: ({ hash }) => hash,
  isOf: (open, question) => asksSame(open.question, question),
};

/** Lookups of one question to one server. */
export const BY_QUESTION_AND_SERVER: KeysOf<Question, OpenLookup> = {
  hashOf: ({ hashWithServer }) => hashWithServer,
  isOf: ({ question: known }, question) =>
    known.server === question.server && known.serverPort === question.serverPort && asksSame(known, question),
};
