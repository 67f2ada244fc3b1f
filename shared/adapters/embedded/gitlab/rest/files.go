package rest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"path"
	"strconv"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitstore"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

func (a *API) fileRoutes() routes {
	const file = " /projects/{id}/repository/files/{path}"
	return routes{
		"GET" + file:          getFile, // HEAD too
		"GET" + file + "/raw": rawFile,
		"POST" + file:         func(c *call) error { return writeFile(c, gitstore.Create) },
		"PUT" + file:          func(c *call) error { return writeFile(c, gitstore.Update) },
		"DELETE" + file:       func(c *call) error { return writeFile(c, gitstore.Delete) },
	}
}

// fileAt finds the file of the route and the commit it was read at.
func (c *call) fileAt(refNeeded bool) (repo *gitstore.Repo, f gitstore.File, commit string, err error) {
	p, repo, err := c.repository(reporter)
	if err != nil {
		return nil, f, "", err
	}
	if refNeeded && c.p.String("ref") == "" {
		return nil, f, "", invalid("ref is missing, ref is empty")
	}
	commit, err = repo.Resolve(refOr(c, p))
	if errors.Is(err, gitstore.ErrNotFound) {
		return nil, f, "", notFound("Commit")
	}
	if err != nil {
		return nil, f, "", err
	}
	f, err = repo.File(commit, c.r.PathValue("path"))
	if errors.Is(err, gitstore.ErrNotFound) {
		return nil, f, "", notFound("File")
	}
	return repo, f, commit, err
}

func refOr(c *call, p state.Project) string {
	if ref := c.p.String("ref"); ref != "" {
		return ref
	}
	return p.DefaultBranch
}

func getFile(c *call) error {
	repo, f, commit, err := c.fileAt(true)
	if err != nil {
		return err
	}
	last, err := repo.LastCommit(commit, f.Path)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(f.Content)
	v := object{
		"file_name": path.Base(f.Path), "file_path": f.Path, "size": len(f.Content), "encoding": "base64",
		"content_sha256": hex.EncodeToString(sum[:]), "ref": c.p.String("ref"), "blob_id": f.BlobID,
		"commit_id": commit, "last_commit_id": last, "execute_filemode": f.Executable,
	}
	h := c.w.Header()
	h.Set("X-Gitlab-File-Name", path.Base(f.Path))
	h.Set("X-Gitlab-File-Path", f.Path)
	h.Set("X-Gitlab-Size", strconv.Itoa(len(f.Content)))
	h.Set("X-Gitlab-Encoding", "base64")
	h.Set("X-Gitlab-Content-Sha256", hex.EncodeToString(sum[:]))
	h.Set("X-Gitlab-Ref", c.p.String("ref"))
	h.Set("X-Gitlab-Blob-Id", f.BlobID)
	h.Set("X-Gitlab-Commit-Id", commit)
	h.Set("X-Gitlab-Last-Commit-Id", last)
	h.Set("X-Gitlab-Execute-Filemode", strconv.FormatBool(f.Executable))
	v["content"] = base64.StdEncoding.EncodeToString(f.Content)
	return c.ok(v)
}

func rawFile(c *call) error {
	_, f, commit, err := c.fileAt(false)
	if err != nil {
		return err
	}
	h := c.w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Disposition", "inline; filename="+strconv.Quote(path.Base(f.Path)))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(len(f.Content)))
	h.Set("X-Gitlab-Commit-Id", commit)
	h.Set("X-Gitlab-Blob-Id", f.BlobID)
	if c.r.Method != http.MethodHead {
		_, err = c.w.Write(f.Content)
	}
	if err != nil {
		c.Logger.InfoContext(c.r.Context(), "a raw file could not be sent", "error", err)
	}
	return nil
}

func writeFile(c *call, action gitstore.Action) error {
	p, err := c.project(developer)
	if err != nil {
		return err
	}
	need := []string{"branch", "commit_message"}
	if action != gitstore.Delete && !c.p.Has("content") {
		need = append(need, "content")
	}
	if err := c.require(need...); err != nil {
		return err
	}
	ch := gitstore.Change{Action: action, Path: c.r.PathValue("path"), HasContent: true, LastCommit: c.p.String("last_commit_id")}
	if ch.Content, err = content(c.p); err != nil {
		return err
	}
	if c.p.Has("execute_filemode") {
		x := c.p.Bool("execute_filemode", false)
		ch.Executable = &x
	}
	if action == gitstore.Update {
		if err := c.refuseUnchanged(p, ch); err != nil {
			return err
		}
	}
	_, err = c.commit(p, newCommit{
		branch: c.p.String("branch"), start: c.p.String("start_branch"), message: c.p.String("commit_message"),
		author: c.author(c.p.String("author_name"), c.p.String("author_email")), changes: []gitstore.Change{ch},
	})
	if err != nil {
		return err
	}
	if action == gitstore.Delete {
		return c.noContent()
	}
	status := http.StatusOK
	if action == gitstore.Create {
		status = http.StatusCreated
	}
	return c.json(status, object{"file_path": ch.Path, "branch": c.p.String("branch")})
}

// refuseUnchanged: the files endpoint, unlike the commits one, makes no empty commits.
func (c *call) refuseUnchanged(p state.Project, ch gitstore.Change) error {
	repo, err := c.Repos.Open(p.ID)
	if err != nil {
		return err
	}
	at, err := repo.Branch(c.p.String("branch"))
	if errors.Is(err, gitstore.ErrNotFound) {
		return nil // the commit itself will say what is wrong with the branch
	}
	if err != nil {
		return err
	}
	f, err := repo.File(at, ch.Path)
	if err == nil && string(f.Content) == string(ch.Content) && (ch.Executable == nil || *ch.Executable == f.Executable) {
		return badRequest("A file with this name doesn't need to be changed")
	}
	return nil
}
