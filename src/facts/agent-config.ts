import type { AgentConfigFact, ConfiguredServer } from '../core/agent-config.ts';
import { serverLists } from '../core/agent-config.ts';
import { isFields } from '../core/k8s/objects.ts';

/** The file that kagent's runtimes read. */
const file = 'config.json';
const malformed = (why: string): AgentConfigFact => ({ state: 'unknown', cause: 'malformed', why });
const foreign = malformed(`its ${file} is not what kagent writes`);

/** Which servers an agent's configuration names, and with which headers; what the headers hold is dropped here. */
export function observeAgentConfig(values: ReadonlyMap<string, Buffer>): AgentConfigFact {
  const text = values.get(file);
  if (text === undefined) return malformed(`it has no ${file}`);
  const config = parsed(text);
  if (!isFields(config)) return foreign;
  const [http, sse] = serverLists.map((list) => serversOf(config[list] ?? []));
  return http && sse ? { state: 'present', http_tools: http, sse_tools: sse } : foreign;
}

function serversOf(list: unknown): ConfiguredServer[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const servers = list.flatMap((one: unknown): ConfiguredServer[] => {
    const params = isFields(one) ? one['params'] : undefined;
    if (!isFields(params) || typeof params['url'] !== 'string') return [];
    const headers = params['headers'] ?? {};
    return isFields(headers) ? [{ url: params['url'], headers: Object.keys(headers) }] : [];
  });
  return servers.length === list.length ? servers : undefined;
}

/** The parser's own message quotes what it read. */
function parsed(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString('utf8'));
  } catch {
    return undefined;
  }
}
