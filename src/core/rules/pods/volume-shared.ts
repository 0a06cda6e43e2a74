import { defineMetadata } from '../metadata.ts';

export const volumeShared = defineMetadata({
  code: 'MCP502',
  title: 'our volume or container used by another container',
  mode: 'enforce',
  securitySeverity: 8.0,
});
