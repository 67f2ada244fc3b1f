package actions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scm"
)

// GitLabConfig is what the actions need that change what GitLab holds already.
type GitLabConfig struct {
	BaseURL      string // of the GitLab, "https://gitlab.example.com"
	Projects     scm.Projects
	Repositories scm.Repositories
	Groups       scm.Groups
	Users        scm.Users
	Members      scm.Members
	Issues       scm.Issues
	Vault        effects.Vault
}

// NewGitLab makes the actions that change what GitLab holds already.
func NewGitLab(c GitLabConfig) ([]Action, error) {
	base, err := url.Parse(c.BaseURL)
	if err != nil || base.Host == "" || c.Projects == nil || c.Repositories == nil || c.Groups == nil || c.Vault == nil {
		return nil, errors.New("the actions on GitLab need its URL, projects, repositories, groups and a vault")
	}
	if c.Users == nil || c.Members == nil || c.Issues == nil {
		return nil, errors.New("the actions on GitLab need users, members and issues")
	}
	host := gitLabHost{base}
	return []Action{
		mergeRequest{host: host, projects: c.Projects, repositories: c.Repositories},
		ensureGroup{host: host, groups: c.Groups},
		createVariable{host: host, vault: c.Vault},
		triggerPipeline{host: host},
		createAccessToken{host: host},
		createDeployToken{host: host},
		push{host: host, projects: c.Projects, repositories: c.Repositories},
		createIssue{host: host},
		editIssue{host: host, projects: c.Projects, issues: c.Issues},
		groupAccess{host: host, access: effects.Access{Projects: c.Projects, Groups: c.Groups, Users: c.Users, Members: c.Members}},
		userInfo{host: host, users: c.Users}.lookup(),
	}, nil
}

// gitLabSpecs gives the specifications of the actions that NewGitLab makes.
func gitLabSpecs() []Spec {
	return []Spec{
		mergeRequestSpec(), ensureGroupSpec(), createVariableSpec(), triggerPipelineSpec(), createAccessTokenSpec(),
		createDeployTokenSpec(), pushSpec(), createIssueSpec(), editIssueSpec(), groupAccessSpec(), userInfoSpec(),
	}
}

// gitLabHost is the one GitLab that the portal works with.
type gitLabHost struct{ base *url.URL }

// check refuses another host: given may be a host, a URL, or what RepoUrlPicker writes.
func (h gitLabHost) check(given string) error {
	host, _, _ := strings.Cut(given, "?")
	if _, after, ok := strings.Cut(host, "://"); ok {
		host = after
	}
	host, _, _ = strings.Cut(host, "/")
	if host == "" || host == h.base.Host || host == h.base.Hostname() {
		return nil
	}
	return errs.New(errs.Invalid, fmt.Sprintf("repoUrl names the host %.100q; the portal works with %s", host, h.base.Host))
}

// project gives the full path or the number of the project that repoUrl names:
// "host?owner=group&repo=name", or "host?project=…" with either.
func (h gitLabHost) project(c Call, repoURL string) (string, error) {
	if err := h.check(repoURL); err != nil {
		return "", err
	}
	if c.unforeseen(repoURL) {
		return c.unknown("project"), nil
	}
	_, query, _ := strings.Cut(repoURL, "?")
	if values, err := url.ParseQuery(query); err == nil && values.Get("project") != "" {
		return projectName(values.Get("project")).checked(c, "project of repoUrl")
	}
	repo, err := ParseRepoURL(repoURL)
	return repo.Owner + "/" + repo.Repo, err
}

// projectOf gives the project that is named by itself, or else by repoUrl.
func (h gitLabHost) projectOf(c Call, named projectName, repoURL string) (string, error) {
	if named == "" {
		return h.project(c, repoURL)
	}
	if err := h.check(repoURL); err != nil {
		return "", err
	}
	return named.checked(c, "projectId")
}

// knownProject finds a project. It reports false, while planning, for one whose name nobody
// knows yet and for one that is not there: an earlier step may be about to make it.
func knownProject(ctx context.Context, c Call, projects scm.Projects, name string) (scm.Project, bool, error) {
	if c.unforeseen(name) {
		return scm.Project{}, false, nil
	}
	p, err := effects.AnyProject(ctx, projects, name)
	if c.Rehearsing && errors.Is(err, errs.NotFound) {
		return scm.Project{}, false, nil
	}
	return p, err == nil, err
}

// projectName is a project in an input: its number or its full path.
type projectName string

// UnmarshalJSON takes a number or a text.
func (p *projectName) UnmarshalJSON(raw []byte) error {
	var number json.Number
	if json.Unmarshal(raw, &number) == nil {
		*p = projectName(number)
		return nil
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return &json.UnmarshalTypeError{Value: "something else", Type: reflect.TypeFor[projectName]()}
	}
	*p = projectName(text)
	return nil
}

// checked gives the name if it can be one of a project.
func (p projectName) checked(c Call, what string) (string, error) {
	text := string(p)
	if c.unforeseen(text) {
		return text, nil
	}
	if text != "" && strings.Trim(text, "0123456789") == "" && len(text) < 19 {
		return text, nil
	}
	parts := strings.Split(text, "/")
	for _, part := range parts {
		if len(parts) < 2 || !groupPattern.MatchString(part) {
			return "", errs.New(errs.Invalid, what+" is the number of a project, or its full path")
		}
	}
	return text, nil
}

// branchName refuses what git lets nobody call a branch.
func branchName(c Call, what, name string) error {
	if c.unforeseen(name) {
		return nil
	}
	bad := name == "" || len(name) > 200 || strings.HasPrefix(name, "-") || strings.HasPrefix(name, "/") || strings.HasPrefix(name, ".") ||
		strings.HasSuffix(name, "/") || strings.HasSuffix(name, ".") || strings.HasSuffix(name, ".lock") || strings.Contains(name, "..") ||
		strings.Contains(name, "//") || strings.Contains(name, "/.") || strings.Contains(name, "@{") || strings.ContainsAny(name, "\\ ~^:?*[\x7f") ||
		strings.ContainsFunc(name, func(r rune) bool { return r < ' ' })
	if bad {
		return errs.New(errs.Invalid, what+" is not the name of a branch")
	}
	return nil
}

// oneLine refuses a text of several lines or more bytes than most.
func oneLine(what, text string, most int) error {
	if len(text) > most || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return errs.New(errs.Invalid, fmt.Sprintf("%s is one line of at most %d bytes", what, most))
	}
	return nil
}

// apply makes an effect through the ledger and reads its result.
func apply[T any](ctx context.Context, c Call, e operations.Effect) (T, error) {
	raw, err := c.Apply(ctx, e)
	if err != nil {
		var none T
		return none, err
	}
	return decodeResult[T](raw)
}
