import { defineMetadata } from '../metadata.ts';

export const volumeShared = defineMetadata({
  code: 'MCP502',
  title: 'volume or container of Sallyport used by another container',
  mode: 'enforce',
  securitySeverity: 8.0,
});
