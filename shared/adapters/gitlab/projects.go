package gitlab

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	api "github.com/xanzy/go-gitlab"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// project is the part of GitLab's project that Slipway uses. The library's own type lacks
// marked_for_deletion_on.
type project struct {
	ID            int64    `json:"id"`
	Name          string   `json:"name"`
	Path          string   `json:"path_with_namespace"`
	Description   string   `json:"description"`
	DefaultBranch string   `json:"default_branch"`
	EmptyRepo     bool     `json:"empty_repo"`
	WebURL        string   `json:"web_url"`
	CloneURL      string   `json:"http_url_to_repo"`
	Topics        []string `json:"topics"`
	Visibility    string   `json:"visibility"`
	Archived      bool     `json:"archived"`
	Activity      string   `json:"last_activity_at"`
	MarkedOn      *string  `json:"marked_for_deletion_on"`
	MarkedAt      *string  `json:"marked_for_deletion_at"` // the field's older name
}

func (p *project) hasID() bool { return p.ID != 0 }

func (p project) marked() bool { return p.MarkedOn != nil || p.MarkedAt != nil }

func (p project) scm() scm.Project {
	out := scm.Project{
		ID: p.ID, Path: p.Path, Name: p.Name, Description: p.Description, DefaultBranch: p.DefaultBranch,
		WebURL: p.WebURL, CloneURL: p.CloneURL, Topics: p.Topics, MarkedForDeletion: p.marked(),
		Visibility: p.Visibility, Archived: p.Archived, LastActivity: moment(p.Activity),
	}
	if p.EmptyRepo {
		out.DefaultBranch = "" // GitLab names the branch that the first commit would make
	}
	return out
}

// moment reads a time that an answer may lack, zero then.
func moment(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// Project implements scm.Projects. GitLab redirects from a project's former paths to its
// number.
func (c *Client) Project(ctx context.Context, path string) (scm.Project, error) {
	doing := "reading the project " + safeText(path)
	if strings.Trim(path, "/") == "" {
		return scm.Project{}, errs.New(errs.Invalid, doing+": the path is empty")
	}
	var p project
	if err := c.sendFor(ctx, call{doing: doing, method: http.MethodGet, path: "projects/" + escape(path)}, &p); err != nil {
		return scm.Project{}, err
	}
	if p.marked() {
		return scm.Project{}, errs.New(errs.NotFound, doing+": it is marked for deletion")
	}
	return p.scm(), nil
}

// ProjectByID implements scm.Projects.
func (c *Client) ProjectByID(ctx context.Context, id int64) (scm.Project, error) {
	var p project
	err := c.sendFor(ctx, call{doing: "reading project " + strconv.FormatInt(id, 10), method: http.MethodGet, path: projectPath(id)}, &p)
	if err != nil {
		return scm.Project{}, err
	}
	return p.scm(), nil
}

// CreateProject implements scm.Projects.
func (c *Client) CreateProject(ctx context.Context, n scm.NewProject) (scm.Project, error) {
	doing := "creating the project " + safeText(n.Namespace+"/"+n.Slug)
	namespace, err := c.namespace(ctx, n.Namespace)
	if err != nil {
		return scm.Project{}, err
	}
	body := &api.CreateProjectOptions{
		Name: api.Ptr(cmp.Or(n.Name, n.Slug)), Path: &n.Slug, NamespaceID: &namespace, Description: given(n.Description),
		DefaultBranch: given(n.DefaultBranch), Visibility: given(api.VisibilityValue(n.Visibility)),
		InitializeWithReadme: api.Ptr(false),
	}
	if n.Topics != nil {
		body.Topics = &n.Topics
	}
	take(body, n.Settings)
	var p project
	if err := c.sendFor(ctx, call{doing: doing, method: http.MethodPost, path: "projects", body: body}, &p); err != nil {
		return scm.Project{}, err
	}
	return p.scm(), nil
}

// take puts the settings that are given into a request.
func take(body *api.CreateProjectOptions, s scm.Settings) {
	body.CIConfigPath = given(s.CIConfigPath)
	body.MergeMethod = given(api.MergeMethodValue(s.MergeMethod))
	body.SquashOption = given(api.SquashOptionValue(s.SquashOption))
	body.IssuesAccessLevel = given(api.AccessControlValue(s.IssuesAccess))
	body.WikiAccessLevel = given(api.AccessControlValue(s.WikiAccess))
	body.SnippetsAccessLevel = given(api.AccessControlValue(s.SnippetsAccess))
	body.AutoDevopsEnabled = s.AutoDevOps
	body.OnlyAllowMergeIfPipelineSucceeds = s.MergeNeedsPipeline
	body.AllowMergeOnSkippedPipeline = s.MergeSkippedPipeline
	body.OnlyAllowMergeIfAllDiscussionsAreResolved = s.MergeNeedsResolution
}

// given leaves an empty text out of a request.
func given[T ~string](v T) *T {
	if v == "" {
		return nil
	}
	return &v
}

// namespace is a group, as projects are created in it.
type namespace struct {
	ID   int    `json:"id"`
	Path string `json:"full_path"`
}

func (n *namespace) hasID() bool { return n.ID != 0 }

// Namespace implements scm.Namespaces.
func (c *Client) Namespace(ctx context.Context, path string) error {
	_, err := c.namespace(ctx, path)
	return err
}

func (c *Client) namespace(ctx context.Context, path string) (int, error) {
	doing := "reading the group " + safeText(path)
	var ns namespace
	if strings.Trim(path, "/") == "" {
		return 0, errs.New(errs.Invalid, "creating a project: the namespace is empty")
	}
	err := c.sendFor(ctx, call{doing: doing, method: http.MethodGet, path: "namespaces/" + escape(path)}, &ns)
	if errors.Is(err, errs.NotFound) || (err == nil && !strings.EqualFold(ns.Path, path)) { // digits are taken for a number
		return 0, errs.Wrap(errs.Invalid, fmt.Sprintf("the namespace %s does not exist, or not for this token", safeText(path)), err)
	}
	return ns.ID, err
}

// DeleteProject implements scm.Projects.
func (c *Client) DeleteProject(ctx context.Context, id int64) error {
	k := call{doing: "deleting project " + strconv.FormatInt(id, 10), method: http.MethodDelete, path: projectPath(id)}
	return c.erase(ctx, k, func() (string, bool, error) {
		p, err := c.ProjectByID(ctx, id)
		return p.Path, p.MarkedForDeletion, err
	})
}

// erase deletes a project or a group. Since GitLab 18 a deletion only marks it and renames
// it; a second one, which names the new path, removes it where the administrator allows
// that. Marking twice is an error of GitLab's, so what counts is the state afterwards, not
// the answer.
func (c *Client) erase(ctx context.Context, k call, read func() (path string, marked bool, err error)) error {
	path, marked, err := read()
	if err == nil && !marked {
		_, marking := c.send(ctx, k, nil)
		if path, marked, err = read(); err == nil && !marked {
			return marking // nil: an older GitLab, which deletes in the background
		}
	}
	if err == nil {
		k.query = url.Values{"permanently_remove": {"true"}, "full_path": {path}}
		if _, err = c.send(ctx, k, nil); errs.Transient(err) {
			return err
		}
		err = nil // gone meanwhile, or not allowed here: marked is as good as deleted
	}
	return orGone(err)
}

// orGone takes an error of a deletion: what is not there is deleted.
func orGone(err error) error {
	if errors.Is(err, errs.NotFound) {
		return nil
	}
	return err
}

func projectPath(id int64) string { return "projects/" + strconv.FormatInt(id, 10) }
