"""The life of a project on the embedded GitLab, as python-gitlab sees it.

Usage: python_gitlab.py URL TOKEN
Prints a line per call and ends with 1 if one of them did not do what it should.
"""

import datetime
import http.server
import json
import sys
import threading
import time

import gitlab

CI = """
stages: [build, deploy]
build: {stage: build, script: [make]}
deploy-dev: {stage: deploy, script: [echo dev], environment: {name: dev}}
deploy-prod: {stage: deploy, script: [echo prod], when: manual, allow_failure: false, environment: {name: prod}}
"""

failed = 0
hooks = []


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        hooks.append((dict(self.headers), json.loads(body)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args):
        pass


def step(name, call, expected=lambda result: True):
    """Makes one call and says whether its result is what it should be."""
    global failed
    try:
        result = call()
        passed, why = expected(result), "" if expected(result) else f": got {result!r}"
    except Exception as error:  # whatever the client raises is a failed call
        result, passed, why = None, False, f": {type(error).__name__}: {error}"
    failed += not passed
    print(f"{'pass' if passed else 'FAIL'}  python-gitlab  {name}{why}", flush=True)
    return result


def refused(call, code, text):
    """Tells whether a call is refused with a status and a text."""
    try:
        call()
    except gitlab.exceptions.GitlabError as error:
        return error.response_code == code and text in str(error)
    return False


def failure(call):
    """Gives what a call raises."""
    try:
        call()
    except gitlab.exceptions.GitlabError as error:
        return error
    return None


def wait(what, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = what()
        if result:
            return result
        time.sleep(0.05)
    return None


def status(project, pipeline_id, want):
    return wait(lambda: project.pipelines.get(pipeline_id).status == want)


def told():
    """The events that the system hook was told of."""
    return [b.get("event_name") for h, b in hooks if h.get("X-Gitlab-Event") == "System Hook"]


def save(thing, **fields):
    """Changes fields of an object and saves it."""
    for name, value in fields.items():
        setattr(thing, name, value)
    thing.save()
    return thing


def moves(gl, project, target):
    """Renames, transfers and archives a project, with a system hook that hears of it, and comes back to its path."""
    system = step("hooks.create of the system", lambda: gl.hooks.create({"url": target, "token": "s3cret", "push_events": True}), lambda r: r.repository_update_events)
    step("hooks.list of the system", lambda: [h.id for h in gl.hooks.list()], lambda r: r == [system.id])
    team = step("groups.create below", lambda: gl.groups.create({"name": "Team", "path": "team", "parent_id": gl.groups.get("apps").id}), lambda r: r.full_path == "apps/team")
    step("group.subgroups.list", lambda: [g.full_path for g in gl.groups.get("apps").subgroups.list()], lambda r: r == ["apps/team"])
    step("projects.save, path", lambda: save(project, path="ordering").path_with_namespace, lambda r: r == "apps/ordering")
    step("projects.get by a former path", lambda: gl.projects.get("apps/orders").path_with_namespace, lambda r: r == "apps/ordering")
    step("projects.update by a former path", lambda: refused(lambda: gl.projects.update("apps/orders", {"description": "x"}), 405, "Non GET methods"), bool)
    step("project.transfer", lambda: project.transfer("apps/team") or gl.projects.get("apps/orders").path_with_namespace, lambda r: r == "apps/team/ordering")
    step("groups.save, path", lambda: save(team, path="crew") and gl.projects.get(project.id).path_with_namespace, lambda r: r == "apps/crew/ordering")
    step("group.descendant_groups.list", lambda: [g.full_path for g in gl.groups.get("apps").descendant_groups.list()], lambda r: r == ["apps/crew"])
    step("project.archive", lambda: project.archive() or gl.projects.get(project.id).archived, bool)
    below = lambda **more: [p.id for p in gl.groups.get("apps").projects.list(include_subgroups=True, with_shared=False, iterator=True, **more)]
    step("group.projects.list, archived", lambda: (below(archived=False), below()), lambda r: r == ([], [project.id]))
    step("project.unarchive", lambda: project.unarchive() or gl.projects.get(project.id).archived, lambda r: r is False)
    step("project.transfer back", lambda: project.transfer("apps") or save(project, path="orders").path_with_namespace, lambda r: r == "apps/orders")
    project.branches.create({"branch": "hint", "ref": "main"})
    step("system hook hears of it all", lambda: wait(lambda: {"project_rename", "project_transfer", "project_update", "group_rename", "push", "repository_update"} <= set(told())), bool)


def refusals(project):
    """What GitLab refuses of branches and variables, and in which words."""
    main_at = project.branches.get("main").commit["id"]
    step("branches.create, taken", lambda: refused(lambda: project.branches.create({"branch": "main", "ref": "main"}), 400, "Branch already exists"), bool)
    step("branches.create, name", lambda: refused(lambda: project.branches.create({"branch": "a..b", "ref": "main"}), 400, "Branch name is invalid"), bool)
    step("branches.create, like a commit", lambda: refused(lambda: project.branches.create({"branch": main_at, "ref": "main"}), 400, "SHA-1"), bool)
    step("branches.delete, default", lambda: refused(lambda: project.branches.delete("main"), 400, "default branch of a project cannot be deleted"), bool)
    step("branches.delete, gone", lambda: refused(lambda: project.branches.delete("gone"), 404, "404 Branch Not Found"), bool)
    create = project.variables.create
    step("variables.create, all fields", lambda: create({"key": "KEY", "value": "12345678", "masked": True, "raw": True, "protected": True, "description": "Made by a test", "variable_type": "file"}).attributes,
         lambda r: r["masked"] and r["raw"] and r["protected"] and (r["description"], r["variable_type"], r["environment_scope"]) == ("Made by a test", "file", "*"))
    step("variables.create, can't be masked", lambda: refused(lambda: create({"key": "A", "value": "short", "masked": True}), 400, "is invalid"), bool)
    step("variables.create, key", lambda: refused(lambda: create({"key": "A-B", "value": "x"}), 400, "can contain only letters, digits and"), bool)
    step("variables.create, scope", lambda: refused(lambda: create({"key": "A", "value": "x", "environment_scope": "a?"}), 400, "can contain only letters, digits, '-'"), bool)
    step("variables.delete", lambda: project.variables.delete("KEY") or refused(lambda: project.variables.get("KEY"), 404, "404 Variable Not Found"), bool)


def issues(project):
    """The life of an issue."""
    made = step("issues.create", lambda: project.issues.create({"title": "One", "labels": ["b", "a"], "due_date": "2031-01-31", "confidential": True}), lambda r: (r.iid, r.labels, r.due_date) == (1, ["a", "b"], "2031-01-31"))
    step("issues.create, no title", lambda: refused(lambda: project.issues.create({"title": " "}), 400, "can't be blank"), bool)
    step("issues.save", lambda: save(made, labels=["c"], state_event="close", title="Uno") and project.issues.get(1), lambda r: (r.labels, r.state, r.title) == (["c"], "closed", "Uno"))
    step("issue.notes.create", lambda: made.notes.create({"body": "Hm."}) and [n.body for n in made.notes.list()], lambda r: r == ["Hm."])
    step("issues.list", lambda: [i.user_notes_count for i in project.issues.list(state="closed", labels=["c"], scope="created_by_me")], lambda r: r == [1])
    step("issues.delete", lambda: project.issues.delete(1) or refused(lambda: project.issues.get(1), 404, "Not Found"), bool)


def membership(gl, project):
    """Users, and what they have access to."""
    ann = step("users.create", lambda: gl.users.create({"username": "ann", "name": "Ann", "email": "ann@example.com", "force_random_password": True}), lambda r: gl.users.get(r.id).username == "ann")
    apps = gl.groups.get("apps")
    guests = gl.groups.create({"name": "Guests", "path": "guests", "parent_id": apps.id})
    step("group.members.create", lambda: guests.members.create({"user_id": ann.id, "access_level": 30}).access_level, lambda r: r == 30)
    step("group.members.save", lambda: save(guests.members.get(ann.id), access_level=40).access_level, lambda r: r == 40)
    step("group.members.delete", lambda: guests.members.delete(ann.id) or refused(lambda: guests.members.get(ann.id), 404, "Not"), bool)
    step("project.members.create", lambda: project.members.create({"user_id": ann.id, "access_level": 50}) and [m.username for m in project.members.list()], lambda r: r == ["root", "ann"])
    step("group.share", lambda: apps.share(guests.id, 20) or [g["group_access_level"] for g in gl.groups.get("apps").shared_with_groups], lambda r: r == [20])
    step("group.unshare", lambda: apps.unshare(guests.id) or gl.groups.get("apps").shared_with_groups, lambda r: r == [])
    guests.delete()
    made = step("deploytokens.create", lambda: project.deploytokens.create({"name": "t", "scopes": ["read_repository"]}), lambda r: r.token.startswith("gldt-") and r.username.startswith("gitlab+deploy-token-"))
    step("deploytokens.delete", lambda: made.delete() or [t.revoked for t in project.deploytokens.list()], lambda r: r in ([], [True]))


def tokens(gl, url, project):
    """The life of a project's access token."""
    create = lambda **fields: project.access_tokens.create({"name": "t", "scopes": ["api"], "access_level": 30, **fields})
    in_days = lambda days: (datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=days)).isoformat()
    made = step("access_tokens.create", lambda: create(expires_at=in_days(30), description="Made by a test"), lambda r: r.token.startswith("glpat-") and r.active and r.expires_at == in_days(30))
    step("access_tokens.create, no expiry", lambda: create().expires_at, lambda r: r == in_days(365))
    for what, days, text in (("too late", 400, "Expires at must be before"), ("past", -1, "Expires at cannot be a date in the past")):
        step(f"access_tokens.create, {what}", lambda: refused(lambda: create(expires_at=in_days(days)), 400, text), bool)
    step("access_tokens.create, scope", lambda: refused(lambda: create(scopes=["sudo"]), 400, "scopes does not have a valid value"), bool)
    step("access_tokens.create, level", lambda: refused(lambda: create(access_level=41), 400, "access_level does not have a valid value"), bool)
    holder = gitlab.Gitlab(url, private_token=made.token)
    step("projects.get with the token", lambda: holder.projects.get(project.id).id, lambda r: r == project.id)
    step("variables.list with the token of a developer", lambda: refused(lambda: holder.projects.get(project.id).variables.list(), 403, "403 Forbidden"), bool)
    step("access_tokens.get", lambda: project.access_tokens.get(made.id).description, lambda r: r == "Made by a test")
    step("access_tokens.delete", lambda: made.delete() or [t.id == made.id for t in project.access_tokens.list(state="inactive")], lambda r: r == [True])
    step("access_tokens.list, active", lambda: len(project.access_tokens.list(state="active")), lambda r: r == 1)
    step("access_tokens.delete again", lambda: refused(lambda: made.delete(), 404, "Could not find project access token"), bool)
    step("projects.get with the revoked token", lambda: isinstance(failure(lambda: holder.projects.get(project.id)), gitlab.exceptions.GitlabAuthenticationError), bool)


def groups(gl):
    """Groups come, are searched, marked, restored and removed with all that is in them."""
    apps = gl.groups.get("apps").id
    create = lambda path, **fields: gl.groups.create({"name": path, "path": path, "parent_id": apps, **fields})
    made = step("groups.create, visibility and description", lambda: create("payments", description="Made by a test", visibility="private"), lambda r: r.full_path == "apps/payments" and r.description == "Made by a test")
    step("groups.create, taken", lambda: refused(lambda: create("Payments"), 400, 'Failed to save group {:path=>["has already been taken"]}'), bool)
    step("groups.create, path", lambda: refused(lambda: create("a--b"), 400, "can only include non-accented letters"), bool)
    step("groups.create, wider than its parent", lambda: refused(lambda: create("wide", visibility="public"), 400, "since the parent group has a private visibility"), bool)
    step("groups.create, no parent", lambda: refused(lambda: create("lost", parent_id=987654), 404, "404 Group Not Found"), bool)
    step("groups.list, search", lambda: [[g.path for g in gl.groups.list(search=s, order_by="id", sort="asc")] for s in ("AYMEN", "pa", "")], lambda r: r[:2] == [["payments"], []] and "payments" in r[2])
    project = gl.projects.create({"name": "ledger", "namespace_id": made.id, "merge_method": "ff", "squash_option": "always", "wiki_access_level": "disabled", "allow_merge_on_skipped_pipeline": True})
    step("projects.create, settings", lambda: project.attributes, lambda r: (r["merge_method"], r["squash_option"], r["wiki_access_level"], r["allow_merge_on_skipped_pipeline"]) == ("ff", "always", "disabled", True))
    step("projects.create, unknown setting", lambda: refused(lambda: gl.projects.create({"name": "x", "merge_method": "x"}), 400, "merge_method does not have a valid value"), bool)
    step("groups.delete marks", lambda: made.delete() or gl.groups.get(made.id).attributes, lambda r: r["marked_for_deletion_on"] and r["full_path"] == f"apps/payments-deletion_scheduled-{made.id}")
    step("groups.delete again", lambda: refused(lambda: made.delete(), 400, "already marked for deletion"), bool)
    step("group.restore", lambda: made.restore() and gl.groups.get("apps/payments").marked_for_deletion_on, lambda r: r is None)
    step("groups.delete for good, not marked", lambda: refused(lambda: gl.groups.delete(made.id, permanently_remove=True, full_path="apps/payments"), 400, "must be marked for deletion first"), bool)
    gl.groups.delete(made.id)
    step("groups.delete for good, wrong path", lambda: refused(lambda: gl.groups.delete(made.id, permanently_remove=True, full_path="apps/payments"), 400, "`full_path` is incorrect"), bool)
    step("groups.delete for good", lambda: gl.groups.delete(made.id, permanently_remove=True, full_path=gl.groups.get(made.id).full_path), lambda r: True)
    step("groups.get after that", lambda: refused(lambda: gl.groups.get(made.id), 404, "404 Group Not Found"), bool)
    step("projects.get of one that was in it", lambda: refused(lambda: gl.projects.get(project.id), 404, "404 Project Not Found"), bool)


def main(url, token):
    receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    gl = gitlab.Gitlab(url, private_token=token, retry_transient_errors=False)
    step("auth", lambda: gl.auth() or gl.user.username, lambda r: r == "root")
    step("version", gl.version, lambda r: r[0][0].isdigit())
    namespace = step("namespaces.get by path", lambda: gl.namespaces.get("apps"), lambda r: r.kind == "group")
    project = step("projects.create", lambda: gl.projects.create({"name": "orders", "namespace_id": namespace.id, "topics": ["slipway"]}),
                   lambda r: r.path_with_namespace == "apps/orders" and r.empty_repo)
    step("projects.create, taken", lambda: refused(lambda: gl.projects.create({"name": "orders", "namespace_id": namespace.id}), 400, "has already been taken"), bool)
    step("projects.get by path", lambda: gl.projects.get("apps/orders").id, lambda r: r == project.id)
    step("projects.list, search", lambda: [p.path for p in gl.projects.list(search="ord", iterator=True)], lambda r: r == ["orders"])
    step("group.projects.list, keyset", lambda: [p.path for p in gl.groups.get("apps").projects.list(include_subgroups=True, order_by="id", pagination="keyset", iterator=True)],
         lambda r: r == ["orders"])

    files = {".gitlab-ci.yml": CI, "catalog-info.yaml": "kind: Component\n", "src/main.go": "package main\n"}
    actions = [{"action": "create", "file_path": path, "content": text} for path, text in files.items()]
    commit = step("commits.create", lambda: project.commits.create({"branch": "main", "commit_message": "Start [skip ci]", "actions": actions}),
                  lambda r: r.stats["additions"] > 0 and r.parent_ids == [])
    step("commits.create, conflict", lambda: refused(lambda: project.commits.create({"branch": "main", "commit_message": "x", "actions": actions}), 400, "A file with this name already exists"), bool)
    step("commits.list", lambda: [c.id for c in project.commits.list(iterator=True)], lambda r: r == [commit.id])
    step("files.get", lambda: project.files.get("catalog-info.yaml", ref="main").decode(), lambda r: r == b"kind: Component\n")
    step("files.raw", lambda: project.files.raw("src/main.go", ref="main"), lambda r: r == b"package main\n")
    step("files.head", lambda: project.files.head("catalog-info.yaml", ref="main")["X-Gitlab-Size"], lambda r: r == "16")
    step("repository_tree", lambda: [e["path"] for e in project.repository_tree(recursive=True, get_all=True)], lambda r: "src/main.go" in r and len(r) == 4)
    step("repository_archive", project.repository_archive, lambda r: r[:2] == b"\x1f\x8b")
    step("branches.create", lambda: project.branches.create({"branch": "feature/x", "ref": "main"}).commit["id"], lambda r: r == commit.id)
    step("branches.delete", lambda: project.branches.delete("feature/x") or len(project.branches.list()), lambda r: r == 1)
    step("protectedbranches.get", lambda: project.protectedbranches.get("main").push_access_levels[0]["access_level"], lambda r: r == 40)

    step("variables.create", lambda: project.variables.create({"key": "ROLE", "value": "dev", "environment_scope": "dev"}).value, lambda r: r == "dev")
    step("variables.create, other scope", lambda: project.variables.create({"key": "ROLE", "value": "prod", "environment_scope": "prod"}).value, lambda r: r == "prod")
    step("variables.create, taken", lambda: refused(lambda: project.variables.create({"key": "ROLE", "value": "x", "environment_scope": "prod"}), 400, "has already been taken"), bool)
    step("variables.get, ambiguous", lambda: refused(lambda: project.variables.get("ROLE"), 409, "multiple variables"), bool)
    step("variables.update with filter", lambda: project.variables.update("ROLE", {"value": "live", "filter": {"environment_scope": "prod"}})["value"], lambda r: r == "live")
    step("variables.delete with filter", lambda: project.variables.delete("ROLE", filter={"environment_scope": "dev"}) or len(project.variables.list()), lambda r: r == 1)

    target = f"http://127.0.0.1:{receiver.server_port}/hook"
    hook = step("hooks.create", lambda: project.hooks.create({"url": target, "token": "s3cret", "pipeline_events": True, "push_events": True}), lambda r: r.token_present)
    step("hooks.test", lambda: hook.test("push_events"), lambda r: True)
    step("hook arrives with token", lambda: wait(lambda: [h for h, b in hooks if h.get("X-Gitlab-Event") == "Push Hook" and h.get("X-Gitlab-Token") == "s3cret"]), bool)

    step("ci_lint", lambda: project.ci_lint.create({"content": CI}).valid, lambda r: r is True)
    step("ci_lint, wrong", lambda: project.ci_lint.create({"content": "a: {stage: none, script: [x]}"}).errors, bool)
    pipeline = step("pipelines.create", lambda: project.pipelines.create({"ref": "main", "variables": [{"key": "PROVISIONING_ID", "value": "42"}]}), lambda r: r.source == "api")
    step("pipelines.list has just this one", lambda: [p.id for p in project.pipelines.list()], lambda r: r == [pipeline.id])
    step("pipeline.variables.list", lambda: pipeline.variables.list()[0].value, lambda r: r == "42")
    step("pipeline waits at the manual job", lambda: status(project, pipeline.id, "manual"), bool)
    jobs = {j.name: j for j in pipeline.jobs.list(get_all=True)}
    step("pipeline.jobs.list", lambda: {n: j.status for n, j in jobs.items()}, lambda r: r == {"build": "success", "deploy-dev": "success", "deploy-prod": "manual"})
    step("job.trace says simulated", lambda: project.jobs.get(jobs["build"].id).trace(), lambda r: b"simulated" in r.splitlines()[0])
    step("job.play", lambda: project.jobs.get(jobs["deploy-prod"].id).play(), lambda r: True)
    step("pipeline succeeds", lambda: status(project, pipeline.id, "success"), bool)
    step("pipeline hooks arrive", lambda: wait(lambda: {"running", "manual", "success"} <= {b["object_attributes"]["status"] for h, b in hooks if h.get("X-Gitlab-Event") == "Pipeline Hook"}), bool)
    step("environments.list", lambda: sorted(e.name for e in project.environments.list()), lambda r: r == ["dev", "prod"])
    step("deployments.list", lambda: [d.status for d in project.deployments.list()], lambda r: r == ["success", "success"])
    step("job.retry makes a new job", lambda: project.jobs.get(jobs["build"].id).retry()["id"], lambda r: r != jobs["build"].id)
    step("pipeline.cancel", lambda: pipeline.cancel(), lambda r: True)

    refusals(project)
    project.commits.create({"branch": "change", "start_branch": "main", "commit_message": "Change [skip ci]", "actions": [{"action": "update", "file_path": "src/main.go", "content": "package x\n"}]})
    request = step("mergerequests.create", lambda: project.mergerequests.create({"source_branch": "change", "target_branch": "main", "title": "Change"}), lambda r: r.detailed_merge_status == "mergeable")
    step("mergerequests.create, second", lambda: refused(lambda: project.mergerequests.create({"source_branch": "change", "target_branch": "main", "title": "x"}), 409, "Another open merge request"), bool)
    people = lambda: save(request, assignee_id=gl.user.id, reviewer_ids=[gl.user.id])
    step("users.list by name", lambda: [u.id for u in gl.users.list(username="ROOT")] + gl.users.list(username="roo"), lambda r: r == [gl.user.id])
    step("mergerequest.save, people", lambda: (people().assignee["username"], request.reviewers[0]["username"]), lambda r: r == ("root", "root"))
    step("mergerequest.save, close and reopen", lambda: [save(request, state_event=e).state for e in ("close", "close", "reopen")], lambda r: r == ["closed", "closed", "opened"])
    step("mergerequests.list by branch", lambda: [m.iid for m in project.mergerequests.list(source_branch="change", state="all", order_by="created_at", sort="desc")], lambda r: r == [request.iid])
    step("mergerequest.merge", lambda: request.merge() and project.mergerequests.get(request.iid).state, lambda r: r == "merged")
    step("mergerequest.save, close when merged", lambda: save(project.mergerequests.get(request.iid), state_event="close").state, lambda r: r == "merged")
    step("branches.list, search", lambda: [[b.name for b in project.branches.list(search=s)] for s in ("^cha", "nge$", "HANG", "none")], lambda r: r == [["change"]] * 3 + [[]])
    step("tags.create", lambda: project.tags.create({"tag_name": "v1", "ref": "main"}).name, lambda r: r == "v1")
    step("releases.create", lambda: project.releases.create({"tag_name": "v1", "description": "First"}).tag_name, lambda r: r == "v1")
    tokens(gl, url, project)
    issues(project)

    step("hooks.delete", lambda: hook.delete() or project.hooks.list(), lambda r: r == [])
    moves(gl, project, target)
    membership(gl, project)
    groups(gl)
    step("projects.delete marks", lambda: gl.projects.delete(project.id) or gl.projects.get(project.id).marked_for_deletion_on, bool)
    step("projects.get by the old path is led on", lambda: gl.projects.get("apps/orders").marked_for_deletion_on, bool)
    step("projects.delete for good", lambda: gl.projects.delete(project.id, permanently_remove=True, full_path=gl.projects.get(project.id).path_with_namespace), lambda r: True)
    step("projects.get after that", lambda: refused(lambda: gl.projects.get(project.id), 404, "404 Project Not Found"), bool)
    step("projects.get by the old path after that", lambda: refused(lambda: gl.projects.get("apps/orders"), 404, "404 Project Not Found"), bool)
    step("system hook hears of the end", lambda: wait(lambda: {"project_destroy", "group_destroy"} <= set(told())), bool)
    receiver.shutdown()


main(*sys.argv[1:3])
sys.exit(1 if failed else 0)
