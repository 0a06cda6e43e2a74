/** A page with the part between `<!-- name -->` and `<!-- end -->` replaced; throws when the page has no such part. */
export function withPart(page: string, name: string, content: string): string {
  const begin = `<!-- ${name} -->`;
  const start = page.indexOf(begin);
  const end = page.indexOf('<!-- end -->', start);
  if (start < 0 || end < 0) throw new Error(`the page has no part ${begin} ... <!-- end -->`);
  return `${page.slice(0, start)}${begin}\n\n${content}\n\n${page.slice(end)}`;
}

/** A Markdown table; a formatter aligns its columns. */
export const markdownTable = (titles: readonly string[], rows: Iterable<readonly string[]>): string =>
  [titles, titles.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
