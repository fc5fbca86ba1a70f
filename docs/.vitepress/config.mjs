// The documentation as a site: npm run site. A link to a page that is not there ends the build.
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const outDir = join(root, 'site');

/** Files beside the documentation that its pages link to: copied to the site, under these names. */
const BESIDE = [
  ...readdirSync(join(root, 'schema')).map((name) => [`schema/${name}`, `schema/${name}`]),
  ['.github/workflows/gate.yml', 'gate.yml'],
  ['test/pcaps/README.md', 'recordings.md'],
];

/** A link that leaves the documentation leads to its copy on the site, or to the text of the file beside the site. */
function keepInside(markdown) {
  const usual = markdown.renderer.rules.link_open;
  const render = usual ?? ((tokens, at, options, _env, self) => self.renderToken(tokens, at, options));
  markdown.renderer.rules.link_open = (tokens, at, options, env, self) => {
    const href = tokens[at].attrGet('href') ?? '';
    const path = href.replace(/^(?:\.\.\/)+/, '').replace(/^test\/pcaps\/.*/, 'test/pcaps/README.md');
    const copy = BESIDE.find(([from]) => path === from);
    if (copy === undefined) {
      // The README of a folder is its index.
      tokens[at].attrSet('href', href.replace(/README\.md(?=#|$)/, 'index.md'));
      return render(tokens, at, options, env, self);
    }
    tokens[at].attrSet('href', `/${copy[1]}`);
    tokens[at].attrSet('target', '_self');
    return self.renderToken(tokens, at, options);
  };
}

/** `<a id="name"></a>` marks a row of a table that other pages point to. */
function anchors(markdown) {
  markdown.inline.ruler.before('text', 'anchor', (state, silent) => {
    const found = /^<a id="([a-z0-9-]+)"><\/a>/.exec(state.src.slice(state.pos));
    if (found === null) return false;
    if (!silent) state.push('html_inline', '', 0).content = found[0];
    state.pos += found[0].length;
    return true;
  });
}

const pages = (...names) => names.map(([text, link]) => ({ text, link }));

export default {
  title: 'pcapdiag',
  description: 'Reads packet captures of Kubernetes pod traffic and says what is wrong, and where on the path',
  outDir,
  cacheDir: join(root, 'node_modules', '.vitepress'),
  cleanUrls: false,
  rewrites: { 'rules/README.md': 'rules/index.md' },

  // Pages hold no HTML of their own but anchors: `<like this>` is text.
  markdown: { html: false, attrs: { disable: true }, config: (markdown) => markdown.use(keepInside).use(anchors) },
  vite: { build: { chunkSizeWarningLimit: 4000 } },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: pages(['Guide', '/guide'], ['Rules', '/rules/'], ['Formats', '/formats'], ['CI', '/ci']),
    sidebar: [
      { text: 'Use', items: pages(['Three cases', '/guide'], ['Filters', '/filters'], ['Formats', '/formats']) },
      { text: 'CI', items: pages(['In a CI job', '/ci'], ['A gate for a CNI change', '/cni-gate']) },
      {
        text: 'More',
        items: pages(
          ['Digests', '/digests'],
          ['Exports', '/export'],
          ['Redaction', '/redaction'],
          ['An assistant', '/assistant'],
        ),
      },
      {
        text: 'Reference',
        items: pages(
          ['Rules', '/rules/'],
          ['Library', '/library'],
          ['Example packets', '/examples'],
          ['Thresholds', '/thresholds'],
          ['Fault signatures', '/catalogue-coverage'],
        ),
      },
      {
        text: 'How it is measured',
        items: pages(
          ['Audit on real captures', '/corpus-audit'],
          ['Pairs of captures', '/pairs'],
          ['Live advice', '/live'],
          ['Mutants', '/mutants'],
          ['Differences from tshark', '/tshark-differences'],
        ),
      },
    ],
  },
  buildEnd() {
    for (const [from, to] of BESIDE) {
      mkdirSync(join(outDir, to, '..'), { recursive: true });
      copyFileSync(join(root, from), join(outDir, to));
    }
  },
};
