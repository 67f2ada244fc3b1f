// The provider of @backstage/plugin-catalog-backend-module-gitlab that discovers projects, run for real against the
// GitLab: it has to find what there is to find, and the portal's own discovery the same repositories.
import { join } from 'node:path';
import { fileNames, groups, projects } from './projects.mjs';
import { Report, assert, eventually } from './report.mjs';

const name = '@backstage/plugin-catalog-backend-module-gitlab';

export async function discovery(world) {
  const { version } = world.require(`${name}/package.json`);
  const report = new Report(`discovery ${version}`);
  const theirs = new Set();
  for (const file of fileNames) {
    for (const group of groups) {
      await report.check('theirs', `finds each ${file} below ${group}`, async () => {
        const targets = await discover(world, file, { group });
        for (const target of targets) theirs.add(repository(world, target));
        assert.deepEqual(targets, wanted(world, file, group));
      });
    }
  }
  await report.check('theirs', 'finds a shared project where it lies', async () =>
    assert.deepEqual(await discover(world, fileNames[0], { group: 'outside' }), wanted(world, fileNames[0], 'outside')));
  // Told to look through groups by a pattern, theirs takes in what is only shared with one of them. Ours never does.
  await report.check('theirs', 'finds projects below groups of a pattern, and those shared with them', async () => {
    const found = [...groups, 'outside'].flatMap(group => wanted(world, fileNames[0], group)).sort();
    assert.deepEqual(await discover(world, fileNames[0], { groupPattern: `^(${groups.join('|')})$` }), found);
  });
  await report.check('ours', 'finds the same repositories', () => same(world, [...theirs].sort()));
  return report.close();
}

// wanted gives the URLs of the descriptions of a name that are to be found below a group.
function wanted(world, file, group) {
  return projects
    .filter(({ path, found }) => path.startsWith(`${group}/`) && found.includes(file))
    .map(({ path, branch = 'main' }) => `${world.gitlab.url}/${path}/-/blob/${branch}/${file}`)
    .sort();
}

const repository = (world, target) => target.slice(world.gitlab.url.length + 1).split('/-/')[0];

// discover runs the provider once and gives the URLs it hands to its catalog. The file of the class is loaded by its
// path, for the package's front door also opens a processor that needs the whole backend framework.
async function discover(world, entityFilename, where) {
  const { GitlabDiscoveryEntityProvider } = world.require(join(world.packages, name, 'dist/providers/GitlabDiscoveryEntityProvider.cjs.js'));
  const { ConfigReader } = world.require('@backstage/config');
  const host = new URL(world.gitlab.url).host;
  const config = new ConfigReader({
    integrations: { gitlab: [{ host, token: world.gitlab.token, baseUrl: world.gitlab.url, apiBaseUrl: `${world.gitlab.url}/api/v4` }] },
    catalog: { providers: { gitlab: { all: { host, entityFilename, ...where } } } },
  });
  const problems = [];
  const logger = { debug() {}, info() {}, warn: text => problems.push(text), error: text => problems.push(text), child: () => logger };
  const [provider] = GitlabDiscoveryEntityProvider.fromConfig(config, { logger, schedule: { run: task => task.fn() } });
  const mutations = [];
  await provider.connect({ applyMutation: async mutation => mutations.push(mutation), refresh: async () => {} });
  assert.deepEqual([problems, mutations.map(mutation => mutation.type)], [[], ['full']]);
  return mutations[0].entities.map(({ entity }) => entity.spec.target).sort();
}

// same waits for the end of the reconciliation that the portal starts with, and compares with the repositories that it
// has found: those that entities came from, and those whose description it reports as invalid. Projects of other parts
// of these checks are not meant.
async function same(world, theirs) {
  const report = await eventually(60, 'the reconciliation of the second start', async () => {
    const last = await read(world, 'reconciliation', 404);
    return last?.groups.length === groups.length && last;
  });
  assert.deepEqual([report.complete, report.failed], [true, []], JSON.stringify(report));
  const ours = new Set([...(await described(world)), ...(await problematic(world))]);
  const meant = new Set(projects.map(project => project.path));
  const missing = theirs.filter(path => !ours.has(path));
  const more = [...ours].filter(path => meant.has(path) && !theirs.includes(path));
  assert.deepEqual({ missing, more }, { missing: [], more: [] });
}

async function read({ portal }, path, absent) {
  const answer = await fetch(`${portal}/api/catalog/${path}`);
  if (answer.status === absent) return undefined;
  assert.equal(answer.status, 200);
  return answer.json();
}

async function described(world) {
  const slug = 'metadata.annotations.gitlab.com/project-slug';
  const entities = await read(world, `entities?fields=${slug}&filter=${slug}`);
  return entities.map(entity => entity.metadata.annotations['gitlab.com/project-slug']);
}

async function problematic(world) {
  const { items } = await read(world, 'problems');
  return items.map(item => item.project);
}
