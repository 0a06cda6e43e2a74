import { defineMetadata } from '../metadata.ts';

export const serverUnknown = defineMetadata({
  code: 'MCP504',
  title: 'server unknown or ambiguous',
  mode: 'enforce',
});
