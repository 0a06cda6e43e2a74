import { defineMetadata } from '../metadata.ts';

export const plainEgress = defineMetadata({
  code: 'MCP512',
  title: 'credential over plain http through an egress proxy',
  mode: 'enforce',
  securitySeverity: 8.0,
});
