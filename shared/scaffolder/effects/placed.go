package effects

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/gitignore"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

// Placed gives the files below one folder as they lie below another. Those that a .gitignore
// file among them names are left out, as they are when all files of a folder are added to
// git.
func Placed(files *workspace.Files, from, to string) (*workspace.Files, error) {
	below, err := files.Under(from)
	if err != nil {
		return nil, err
	}
	list := below.All()
	ignored, err := rulesOf(list)
	if err != nil {
		return nil, err
	}
	var placed workspace.Files
	for _, f := range list {
		if ignored.Ignores(f.Path) {
			continue
		}
		if to != "" {
			f.Path = to + "/" + f.Path
		}
		if err := placed.Add(f); err != nil {
			return nil, err
		}
	}
	return &placed, nil
}

func rulesOf(list []workspace.File) (*gitignore.Rules, error) {
	var rules gitignore.Rules
	for _, f := range list {
		if path.Base(f.Path) != gitignore.Name || f.Link != "" { // git follows no link here
			continue
		}
		folder := strings.TrimSuffix(strings.TrimSuffix(f.Path, gitignore.Name), "/")
		if err := rules.Add(folder, f.Content); err != nil {
			return nil, err
		}
	}
	return &rules, nil
}

// proposed gives an operation's files as they go into a repository; they must be those of
// the digest, which an effect was meant for.
func proposed(ctx context.Context, workspaces Workspaces, op operations.Ref, from, to, digest string) (*workspace.Files, error) {
	all, err := workspaces.Load(ctx, op.ID)
	if errors.Is(err, errs.NotFound) {
		return nil, errs.New(errs.Conflict, "the files that were to be proposed are gone")
	}
	if err != nil {
		return nil, fmt.Errorf("loading the workspace: %w", err)
	}
	files, err := Placed(all, from, to)
	if err != nil {
		return nil, err
	}
	if files.Digest() != digest {
		return nil, errs.New(errs.Conflict, "the files are not those that were to be proposed")
	}
	return files, nil
}
