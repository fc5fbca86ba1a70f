import { counted } from '../../text/counted.ts';
import type { ReportPartial } from '../model/report.ts';

/** How much of the captures a report that was asked for early rests on. */
export function partialText({ because, whole, inPart, unread, compared }: ReportPartial): string {
  const parts = [
    `${counted(whole, 'capture')} read to the end`,
    ...(inPart > 0 ? [`${inPart} in part`] : []),
    ...(unread > 0 ? [`${unread} not at all`] : []),
    ...(compared ? [] : ['not all compared']),
  ];
  return `Stopped by ${because}: ${parts.join(', ')}`;
}
