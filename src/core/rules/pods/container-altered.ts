import { defineMetadata } from '../metadata.ts';

export const containerAltered = defineMetadata({
  code: 'MCP501',
  title: 'container of Sallyport changed',
  mode: 'enforce',
  securitySeverity: 8.0,
});
