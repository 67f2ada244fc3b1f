package source

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

// Kept reads each folder that a template names once for an operation: what was planned with
// is what is run with, also when a branch has moved or the host is away by then. Files that
// are named one by one are a request each, and not kept.
type Kept struct {
	actions.Skeletons
	// Spaces keep what was read, in a workspace below the operation's, which goes with it.
	Spaces actions.Workspaces
}

var _ actions.Skeletons = Kept{}

// Skeleton gives the files below a folder as they were read for the operation before, or
// reads them. Without an operation, or with files that were given, there is nothing to keep.
func (k Kept) Skeleton(ctx context.Context, from actions.Source, url string) (*workspace.Files, error) {
	if from.Operation == "" || from.Beside != nil {
		return k.Skeletons.Skeleton(ctx, from, url)
	}
	id := keptIn(from, url)
	files, err := k.Spaces.Load(ctx, id)
	if !errors.Is(err, errs.NotFound) {
		return files, err
	}
	if files, err = k.Skeletons.Skeleton(ctx, from, url); err != nil {
		return nil, err
	}
	if err := k.Spaces.Save(ctx, id, files); err != nil {
		return nil, fmt.Errorf("keeping %.200q: %w", url, err)
	}
	return files, nil
}

// keptIn names the workspace for what a template's url stands for.
func keptIn(from actions.Source, url string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d\n%s\n%s\n%s", from.Project, from.Commit, from.Directory, url))
	return from.Operation + "/read/" + hex.EncodeToString(sum[:16])
}
