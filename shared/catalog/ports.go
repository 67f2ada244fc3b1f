package catalog

import "context"

// Source reads files of the source code host. Everything a caller learns is about one
// commit.
type Source interface {
	// Resolve turns the URL of a file (GitLab's blob or raw form) into a reference to it.
	// Invalid when it is no URL of a file on the host this Source reads; NotFound when the
	// host says that the project or the branch in it is not there.
	Resolve(ctx context.Context, url string) (FileRef, error)
	// URL gives the blob URL of a file: the canonical one, whatever form was resolved.
	URL(f FileRef) string
	// Branch gives the branch catalogs are discovered on: the project's default branch.
	Branch(ctx context.Context, project string) (string, error)
	// Head gives the commit a branch, tag or commit id stands for now.
	Head(ctx context.Context, project, ref string) (commit string, err error)
	// Read gives the file's content at a commit. NotFound only when the host said so for a
	// commit and a project it still lets the caller see.
	Read(ctx context.Context, f FileRef, commit string) ([]byte, error)
}

// FileRef names a file at a branch, tag or commit.
type FileRef struct {
	Project string `json:"project"` // full path, "apps/orders"
	Branch  string `json:"branch"`
	Path    string `json:"path"`
}

// Shown is what readers of the catalog see.
type Shown interface {
	// Shown gives the ref and the etag that the entity with a uid is shown with; "" when
	// there is none.
	Shown(ctx context.Context, uid string) (ref, etag string, err error)
}
