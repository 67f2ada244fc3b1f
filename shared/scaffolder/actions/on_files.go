package actions

import (
	"context"
	"errors"
	"fmt"

	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

// FilesConfig is what the actions need that work on nothing but the operation's files.
type FilesConfig struct {
	Skeletons Skeletons
	Engine    *templating.Engine
	Clock     clock.Clock
}

// Skeletons reads files that templates name by URL: relative to the template file, or
// absolute on the same host.
type Skeletons interface {
	// Skeleton gives the files below a folder.
	Skeleton(ctx context.Context, from Source, url string) (*workspace.Files, error)
	// File gives one file; its path is its name.
	File(ctx context.Context, from Source, url string) (workspace.File, error)
}

// NewFiles makes all actions that work on nothing but the operation's files.
func NewFiles(c FilesConfig) ([]Action, error) {
	if c.Skeletons == nil || c.Engine == nil || c.Clock == nil {
		return nil, errors.New("the actions on files need skeletons, an engine and a clock")
	}
	return []Action{
		newFetchPlain(c), newFetchPlainFile(c), newFetchTemplate(c), newFetchTemplateFile(c),
		newFSDelete(), newFSReaddir(), newFSRename(), newDebugLog(), newDebugWait(c),
	}, nil
}

// onFiles is an action that changes nothing but the operation's files.
type onFiles struct {
	id    string
	check func(c Call) error
	// change does the work on the files; changed says whether they are to be saved.
	change func(ctx context.Context, c Call, files *workspace.Files) (result Result, changed bool, err error)
}

var _ Action = onFiles{}

// ID gives what templates call the action.
func (a onFiles) ID() string { return a.id }

// Plan does the work on the scratch files: files in a workspace are no effect, nothing
// outside changes, and later steps see what they will see.
func (a onFiles) Plan(ctx context.Context, c Call) (Planned, error) {
	done, err := a.Run(ctx, c)
	return Planned{Outputs: done.Outputs, Detail: done.Detail}, err
}

// Run works on the files.
func (a onFiles) Run(ctx context.Context, c Call) (Result, error) {
	if err := a.check(c); err != nil {
		return Result{}, err
	}
	files, err := loadFiles(ctx, c)
	if err != nil {
		return Result{}, err
	}
	result, changed, err := a.change(ctx, c, files)
	if err != nil {
		return Result{}, err
	}
	if changed {
		if err := c.Files.Save(ctx, c.Workspace, files); err != nil {
			return Result{}, fmt.Errorf("saving the workspace: %w", err)
		}
	}
	if result.Outputs == nil {
		result.Outputs = map[string]any{}
	}
	return result, nil
}

// loadFiles gives the operation's files, none before the first step that makes any.
func loadFiles(ctx context.Context, c Call) (*workspace.Files, error) {
	files, err := c.Files.Load(ctx, c.Workspace)
	if errors.Is(err, errs.NotFound) {
		return &workspace.Files{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("loading the workspace: %w", err)
	}
	return files, nil
}

// counted says how many files there are, for a person.
func counted(n int) string {
	if n == 1 {
		return "1 file"
	}
	return fmt.Sprintf("%d files", n)
}

// required refuses an input without a text that it needs.
func required(action, name, value string) error {
	if value == "" {
		return errs.New(errs.Invalid, action+" needs a "+name)
	}
	return nil
}
