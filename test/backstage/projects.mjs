// Projects of many sorts, and whether discovery has to find their descriptions. Only what lies on the default
// branch under one of the two names counts, in every project that is in use.
import { spare } from './software.mjs';

const plain = 'catalog-info.yaml';
const hidden = '.backstage/catalog-info.yaml';

export const fileNames = [plain, hidden];

// groups are those that are looked through, with what is below them.
export const groups = ['discovered', 'elsewhere', 'many'];

// found tells under which of the names a project's description is; many is for listings of several pages.
export const projects = [
  { path: 'discovered/plain', found: [plain] },
  { path: 'discovered/hidden', found: [hidden] },
  { path: 'discovered/both', found: [plain, hidden] },
  { path: 'discovered/one/two/three/nested', found: [plain] },
  { path: 'discovered/one/two/nested-hidden', found: [hidden] },
  { path: 'elsewhere/other-group', found: [plain] },
  { path: 'discovered/trunk', branch: 'trunk', found: [plain] },
  { path: 'discovered/release', branch: 'release/1.0', found: [plain] },
  { path: 'discovered/Some.Case-and_marks', found: [plain] },
  { path: 'outside/shared', found: [plain], sharedWith: 'discovered' },
  { path: 'discovered/archived', found: [], files: [plain], archived: true },
  { path: 'discovered/empty', found: [], files: [] },
  { path: 'discovered/undescribed', found: [], files: ['README.md'] },
  { path: 'discovered/deeper', found: [], files: ['docs/catalog-info.yaml'] },
  { path: 'discovered/other-ending', found: [], files: ['catalog-info.yml'] },
  { path: 'discovered/folder', found: [], files: ['catalog-info.yaml/readme.txt'] },
  { path: 'discovered/side-branch', found: [], files: ['README.md'], aside: [plain] },
  { path: 'discovered/invalid', found: [plain], content: 'kind: [' },
  ...Array.from({ length: 55 }, (_, i) => ({ path: `many/described-${i}`, found: [plain] })),
];

// make makes them all.
export async function make(gitlab) {
  for (const { path, found, files = found, branch = 'main', content, aside, archived, sharedWith } of projects) {
    const all = names => Object.fromEntries(names.map(name => [name, content ?? describe(path, name)]));
    const { id } = await gitlab.project(path, all(files), { branch });
    if (aside) await gitlab.commit(id, 'aside', all(aside), 'create', branch);
    if (sharedWith) await gitlab.call('POST', `/projects/${id}/share`, { group_id: await gitlab.group(sharedWith), group_access: 30 });
    if (archived) await gitlab.call('POST', `/projects/${id}/archive`);
  }
}

// describe gives the description of an entity that is named after where it lies.
function describe(path, file) {
  const name = `${path}/${file.startsWith('.') ? 'hidden' : 'plain'}`.toLowerCase().replaceAll('/', '-');
  return spare('found by discovery', name);
}
