package effects

import (
	"context"
	"crypto/sha1" //nolint:gosec // the name that git gives a content, no protection of it
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
	"github.com/slipwayhq/slipway/shared/scm"
)

// How files are brought into a repository that holds some of them already.
const (
	// AutoFiles creates what is missing, updates what differs and leaves out the rest.
	AutoFiles   = "auto"
	CreateFiles = "create" // all of them must be missing
	UpdateFiles = "update" // all of them must be there; what is the same is left out
	DeleteFiles = "delete" // all of them must be there
	SkipFiles   = "skip"   // nothing is changed
)

// Comparison is what bringing files into a repository comes to.
type Comparison struct {
	Changes []scm.Change
	// Base is a digest of what the repository holds at the files' paths.
	Base string
}

// Compare compares files with a repository at a commit. Conflict when the repository is not
// as the way of bringing them in takes for granted.
func Compare(ctx context.Context, repositories scm.Repositories, project int64, commit string, files *workspace.Files, way string) (Comparison, error) {
	list := files.Sorted()
	there, err := entries(ctx, repositories, project, commit, commonFolder(list))
	if err != nil {
		return Comparison{}, err
	}
	var out Comparison
	base := sha256.New()
	for _, f := range list {
		entry, exists := there[f.Path]
		fmt.Fprintf(base, "%q %s %t %t\n", f.Path, entry.BlobID, entry.Executable, entry.Symlink)
		action, err := actionFor(f, entry, exists, way)
		if err != nil {
			return Comparison{}, err
		}
		if action != "" {
			out.Changes = append(out.Changes, changeOf(f, action, entry))
		}
	}
	out.Base = hex.EncodeToString(base.Sum(nil))
	return out, nil
}

// entries gives the files that a repository holds below a folder at a commit, by path; none
// when there is no such folder.
func entries(ctx context.Context, repositories scm.Repositories, project int64, commit, folder string) (map[string]scm.TreeEntry, error) {
	tree, err := repositories.Tree(ctx, project, folder, commit)
	if err != nil && !errors.Is(err, errs.NotFound) {
		return nil, fmt.Errorf("listing the files of project %d at %.8s: %w", project, commit, err)
	}
	there := make(map[string]scm.TreeEntry, len(tree))
	for _, entry := range tree {
		there[entry.Path] = entry
	}
	return there, nil
}

// commonFolder gives the innermost folder that all files lie in, "" for the root: only
// what is below has to be listed of a large repository.
func commonFolder(files []workspace.File) string {
	if len(files) == 0 {
		return ""
	}
	common := path.Dir(files[0].Path)
	for _, f := range files {
		for common != "." && !strings.HasPrefix(f.Path, common+"/") {
			common = path.Dir(common)
		}
	}
	if common == "." {
		return ""
	}
	return common
}

// actionFor decides what happens to a file; "" for nothing.
func actionFor(f workspace.File, entry scm.TreeEntry, exists bool, way string) (scm.ChangeAction, error) {
	switch {
	case way == SkipFiles:
		return "", nil
	case way == CreateFiles && exists:
		return "", errs.New(errs.Conflict, fmt.Sprintf("%s exists already", f.Path))
	case (way == UpdateFiles || way == DeleteFiles) && !exists:
		return "", errs.New(errs.Conflict, fmt.Sprintf("%s does not exist", f.Path))
	case way == DeleteFiles:
		return scm.DeleteFile, nil
	case exists && same(f, entry):
		return "", nil
	case exists:
		return scm.UpdateFile, nil
	}
	return scm.CreateFile, nil
}

// same reports whether a repository holds a file as it is. A file that need not be
// executable may be: GitLab's commits API does not take that away.
func same(f workspace.File, entry scm.TreeEntry) bool {
	content := f.Content
	if f.Link != "" {
		content = []byte(f.Link)
	}
	return entry.BlobID == blobID(content, len(entry.BlobID)) && entry.Symlink == (f.Link != "") && (entry.Executable || !f.Executable)
}

// blobID gives git's name of a content in a repository whose names have so many digits.
func blobID(content []byte, digits int) string {
	header := fmt.Appendf(nil, "blob %d\x00", len(content))
	if digits == hex.EncodedLen(sha256.Size) {
		sum := sha256.Sum256(append(header, content...))
		return hex.EncodeToString(sum[:])
	}
	sum := sha1.Sum(append(header, content...)) //nolint:gosec // as above
	return hex.EncodeToString(sum[:])
}

func changeOf(f workspace.File, action scm.ChangeAction, entry scm.TreeEntry) scm.Change {
	if action == scm.DeleteFile {
		return scm.Change{Action: action, Path: f.Path}
	}
	return scm.Change{Action: action, Path: f.Path, Content: f.Content, Executable: f.Executable, Link: f.Link, OverLink: entry.Symlink}
}
