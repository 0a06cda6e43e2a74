import { unknownFields, type KnownFields } from '../../core/kinds/known-fields.ts';
import type { Reading } from '../../core/kinds/reader.ts';
import {
  casOf,
  isKeyRef,
  keysOf,
  type Header,
  type KeyRef,
  type McpServer,
  type WholeRef,
} from '../../core/model.ts';
import { Path } from '../../core/path.ts';
import { hasCredentialShape } from '../../core/credentials/index.ts';
import { printable, shownName } from '../../core/printable.ts';
import { serverUrlOf } from '../../core/server-url.ts';
import type { KubernetesObject } from '../../files/documents.ts';

/** What a description reads of one object, for people. Of a literal only that it is there: it may be a credential. */

/** A description may be wrong about what a name is, and may read a credential as one. */
const nameText = (name: string): string =>
  name.length <= 253 && !hasCredentialShape(name) ? shownName(name) : redacted;

const redacted = '[redacted]';

/** What, from where, and its place. */
type Row = readonly [what: string, value: string, at: string];

export function extractedText(object: KubernetesObject, reading: Reading, known: KnownFields): string {
  const servers = reading.servers.map((server) => {
    const rows = rowsOf(server);
    const widths = [0, 1].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
    const lines = rows.map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    );
    return section(`${server.role} ${nameText(server.name)} at ${server.at.toString()}`, lines);
  });
  const problems = reading.mismatches.map(({ at, expected }) => `${at.toString()}: must be ${expected}`);
  const { exceeded } = reading;
  return [
    ...servers,
    ...(exceeded
      ? [`  over the limit of ${exceeded.limit} at ${exceeded.at.toString()}: nothing is read\n`]
      : []),
    ...(problems.length > 0 ? [section('wrong type (MCP001)', problems)] : []),
    section('not read', unread(object, known)),
  ].join('');
}

const section = (title: string, lines: readonly string[]): string =>
  [`  ${title}`, ...(lines.length === 0 ? ['nothing'] : lines).map((line) => `    ${line}`)]
    .map((line) => `${printable(line)}\n`)
    .join('');

function rowsOf(server: McpServer): Row[] {
  const { url, headers, headerSecrets, env, plain, links, tls } = server;
  const parsed = url && serverUrlOf(url.value);
  const origin = parsed?.kind === 'valid' ? parsed.url.origin : redacted;
  return [
    ['transport', server.transport, ''],
    ...(url ? [['URL', origin, url.at.toString()] as const] : []),
    ...headers.flatMap(headerRows),
    ...headerSecrets.map((ref) => refRow('headers', ref)),
    ...env.map((ref) => refRow('environment', ref)),
    ...plain.map(({ name, at }): Row => [
      name === '' ? 'text' : `text ${nameText(name)}`,
      redacted,
      at.toString(),
    ]),
    ...(tls.client ? [refRow('client certificate', tls.client)] : []),
    ...casOf(tls).map((ref) => refRow('CA', ref)),
    ...(tls.unverified ? [['not verified', 'true', tls.unverified.at.toString()] as const] : []),
    ...links.map(({ target, at }): Row => [
      'names',
      `${target.kind} ${nameText(target.namespace)}/${nameText(target.name)}`,
      at.toString(),
    ]),
  ];
}

function headerRows({ name, at, source }: Header): Row[] {
  const what = `header ${nameText(name)}`;
  if (source.kind === 'literal') return [[what, redacted, source.at.toString()]];
  if (source.kind === 'token') {
    const { audience, expirationSeconds } = source.token;
    const text = `service account token for ${nameText(audience.value)}, ${expirationSeconds.value} s`;
    return [[what, text, audience.at.toString()]];
  }
  const rows = keysOf(source).map((ref) => refRow(what, ref));
  return rows.length === 0 ? [[what, '', at.toString()]] : rows;
}

function refRow(what: string, ref: KeyRef | WholeRef): Row {
  const key = isKeyRef(ref) ? `, key ${nameText(ref.key)}` : '';
  return [
    what,
    `${ref.source.kind} ${nameText(ref.source.namespace)}/${nameText(ref.source.name)}${key}${ref.optional ? ' (optional)' : ''}`,
    ref.at.toString(),
  ];
}

/** Only of what an author writes: `spec` of most kinds. Items of one list are one line. */
function unread(object: KubernetesObject, known: KnownFields): string[] {
  const { apiVersion: _, kind: __, metadata: ___, status: ____, ...written } = object;
  const places = unknownFields({ value: written, at: Path.root }, known).map(({ at }) =>
    at.toString().replaceAll(/\[\d+\]/g, '[]'),
  );
  return [...new Set(places)];
}
