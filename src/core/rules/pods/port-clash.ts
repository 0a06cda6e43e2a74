import { defineMetadata } from '../metadata.ts';

export const portClash = defineMetadata({
  code: 'MCP505',
  title: 'port conflict',
  mode: 'enforce',
});
