package rest

import (
	"errors"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitstore"
)

func (a *API) treeRoutes() routes {
	return routes{
		"GET /projects/{id}/repository/tree":            listTree,
		"GET /projects/{id}/repository/{archive}":       getArchive, // archive, archive.tar.gz, archive.zip
		"GET /projects/{id}/repository/blobs/{sha}":     getBlob,
		"GET /projects/{id}/repository/blobs/{sha}/raw": getBlob,
	}
}

func listTree(c *call) error {
	p, repo, err := c.repository(reporter)
	if err != nil {
		return err
	}
	commit, err := repo.Resolve(refOr(c, p))
	if err != nil {
		return notFound("Tree")
	}
	list, err := repo.Tree(commit, strings.Trim(c.p.String("path"), "/"), c.p.Bool("recursive", false))
	if errors.Is(err, gitstore.ErrNotFound) {
		return message(http.StatusNotFound, "404 invalid revision or path Not Found")
	}
	if err != nil {
		return err
	}
	if c.keyset() {
		list = keysetPage(c, behindToken(list, c.p.String("page_token")), "page_token", func(e gitstore.Entry) string { return opaque(e.Path) })
	} else {
		list = page(c, list)
	}
	views := []object{}
	for _, e := range list {
		views = append(views, object{"id": e.ID, "name": path.Base(e.Path), "type": e.Type, "path": e.Path, "mode": e.Mode})
	}
	return c.ok(views)
}

func behindToken(list []gitstore.Entry, token string) []gitstore.Entry {
	for i, e := range list {
		if token != "" && opaque(e.Path) == token {
			return list[i+1:]
		}
	}
	return list
}

func getBlob(c *call) error {
	_, repo, err := c.repository(reporter)
	if err != nil {
		return err
	}
	content, err := repo.Blob(c.r.PathValue("sha"))
	if errors.Is(err, gitstore.ErrNotFound) {
		return notFound("Blob")
	}
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "application/octet-stream")
	c.w.Header().Set("Content-Length", strconv.Itoa(len(content)))
	_, _ = c.w.Write(content) // the client has gone if this fails
	return nil
}

func getArchive(c *call) error {
	kind, ok := map[string]string{
		"archive": "tar.gz", "archive.tar.gz": "tar.gz", "archive.tgz": "tar.gz", "archive.tar": "tar", "archive.zip": "zip",
	}[c.r.PathValue("archive")]
	if !ok {
		return notFound("")
	}
	p, repo, err := c.repository(reporter)
	if err != nil {
		return err
	}
	ref := c.p.String("sha")
	if ref == "" {
		ref = p.DefaultBranch
	}
	commit, err := repo.Resolve(ref)
	if err != nil {
		return notFound("File")
	}
	folder := strings.Trim(c.p.String("path"), "/")
	if _, err := repo.Tree(commit, folder, false); err != nil {
		return notFound("File")
	}
	name := p.Path + "-" + strings.ReplaceAll(ref, "/", "-") + "-" + commit
	c.w.Header().Set("Content-Type", map[string]string{"tar.gz": "application/gzip", "tar": "application/x-tar", "zip": "application/zip"}[kind])
	c.w.Header().Set("Content-Disposition", `attachment; filename="`+name+"."+kind+`"`)
	if err := repo.Archive(io.Writer(c.w), gitstore.ArchiveQuery{Commit: commit, Folder: folder, Prefix: name, Kind: kind}); err != nil {
		c.Logger.InfoContext(c.r.Context(), "an archive could not be sent", "error", err)
	}
	return nil
}
