import type { Evidence, FragmentedDatagram } from '../../../flows/evidence/evidence.ts';

/** Counts DNS answers among fragmented datagrams of a point. The first fragment holds the header of the answer. */
export function countDnsAnswers(evidence: Evidence, point: number, datagrams: readonly FragmentedDatagram[]): number {
  const firsts = new Set(datagrams.filter(({ hasFirst }) => hasFirst).map(({ first }) => first.packet));
  const answers = evidence.dns
    .filter((exchange) => exchange.point === point)
    .flatMap(({ responses }) => responses.filter(({ packet }) => firsts.has(packet)));
  return new Set(answers.map(({ packet }) => packet)).size;
}
