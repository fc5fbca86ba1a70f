import { createHash } from 'node:crypto';
import { type Markup, markup } from '../../text/markup.ts';
import { sanitizeAll } from '../../text/sanitize.ts';
import type { Report } from '../model/report.ts';
import { aboutPart, unseenPart } from './about-part.ts';
import { commandsPart } from './command-part.ts';
import { figureParts } from './figures.ts';
import { findingsPart } from './finding-part.ts';
import { PAGE_SCRIPT } from './page-script.ts';
import { PAGE_STYLE } from './page-style.ts';
import type { Part } from './part.ts';
import { triagePart } from './triage-part.ts';
import { verdictHead, verdictPart, verdictTitle } from './verdict-part.ts';

/**
 * The report as one HTML page that loads nothing: its policy (CSP 3) allows the style and the script inside by their
 * hashes, and no request at all. It can be read without the script, which copies, enlarges and folds.
 */
export function formatHtml(unsafe: Report): string {
  const report = sanitizeAll(unsafe);
  const parts = [
    ...verdictPart(report),
    ...triagePart(report),
    ...figureParts(report),
    ...findingsPart(report),
    ...commandsPart(report),
    ...unseenPart(report),
    ...aboutPart(report),
  ];
  const { version } = report.tool;
  const policy = `default-src 'none'; style-src '${hashOf(PAGE_STYLE)}'; script-src '${hashOf(PAGE_SCRIPT)}'; base-uri 'none'; form-action 'none'`;
  const body = markup`<a class="skip" href="#verdict">To the report</a>
<header class="frame">${verdictHead(report)}</header>
<div class="frame layout">
<nav aria-label="Parts of the report"><ul>${parts.map(({ id, title }) => markup`<li><a href="#${id}">${title}</a></li>`)}</ul><div class="tools" id="folding"></div></nav>
<main>${parts.map(sectionOf)}</main>
</div>
<footer class="frame">Made by pcapdiag ${version} from ${report.captures.length} captures. This page loads nothing and sends nothing.</footer>
<div class="heard" id="heard" role="status" aria-live="polite"></div>`;
  // Style and script are constants, and stand here as they were hashed.
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${markup`${verdictTitle(report)}`.text}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
${body.text}
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

const sectionOf = ({ id, title, body }: Part): Markup =>
  markup`<section id="${id}" aria-labelledby="${id}-head"><h2 id="${id}-head">${title}</h2>${body}</section>
`;

const hashOf = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;
