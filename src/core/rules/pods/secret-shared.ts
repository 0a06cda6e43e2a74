import { defineMetadata } from '../metadata.ts';

export const secretShared = defineMetadata({
  code: 'MCP508',
  title: 'the same Secret also reaches another container',
  mode: 'warn',
  securitySeverity: 5.0,
});
