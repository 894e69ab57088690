import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { element, Markup, showControl } from '../../src/report/page-node.ts';
import { tableNode, verdictNode } from '../../src/report/page-part.ts';
import { renderPageShell } from '../../src/report/page-shell.ts';

const attacks = [
  '</title><script>alert(1)</script>',
  '</style></script></details></body></html>',
  '<!-- ',
  ']]>',
  '<img src=x onerror=alert(1)>',
  '"><svg onload=alert(1)>',
  "' onmouseover='alert(1)",
  '&lt;script&gt;',
];

test('text stands as text in an element, in an attribute and in the title', () => {
  const skeleton = (text: string): string =>
    renderPageShell({
      title: text,
      body: [element('p', { title: text, id: text }, text), tableNode(text, [{ title: text }, { title: text }], [{ cells: [text, text] }])],
    });
  const tags = (html: string): readonly string[] => [...html.replace(/="[^"]*"/g, '').matchAll(/<\/?[a-z!][a-z0-9]*/gi)].map(([tag]) => tag);
  const plain = tags(skeleton('x'));
  for (const attack of attacks) expect(tags(skeleton(attack)), attack).toEqual(plain);
});

test('the policy permits the style and nothing else', () => {
  const page = renderPageShell({ title: 'x', body: [], style: '.own{color:red}' });
  const [, css = ''] = /<style>([\s\S]*)<\/style>/.exec(page) ?? [];
  expect(css).toContain('.own{color:red}');
  expect(page.replaceAll('&#x27;', "'")).toContain(
    `content="default-src 'none'; style-src 'sha256-${createHash('sha256').update(css).digest('base64')}'; base-uri 'none'; form-action 'none'"`,
  );
  expect(page).not.toMatch(/<script|src=|@import|url\(|style=/);
});

test('a page is loaded anew only where that is asked for', () => {
  expect(renderPageShell({ title: 'x', body: [] })).not.toContain('refresh');
  expect(renderPageShell({ title: 'x', body: [], refresh: { seconds: 2 } })).toContain('<meta http-equiv="refresh" content="2">');
});

test('what would not be seen is seen', () => {
  expect(showControl('a\u0000b\u001b[2Jc\u007f\u202ed\u200be\ud800f\r\ng\rh\ti\uffff')).toBe('a␀b␛[2Jc␡⟦U+202E⟧d⟦U+200B⟧e\ufffdf\ng␍\nh\ti⟦U+FFFF⟧');
  expect(showControl('日本語 العربية 😀 e\u0301')).toBe('日本語 العربية 😀 e\u0301');
});

test('a part that was written before is taken as it is, and a verdict has symbol and word', () => {
  const page = renderPageShell({ title: 'x', body: [Markup.of(verdictNode('failed')), verdictNode('none')] });
  expect(page).toContain('<span class="mark v-failed">✗ failed</span>\n<span class="mark v-none">· not judged</span>');
});
