import type { McpServer } from '../../model.ts';

/** A credential to keep from the app, or something only the proxy can do: ToolHive has no client certificates. */
export const needsProxy = ({ headers, tls }: McpServer): boolean =>
  headers.some(({ source }) => source.kind !== 'literal') || tls.client !== undefined || tls.ca !== undefined;

export const changing =
  'if the resource changed a moment ago, wait until the operator replaces this pod; otherwise restart its Deployment';
