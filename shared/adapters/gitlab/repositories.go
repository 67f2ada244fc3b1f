package gitlab

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	api "github.com/xanzy/go-gitlab"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// maxCommitBytes is where GitLab starts to allow only three commits in 30 seconds. It holds
// for what goes over the API.
const maxCommitBytes = 20 << 20

// actionOverhead is about what a change takes in the request besides path and content.
const actionOverhead = 100

// commit and branch are answers that have to name a commit.
type commit struct{ api.Commit }

func (c *commit) hasID() bool { return c.ID != "" }

type branch struct{ api.Branch }

func (b *branch) hasID() bool { return b.Commit != nil && b.Commit.ID != "" }

func toCommit(c *api.Commit) scm.Commit {
	out := scm.Commit{ID: c.ID, Parents: c.ParentIDs, Title: c.Title, Message: c.Message, Author: c.AuthorName}
	if c.CreatedAt != nil {
		out.Created = c.CreatedAt.UTC()
	}
	return out
}

// Head implements scm.Repositories.
func (c *Client) Head(ctx context.Context, project int64, name string) (scm.Commit, error) {
	doing := fmt.Sprintf("reading the branch %s of project %d", safeText(name), project)
	if name == "" {
		return scm.Commit{}, errs.New(errs.Invalid, doing+": the name is empty")
	}
	var b branch
	err := c.sendFor(ctx, call{doing: doing, method: http.MethodGet, path: projectPath(project) + "/repository/branches/" + escape(name)}, &b)
	if err != nil {
		return scm.Commit{}, err
	}
	return toCommit(b.Commit), nil
}

// Commits implements scm.Repositories.
func (c *Client) Commits(ctx context.Context, project int64, ref string, limit int) ([]scm.Commit, error) {
	doing := fmt.Sprintf("listing the commits of project %d", project)
	if limit <= 0 {
		return nil, errs.New(errs.Invalid, doing+": a limit is needed")
	}
	query := url.Values{"ref_name": {ref}}
	if ref == "" {
		query = url.Values{"all": {"true"}}
	}
	entries, err := list[*api.Commit](ctx, c, call{
		doing: doing, method: http.MethodGet, path: projectPath(project) + "/repository/commits",
		query: page(query, limit),
	}, limit)
	if err != nil {
		return nil, err
	}
	out := make([]scm.Commit, len(entries))
	for i, e := range entries {
		out[i] = toCommit(e)
	}
	return out, nil
}

// Commit implements scm.Repositories.
func (c *Client) Commit(ctx context.Context, project int64, n scm.NewCommit) (scm.Commit, error) {
	doing := fmt.Sprintf("committing to project %d", project)
	if n.Branch == "" || n.Message == "" || (len(n.Changes) == 0) != n.Empty {
		return scm.Commit{}, errs.New(errs.Invalid, doing+": a branch, a message and changes are needed")
	}
	if n.Start == "" && !n.Empty && pushed(n.Changes) {
		if made, done, err := c.push(ctx, doing, project, n); done || err != nil {
			return made, err
		}
	}
	if slices.ContainsFunc(n.Changes, onlyPushed) {
		return c.pushOn(ctx, doing, project, n)
	}
	actions, size := actionsOf(n.Changes, n.Seen)
	if size > maxCommitBytes {
		return scm.Commit{}, errs.New(errs.TooLarge, fmt.Sprintf(
			"%s: the files take %d MB in one request, at most %d MB are possible", doing, size>>20, maxCommitBytes>>20))
	}
	body := &newCommit{AllowEmpty: n.Empty, CreateCommitOptions: api.CreateCommitOptions{
		Branch: &n.Branch, CommitMessage: &n.Message, Actions: actions, StartSHA: given(n.Start),
		AuthorName: given(n.Author.Name), AuthorEmail: given(n.Author.Email),
	}}
	var made commit
	err := c.sendFor(ctx, call{
		doing: doing, method: http.MethodPost, path: projectPath(project) + "/repository/commits",
		body: body, timeout: commitTimeouts * c.cfg.Timeout,
	}, &made)
	if err != nil {
		return scm.Commit{}, err
	}
	return toCommit(&made.Commit), nil
}

// newCommit has what the library's options lack.
type newCommit struct {
	api.CreateCommitOptions
	AllowEmpty bool `json:"allow_empty,omitempty"`
}

// actionsOf gives GitLab's actions and about how many bytes they take. Content always
// goes as base64: its size is known, and no byte has to be escaped. GitLab refuses to change
// a file that the branch has in another state than the commit seen.
func actionsOf(changes []scm.Change, seen string) ([]*api.CommitActionOptions, int) {
	out := []*api.CommitActionOptions{}
	size := 0
	for _, ch := range changes {
		action := &api.CommitActionOptions{Action: api.Ptr(api.FileActionValue(ch.Action)), FilePath: api.Ptr(ch.Path)}
		size += len(ch.Path) + actionOverhead
		if ch.Action != scm.DeleteFile {
			size += base64.StdEncoding.EncodedLen(len(ch.Content))
		}
		if size > maxCommitBytes {
			return nil, contentSize(changes)
		}
		if ch.Action != scm.DeleteFile {
			action.Content, action.Encoding = api.Ptr(base64.StdEncoding.EncodeToString(ch.Content)), api.Ptr("base64")
		}
		if ch.Executable && ch.Action == scm.CreateFile {
			action.ExecuteFilemode = api.Ptr(true)
		}
		if ch.Action != scm.CreateFile {
			action.LastCommitID = given(seen)
		}
		out = append(out, action)
		if (ch.Executable || ch.Plain) && ch.Action == scm.UpdateFile {
			// An update keeps the mode that the file has; only chmod changes it.
			out = append(out, &api.CommitActionOptions{
				Action: api.Ptr(api.FileChmod), FilePath: api.Ptr(ch.Path), ExecuteFilemode: api.Ptr(ch.Executable),
			})
		}
	}
	return out, size
}

func contentSize(changes []scm.Change) int {
	size := 0
	for _, ch := range changes {
		size += len(ch.Path) + actionOverhead + base64.StdEncoding.EncodedLen(len(ch.Content))
	}
	return size
}

// File implements scm.Repositories.
func (c *Client) File(ctx context.Context, project int64, path, ref string) (scm.File, error) {
	doing := fmt.Sprintf("reading the file %s of project %d", safeText(path), project)
	if path == "" || ref == "" {
		return scm.File{}, errs.New(errs.Invalid, doing+": a path and a ref are needed")
	}
	var f api.File
	_, err := c.send(ctx, call{
		doing: doing, method: http.MethodGet, path: projectPath(project) + "/repository/files/" + escape(path), query: url.Values{"ref": {ref}},
	}, &f)
	if err != nil {
		return scm.File{}, err
	}
	content, err := base64.StdEncoding.DecodeString(f.Content)
	if err != nil || f.Encoding != "base64" {
		return scm.File{}, errs.Wrap(errs.Unavailable, doing+": the answer has no readable content", err)
	}
	return scm.File{Path: f.FilePath, Content: content, CommitID: f.CommitID}, nil
}

// Tree implements scm.Repositories. Submodules are not files and are left out.
func (c *Client) Tree(ctx context.Context, project int64, path, ref string) ([]scm.TreeEntry, error) {
	doing := fmt.Sprintf("listing the files of project %d", project)
	if ref == "" {
		return nil, errs.New(errs.Invalid, doing+": a ref is needed")
	}
	query := url.Values{"ref": {ref}, "recursive": {"true"}, "pagination": {"keyset"}}
	if path != "" {
		query.Set("path", path)
	}
	nodes, err := list[*api.TreeNode](ctx, c, call{
		doing: doing, method: http.MethodGet, path: projectPath(project) + "/repository/tree", query: page(query, pageSize),
	}, 0)
	if err != nil {
		return nil, err
	}
	if len(nodes) == 0 && path != "" {
		return nil, errs.New(errs.NotFound, doing+": there is no such folder") // before GitLab 17.7 it was an empty list
	}
	slices.SortFunc(nodes, func(a, b *api.TreeNode) int { return cmp.Compare(a.Path, b.Path) })
	var out []scm.TreeEntry
	for _, n := range nodes {
		if n.Type == "blob" {
			out = append(out, scm.TreeEntry{Path: n.Path, BlobID: n.ID, Executable: n.Mode == "100755", Symlink: n.Mode == "120000"})
		}
	}
	return out, nil
}
