// Package toolset puts the actions together with what they read and what they are called
// by, in one place: whoever runs templates and whoever only says what they would do have the
// same actions.
//
//	source (reads) + templating (renders) → actions → rehearsal → planner
//
// It decides nothing itself, and makes no effect: the performers of effects are those of the
// zone that has the rights for them.
package toolset

import (
	"errors"
	"fmt"
	"slices"

	"github.com/slipwayhq/slipway/shared/catalog/gitlabsource"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/scaffolder"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scaffolder/rehearsal"
	"github.com/slipwayhq/slipway/shared/scaffolder/script"
	"github.com/slipwayhq/slipway/shared/scaffolder/source"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
	"github.com/slipwayhq/slipway/shared/scm"
)

// Config is what the actions need.
type Config struct {
	SCM          scm.Client // with a token that reads
	Catalog      scaffolder.Catalog
	Environments Environments
	GitLabURL    string
	AWS          actions.AWS
	Vault        effects.Vault
	Clock        clock.Clock
	// Spaces keep what templates name between planning and running; nil where nothing runs.
	Spaces actions.Workspaces
}

// Environments knows where applications run, for plans and for actions.
type Environments interface {
	scaffolder.Environments
	actions.Described
}

// Set is the actions and what works with them.
type Set struct {
	Sources   source.Reader
	Script    *script.Reader
	Actions   *actions.Registry
	Rehearser *rehearsal.Rehearser
	Planner   *scaffolder.Planner
}

// New makes a set.
func New(c Config) (*Set, error) {
	if c.SCM == nil || c.Catalog == nil || c.Environments == nil || c.Vault == nil || c.Clock == nil {
		return nil, errors.New("actions need GitLab, a catalog, environments, a vault and a clock")
	}
	engine, err := templating.New(templating.Config{})
	if err != nil {
		return nil, fmt.Errorf("making the template engine: %w", err)
	}
	files, err := gitlabsource.New(gitlabsource.Config{Base: c.GitLabURL, Projects: c.SCM, Repositories: c.SCM})
	if err != nil {
		return nil, fmt.Errorf("making the source of templates: %w", err)
	}
	s := &Set{Sources: source.Reader{Files: files, Projects: c.SCM, Repositories: c.SCM, Archives: c.SCM}}
	if s.Script, err = script.New(engine); err != nil {
		return nil, err
	}
	if s.Actions, err = c.actions(s.Sources, engine); err != nil {
		return nil, err
	}
	if s.Rehearser, err = rehearsal.New(rehearsal.Config{Actions: s.Actions, Script: s.Script}); err != nil {
		return nil, err
	}
	s.Planner, err = scaffolder.NewPlanner(scaffolder.PlannerDeps{Catalog: c.Catalog, Environments: c.Environments, Sources: s.Sources, Rehearser: s.Rehearser, Projects: c.SCM, Namespaces: c.SCM})
	return s, err
}

func (c Config) actions(reader source.Reader, engine *templating.Engine) (*actions.Registry, error) {
	var skeletons actions.Skeletons = reader
	if c.Spaces != nil {
		skeletons = source.Kept{Skeletons: reader, Spaces: c.Spaces}
	}
	onFiles, err1 := actions.NewFiles(actions.FilesConfig{Skeletons: skeletons, Engine: engine, Clock: c.Clock})
	onCatalog, err2 := actions.NewCatalog(c.Catalog)
	publish, err3 := actions.NewPublishGitLab(actions.PublishConfig{BaseURL: c.GitLabURL, Projects: c.SCM, Vault: c.Vault})
	onGitLab, err4 := actions.NewGitLab(actions.GitLabConfig{
		BaseURL: c.GitLabURL, Projects: c.SCM, Repositories: c.SCM, Groups: c.SCM, Users: c.SCM, Members: c.SCM, Issues: c.SCM, Vault: c.Vault,
	})
	harmonix, err5 := actions.NewHarmonix(actions.HarmonixConfig{BaseURL: c.GitLabURL, AWS: c.AWS, Environments: c.Environments, Vault: c.Vault, Clock: c.Clock})
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return nil, err
	}
	return actions.NewRegistry(slices.Concat(onFiles, onCatalog, []actions.Action{publish}, onGitLab, harmonix)...)
}
