package actions

import (
	"context"
	"errors"
	"fmt"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

// FetchTemplateID is what templates call FetchTemplate.
const FetchTemplateID = "fetch:template"

// FetchTemplate is "fetch:template": a skeleton from beside the template, rendered into
// the workspace.
type FetchTemplate struct{ cfg FetchConfig }

// Skeletons reads the files that lie beside a template.
type Skeletons interface {
	// Skeleton gives the files below a folder named relative to the template file.
	Skeleton(ctx context.Context, from Source, relative string) (*workspace.Files, error)
}

// FetchConfig is what FetchTemplate needs.
type FetchConfig struct {
	Skeletons  Skeletons
	Renderer   workspace.Renderer
	Workspaces Workspaces
}

// NewFetchTemplate makes the action.
func NewFetchTemplate(c FetchConfig) (*FetchTemplate, error) {
	if c.Skeletons == nil || c.Renderer == nil || c.Workspaces == nil {
		return nil, errors.New("fetch:template needs skeletons, a renderer and workspaces")
	}
	return &FetchTemplate{cfg: c}, nil
}

// ID gives "fetch:template".
func (*FetchTemplate) ID() string { return FetchTemplateID }

type fetchInput struct {
	URL                   string         `json:"url"`
	TargetPath            string         `json:"targetPath"`
	Values                map[string]any `json:"values"`
	CopyWithoutTemplating []string       `json:"copyWithoutTemplating"`
	TemplateFileExtension any            `json:"templateFileExtension"`
	Replace               bool           `json:"replace"`
}

func (a *FetchTemplate) read(c Call) (fetchInput, workspace.FetchOptions, error) {
	in, err := decodeInput[fetchInput](c)
	if err != nil {
		return in, workspace.FetchOptions{}, err
	}
	if in.URL == "" {
		return in, workspace.FetchOptions{}, errs.New(errs.Invalid, "fetch:template needs a url")
	}
	options := workspace.FetchOptions{TargetPath: in.TargetPath, CopyWithoutTemplating: in.CopyWithoutTemplating, Replace: in.Replace}
	switch extension := in.TemplateFileExtension.(type) {
	case nil:
	case bool:
		if extension {
			options.TemplateFileExtension = ".njk"
		}
	case string:
		options.TemplateFileExtension = extension
	default:
		return in, options, errs.New(errs.Invalid, "templateFileExtension is true or an extension such as .njk")
	}
	return in, options, nil
}

// Plan checks the input. Files in a workspace are no effect: nothing outside changes.
func (a *FetchTemplate) Plan(_ context.Context, c Call) (Planned, error) {
	_, _, err := a.read(c)
	return Planned{Outputs: map[string]any{}}, err
}

// Run renders the skeleton into the workspace.
func (a *FetchTemplate) Run(ctx context.Context, c Call) (Result, error) {
	in, options, err := a.read(c)
	if err != nil {
		return Result{}, err
	}
	skeleton, err := a.cfg.Skeletons.Skeleton(ctx, c.Source, in.URL)
	if err != nil {
		return Result{}, err
	}
	files, err := a.cfg.Workspaces.Load(ctx, c.Workspace)
	if errors.Is(err, errs.NotFound) {
		files, err = &workspace.Files{}, nil
	}
	if err != nil {
		return Result{}, fmt.Errorf("loading the workspace: %w", err)
	}
	if err := workspace.FetchTemplate(ctx, a.cfg.Renderer, files, skeleton, map[string]any{"values": in.Values}, options); err != nil {
		return Result{}, err
	}
	if err := a.cfg.Workspaces.Save(ctx, c.Workspace, files); err != nil {
		return Result{}, fmt.Errorf("saving the workspace: %w", err)
	}
	return Result{Outputs: map[string]any{}, Detail: fmt.Sprintf("%d files", files.Len())}, nil
}
