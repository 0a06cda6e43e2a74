import { defineMetadata } from '../metadata.ts';

export const serverUnknown = defineMetadata({
  code: 'MCP504',
  title: 'unknown or ambiguous server',
  mode: 'enforce',
});
