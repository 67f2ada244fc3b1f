package source

import (
	"context"
	"errors"
	"net/url"
	"path"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
)

// locate gives the repository and the path in it that a template's url stands for.
func (r Reader) locate(ctx context.Context, from actions.Source, url string) (actions.Source, string, error) {
	plain, _, _ := strings.Cut(url, "#")
	plain, _, _ = strings.Cut(plain, "?") // GitLab's own links tell there what kind of a ref it is
	if !absolute(url) {
		at, err := fromDirectory(from.Directory, plain)
		return from, at, err
	}
	// To whoever resolves URLs of files, a folder is the parent of one.
	there, err := r.Pin(ctx, "url:"+asBlob(strings.TrimSuffix(plain, "/"))+"/file")
	if errors.Is(err, errs.Invalid) { // said to whoever registers files
		err = errs.Wrap(errs.Invalid, "url is a folder or file of the portal's own GitLab, such as https://gitlab.example.com/group/project/-/tree/main/skeleton, or relative to the template file, such as ./skeleton", err)
	}
	return there, there.Directory, err
}

// asBlob gives the URL of a folder, or of a project and then of its default branch, in the
// form of a file's.
func asBlob(url string) string {
	before, view, found := strings.Cut(url, "/-/")
	if !found {
		before, view = cutView(url)
	}
	if folder, isTree := strings.CutPrefix(view, "tree/"); isTree {
		view = "blob/" + folder
	}
	return before + "/-/" + view
}

// cutView takes the view of a repository off a URL of before GitLab 16, which had no "/-/"
// before it; no project can be called as one
// (https://docs.gitlab.com/user/reserved_names/).
func cutView(url string) (project, view string) {
	const behindProject = 5 // https:, nothing, host, group, project
	parts := strings.Split(url, "/")
	for i := behindProject; i < len(parts); i++ {
		if parts[i] == "tree" || parts[i] == "blob" || parts[i] == "raw" {
			return strings.Join(parts[:i], "/"), strings.Join(parts[i:], "/")
		}
	}
	return strings.TrimSuffix(url, ".git"), "blob/HEAD"
}

// fromDirectory gives the path that a relative URL leads to from a directory of a
// repository; one that begins with a slash leads there from the root.
func fromDirectory(dir, relative string) (string, error) {
	if decoded, err := url.PathUnescape(relative); err == nil {
		relative = decoded
	}
	if below, fromRoot := strings.CutPrefix(relative, "/"); fromRoot {
		return inside("", below)
	}
	return inside(dir, relative)
}

// inside joins a relative folder to the template's, refusing whatever leaves the project.
func inside(dir, relative string) (string, error) {
	if strings.Contains(relative, ":") || strings.HasPrefix(relative, "/") || strings.ContainsAny(relative, "\\\x00") {
		return "", errs.New(errs.Invalid, "a template's url is relative to the template file, for example ./skeleton, or the URL of a folder on the same host")
	}
	joined := path.Join(dir, relative)
	if joined == ".." || strings.HasPrefix(joined, "../") {
		return "", errs.New(errs.Invalid, "a template's url leads out of the template's repository")
	}
	if joined == "." {
		return "", nil
	}
	return joined, nil
}
