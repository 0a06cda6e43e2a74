import { injected } from './subjects.ts';
import type { Recorded } from './recorder.ts';

const line =
  /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+: [\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?$|^[!#$%&'*+\-.^_`|~0-9A-Za-z]+: $/;

/** What is wrong with a request that ours sent to the server; nothing, it should be. */
export function flawsOf({ head }: Recorded, upstreamPort: number): string[] {
  const flaws: string[] = [];
  const [start = '', ...headers] = head.slice(0, -4).split('\r\n');
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+ \/mcp(?:\?[\x21-\x7e]*)? HTTP\/1\.1$/.test(start)) flaws.push(start);
  flaws.push(...headers.filter((header) => !line.test(header)));
  const named = (name: string) =>
    headers.filter((header) => header.toLowerCase().replaceAll('_', '-').startsWith(`${name}:`));
  const once: Readonly<Record<string, string>> = {
    host: `Host: 127.0.0.1:${upstreamPort}`,
    authorization: `Authorization: ${injected}`,
    'x-api-key': 'X-Api-Key: key-of-the-server',
  };
  for (const [name, expected] of Object.entries(once))
    if (named(name).join('|') !== expected) flaws.push(`${name}: ${named(name).join('|')}`);
  if (named('content-length').length + named('transfer-encoding').length > 1) flaws.push('framed twice');
  for (const name of ['connection', 'upgrade', 'expect', 'te', 'trailer'])
    if (named(name).length > 0) flaws.push(`${name} handed on`);
  return flaws;
}
