import { defineMetadata } from '../metadata.ts';

export const overLimit = defineMetadata({
  code: 'MCP002',
  title: 'object exceeds a limit',
  mode: 'enforce',
  atPods: 'refuse',
});
