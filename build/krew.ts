import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/**
 * Prints the manifest of the krew plugin: `npm run krew -- sallyport-VERSION.tgz https://github.com/OWNER/sallyport`.
 * The first argument is what `npm pack` made, and what the release must offer for download.
 */
const [archive, repository] = process.argv.slice(2);
if (archive === undefined || repository === undefined || !/^https:\/\/[^/]+\/./.test(repository)) {
  console.error('usage: npm run krew -- sallyport-VERSION.tgz https://github.com/OWNER/sallyport');
  process.exit(2);
}
const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { readonly version: string };
const template = await readFile('packaging/krew/sallyport.yaml', 'utf8');
const sha256 = createHash('sha256')
  .update(await readFile(archive))
  .digest('hex');
process.stdout.write(
  template
    // The comment at the top is about the template.
    .replace(/^(?:#.*\n)+/, '')
    .replaceAll('REPOSITORY', repository.replace(/\/$/, ''))
    .replaceAll('VERSION', version)
    .replaceAll('SHA256', sha256),
);
