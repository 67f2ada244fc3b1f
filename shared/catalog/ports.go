package catalog

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Source reads files of the hosts that the catalog may read. Everything a caller learns is
// about one commit.
type Source interface {
	Addresses
	Contents
}

// Addresses knows what URLs of files mean.
type Addresses interface {
	// Resolve turns the URL of a file (GitLab's blob or raw form, or a file of another host
	// that is allowed) into a reference to it. Invalid when it is none; NotFound when the
	// host says that the project or the branch in it is not there.
	Resolve(ctx context.Context, url string) (FileRef, error)
	// Relative gives the file that a target names which is no URL of its own, seen from the
	// file that it stands in. Invalid when it leads out of the repository or off the host.
	Relative(from FileRef, target string) (FileRef, error)
	// URL gives the URL of a file: the canonical one, whatever form was resolved.
	URL(f FileRef) string
}

// Contents reads branches, commits and files.
type Contents interface {
	// Head gives the commit a branch, tag or commit id stands for now; Unversioned where
	// there are no commits.
	Head(ctx context.Context, project, ref string) (commit string, err error)
	// Read gives the file's content at a commit. NotFound only when the host said so for a
	// commit and a project it still lets the caller see.
	Read(ctx context.Context, f FileRef, commit string) ([]byte, error)
	// List gives the paths of the files below a folder ("" for all) at a commit, none when
	// there is no such folder. Invalid where files can't be listed.
	List(ctx context.Context, project, commit, folder string) ([]string, error)
}

// Unversioned stands for the commit of a host without commits. What is known of a file there
// names the digest of its content in the place of the commit.
const Unversioned = "unversioned"

// FileRef names a file at a branch, tag or commit; on a host without those, a file. Its
// path may have wildcards (package glob): then it names all files they match.
type FileRef struct {
	Project string `json:"project"` // full path, "apps/orders"; or an origin, "https://example.com"
	Branch  string `json:"branch"`  // "" below an origin
	Path    string `json:"path"`    // below an origin as it stands in the URL, with its query
}

// Web reports whether the file lies on a host that is no source code host.
func (f FileRef) Web() bool { return strings.Contains(f.Project, "://") }

// Join gives the file of the same branch that a relative target names; one that begins with
// a slash is relative to the root of the repository.
func (f FileRef) Join(target string) (FileRef, error) {
	if plain, err := url.PathUnescape(target); err == nil {
		target = plain
	}
	if target == "" || strings.ContainsFunc(target, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' || r == '\ufffd' }) {
		return FileRef{}, errs.New(errs.Invalid, "must be a URL or a path")
	}
	p := path.Join(path.Dir(f.Path), target)
	if strings.HasPrefix(target, "/") {
		p = strings.TrimPrefix(path.Clean(target), "/")
	}
	if p == "" || p == "." || p == ".." || strings.HasPrefix(p, "../") {
		return FileRef{}, errs.New(errs.Invalid, "leads out of the repository")
	}
	if len(p) > maxTargetBytes {
		return FileRef{}, errs.New(errs.Invalid, fmt.Sprintf("is longer than %d bytes", maxTargetBytes))
	}
	return FileRef{Project: f.Project, Branch: f.Branch, Path: p}, nil
}

// Shown is what readers of the catalog see.
type Shown interface {
	// Shown gives the ref and the etag that the entity with a uid is shown with; "" when
	// there is none.
	Shown(ctx context.Context, uid string) (ref, etag string, err error)
}
