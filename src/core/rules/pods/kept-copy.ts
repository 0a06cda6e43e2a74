import { defineMetadata } from '../metadata.ts';

export const keptCopy = defineMetadata({
  code: 'MCP513',
  title: 'copy of a credential that an operator keeps',
  mode: 'warn',
});
