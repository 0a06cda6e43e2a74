import type { Conflict } from '../core/proxy-contract.ts';
import { droppedFromRequests, droppedFromResponses, isForwardingName, normalName } from './header-names.ts';
import { minSecretScanLength } from './limits.ts';
import type { HeaderValues, InjectedHeader } from './values.ts';

/** What requests need of a generation's headers, worked out once. */
export interface HeaderPlan {
  /** Name and value in turn, as `http.request` takes them. */
  readonly pairs: readonly string[];
  readonly byName: ReadonlyMap<string, Conflict>;
  readonly headers: readonly InjectedHeader[];
  readonly secrets: readonly string[];
  readonly shortSecrets: ReadonlySet<string>;
}

export function headerPlan({ headers, secrets }: HeaderValues): HeaderPlan {
  return {
    pairs: headers.flatMap(({ name, value }) => [name, value]),
    byName: new Map(headers.map(({ name, conflict }) => [normalName(name), conflict])),
    headers,
    secrets: secrets.filter((secret) => secret.length >= minSecretScanLength),
    shortSecrets: new Set(secrets.filter((secret) => secret.length < minSecretScanLength)),
  };
}

export interface Outgoing {
  readonly headers: string[];
  /** The client sent a header of an injected name. */
  readonly conflict: boolean;
  /** ... and the configuration refuses that. */
  readonly rejected: boolean;
}

export interface RequestShape {
  readonly authority: string;
  readonly method: string;
  /** A legacy stream must be readable for us. */
  readonly identity: boolean;
}

/**
 * The client's headers, less what belongs to its own hop, plus the injected ones, each exactly once. What the
 * client's `Connection` names goes first: otherwise `Connection: Authorization` would take ours along.
 */
export function outgoingHeaders(raw: readonly string[], plan: HeaderPlan, shape: RequestShape): Outgoing {
  const headers = ['Host', shape.authority];
  let named: Set<string> | undefined;
  let kept: Set<string> | undefined;
  let conflict = false;
  let rejected = false;
  let framed = false;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const value = raw[i + 1] ?? '';
    const normal = normalName(name);
    if (normal === 'connection') named = addTokens(named, value);
    if (normal === 'transfer-encoding') {
      // Our own client frames the body anew; the parser has let nothing through but `chunked`.
      headers.push('Transfer-Encoding', 'chunked');
      framed = true;
    }
    if (droppedFromRequests.has(normal) || isForwardingName(normal)) continue;
    // `content_length` is no framing here, but may be for a CGI-style server behind us.
    if (normal === 'content-length') {
      if (name.includes('_')) continue;
      framed = true;
    }
    if (shape.identity && normal === 'accept-encoding') continue;
    const policy = plan.byName.get(normal);
    if (policy !== undefined) {
      conflict = true;
      if (policy === 'reject') rejected = true;
      if (policy !== 'keep') continue;
      kept = (kept ?? new Set()).add(normal);
    }
    headers.push(name, value);
  }
  const client = named === undefined ? headers : withoutNamed(headers, named, kept);
  if (!framed && mayHaveBody.has(shape.method)) client.push('Content-Length', '0');
  if (shape.identity) client.push('Accept-Encoding', 'identity');
  if (kept === undefined || kept.size === 0) for (const part of plan.pairs) client.push(part);
  else for (const { name, value } of plan.headers) if (!kept.has(normalName(name))) client.push(name, value);
  return { headers: client, conflict, rejected };
}

/** Without a length our client would send these in chunks, an empty body too. */
const mayHaveBody: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/** Never dropped by name: without them the request would not be one. */
const framing: ReadonlySet<string> = new Set(['host', 'content-length', 'transfer-encoding']);

function addTokens(known: Set<string> | undefined, value: string): Set<string> | undefined {
  const lower = value.toLowerCase();
  if (lower === 'keep-alive' || lower === 'close') return known;
  const tokens = known ?? new Set<string>();
  for (const token of lower.split(',')) tokens.add(normalName(token.trim()));
  return tokens;
}

function withoutNamed(
  headers: string[],
  named: ReadonlySet<string>,
  kept: Set<string> | undefined,
): string[] {
  const left: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? '';
    const normal = normalName(name);
    if (named.has(normal) && !framing.has(normal)) kept?.delete(normal);
    else left.push(name, headers[i + 1] ?? '');
  }
  return left;
}

export interface Incoming {
  readonly headers: string[];
  /** Headers that held an injected value. */
  readonly echoed: number;
  readonly location: string | undefined;
}

/** The server's headers without those of its own hop and without any that echoes a credential. */
export function incomingHeaders(raw: readonly string[], plan: HeaderPlan): Incoming {
  const headers: string[] = [];
  let named: Set<string> | undefined;
  let chunked = false;
  let echoed = 0;
  let location: string | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const value = raw[i + 1] ?? '';
    const lower = name.toLowerCase();
    if (lower === 'connection') named = addTokens(named, value);
    if (lower === 'transfer-encoding') chunked = true;
    if (droppedFromResponses.has(lower)) continue;
    if (isEcho(name, value, plan)) {
      echoed += 1;
      continue;
    }
    if (lower === 'location') location = value;
    headers.push(name, value);
  }
  if (named === undefined && !chunked) return { headers, echoed, location };
  const drop = named ?? new Set<string>();
  drop.delete('content-length');
  if (chunked) drop.add('content-length');
  return { headers: withoutListed(headers, drop), echoed, location };
}

function withoutListed(headers: readonly string[], drop: ReadonlySet<string>): string[] {
  return headers.filter((_, i) => !drop.has(normalName(headers[i - (i % 2)] ?? '')));
}

function isEcho(name: string, value: string, plan: HeaderPlan): boolean {
  for (const secret of plan.secrets) if (value.includes(secret) || name.includes(secret)) return true;
  return plan.shortSecrets.size > 0 && plan.shortSecrets.has(value);
}
