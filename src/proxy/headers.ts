import type { Conflict } from '../core/contracts/proxy-contract.ts';
import { echoFilter, type EchoFilter } from './echo.ts';
import { droppedAtEachHop, droppedFromResponses, isDropped, normalName } from './header-names.ts';
import type { RequestHead } from './http1/request-head.ts';
import type { ResponseHead } from './http1/response-head.ts';
import type { HeaderValues, InjectedHeader } from './values.ts';

/** What requests need of a generation's headers, worked out once. */
export interface HeaderPlan {
  /** All injected headers as lines. */
  readonly lines: string;
  readonly byName: ReadonlyMap<string, Conflict>;
  readonly headers: readonly InjectedHeader[];
  readonly echo: EchoFilter;
}

const headerLine = (name: string, value: string): string => `${name}: ${value}\r\n`;

export function headerPlan({ headers, secrets }: HeaderValues): HeaderPlan {
  return {
    lines: headers.map(({ name, value }) => headerLine(name, value)).join(''),
    byName: new Map(headers.map(({ name, conflict }) => [normalName(name), conflict])),
    headers,
    echo: echoFilter(secrets),
  };
}

export interface Outgoing {
  /** The whole head as the server gets it. */
  readonly text: string;
  /** The client sent a header of an injected name. */
  readonly conflict: boolean;
  /** ... and the configuration refuses that. */
  readonly rejected: boolean;
}

export interface RequestShape {
  /** Path and query. */
  readonly path: string;
  readonly authority: string;
  /** A legacy stream must be readable for us. */
  readonly identity: boolean;
  /** All headers go on, but those of the client's own hop. */
  readonly passing: boolean;
}

/**
 * The client's headers, less what belongs to its own hop, plus the injected ones, each exactly once. What the
 * client's `Connection` names goes first: otherwise `Connection: Authorization` would take ours along.
 */
export function outgoingHead(head: RequestHead, plan: HeaderPlan, shape: RequestShape): Outgoing {
  const { named } = head.connection;
  let text = `${head.method} ${shape.path} HTTP/1.1\r\nHost: ${shape.authority}\r\n`;
  let kept: Set<string> | undefined;
  let conflict = false;
  let rejected = false;
  for (const { lower, line } of head.fields) {
    const normal = normalName(lower);
    if (shape.passing ? droppedAtEachHop.has(normal) : isDropped(normal)) continue;
    if (shape.identity && normal === 'accept-encoding') continue;
    const policy = plan.byName.get(normal);
    if (policy !== undefined) {
      conflict = true;
      if (policy === 'reject') rejected = true;
      if (policy !== 'keep') continue;
    }
    if (named?.has(normal) === true) continue;
    if (policy !== undefined) kept = (kept ?? new Set()).add(normal);
    text += line;
  }
  text += requestFraming(head);
  if (shape.identity) text += 'Accept-Encoding: identity\r\n';
  if (kept === undefined) text += plan.lines;
  else
    for (const { name, value } of plan.headers)
      if (!kept.has(normalName(name))) text += headerLine(name, value);
  return { text: `${text}\r\n`, conflict, rejected };
}

/** Servers expect a length from these, of an empty body too. */
const mayHaveBody: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

function requestFraming({ framing, method }: RequestHead): string {
  if (framing === 'chunked') return 'Transfer-Encoding: chunked\r\n';
  if (typeof framing === 'number') return `Content-Length: ${framing}\r\n`;
  return mayHaveBody.has(method) ? 'Content-Length: 0\r\n' : '';
}

export interface Incoming {
  /** The header lines for the client, without those that frame the body. */
  readonly lines: string;
  /** Headers that held an injected value. */
  readonly echoed: number;
  /** A `Location` that the client must not see. */
  readonly forbidden: boolean;
}

/**
 * The server's headers without those of its own hop and without any that echoes a credential. `locate` says what a
 * `Location` is to the client, or null where it must not see it.
 */
export function incomingLines(
  head: ResponseHead,
  plan: HeaderPlan,
  locate: (location: string) => string | null,
): Incoming {
  const { named } = head.connection;
  let lines = '';
  let echoed = 0;
  // Hardly any response holds one: all headers are searched at once first.
  const found = plan.echo.isIn(head.fields.map(({ line }) => line).join(''));
  for (const field of head.fields) {
    const { name, lower, value } = field;
    if (droppedFromResponses.has(lower) || named?.has(normalName(lower)) === true) continue;
    if ((found && plan.echo.isIn(field.line)) || plan.echo.isWhole(value)) echoed += 1;
    else if (lower === 'location') {
      const local = locate(value);
      if (local === null) return { lines: '', echoed, forbidden: true };
      lines += headerLine(name, local);
    } else lines += field.line;
  }
  return { lines, echoed, forbidden: false };
}
