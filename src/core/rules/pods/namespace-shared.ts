import { defineMetadata } from '../metadata.ts';

export const namespaceShared = defineMetadata({
  code: 'MCP503',
  title: 'pod shares a namespace of the node or between its containers',
  mode: 'enforce',
  securitySeverity: 6.5,
});
