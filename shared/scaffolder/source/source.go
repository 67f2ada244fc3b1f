// Package source owns reading what a template consists of from the source code host, at
// one pinned commit: the place of the template file, the skeletons beside it, and folders of
// other projects of the same host that it names by URL. It does not render anything.
package source

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
	"github.com/slipwayhq/slipway/shared/scm"
)

// maxFiles is the most files that a skeleton may have.
const maxFiles = 2000

// Reader reads templates.
type Reader struct {
	Files        catalog.Source // resolves URLs of files
	Projects     scm.Projects
	Repositories scm.Repositories
	Archives     scm.Archives // optional: reads many files at once
}

// Pin gives the place behind a location annotation, "url:" and the URL of a file, at the
// commit its branch points to now.
func (r Reader) Pin(ctx context.Context, location string) (actions.Source, error) {
	url, ok := strings.CutPrefix(location, "url:")
	if !ok {
		return actions.Source{}, errs.New(errs.Invalid, "the template was not read from a repository, so its files can't be found")
	}
	file, err := r.Files.Resolve(ctx, url)
	if err != nil {
		return actions.Source{}, err
	}
	project, err := r.Projects.Project(ctx, file.Project)
	if err != nil {
		return actions.Source{}, fmt.Errorf("finding project %s: %w", file.Project, err)
	}
	commit, err := r.Files.Head(ctx, file.Project, file.Branch)
	if err != nil {
		return actions.Source{}, fmt.Errorf("finding the head of %s: %w", file.Branch, err)
	}
	return actions.Source{Project: project.ID, Path: project.Path, Commit: commit, Directory: directory(file.Path)}, nil
}

func directory(file string) string {
	if d := path.Dir(file); d != "." {
		return d
	}
	return ""
}

// Skeleton reads all files below a folder, which is named relative to the template file,
// such as "./skeleton", or by its URL on the same host, which is read as it is now. Paths
// in the result are relative to that folder.
func (r Reader) Skeleton(ctx context.Context, from actions.Source, url string) (*workspace.Files, error) {
	if from.Beside != nil && !absolute(url) {
		return folderBeside(from, url)
	}
	from, folder, err := r.locate(ctx, from, url)
	if err != nil {
		return nil, err
	}
	tree, err := r.Repositories.Tree(ctx, from.Project, folder, from.Commit)
	if errors.Is(err, errs.NotFound) {
		return nil, errs.New(errs.Invalid, fmt.Sprintf("the template's folder %.200q does not exist in %s", url, from.Path))
	}
	if err != nil {
		return nil, fmt.Errorf("listing %s of %s: %w", folder, from.Path, err)
	}
	if len(tree) > maxFiles {
		return nil, errs.New(errs.TooLarge, fmt.Sprintf("the template's folder %.200q has %d files, more than %d", url, len(tree), maxFiles))
	}
	files, err := r.read(ctx, from, folder, tree)
	if err != nil {
		return nil, err
	}
	return workspace.Collect(files)
}

// File reads one file, named as Skeleton's folder is. The tree says whether it is
// executable or a symbolic link.
func (r Reader) File(ctx context.Context, from actions.Source, url string) (workspace.File, error) {
	if from.Beside != nil && !absolute(url) {
		return fileBeside(from, url)
	}
	from, name, err := r.locate(ctx, from, url)
	if err != nil {
		return workspace.File{}, err
	}
	missing := errs.New(errs.Invalid, fmt.Sprintf("the template's file %.200q does not exist in %s", url, from.Path))
	folder := directory(name)
	tree, err := r.Repositories.Tree(ctx, from.Project, folder, from.Commit)
	if errors.Is(err, errs.NotFound) {
		return workspace.File{}, missing
	}
	if err != nil {
		return workspace.File{}, fmt.Errorf("listing %s of %s: %w", folder, from.Path, err)
	}
	for _, entry := range tree {
		if entry.Path == name {
			content, err := r.content(ctx, from, entry)
			return fileOf(folder, entry, content), err
		}
	}
	return workspace.File{}, missing
}
