// Fills a GitLab with everything that is looked at later. Argument: its URL; GITLAB_TOKEN is root's.
import { GitLab } from './gitlab.mjs';
import { make } from './projects.mjs';
import { software, undescribed } from './software.mjs';

const gitlab = new GitLab(process.argv[2], process.env.GITLAB_TOKEN);
for (const { path, files } of [software, ...undescribed]) await gitlab.project(path, files);
await make(gitlab);
