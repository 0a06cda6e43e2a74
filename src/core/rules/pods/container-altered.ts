import { defineMetadata } from '../metadata.ts';

export const containerAltered = defineMetadata({
  code: 'MCP501',
  title: 'our container altered',
  mode: 'enforce',
  securitySeverity: 8.0,
});
