import type { SourceRef } from '../model.ts';
import { shellName, shellQuoted } from '../shell.ts';

/** `kubectl -n team-a annotate secret github sallyport.dev/upstreams=https://api.example.com`, to paste into a shell. */
export const annotateCommand = ({ namespace, name }: SourceRef, annotation: string, value: string): string =>
  `kubectl -n ${shellName(namespace)} annotate secret ${shellName(name)} ${shellQuoted(`${annotation}=${value}`)}`;
