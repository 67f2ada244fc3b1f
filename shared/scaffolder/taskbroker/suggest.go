package taskbroker

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/tasks"
	"github.com/slipwayhq/slipway/shared/scm"
)

// GitLab looks for what the portal's token sees.
type GitLab interface {
	SearchGroups(ctx context.Context, text string, limit int) ([]scm.Group, error)
	SearchProjects(ctx context.Context, text string, limit int) ([]scm.Project, error)
	ProjectsIn(ctx context.Context, group string, after int64, limit int) (scm.ProjectPage, error)
	Project(ctx context.Context, path string) (scm.Project, error)
	SearchBranches(ctx context.Context, project int64, text string, limit int) ([]string, error)
}

// GitLabSuggester completes the fields of forms that choose something in GitLab, as
// @backstage/plugin-scaffolder-backend-module-gitlab does for "groups" and "repositories",
// and as the modules of other hosts do for "branches".
type GitLabSuggester struct{ GitLab GitLab }

// maxSuggestions is how many things a field offers.
const maxSuggestions = 500

// Suggest gives what there is of a resource. What about holds depends on it: the "id" of a
// group for its repositories, "owner" and "repository" for branches.
func (g GitLabSuggester) Suggest(ctx context.Context, resource string, about map[string]string) ([]tasks.Suggestion, error) {
	switch resource {
	case "groups":
		return g.groups(ctx, about["search"])
	case "projects", "repositories":
		return g.projects(ctx, about)
	case "branches":
		return g.branches(ctx, about)
	}
	return nil, errs.New(errs.Invalid, "Invalid resource: "+errs.Clip(resource))
}

func (g GitLabSuggester) groups(ctx context.Context, text string) ([]tasks.Suggestion, error) {
	found, err := g.GitLab.SearchGroups(ctx, text, maxSuggestions)
	if err != nil {
		return nil, fmt.Errorf("searching groups: %w", err)
	}
	list := make([]tasks.Suggestion, 0, len(found))
	for _, group := range found {
		list = append(list, tasks.Suggestion{Title: group.Path, ID: strconv.FormatInt(group.ID, 10)})
	}
	return list, nil
}

// projects gives the projects of a group, or those that hold a text.
func (g GitLabSuggester) projects(ctx context.Context, about map[string]string) ([]tasks.Suggestion, error) {
	group, search := about["id"], about["search"]
	if group == "" && search == "" {
		return nil, errs.New(errs.Invalid, "Missing groupId and userId context parameter")
	}
	if group == "" {
		found, err := g.GitLab.SearchProjects(ctx, search, maxSuggestions)
		if err != nil {
			return nil, fmt.Errorf("searching projects: %w", err)
		}
		return projectSuggestions(found), nil
	}
	return g.projectsOf(ctx, group)
}

// projectsOf gives the projects right in a group, which is named by its number.
func (g GitLabSuggester) projectsOf(ctx context.Context, group string) ([]tasks.Suggestion, error) {
	groups, err := g.GitLab.SearchGroups(ctx, "", maxSuggestions)
	if err != nil {
		return nil, fmt.Errorf("looking for a group: %w", err)
	}
	at := slices.IndexFunc(groups, func(one scm.Group) bool { return strconv.FormatInt(one.ID, 10) == group })
	if at < 0 {
		return []tasks.Suggestion{}, nil
	}
	page, err := g.GitLab.ProjectsIn(ctx, groups[at].Path, 0, maxSuggestions)
	if errors.Is(err, errs.NotFound) {
		return []tasks.Suggestion{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing the projects of a group: %w", err)
	}
	return projectSuggestions(slices.DeleteFunc(page.Projects, func(p scm.Project) bool {
		return p.MarkedForDeletion || !strings.EqualFold(path.Dir(p.Path), groups[at].Path)
	})), nil
}

func projectSuggestions(projects []scm.Project) []tasks.Suggestion {
	list := make([]tasks.Suggestion, 0, len(projects))
	for _, p := range projects {
		list = append(list, tasks.Suggestion{Title: strings.TrimSpace(p.Name), ID: path.Base(p.Path)})
	}
	return list
}

func (g GitLabSuggester) branches(ctx context.Context, about map[string]string) ([]tasks.Suggestion, error) {
	if about["owner"] == "" || about["repository"] == "" {
		return nil, errs.New(errs.Invalid, "Missing owner and repository context parameter")
	}
	p, err := g.GitLab.Project(ctx, about["owner"]+"/"+about["repository"])
	if errors.Is(err, errs.NotFound) {
		return []tasks.Suggestion{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for a project: %w", err)
	}
	names, err := g.GitLab.SearchBranches(ctx, p.ID, about["search"], maxSuggestions)
	if err != nil {
		return nil, fmt.Errorf("searching branches: %w", err)
	}
	list := make([]tasks.Suggestion, 0, len(names))
	for _, name := range names {
		list = append(list, tasks.Suggestion{ID: name})
	}
	return list, nil
}
