package gitlab

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"

	api "github.com/xanzy/go-gitlab"

	"github.com/slipwayhq/slipway/shared/adapters/gitlab/gitpush"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// onlyPushed reports whether a change can be made over git alone: the commits API writes no
// symbolic link, and would write into one.
func onlyPushed(ch scm.Change) bool { return ch.Link != "" || ch.OverLink }

// pushOn makes a commit on top of another over git.
func (c *Client) pushOn(ctx context.Context, doing string, project int64, n scm.NewCommit) (scm.Commit, error) {
	p, err := c.ProjectByID(ctx, project)
	if err != nil {
		return scm.Commit{}, err
	}
	g := git{client: c, doing: doing, project: p.Path, branch: n.Branch, move: n.Start == ""}
	on := gitpush.Commit{Parent: n.Start}
	if g.move {
		head, err := c.Head(ctx, project, n.Branch)
		if errors.Is(err, errs.NotFound) {
			return scm.Commit{}, errs.Wrap(errs.Invalid, doing+": there is no branch for the symbolic link, which GitLab takes only over git", err)
		}
		if err != nil {
			return scm.Commit{}, err
		}
		on.Parent = head.ID
	}
	folders := foldersOf(n.Changes)
	if on.Base, err = c.folders(ctx, project, on.Parent, folders); err != nil {
		return scm.Commit{}, err
	}
	if n.Seen != "" && n.Seen != on.Parent {
		seen, err := c.folders(ctx, project, n.Seen, folders)
		if err != nil {
			return scm.Commit{}, err
		}
		if err := unchanged(doing, n.Changes, seen, on.Base); err != nil {
			return scm.Commit{}, err
		}
	}
	pack, made, err := c.pack(ctx, doing, n, on)
	if err != nil {
		return scm.Commit{}, err
	}
	done, err := g.push(ctx, pack)
	if err == nil && !done {
		err = errs.New(errs.Invalid, doing+": it has a symbolic link, which GitLab takes only over git, and git over HTTP is turned off")
	}
	if err != nil {
		return scm.Commit{}, err
	}
	return made, nil
}

// foldersOf gives the folders that changed files lie in, and those above, outermost first.
func foldersOf(changes []scm.Change) []string {
	known := map[string]bool{".": true}
	list := []string{"."}
	for _, ch := range changes {
		for dir := path.Dir(ch.Path); !known[dir] && dir != "/"; dir = path.Dir(dir) {
			known[dir] = true
			list = append(list, dir)
		}
	}
	slices.Sort(list)
	return list
}

// folders lists folders at a commit; those that there are not are left out.
func (c *Client) folders(ctx context.Context, project int64, commit string, paths []string) ([]gitpush.Folder, error) {
	var out []gitpush.Folder
	for _, dir := range paths {
		query := url.Values{"ref": {commit}, "pagination": {"keyset"}}
		if dir != "." {
			query.Set("path", dir)
		}
		nodes, err := list[*api.TreeNode](ctx, c, call{
			doing:  fmt.Sprintf("listing a folder of project %d", project),
			method: http.MethodGet, path: projectPath(project) + "/repository/tree", query: page(query, pageSize),
		}, 0)
		if errors.Is(err, errs.NotFound) && dir != "." {
			continue
		}
		if err != nil {
			return nil, err
		}
		f := gitpush.Folder{Path: dir}
		if dir == "." {
			f.Path = ""
		}
		for _, n := range nodes {
			f.Entries = append(f.Entries, gitpush.Entry{Name: n.Name, Mode: n.Mode, ID: n.ID})
		}
		out = append(out, f)
	}
	return out, nil
}

// unchanged refuses to change what is not as it was seen.
func unchanged(doing string, changes []scm.Change, seen, now []gitpush.Folder) error {
	entries := func(folders []gitpush.Folder) map[string]gitpush.Entry {
		all := map[string]gitpush.Entry{}
		for _, f := range folders {
			for _, e := range f.Entries {
				all[path.Join(f.Path, e.Name)] = e
			}
		}
		return all
	}
	was, is := entries(seen), entries(now)
	for _, ch := range changes {
		if ch.Action != scm.CreateFile && was[ch.Path] != is[ch.Path] {
			return errs.New(errs.Conflict, doing+": somebody has changed "+safeText(ch.Path)+" since")
		}
	}
	return nil
}
