/** `CODE path` of everything in what kubectl printed, in its order: what was denied, and what was warned about. */
export function reported(text: string): { readonly errors: string[]; readonly warnings: string[] } {
  const found = text.split('\n').flatMap((line) => {
    const [, warning, code = '', path = ''] = /^(Warning: )?\[(MCP\d+)\] (.+?): /.exec(line) ?? [];
    return code === '' ? [] : [{ warning: warning !== undefined, said: `${code} ${path}` }];
  });
  const of = (warning: boolean) => found.filter((one) => one.warning === warning).map(({ said }) => said);
  return { errors: of(false), warnings: of(true) };
}
