import type { Conflict, ProxyServer } from '../core/contracts/proxy-contract.ts';
import { isHeaderName, isReservedHeader } from '../core/header-names.ts';
import { headerValue, maxHeaderValueBytes, type ValueProblem } from '../core/header-value.ts';
import { maxInjectedBytes } from './limits.ts';
import type { FileProblem, VolumeContent } from './volume.ts';

export interface InjectedHeader {
  readonly name: string;
  readonly value: string;
  readonly conflict: Conflict;
}

export interface HeaderValues {
  readonly headers: readonly InjectedHeader[];
  /** What must never come back in a response header: the values from files, and what is sent of them. */
  readonly secrets: readonly string[];
}

const problems: Record<ValueProblem, string> = {
  empty: 'is empty',
  'control-characters': 'contains a line break or another control character',
  'not-ascii': 'contains a character that is not ASCII',
  'too-long': `is longer than ${maxHeaderValueBytes} bytes`,
};

/** Turns the files of one server into the headers it sends, or says what is wrong with them. */
export function headerValues(server: ProxyServer, content: VolumeContent): HeaderValues | FileProblem[] {
  const found: FileProblem[] = [];
  const secrets: string[] = [];
  const sources = server.sources ?? {};
  const bad = (file: string, reason: string, source = sources[file]) => {
    found.push({ kind: 'bad', file, source, reason });
    return null;
  };
  const clean = (
    file: string,
    bytes: Buffer | undefined,
    options: { any?: boolean; source?: string } = {},
  ) => {
    const value = headerValue(bytes ?? Buffer.alloc(0), options.any);
    if (value.kind === 'invalid') return bad(file, problems[value.problem], options.source ?? sources[file]);
    secrets.push(value.text);
    return value.text;
  };

  const headers = new Map<string, InjectedHeader>();
  const fromFile = new Set<string>();
  for (const { name, conflict, ...header } of server.headers) {
    const key = name.toLowerCase();
    if (header.value !== undefined) {
      headers.set(key, { name, value: header.value, conflict });
      continue;
    }
    fromFile.add(key);
    if (header.file !== undefined) {
      const text = clean(header.file, content.files.get(header.file));
      // Not replace(): a `$` in a value would be read as a pattern.
      const value = text === null ? null : (header.template ?? '{value}').split('{value}').join(text);
      if (value !== null) {
        headers.set(key, { name, value, conflict });
        secrets.push(value);
      }
    } else if (header.basic !== undefined) {
      const value = basic(header.basic, content, clean, bad);
      if (value !== null) headers.set(key, { name, value: `Basic ${value}`, conflict });
      if (value !== null) secrets.push(value);
    }
  }
  addBundles(server, content, { headers, fromFile, clean, bad });

  const list = [...headers.values()];
  const total = list.reduce((sum, { name, value }) => sum + name.length + value.length + 4, 0);
  if (total > maxInjectedBytes) bad('.', `contains more than ${maxInjectedBytes} bytes of injected headers`);
  return found.length > 0 ? found : { headers: list, secrets: [...new Set(secrets)] };
}

type Clean = (
  file: string,
  bytes: Buffer | undefined,
  options?: { any?: boolean; source?: string },
) => string | null;
type Bad = (file: string, reason: string, source?: string) => null;

function basic(pair: readonly [string, string], content: VolumeContent, clean: Clean, bad: Bad) {
  const [userFile, passwordFile] = pair;
  const user = headerValue(content.files.get(userFile) ?? Buffer.alloc(0), true);
  const password = clean(passwordFile, content.files.get(passwordFile), { any: true });
  if (user.kind === 'invalid') return bad(userFile, problems[user.problem]);
  if (user.text.includes(':'))
    return bad(userFile, 'contains a colon, which ends the user name in Basic authentication');
  if (password === null) return null;
  return Buffer.from(`${user.text}:${password}`, 'latin1').toString('base64');
}

interface Collected {
  readonly headers: Map<string, InjectedHeader>;
  readonly fromFile: ReadonlySet<string>;
  readonly clean: Clean;
  readonly bad: Bad;
}

/** A whole Secret: each key is a header. It replaces a literal and yields to a header with a file of its own. */
function addBundles(
  server: ProxyServer,
  content: VolumeContent,
  { headers, fromFile, clean, bad }: Collected,
) {
  const sources = server.sources ?? {};
  const seen = new Set<string>();
  for (const [i, bundle] of server.bundles.entries()) {
    for (const [name, bytes] of content.bundles[i] ?? []) {
      const key = name.toLowerCase();
      const whole = sources[bundle.dir];
      const source = whole === undefined ? undefined : `${whole}/${name}`;
      if (fromFile.has(key)) continue;
      if (!isHeaderName(name)) bad(name, 'is not a header name', source);
      else if (isReservedHeader(name)) bad(name, 'is a reserved header', source);
      else if (seen.has(key)) bad(name, 'is set twice (names are case-insensitive)', source);
      else {
        seen.add(key);
        const value = clean(name, bytes, source === undefined ? {} : { source });
        if (value !== null) headers.set(key, { name, value, conflict: bundle.conflict });
      }
    }
  }
}
