import type { ObjectRef } from '../model.ts';
import { compileKind, type Kind } from './reader.ts';
import axonAgentConfig from './agentconfig.axon.io.yaml';
import agentConfig from './agentconfig.kelos.dev.yaml';
import mcpRemoteProxy from './mcpremoteproxy.toolhive.stacklok.dev.yaml';
import kmcpServer from './mcpserver.kagent.dev.yaml';
import mcpServerEntry from './mcpserverentry.toolhive.stacklok.dev.yaml';
import remoteMcpServer from './remotemcpserver.kagent.dev.yaml';

const builtIn: readonly unknown[] = [
  mcpRemoteProxy,
  mcpServerEntry,
  remoteMcpServer,
  kmcpServer,
  agentConfig,
  axonAgentConfig,
];

/** The kinds one installation knows: ours and a team's own. */
export interface Kinds {
  readonly all: readonly Kind[];
  find(group: string, kind: string): Kind | undefined;
}

export function compileKinds(own: readonly unknown[] = []): Kinds {
  const all = [...builtIn, ...own].map(compileKind);
  const byName = new Map(all.map((kind) => [`${kind.kind}.${kind.group}`, kind]));
  return { all, find: (group, kind) => byName.get(`${kind}.${group}`) };
}

/** Splits `toolhive.stacklok.dev/v1beta1`; the core group is empty. */
export function splitApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

export const apiVersionOf = ({ group, version }: ObjectRef): string =>
  group === '' ? version : `${group}/${version}`;
