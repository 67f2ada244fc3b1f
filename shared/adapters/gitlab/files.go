package gitlab

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// FileExists implements scm.Files. GitLab answers 404 for a file, a commit and a project
// alike, also when the token has lost its access, so a 404 for the file is believed only
// when the commit is shown afterwards. At a branch it asks again at the commit.
func (c *Client) FileExists(ctx context.Context, project int64, path, ref string) (scm.FileStat, bool, error) {
	doing := fmt.Sprintf("looking for the file %s of project %d", safeText(path), project)
	if path == "" || ref == "" {
		return scm.FileStat{}, false, errs.New(errs.Invalid, doing+": a path and a ref are needed")
	}
	for at := ref; ; {
		stat, err := c.stat(ctx, doing, project, path, at)
		if !errors.Is(err, errs.NotFound) {
			return stat, err == nil, err
		}
		id, err := c.commitAt(ctx, doing, project, at)
		if err != nil {
			return scm.FileStat{}, false, err
		}
		if id == at {
			return scm.FileStat{CommitID: id}, false, nil
		}
		at = id
	}
}

// stat asks for a file's headers; the content stays where it is.
func (c *Client) stat(ctx context.Context, doing string, project int64, path, ref string) (scm.FileStat, error) {
	resp, err := c.send(ctx, call{
		doing: doing, method: http.MethodHead, path: projectPath(project) + "/repository/files/" + escape(path), query: url.Values{"ref": {ref}},
	}, nil)
	if err != nil {
		return scm.FileStat{}, err
	}
	out := scm.FileStat{
		CommitID: resp.Header.Get("X-Gitlab-Commit-Id"), BlobID: resp.Header.Get("X-Gitlab-Blob-Id"),
		LastCommitID: resp.Header.Get("X-Gitlab-Last-Commit-Id"),
	}
	if out.CommitID == "" || out.BlobID == "" {
		return scm.FileStat{}, errs.New(errs.Unavailable, doing+": the answer does not come from GitLab")
	}
	return out, nil
}

// commitAt gives the id of the commit that a branch, tag or commit id stands for.
func (c *Client) commitAt(ctx context.Context, doing string, project int64, ref string) (string, error) {
	var at commit
	err := c.sendFor(ctx, call{
		doing: doing, method: http.MethodGet, path: projectPath(project) + "/repository/commits/" + escape(ref),
	}, &at)
	return at.ID, err
}
