package rest

import (
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

// projectFacts is what a project's answer needs beside its record.
type projectFacts struct {
	namespace state.Group
	empty     bool
}

func (a *API) facts(p state.Project) (projectFacts, error) {
	var f projectFacts
	err := a.State.View(func(tx *state.Tx) (err error) {
		f.namespace, err = state.Groups.Get(tx, state.ID(p.NamespaceID))
		return err
	})
	if err != nil {
		return f, err
	}
	repo, err := a.Repos.Open(p.ID)
	if err != nil {
		return f, err
	}
	refs, err := repo.Refs()
	f.empty = len(refs) == 0
	return f, err
}

// projectSimple is the part of a project that simple=true and lists for strangers show.
func (a *API) projectSimple(p state.Project, f projectFacts) object {
	web := a.BaseURL + "/" + p.FullPath
	return object{
		"id": p.ID, "name": p.Name, "path": p.Path, "path_with_namespace": p.FullPath,
		"name_with_namespace": f.namespace.Name + " / " + p.Name, "description": p.Description,
		"default_branch": p.DefaultBranch, "created_at": stamp(p.CreatedAt), "last_activity_at": stamp(p.ActiveAt),
		"topics": p.Topics, "tag_list": p.Topics, "web_url": web, "http_url_to_repo": web + ".git",
		"ssh_url_to_repo": "git@" + hostOf(a.BaseURL) + ":" + p.FullPath + ".git", "readme_url": nil,
		"avatar_url": nil, "star_count": 0, "forks_count": 0, "namespace": a.namespaceView(f.namespace),
	}
}

// projectFull is a project as its members see it.
func (a *API) projectFull(p state.Project, f projectFacts, who Identity) object {
	v := a.projectSimple(p, f)
	for k, d := range settingDefaults {
		v[k] = d
		if s, ok := p.Settings[k]; ok {
			v[k] = s
		}
	}
	v["visibility"], v["archived"], v["empty_repo"] = p.Visibility, p.Archived, f.empty
	v["creator_id"], v["ci_config_path"] = state.RootUser, p.CIConfigPath
	v["import_status"], v["open_issues_count"] = "none", 0
	v["marked_for_deletion_at"], v["marked_for_deletion_on"] = day(p.MarkedAt), day(p.MarkedAt)
	v["permissions"] = permissions(who.Level(p))
	v["_links"] = a.projectLinks(p)
	if f.namespace.Kind == "user" {
		v["owner"] = a.rootUser()
	}
	return v
}

func permissions(level int) object {
	if level < guest {
		return object{"project_access": nil, "group_access": nil}
	}
	return object{"project_access": object{"access_level": level, "notification_level": 3}, "group_access": nil}
}

func (a *API) projectLinks(p state.Project) object {
	self := a.BaseURL + Prefix + "/projects/" + idText(p.ID)
	return object{
		"self": self, "issues": self + "/issues", "merge_requests": self + "/merge_requests",
		"repo_branches": self + "/repository/branches", "labels": self + "/labels", "events": self + "/events",
		"members": self + "/members",
	}
}

// settingDefaults are the settings that are stored and shown as they are given.
var settingDefaults = object{
	"only_allow_merge_if_pipeline_succeeds":            false,
	"only_allow_merge_if_all_discussions_are_resolved": false,
	"allow_merge_on_skipped_pipeline":                  false,
	"remove_source_branch_after_merge":                 true,
	"merge_method":                                     "merge",
	"squash_option":                                    "default_off",
	"build_timeout":                                    3600,
	"builds_access_level":                              "enabled",
	"repository_access_level":                          "enabled",
	"merge_requests_access_level":                      "enabled",
	"issues_access_level":                              "enabled",
	"wiki_access_level":                                "enabled",
	"snippets_access_level":                            "enabled",
	"issues_enabled":                                   true,
	"merge_requests_enabled":                           true,
	"jobs_enabled":                                     true,
	"wiki_enabled":                                     true,
	"snippets_enabled":                                 true,
	"container_registry_enabled":                       true,
	"shared_runners_enabled":                           true,
	"lfs_enabled":                                      true,
	"request_access_enabled":                           true,
	"auto_devops_enabled":                              false,
	"auto_cancel_pending_pipelines":                    "enabled",
	"ci_forward_deployment_enabled":                    true,
	"ci_default_git_depth":                             20,
	"ci_id_token_sub_claim_components":                 []string{"project_path", "ref_type", "ref"},
	"ci_pipeline_variables_minimum_override_role":      "developer",
	"public_jobs":                                      true,
	"suggestion_commit_message":                        nil,
}

// settingValues are the values of those settings that have but a few.
var settingValues = map[string][]string{
	"merge_method":                {"merge", "rebase_merge", "ff"},
	"squash_option":               {"never", "always", "default_on", "default_off"},
	"builds_access_level":         {"disabled", "private", "enabled"},
	"repository_access_level":     {"disabled", "private", "enabled"},
	"merge_requests_access_level": {"disabled", "private", "enabled"},
	"issues_access_level":         {"disabled", "private", "enabled"},
	"wiki_access_level":           {"disabled", "private", "enabled"},
	"snippets_access_level":       {"disabled", "private", "enabled"},
}
