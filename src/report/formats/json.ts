import { sanitizeAll } from '../../text/sanitize.ts';
import type { Report } from '../model/report.ts';

/** The report as JSON (schema/report.json), indented by two spaces, with a line end. Its strings are safe to print. */
export const formatJson = (report: Report): string => `${JSON.stringify(sanitizeAll(report), null, 2)}\n`;
