// The part of GitLab's API that the fixtures are made with.
export class GitLab {
  constructor(url, token) {
    this.url = url;
    this.token = token;
  }

  async call(method, path, body) {
    const answer = await fetch(`${this.url}/api/v4${path}`, {
      method,
      headers: { 'private-token': this.token, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`GitLab: ${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  // group gives the id of a group, which is made with those above it if it is not there.
  async group(path) {
    const found = await fetch(`${this.url}/api/v4/groups/${encodeURIComponent(path)}`, { headers: { 'private-token': this.token } });
    if (found.ok) return (await found.json()).id;
    const [name, ...above] = path.split('/').reverse();
    const parent = above.length ? await this.group(above.reverse().join('/')) : undefined;
    return (await this.call('POST', '/groups', { name, path: name, parent_id: parent })).id;
  }

  // project makes a project; files are committed to its default branch, if there are any.
  async project(path, files = {}, { branch = 'main', ...settings } = {}) {
    const cut = path.lastIndexOf('/');
    const namespace_id = await this.group(path.slice(0, cut));
    const project = await this.call('POST', '/projects', { path: path.slice(cut + 1), namespace_id, default_branch: branch, ...settings });
    if (Object.keys(files).length) await this.commit(project.id, branch, files);
    return project;
  }

  // commit writes files, new ones by "create".
  async commit(project, branch, files, action = 'create', start) {
    const actions = Object.entries(files).map(([file_path, content]) => ({ action, file_path, content }));
    const commit_message = 'Describe the software [skip ci]';
    return this.call('POST', `/projects/${project}/repository/commits`, { branch, start_branch: start, commit_message, actions });
  }
}
