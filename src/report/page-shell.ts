/**
 * One self-contained HTML document: no script, no address that is loaded, one style element whose digest stands in the policy
 * (Content Security Policy Level 3, `meta` delivery). What it holds is a tree (`page-node.ts`), so that no text can change its skeleton.
 */
import { createHash } from 'node:crypto';
import { element, Markup, type PageContent } from './page-node.ts';
import { pageStyle } from './page-style.ts';

export interface PageShell {
  /** Text, as the browser's tab shows it: the verdict's mark first, where there is one. */
  readonly title: string;
  /** What stands in `main`, in order: nodes, or parts that were written already because all of them would not fit into memory. */
  readonly body: readonly (PageContent | Markup)[];
  /** Rules of the page's own, after those of every page. A constant of the program, never text from a record. */
  readonly style?: string;
  /** The browser loads the page anew after so many seconds, or another file beside it: a live view has no script either. */
  readonly refresh?: { readonly seconds: number; readonly to?: string };
}

export function renderPageShell({ title, body, style = '', refresh }: PageShell): string {
  const css = `${pageStyle}${style}`;
  const head = Markup.of([
    element('meta', { charSet: 'utf-8' }),
    element('meta', { httpEquiv: ['Content-Security-Policy'], content: contentPolicy(css) }),
    ...(refresh === undefined
      ? []
      : [element('meta', { httpEquiv: ['refresh'], content: `${refresh.seconds}${refresh.to === undefined ? '' : `; url=${refresh.to}`}` })]),
    element('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    element('meta', { name: 'color-scheme', content: 'light dark' }),
    element('meta', { name: 'referrer', content: 'no-referrer' }),
    element('title', {}, title),
    { type: 'element', tagName: 'style', properties: {}, children: [{ type: 'text', value: css }] },
  ]);
  const parts = body.map((part) => (part instanceof Markup ? part : Markup.of(part)).toString());
  return `<!doctype html>\n<html lang="en">\n<head>${head.toString()}</head>\n<body>\n<main>\n${parts.join('\n')}\n</main>\n</body>\n</html>\n`;
}

/** Nothing is loaded, nothing runs, nothing is sent: only the page's own style holds. */
function contentPolicy(css: string): string {
  const digest = createHash('sha256').update(css).digest('base64');
  return `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`;
}
