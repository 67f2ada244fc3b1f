// Runs everything against one portal. Arguments: its URL, the URL of its GitLab, which fill.mjs has filled, and the
// folder that the packages are installed in; GITLAB_TOKEN is root's. Ends with 1 if a check failed.
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { catalogClient } from './catalog_client.mjs';
import { olderCatalogClient } from './catalog_client_older.mjs';
import { discovery } from './discovery.mjs';
import { frontends } from './frontends.mjs';
import { GitLab } from './gitlab.mjs';
import { scaffolderClient } from './scaffolder_client.mjs';
import { software } from './software.mjs';

const [portal, gitlabURL, packages] = process.argv.slice(2);
const world = {
  portal,
  gitlab: new GitLab(gitlabURL, process.env.GITLAB_TOKEN),
  require: createRequire(resolve(packages) + '/'),
  packages: resolve(packages, 'node_modules'),
  file: name => `${gitlabURL}/${software.path}/-/blob/main/${name}`,
};

let failed = 0;
for (const part of [discovery, catalogClient, olderCatalogClient, frontends, scaffolderClient]) failed += await part(world);
console.log(failed ? `${failed} checks failed` : 'all checks passed');
process.exit(failed ? 1 : 0);
