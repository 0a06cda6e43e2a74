import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';

/** A Deployment of no interest to any rule: most of what a repository holds. */
const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: team
  labels: { app.kubernetes.io/name: web, app.kubernetes.io/part-of: shop }
spec:
  replicas: 2
  selector: { matchLabels: { app.kubernetes.io/name: web } }
  template:
    metadata:
      labels: { app.kubernetes.io/name: web }
    spec:
      containers:
        - name: web
          image: registry.example.com/shop/web:1.42.0
          ports: [{ containerPort: 8080, name: http }]
          env:
            - { name: LOG_LEVEL, value: info }
            - name: DATABASE_PASSWORD
              valueFrom: { secretKeyRef: { name: github, key: token } }
          resources:
            requests: { cpu: 100m, memory: 128Mi }
            limits: { memory: 256Mi }
          readinessProbe:
            httpGet: { path: /healthz, port: http }
`;

const secret = `apiVersion: v1
kind: Secret
metadata: { name: github, namespace: team }
stringData: { token: "not-a-token" }
`;

const kinds = path.join(import.meta.dirname, '..', 'test', 'kinds');

/** One text for each document of the fixtures of all kinds: the good ones, and those with findings. */
function fixtures(): string[] {
  const folders = readdirSync(kinds, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.flatMap(({ name }) =>
    ['good.yaml', 'bad.yaml'].flatMap((file) => {
      const parsed = parseAllDocuments(readFileSync(path.join(kinds, name, file), 'utf8'));
      return Array.isArray(parsed)
        ? parsed.flatMap((one) => (one.contents ? [one.toString({ directives: false })] : []))
        : [];
    }),
  );
}

/**
 * So many documents, each with a name and one of a hundred namespaces: in every ten seven MCP resources, two Deployments
 * and one Secret.
 */
function* documents(count: number): Generator<string> {
  const resources = fixtures();
  for (let i = 0; i < count; i += 1) {
    const text =
      i % 10 === 9
        ? secret
        : i % 10 >= 7
          ? deployment
          : (resources[(i - 3 * Math.floor(i / 10)) % resources.length] ?? '');
    // Only metadata: references keep their names, and so most of what they name is missing, as it is in a repository.
    yield text
      .replace(/^(metadata:(?:\n {2}| \{.*?)\s*name: )([^\s,}]+)/m, `$1$2-${i}`)
      .replace(/namespace: [^\s,}]+/, `namespace: team-${i % 100}`);
  }
}

interface Corpus {
  readonly folder: string;
  readonly file: string;
  readonly bytes: number;
}

/** Writes them as one file each, a thousand in a folder, and as one file. */
export function writeCorpus(root: string, count: number): Corpus {
  const folder = path.join(root, 'many');
  const file = path.join(root, 'one.yaml');
  const all = [...documents(count)];
  for (const [i, text] of all.entries()) {
    const inside = path.join(folder, `part-${Math.floor(i / 1000)}`);
    if (i % 1000 === 0) mkdirSync(inside, { recursive: true });
    writeFileSync(path.join(inside, `${i}.yaml`), text);
  }
  writeFileSync(file, all.map((text) => `---\n${text}`).join(''));
  const bytes = all.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return { folder, file, bytes };
}
