import { isListedHarmless, isSensitiveName, sensitiveParameters, type CredentialNames } from './names.ts';
import { isPlaceholder, saysSomethingElse } from './placeholders.ts';
import { hasCredentialShape } from './shapes.ts';
import { isOpaque } from './values.ts';
import { parseUrl } from '../url.ts';

/** Credentials in URLs: before the host, in the path, in the query, in the fragment. */

const token = '[A-Za-z0-9_=~.%-]{12}';
const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

/**
 * Services whose URL alone lets its holder call them, by their documentation: the host or what it ends in, and the
 * form of path and query.
 */
const pathSecrets: ReadonlyMap<string, RegExp> = new Map(
  Object.entries({
    'actions.zapier.com': '^/mcp/[^/]{8}',
    'mcp.zapier.com': `^/api/(?:mcp|v1)/(?:[a-z]{1,12}/)?${token}|^/(?:mcp|share)/${token}`,
    'hooks.zapier.com': '^/hooks/(?:catch|standard)/\\d{1,12}/[^/]{4}',
    'mcp.composio.dev': `^/(?:[^/]{1,60}/){0,6}(?:${uuid}|[A-Za-z0-9_-]{20})`,
    'backend.composio.dev': `^/(?:[^/]{1,60}/){0,6}(?:${uuid}|[A-Za-z0-9_-]{20})`,
    'mcp.pipedream.net': `^/(?:v\\d/)?(?:${uuid}|${token})`,
    'm.pipedream.net': '^/',
    'make.com': `^/[a-z0-9]{24}|^/mcp/(?:[^/]{1,60}/){0,6}${token}`,
    'celonis.com': `^/[a-z0-9]{24}|^/mcp/(?:[^/]{1,60}/){0,6}${token}`,
    'hooks.slack.com': '^/(?:services|workflows|triggers)/[A-Za-z0-9]',
    'discord.com': '^/api/(?:v\\d{1,2}/)?webhooks/\\d',
    'discordapp.com': '^/api/(?:v\\d{1,2}/)?webhooks/\\d',
    'webhook.office.com': '^/webhookb2/',
    'api.telegram.org': '^/(?:file/)?bot\\d{5}',
    'maker.ifttt.com': '/key/[^/]{8}',
    'alchemy.com': `^/(?:nft/)?v\\d/${token}`,
    'alchemyapi.io': `^/(?:nft/)?v\\d/${token}`,
    'infura.io': '^/(?:ws/)?v3/[0-9a-f]{32}',
    'quiknode.pro': '^/[0-9a-f]{20}',
    'ankr.com': '/[0-9a-f]{32}',
    'hc-ping.com': `^/(?:${uuid}|[A-Za-z0-9_-]{20})`,
    'activepieces.com': `^/api/v1/mcp/${token}`,
    'viasocket.com': `^/mcp/${token}`,
    'mcp.gumloop.com': `^/[a-z0-9_-]{1,40}/${token}`,
    'smithery.ai': `/${uuid}`,
    'klavis.ai': `/${uuid}`,
    'mcp.run': `/api/mcp/${token}`,
    'workato.com': `/webhooks/rest/${uuid}`,
    'tray.io': `^/${uuid}`,
    'firecrawl.dev': '^/[^/]{20}',
    'events.pagerduty.com': '^/integration/[0-9a-f]{32}',
    'opsgenie.com': `/${uuid}`,
    'feishu.cn': `/hook/${uuid}`,
    'larksuite.com': `/hook/${uuid}`,
  }).map(([host, path]) => [host, new RegExp(path, 'i')]),
);

/** Longer names end in no host of the list. */
const longestHost = 253;

function isPathSecret({ hostname, pathname }: URL): boolean {
  if (pathname.length < 2 && !hostname.endsWith('.m.pipedream.net')) return false;
  for (let host = hostname.slice(-longestHost); host.includes('.'); host = host.slice(host.indexOf('.') + 1))
    if (pathSecrets.get(host)?.test(pathname) === true) return true;
  return false;
}

/** n8n and its like: any host, and a path that only its holder knows. */
const anyHost = new RegExp(
  `/(?:webhook|webhook-test|mcp|mcp-test|hooks?|trigger)/${uuid}(?:/|$)|/s/(?:sk|pk|key|tok)[-_]${token}`,
  'i',
);

function decodeSafely(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function hasPathSecret(url: URL): boolean {
  const path = decodeSafely(url.pathname);
  return hasCredentialShape(path) || anyHost.test(path) || isPathSecret(url);
}

/** Short words, codes and numbers, such as `eu`, `en-US` and `created_at`, under a parameter that may say anything. */
export const spokenParameter = /^(?:[A-Za-z]{1,12}(?:[-_. ][A-Za-z0-9]{1,12}){0,4}|\d{1,6})$/;
export const certainParameters: ReadonlySet<string> = new Set(['sig', 'signature', 'sas']);

function isCredentialParameter(name: string, value: string, extra: CredentialNames): boolean {
  if (value.trim() === '' || isListedHarmless(name, extra)) return false;
  if (hasCredentialShape(value)) return true;
  if (isPlaceholder(value) || saysSomethingElse(value)) return false;
  if (isSensitiveName(name, extra)) return true;
  const lower = name.toLowerCase();
  return (
    sensitiveParameters.has(lower) && (certainParameters.has(lower) || !spokenParameter.test(value.trim()))
  );
}

/** The names of a URL's query parameters that look like credentials. */
export const credentialParameters = (url: URL, extra: CredentialNames): string[] =>
  [...url.searchParams]
    .filter(([name, value]) => isCredentialParameter(name, value, extra))
    .map(([name]) => name);

/** Where in a URL a credential is, in words that name no value; empty when nowhere. */
export function credentialsInUrl(url: URL, extra: CredentialNames): string[] {
  const userinfo = decodeSafely(url.username) + decodeSafely(url.password);
  return [
    ...(userinfo !== '' && !isPlaceholder(userinfo) ? ['a user or password before the host'] : []),
    ...credentialsAfterHost(url, extra),
  ];
}

function credentialsAfterHost(url: URL, extra: CredentialNames): string[] {
  const fragment = url.hash.slice(1);
  const inFragment = fragment.includes('=')
    ? [...new URLSearchParams(fragment)].some(([name, value]) => isCredentialParameter(name, value, extra))
    : false;
  return [
    ...(hasPathSecret(url) ? ['the path'] : []),
    ...credentialParameters(url, extra).map((name) => `the query parameter ${name}`),
    ...(inFragment || hasCredentialShape(fragment) ? ['the fragment'] : []),
  ];
}

/** Longer than a UUID or a word, and random: `/mcp/9fK2...`. */
const longestIdentifier = 28;

/** Where in a URL something looks random that no name and no shape says is a credential. */
export function opaqueParts(url: URL): string[] {
  const inPath = url.pathname
    .split('/')
    .some((part) => part.length > longestIdentifier && isMixed(part) && isOpaque(decodeSafely(part)));
  return inPath && !hasPathSecret(url) ? ['the path'] : [];
}

/** Letters in both cases and digits: identifiers that are written in hex or in lower case are none. */
const isMixed = (text: string): boolean => /[a-z]/.test(text) && /[A-Z]/.test(text) && /\d/.test(text);

const urlInText = /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'<>`\\]+/gi;

/** The same for every URL in a text (an argument, a variable, a line of a file), where a user alone is none. */
export function credentialsInUrls(text: string, extra: CredentialNames): string[] {
  if (!text.includes('://')) return [];
  return [...text.matchAll(urlInText)].flatMap(([found]) => {
    const url = parseUrl(found);
    if (!url) return [];
    return url.password === '' && !isOpaque(url.username)
      ? credentialsAfterHost(url, extra)
      : credentialsInUrl(url, extra);
  });
}

/** What follows a URL in a sentence or in Markdown. */
const punctuation = new Set('.,;:!?)]}>*_|"\''.split(''));

function withoutPunctuation(url: string): string {
  let end = url.length;
  while (end > 0 && punctuation.has(url[end - 1]!)) end -= 1;
  return url.slice(0, end);
}

/**
 * Whether a URL in free text has a credential in its query or fragment, by the name of the parameter. People write examples
 * there (`?token=abc123`, `?api_key={key}`), so only a value that looks random counts.
 */
export function hasCredentialInProse(text: string, extra: CredentialNames): boolean {
  if (!text.includes('://')) return false;
  for (const [found] of text.matchAll(urlInText)) {
    const written = withoutPunctuation(found);
    const url = /[?#]/.test(written) ? parseUrl(written) : undefined;
    if (!url) continue;
    const { searchParams, hash } = url;
    for (const parameters of [searchParams, new URLSearchParams(hash.slice(1))])
      for (const [name, value] of parameters)
        if (isOpaque(value) && isCredentialParameter(name, value, extra)) return true;
  }
  return false;
}
