import { defineMetadata } from '../metadata.ts';

export const labelWithoutEffect = defineMetadata({
  code: 'MCP506',
  title: 'label or annotation without effect',
  mode: 'enforce',
});
